from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    booking_move = fields.Selection(
        related="company_id.booking_move", readonly=False, required=True
    )
    booking_max_quantity = fields.Integer(
        related="company_id.booking_max_quantity", readonly=False, required=True
    )
    booking_horizon_days = fields.Integer(
        related="company_id.booking_horizon_days", readonly=False, required=True
    )
