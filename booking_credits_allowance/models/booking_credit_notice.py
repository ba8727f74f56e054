from odoo import api, models


class BookingCreditNotice(models.Model):
    """Allowances that end are given again: nobody is told."""

    _inherit = "booking.credit.notice"

    @api.model
    def _get_renewed_origins(self):
        """Override to add allowances."""
        return [*super()._get_renewed_origins(), "allowance"]
