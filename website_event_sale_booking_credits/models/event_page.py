from uuid import uuid4

from odoo import models


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
        return {
            "packs": self.env["product.template"],
            **offer,
            "token": uuid4().hex,
        }

    def _get_booking_offer(self, tickets, slot_id, order_vals):
        """Return whether the user's credits pay these seats, before they are booked.

        Nothing is written: the order exists in memory only.

        :param list tickets: dicts of ``ticket`` and ``quantity``, as the page of Odoo
        :param dict order_vals: of the order that would be made
        :return: dict of ``kind`` (``none``, ``guest``, ``pay`` or ``short``), ``only``,
            and for customers ``cost``, ``has`` and ``packs``
        """
        self.ensure_one()
        slot = self.event_slot_ids.filtered(lambda slot: slot.id == int(slot_id or 0))
        counts = {
            (slot, item["ticket"]): item["quantity"]
            for item in tickets
            if item["ticket"]
        }
        company = self.env["res.company"].browse(order_vals["company_id"])
        only = any(ticket._takes_credits_only(company) for _slot, ticket in counts)
        payments = {
            ticket.sudo()._get_website_payment(company) for _slot, ticket in counts
        }
        if not payments or "money" in payments:
            return {"kind": "none", "only": only}
        if self.env.user._is_public():
            return {"kind": "guest", "only": only}
        # sudo: as the order that will be made
        order = self.env["sale.order"].sudo()
        order = order.new({**self._prepare_seat_order_vals(counts), **order_vals})
        return {**order._get_class_offer(), "only": only}
