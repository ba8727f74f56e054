from odoo import fields, models


class ResCompany(models.Model):
    """How waiting lists of classes behave, and who did not come."""

    _inherit = "res.company"

    booking_waiting_cutoff_hours = fields.Float(
        string="Enrol Until",
        default=2.0,
        help="Hours before the start after which nobody is enrolled from the waiting "
        "list any more; they could not come.",
    )
    booking_waiting_decline_hours = fields.Float(
        string="Time to Decline",
        default=2.0,
        help="Hours in which a customer who was enrolled from the waiting list cancels "
        "for free, also when the class is near.",
    )
    booking_waiting_offer_minutes = fields.Integer(
        string="Offers Last",
        default=60,
        help="Minutes that a customer has to take a seat that is offered.",
    )
    booking_waiting_quiet = fields.Boolean(
        string="Not at Night",
        help="Nobody is enrolled or told at night; it is done in the morning.",
    )
    booking_waiting_quiet_from = fields.Float(
        string="Night From", default=22.0, help="In the time zone of the company."
    )
    booking_waiting_quiet_until = fields.Float(
        string="Night Until", default=7.0, help="In the time zone of the company."
    )
    booking_guests = fields.Boolean(
        string="Guests on Own Credits",
        default=True,
        help="Customers pay seats of friends with their credits too; else their own "
        "seat only.",
    )
    booking_no_show_hours = fields.Float(
        string="No-Shows After",
        default=0.0,
        help="Hours after the end of a class after which seats that nobody took are "
        "no-shows, under their terms; 0: staff decide.",
    )

    _booking_waiting_numbers = models.Constraint(
        "CHECK(booking_waiting_cutoff_hours >= 0 AND booking_waiting_decline_hours >= 0"
        " AND booking_waiting_offer_minutes > 0 AND booking_no_show_hours >= 0)",
        "Hours of waiting lists cannot be negative, and an offer must last.",
    )
    _booking_waiting_night = models.Constraint(
        "CHECK(booking_waiting_quiet_from >= 0 AND booking_waiting_quiet_from < 24 "
        "AND booking_waiting_quiet_until >= 0 AND booking_waiting_quiet_until <= 24)",
        "The night begins and ends at a time of day, from 0:00 to 24:00.",
    )
