from decimal import Decimal

from odoo import models

from odoo.addons.booking_credits.inside import told


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # === Overrides of `website_sale` === #

    def _show_in_cart(self):
        """Override of `website_sale`: what credits pay shows in the total."""
        return not self.booking_credit_measure and super()._show_in_cart()

    def _is_sellable(self):
        """Override of `website_sale`: a credit line is no product."""
        return not self.booking_credit_measure and super()._is_sellable()

    def _is_reorder_allowed(self):
        """Override of `website_sale`: a booking needs its own start."""
        return (
            super()._is_reorder_allowed()
            and not self.booking_credit_measure
            and self._may_order_again()
        )

    def _may_order_again(self):
        """Return whether this user may order this product, without choosing a date."""
        product = self.product_id
        return (
            product.booking_credit_for_user
            and not product.product_tmpl_id._needs_booking_start()
        )

    # === Overrides of `booking_credits` === #

    def _get_booking_unpaid_quantity(self):
        """Override to plan a cart anew, as if it had no credit lines yet."""
        unpaid = super()._get_booking_unpaid_quantity()
        if told(self, "anew"):
            paid = sum(self.booking_credit_line_ids.mapped("product_uom_qty"))
            unpaid += Decimal(str(paid))
        return unpaid

    # === What the shopper reads === #

    def _get_booking_cart_price(self):
        """Return the price of this line in credits, in words, and how to show it.

        :return: dict as ``product.template._get_service_info``; empty for the rest
        """
        self.ensure_one()
        product = self.product_id.product_tmpl_id
        if not product.booking_ok or self.combo_item_id:
            return {}
        credits = self._get_booking_price_in_credits()
        if not credits:
            return {}
        display = product._get_booking_price_display(self.company_id)
        return {"display": display, "credits": credits}
