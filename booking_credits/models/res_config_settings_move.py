from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    booking_move = fields.Selection(
        related="company_id.booking_move", readonly=False, required=True
    )
