from odoo import fields, models


class BookingCreditTieOutLine(models.Model):
    """Differences that an opening balance explains."""

    _inherit = "booking.credit.tie.out.line"

    reason = fields.Selection(
        selection_add=[("opening", "Opening balance")],
        ondelete={"opening": "set period"},
    )
