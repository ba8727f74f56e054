from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError
from odoo.addons.booking_credits.typed import read_id


class SaleOrder(models.Model):
    """Books classes once, and only with credits where nothing else is taken."""

    _inherit = "sale.order"

    _booking_guarded = {
        "booking_waiting_event_id": "/event/…/credits",
        "booking_money_ticket_ids": "_choose_cart_credits",
    }

    booking_form_token = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="The form that booked these seats: sent twice, it books once.",
    )
    booking_waiting_event_id = fields.Many2one(
        comodel_name="event.event",
        string="Buys Credits For Class",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The class for which the shopper buys these credits.",
    )

    booking_money_ticket_ids = fields.Many2many(
        comodel_name="event.event.ticket",
        relation="booking_money_ticket_rel",
        column1="order_id",
        column2="ticket_id",
        string="Paid in Money",
        copy=False,
        help="Tickets that the shopper pays in money, beside what credits pay.",
    )

    _booking_form_once = models.UniqueIndex(
        "(partner_id, booking_form_token) WHERE booking_form_token IS NOT NULL",
        "This booking is made already.",
    )

    # === Overrides of `website_event_sale` === #

    def _verify_updated_quantity(
        self,
        order_line,
        product_id,
        new_qty,
        uom_id,
        *,
        event_ticket_id=False,
        **kwargs,
    ):
        """Override: what is paid with credits only is not put into a cart (S1-24).

        :raise UserError: naming the ticket. Nothing is added silently: who asks goes
            on with what is not in the cart
        """
        ticket = self.env["event.event.ticket"].browse(event_ticket_id or [])
        if ticket and new_qty > 0 and ticket._takes_credits_only(self.company_id):
            raise UserError(ticket._get_credits_only_text())
        return super()._verify_updated_quantity(
            order_line,
            product_id,
            new_qty,
            uom_id,
            event_ticket_id=event_ticket_id,
            **kwargs,
        )

    def _cart_add(self, *args, event_ticket_id=False, event_slot_id=False, **kwargs):
        """Override of `website_sale` to read what the browser sends as ids, or refuse.

        :raise UserError: if there is no such ticket, or the time is not of its class
        """
        if event_ticket_id or event_slot_id:
            ticket, slot = self._read_seat(event_ticket_id, event_slot_id)
            kwargs |= {"event_ticket_id": ticket.id, "event_slot_id": slot.id}
        return super()._cart_add(*args, **kwargs)

    def _choose_cart_credits(self, use, lot_ids=None):
        """Override: who chooses credits for the cart, chooses them for its classes."""
        self.booking_money_ticket_ids = [Command.clear()]
        return super()._choose_cart_credits(use, lot_ids)

    def _plan_money_payment(self, lots, planned=None):
        """Override: customer credit does not pay what the shopper pays otherwise."""
        amount = super()._plan_money_payment(lots, planned)
        kept = self.order_line.filtered(
            lambda line: line.event_ticket_id in self.booking_money_ticket_ids
        )
        if not kept:
            return amount
        return max(min(amount, self.amount_total - sum(kept.mapped("price_total"))), 0)

    def _get_cart_refusals(self):
        """Override: nor left there, if a class takes credits only by now, or is full.

        Seats that are offered or due to those who wait are not sold either.
        """
        refusals = super()._get_cart_refusals()
        for line in self.order_line.filtered("event_ticket_id"):
            ticket, slot, event = (
                line.event_ticket_id,
                line.event_slot_id,
                line.event_id,
            )
            if ticket._takes_credits_only(self.company_id):
                refusals.append(ticket._get_credits_only_text())
            elif slot.booking_cancelled or event.kanban_state == "cancel":
                refusals.append(
                    self.env._("“%s” does not take place: remove it.", event.name)
                )
            elif waiting := event._get_waiting_before(slot):
                left = event._get_seats_availability([(slot, ticket)])[0]
                if left is not None and left - len(waiting) < line.product_uom_qty:
                    refusals.append(
                        self.env._(
                            "%(number)s people wait for the next seat in “%(event)s”: "
                            "join the waiting list, and remove it here.",
                            number=len(waiting),
                            event=event.name,
                        )
                    )
        return refusals

    # === Steps, for bridges to extend === #

    @api.model
    def _find_by_form_token(self, partner_id, token):
        """Return what a form has booked already, if it was sent before."""
        if not token:
            return self.browse()
        return self.search(
            [("partner_id", "=", partner_id), ("booking_form_token", "=", token)]
        )

    def _read_seat(self, ticket_id, slot_id):
        """Return the ticket and the slot that a browser names.

        :raise UserError: if there is no such ticket, or the time is not of its class
        """
        # sudo: shoppers choose among the published ones, see the rules of `website_event`
        ticket = self.env["event.event.ticket"].sudo().browse(read_id(ticket_id))
        slot = self.env["event.slot"].sudo().browse(read_id(slot_id))
        ticket, slot = ticket.exists(), slot.exists()
        event = ticket.event_id
        if (
            not ticket
            or bool(slot_id) != bool(slot)
            or bool(slot) != event.is_multi_slots
            or (slot and slot.event_id != event)
        ):
            raise UserError(
                self.env._("Choose a ticket and a time of “%s”.", event.name)
                if ticket
                else self.env._("This ticket is not for sale any more: choose another.")
            )
        return ticket.sudo(self.env.su), slot.sudo(self.env.su)

    def _check_same_seats(self, event, counts):
        """Refuse to show this booking to a form that asks for other seats.

        :param dict counts: seats by ``(slot, ticket)``
        :raise UserError: naming the class
        """
        self.ensure_one()
        booked = {}
        for seat in self.order_line.registration_ids:  # as they were asked for
            key = seat.event_slot_id.id, seat.event_ticket_id.id
            booked[key] = booked.get(key, 0) + 1
        asked = {
            (slot.id, ticket.id): number for (slot, ticket), number in counts.items()
        }
        if booked != asked:
            raise UserError(
                self.env._(
                    "You have booked “%s” in another window already: look at your "
                    "bookings before you take more seats.",
                    event.name,
                )
            )

    def _check_class_is_paid(self):
        """Refuse to book seats that credits do not wholly pay.

        :raise InsufficientCreditsError: naming what is missing
        """
        self.ensure_one()
        if not self._is_class_paid():
            raise InsufficientCreditsError(self._get_booking_credit_refusal())

    def _get_class_offer(self):
        """Return whether the customer's credits pay this order, which is not saved.

        :return: dict of ``kind`` (``pay`` or ``short``), ``cost`` (“10 credits”),
            ``has`` (“30 credits”) and ``packs`` that would do
        """
        self.ensure_one()
        lots = self._get_usable_booking_lots()
        payments = self._plan_booking_credits(lots)
        missing = self._get_lines_unpaid_by(payments)
        if not missing:
            measures = {payment.measure for payment in payments}
            lots = lots.filtered(lambda lot: lot.measure in measures)
        packs = self.env["product.template"]
        return {
            "kind": "short" if missing else "pay",
            "cost": self._get_payments_text(payments)
            if not missing
            else self._get_seat_cost_text(),
            "has": lots._in_words(),
            "packs": self._get_cart_packs(missing) if missing else packs,
        }

    def _get_lines_unpaid_by(self, payments):
        """Return the lines that ``payments`` do not wholly pay.

        :param list payments: of ``CreditPayment``
        """
        self.ensure_one()
        paid, money = {}, 0.0
        for payment in payments:
            if payment.line:
                paid[payment.line] = paid.get(payment.line, 0) + payment.quantity
            else:
                money += float(payment.quantity)
        unpaid = self.order_line.filtered(
            lambda line: paid.get(line, 0) < line.product_uom_qty
        )
        left = sum(
            line.price_total
            * (1 - float(paid.get(line, 0)) / (line.product_uom_qty or 1.0))
            for line in unpaid
        )
        covered = self.currency_id.compare_amounts(money, left) >= 0
        if covered and all(line._may_take_customer_credit() for line in unpaid):
            return unpaid.browse()
        return unpaid

    def _get_payments_text(self, payments):
        """Write what ``payments`` spend: “10 credits”, “1 session, 5.00 €”."""
        totals = {}
        for payment in payments:
            spent = sum(units for _lot, units in payment.slices)
            totals[payment.measure] = totals.get(payment.measure, 0) + spent
        lot = self.env["booking.credit.lot"].new({"company_id": self.company_id.id})
        return ", ".join(
            lot._count_in_words(measure, float(total))
            for measure, total in totals.items()
        )

    def _get_seat_cost_text(self):
        """Write what these seats cost: “20 credits”, or “2 sessions”."""
        self.ensure_one()
        lines = self.order_line
        lot = self.env["booking.credit.lot"].new({"company_id": self.company_id.id})
        if all(line._takes_entry_cards_only() for line in lines):
            total = sum(lines.mapped("product_uom_qty"))
            return lot._count_in_words("session", total)
        return self._get_credit_cost_text()

    def _get_shop_confirmation(self):
        """Override to lead back to the class for which credits were bought (S0-18)."""
        confirmed = super()._get_shop_confirmation()
        # sudo: the class may not be published any more; its name is no secret then.
        event = self.sudo().booking_waiting_event_id
        if confirmed and event:
            confirmed["class"] = event
            confirmed["texts"].append(self.env._("Your class waits: %s", event.name))
        return confirmed


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _get_booking_unpaid_quantity(self):
        """Override: what the shopper pays in money is not paid with credits.

        What takes credits only is never paid in money, whatever was chosen before.
        """
        unpaid = super()._get_booking_unpaid_quantity()
        chosen = self.order_id.booking_money_ticket_ids
        if not unpaid or self.event_ticket_id not in chosen:
            return unpaid
        return Decimal(0) if self._get_booking_payment() == "both" else unpaid
