from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # === Steps of the verbs, for bridges to extend === #

    def _is_credit_only(self):
        """Return whether this booking can be paid with credits only (S1-24)."""
        self.ensure_one()
        return bool(
            not self.booking_credit_measure
            and self.product_id.booking_ok
            and self._get_booking_payment() == "credit_only"
        )

    def _get_booking_payment(self):
        """Return what this booking is paid with; see the method of the product."""
        self.ensure_one()
        company = self.company_id or self.order_id.company_id
        return self.product_id.product_tmpl_id._get_booking_payment(company)
