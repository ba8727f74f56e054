from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # === Steps of the verbs, for bridges to extend === #

    def _sync_changed_prepayment(self, change):
        if change.touches("product_id", "product_uom_qty", "price_unit", "discount"):
            self.order_id._sync_booking_prepayment()

    def _can_be_paid_with_credits(self):
        """Return whether this booking takes credits at all."""
        self.ensure_one()
        return self._get_booking_payment() != "money"

    def _get_unpaid_price(self):
        """Return what is left of this booking's price, and for how many bookings.

        In the order's currency, taxes included, after what credits pay of it.
        """
        self.ensure_one()
        lines = self._get_menu_lines()
        price = sum((lines | lines.booking_credit_line_ids).mapped("price_total"))
        unpaid = float(self._get_booking_unpaid_quantity())
        return price, self._count_as_bookings(unpaid)

    def _get_amount_asked(self, row, bookings, day):
        """Return what is asked for this booking, in the order's currency.

        :param dict row: of :meth:`_get_prepayment_rows` of its order
        :param float bookings: how many are to be paid
        """
        if row["must"]:
            return row["price"]
        if not row["asks"]:
            return 0.0
        currency = self.order_id.currency_id
        return row["rule"]._get_amount(row["price"], bookings, currency, day)
