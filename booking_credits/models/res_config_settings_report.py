from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """Whether the ledgers are compared every night."""

    _inherit = "res.config.settings"

    booking_credit_tie_out_nightly = fields.Boolean(
        related="company_id.booking_credit_tie_out_nightly", readonly=False
    )
