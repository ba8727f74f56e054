from odoo import api, models
from odoo.exceptions import ValidationError


class SaleOrderLineCredit(models.Model):
    """Lines that sell customer credit: their price is the amount."""

    _inherit = "sale.order.line"

    @api.constrains("product_id", "price_unit", "product_uom_qty", "discount")
    def _check_customer_credit_amount(self):
        """Customer credit is money: nothing, or less, cannot be sold (S2-09)."""
        for line in self.filtered(lambda line: line._sells_money()):
            currency = line.currency_id
            if currency.compare_amounts(line.price_subtotal, 0) <= 0:
                raise ValidationError(
                    self.env._(
                        "“%(product)s” on %(order)s is %(amount)s: enter an amount "
                        "above zero as its price.",
                        product=line.product_id.display_name,
                        order=line.order_id.display_name,
                        amount=currency.format(line.price_subtotal),
                    )
                )

    def _get_bookings_invoiced(self):
        """Return the bookings among these that were invoiced and not cancelled."""
        # sudo: who cancels bookings need not read invoices.
        return self.filtered(
            lambda line: line.booking_ok
            and not line.booking_cancel_date
            and not line.booking_credit_measure
            and line.state == "sale"
            and line.sudo().qty_invoiced > 0
            and "posted" in line.sudo().invoice_lines.mapped("parent_state")
        )

    def _get_bookings_to_cancel(self):
        """Return the bookings among these that still stand."""
        return self.filtered(
            lambda line: line.booking_ok
            and not line.booking_credit_measure
            and not line.booking_cancel_date
            and line.state == "sale"
        )

    def _sells_money(self):
        """Return whether this line sells customer credit."""
        self.ensure_one()
        return (
            not self.display_type
            and self.product_id.booking_credit_pack
            and self.product_id.booking_credit_measure == "money"
        )
