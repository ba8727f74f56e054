from odoo import models

from ..inside import tell, told


class SaleOrderDiscount(models.TransientModel):
    """Discounts what is sold, not what pays it."""

    _inherit = "sale.order.discount"

    def action_apply_discount(self):
        """Override of `sale`: credits and customer credit pay, they are not sold."""
        wizard = tell(self, discounting=True)
        return super(SaleOrderDiscount, wizard).action_apply_discount()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def write(self, vals):
        """Override of `sale`: a credit line mirrors the discount of its booking."""
        if told(self, "discounting") and "discount" in vals:
            self -= self._get_credit_lines()
        return super().write(vals)
