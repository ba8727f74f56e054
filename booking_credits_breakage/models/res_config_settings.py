from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    booking_credit_breakage_percent = fields.Float(
        related="company_id.booking_credit_breakage_percent", readonly=False
    )
    booking_credit_breakage_contra_account_id = fields.Many2one(
        related="company_id.booking_credit_breakage_contra_account_id", readonly=False
    )
