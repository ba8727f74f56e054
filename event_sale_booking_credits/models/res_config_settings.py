from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    booking_waiting_cutoff_hours = fields.Float(
        related="company_id.booking_waiting_cutoff_hours", readonly=False
    )
    booking_waiting_decline_hours = fields.Float(
        related="company_id.booking_waiting_decline_hours", readonly=False
    )
    booking_waiting_offer_minutes = fields.Integer(
        related="company_id.booking_waiting_offer_minutes", readonly=False
    )
    booking_waiting_quiet = fields.Boolean(
        related="company_id.booking_waiting_quiet", readonly=False
    )
    booking_waiting_quiet_from = fields.Float(
        related="company_id.booking_waiting_quiet_from", readonly=False
    )
    booking_waiting_quiet_until = fields.Float(
        related="company_id.booking_waiting_quiet_until", readonly=False
    )
    booking_guests = fields.Boolean(related="company_id.booking_guests", readonly=False)
    booking_no_show_hours = fields.Float(
        related="company_id.booking_no_show_hours", readonly=False
    )
