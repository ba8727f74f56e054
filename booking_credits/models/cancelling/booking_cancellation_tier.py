from odoo import fields, models


class BookingCancellationTier(models.Model):
    """Cancelling at least so many hours before the start gives so much back."""

    _name = "booking.cancellation.tier"
    _description = "Booking Cancellation Tier"
    _order = "hours desc, id"

    policy_id = fields.Many2one(
        comodel_name="booking.cancellation.policy",
        required=True,
        index=True,
        ondelete="cascade",
    )
    hours = fields.Float(
        string="Hours Before",
        required=True,
        help="At least so many hours before the start. At the exact limit the "
        "customer wins.",
    )
    percent = fields.Float(
        string="Returned (%)",
        required=True,
        default=100.0,
        help="Percentage of the credits that comes back.",
    )

    _hours_unique = models.Constraint(
        "UNIQUE(policy_id, hours)", "A policy has one tier for each number of hours."
    )
    _hours_positive = models.Constraint(
        "CHECK(hours >= 0)", "The hours before the start cannot be negative."
    )
    _percent_range = models.Constraint(
        "CHECK(percent >= 0 AND percent <= 100)",
        "The percentage returned must be between 0 and 100.",
    )
