from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    booking_credit_reminder_days = fields.Integer(
        string="Remind Before the End",
        default=14,
        help="Days before credits expire on which their customer receives a mail; 0: "
        "no mail.",
    )

    _booking_credit_reminder_days_positive = models.Constraint(
        "CHECK(COALESCE(booking_credit_reminder_days, 0) >= 0)",
        "Customers cannot be reminded a negative number of days before the end.",
    )
