from odoo import fields, models

from ..const import CLASS_PAYMENTS, WAITING_MODES


class EventType(models.Model):
    _inherit = "event.type"

    booking_credit_price = fields.Float(
        string="Price in Credits",
        digits="Booking Credits",
        help="Credits that one seat costs, if its ticket says nothing else.",
    )
    booking_payment = fields.Selection(
        selection=CLASS_PAYMENTS,
        string="Paid With",
        help="Empty: as the product of the ticket, or the company's bookings.",
    )
    booking_cancellation_policy_id = fields.Many2one(
        comodel_name="booking.cancellation.policy",
        string="Cancellation Policy",
        help="Empty: as the product of the ticket, or the company.",
    )
    booking_waiting_mode = fields.Selection(
        selection=WAITING_MODES,
        string="Waiting List",
        default="none",
        # not required: Odoo fills this table also while this add-on is not loaded yet
        help="What happens when a seat of a full class becomes free.",
    )
