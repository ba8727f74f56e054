from odoo import models

from ..inside import tell


class SaleOrderDiscount(models.TransientModel):
    """Discounts what is sold, not what pays it."""

    _inherit = "sale.order.discount"

    def action_apply_discount(self):
        """Override of `sale`: credits and customer credit pay, they are not sold."""
        wizard = tell(self, discounting=True)
        return super(SaleOrderDiscount, wizard).action_apply_discount()
