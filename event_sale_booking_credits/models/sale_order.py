from odoo import models
from odoo.exceptions import UserError

from ..const import ACTIVE_STATES


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _is_waiting_for_credits(self):
        """Return whether credits will pay this quotation, and did not yet."""
        self.ensure_one()
        return self.state in ("draft", "sent") and bool(
            self.order_line._get_credit_lines()
        )

    def action_confirm(self):
        """Override of `event_sale` to open as many seats as are sold, for who waited."""
        self.check_access("write")
        self.order_line._drop_surplus_seats()
        entries = self._get_waiting_entries()
        # before their seats are counted: they are kept for these entries
        entries._note_enrolled()
        res = super().action_confirm()
        entries._welcome()
        return res

    def _action_confirm(self):
        """Override to refuse seats in classes and slots that do not take place.

        :raise UserError: naming the order and the class
        """
        for line in self.order_line.filtered("booking_ok"):
            if line.event_slot_id.booking_cancelled:
                raise UserError(
                    self.env._(
                        "%(order)s cannot be confirmed: %(slot)s of “%(event)s” is "
                        "cancelled. Take it off the order.",
                        order=line.order_id.name,
                        slot=line.event_slot_id.display_name,
                        event=line.event_id.name,
                    )
                )
            if line.event_id.kanban_state == "cancel":
                raise UserError(
                    self.env._(
                        "%(order)s cannot be confirmed: “%(event)s” is cancelled. Take "
                        "it off the order.",
                        order=line.order_id.name,
                        event=line.event_id.name,
                    )
                )
        return super()._action_confirm()

    def _has_to_be_paid(self):
        """Override of `sale`: nobody pays for a seat that is not offered any more."""
        return super()._has_to_be_paid() and not self._get_lapsed_offers()

    # === Steps, for bridges to extend === #

    def _get_waiting_entries(self):
        """Return who still waits with these orders behind them."""
        # sudo: whoever pays an order need not see the waiting list.
        entries = self.env["event.waiting"].sudo()
        return entries.search(
            [("order_id", "in", self.ids), ("state", "in", ACTIVE_STATES)]
        )

    def _get_lapsed_offers(self):
        """Return who waits with these orders, is to pay them, and may not do so now."""
        return self._get_waiting_entries().filtered(
            lambda entry: entry.payment == "money" and not entry._is_offer_open()
        )

    def _check_offer_stands(self):
        """Refuse to take money for a seat that is not offered any more.

        :raise UserError: naming the class
        """
        if lapsed := self._get_lapsed_offers():
            raise UserError(lapsed[:1]._get_lapsed_text())

    def _is_class_paid(self):
        """Return whether credits, or customer credit, pay all of this order."""
        self.ensure_one()
        return self.currency_id.is_zero(self.amount_total) and all(
            line._is_paid_with_booking_credits() or line._may_take_customer_credit()
            for line in self.order_line - self.order_line._get_credit_lines()
        )
