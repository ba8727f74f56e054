from odoo import models
from odoo.tools import hmac

from odoo.addons.booking_credits.typed import read_id


class EventEvent(models.Model):
    """What the public page of a class says about prices and credits."""

    _inherit = "event.event"

    # === What shoppers read === #

    def _get_booking_page(self, website):
        """Return what the public page says: prices, balance, terms, waiting list.

        :return: dict of ``prices`` (of :meth:`_get_booking_prices`, with ``name``),
            ``guest``, ``customer``, ``balance``, ``only`` (no ticket takes money),
            ``terms``, and what :meth:`_get_waiting_page` returns
        """
        self.ensure_one()
        company = self.company_id or website.company_id
        user = self.env.user
        tickets = self.event_ticket_ids.filtered(lambda ticket: not ticket.is_expired)
        prices = [
            {**ticket._get_booking_prices(company, website), "name": ticket.name}
            for ticket in tickets
        ]
        guest = user._is_public()
        takes = any(price["display"] != "money" for price in prices)
        return {
            "prices": prices if takes else [],
            "guest": guest,
            "customer": user.share and not guest,
            "balance": user._get_booking_balance_text(),
            "only": bool(prices) and all(price["only"] for price in prices),
            "terms": self.booking_policy_text if takes else "",
            **self._get_waiting_page(company),
        }

    def _get_registration_offer(self, tickets, slot_id, website):
        """Return what the last step of a registration says, and a token for its form.

        :param list tickets: dicts of ``ticket`` and ``quantity``, as the page of Odoo
        :return: as :meth:`_get_booking_offer`, and ``token``
        """
        self.ensure_one()
        vals = website._prepare_sale_order_values(self.env.user.partner_id)
        offer = self._get_booking_offer(tickets, slot_id, vals)
        chosen = [item["ticket"].id for item in tickets if item["ticket"]]
        return {
            "packs": self.env["product.template"],
            **offer,
            "token": self._get_form_token(
                self.env.user.partner_id, [read_id(slot_id)], chosen
            ),
        }

    def _get_form_token(self, partner, slot_ids, ticket_ids):
        """Return the token of a form that books these seats, whoever draws it.

        It is computed: two windows have the same one, and book once. It counts the
        seats that the customer ever had there, cancelled ones too: a second seat on
        purpose, or one after a cancellation, has another one.
        """
        self.ensure_one()
        slots = sorted(filter(None, set(slot_ids)))
        domain = [("event_id", "=", self.id), ("partner_id", "=", partner.id)]
        if slots:
            domain.append(("event_slot_id", "in", slots))
        # sudo: the customer's own seats, to count them.
        seats = self.env["event.registration"].sudo().with_context(active_test=False)
        number = seats.search_count([*domain, ("state", "!=", "draft")])
        said = (partner.id, self.id, slots, sorted(set(ticket_ids)), number)
        return hmac(self.env(su=True), "booking_form", repr(said))[:64]

    def _get_booking_offer(self, tickets, slot_id, order_vals):
        """Return whether the user's credits pay these seats, before they are booked.

        Nothing is written: the order exists in memory only.

        :param list tickets: dicts of ``ticket`` and ``quantity``, as the page of Odoo
        :param dict order_vals: of the order that would be made
        :return: dict of ``kind`` (``none``, ``guest``, ``pay`` or ``short``), ``only``,
            and for customers ``cost``, ``has`` and ``packs``
        """
        self.ensure_one()
        slot = self.event_slot_ids.filtered(lambda slot: slot.id == read_id(slot_id))
        counts = {
            (slot, item["ticket"]): item["quantity"]
            for item in tickets
            if item["ticket"]
        }
        company = self.env["res.company"].browse(order_vals["company_id"])
        only = any(ticket._takes_credits_only(company) for _slot, ticket in counts)
        payments = {
            ticket.sudo()._get_seat_payment(company) for _slot, ticket in counts
        }
        if not payments or "money" in payments:
            return {"kind": "none", "only": only}
        if self.env.user._is_public():
            return {"kind": "guest", "only": only}
        # sudo: as the order that will be made
        order = self.env["sale.order"].sudo()
        order = order.new({**self._prepare_seat_order_vals(counts), **order_vals})
        return {**order._get_class_offer(), "only": only}
