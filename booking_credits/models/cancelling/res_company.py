from odoo import fields, models

from ...const import BOOKING_MOVES


class ResCompany(models.Model):
    """How many bookings, and how far ahead; whether customers change their dates."""

    _inherit = "res.company"

    booking_move = fields.Selection(
        selection=BOOKING_MOVES,
        string="Customers Change Dates",
        default="no",
        required=True,
        help="On the pages of the customer, for services whose date customers choose.\n"
        "No: they ask you.\n"
        "While cancelling costs nothing: as they could cancel and book anew.\n"
        "Until the start: a late change costs nothing by itself; who cancels "
        "afterwards "
        "gets back what would have come back when the date was changed.",
    )
    booking_max_quantity = fields.Integer(
        string="At Most on One Line",
        default=99,
        required=True,
        help="Packs or bookings on one line of an order.",
    )
    booking_horizon_days = fields.Integer(
        string="Days Ahead at Most",
        default=730,
        required=True,
        help="Bookings take place at most this many days from today.",
    )

    _booking_bounds_sound = models.Constraint(
        "CHECK(booking_max_quantity BETWEEN 1 AND 100000 "
        "AND booking_horizon_days BETWEEN 1 AND 36500)",
        "Allow 1 to 100,000 packs or bookings on a line, and 1 to 36,500 days ahead.",
    )
