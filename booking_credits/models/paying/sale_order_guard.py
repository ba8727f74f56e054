from odoo import api, models
from odoo.exceptions import AccessError

from ...inside import told

#: numbers of a line, and how large they may be: no sum of an order overflows
NUMBERS = {
    "product_uom_qty": 1e7,
    "price_unit": 1e12,
    "discount": 1e4,
    "booking_credit_quantity": 1e9,
}
DATES = ("booking_start", "booking_end")
#: what decides how much a credit line takes off the order
DECIDES = {"price_unit", "discount", "tax_ids", "product_id"}
#: states that only verbs give or take: credits and money move with them
SETTLED = {"sale", "cancel"}


class SaleOrder(models.Model):
    """What of an order with packs or bookings is never written, only done."""

    _inherit = "sale.order"

    #: fields that decide money, credits or terms, and the verb that changes each
    _booking_guarded = {
        "booking_unpaid_reason": "confirm_unpaid",
        "booking_prepayment": "_sync_booking_prepayment",
        "booking_prepayment_percent": "_sync_booking_prepayment",
        "booking_prepayment_ruled": "_sync_booking_prepayment",
    }

    # === Steps === #

    @api.model
    def _check_state_by_verb(self, changed):
        """Refuse a state that somebody writes into an order with packs or bookings.

        :raise AccessError: naming the order and the remedy
        """
        if self.env.su or told(self, "state_verb"):
            return
        for order in changed:
            if order._has_own_lines():
                raise AccessError(
                    self.env._(
                        "The status of %s cannot be changed directly, since credits "
                        "and money move with it: use Confirm, Cancel or Set to "
                        "Quotation.",
                        order.name,
                    )
                )

    def _check_new_state(self, vals):
        """Refuse a state that somebody writes; see :meth:`_check_state_by_verb`."""
        if "state" in vals:
            self._check_state_by_verb(
                self.filtered(
                    lambda order: order.state != vals["state"]
                    and {order.state, vals["state"]} & SETTLED
                )
            )

    def _check_changed_credit_lines(self, vals):
        if "order_line" in vals:
            self.order_line._check_credit_lines_true()

    # === Steps of the verbs, for bridges to extend === #

    def _has_own_lines(self):
        """Return whether packs or bookings are on this order."""
        self.ensure_one()
        return any(
            line._is_pack_or_booking() or line.booking_credit_measure
            for line in self.order_line
        )
