from odoo import fields, models

from ..const import BOOKING_MOVES


class ResCompany(models.Model):
    """Whether customers change the dates of their bookings themselves."""

    _inherit = "res.company"

    booking_move = fields.Selection(
        selection=BOOKING_MOVES,
        string="Customers Change Dates",
        default="no",
        required=True,
        help="On the pages of the customer, for services whose date customers choose.\n"
        "No: they ask you.\n"
        "While cancelling costs nothing: as they could cancel and book anew.\n"
        "Until the start: a late change costs nothing by itself; who cancels afterwards "
        "gets back what would have come back when the date was changed.",
    )
