from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    booking_credit_reminder_days = fields.Integer(
        string="First Reminder",
        default=30,
        help="Days before credits expire on which their customer receives a mail; 0: "
        "no mail.",
    )
    booking_credit_reminder_days_2 = fields.Integer(
        string="Second Reminder",
        default=7,
        help="Days before credits expire on which their customer receives another "
        "mail; 0: no mail.",
    )
    booking_credit_reminder_days_3 = fields.Integer(
        string="Last Reminder",
        default=1,
        help="Days before credits expire on which their customer receives another "
        "mail; 0: no mail.",
    )

    _booking_credit_reminder_days_positive = models.Constraint(
        "CHECK(COALESCE(booking_credit_reminder_days, 0) >= 0 "
        "AND COALESCE(booking_credit_reminder_days_2, 0) >= 0 "
        "AND COALESCE(booking_credit_reminder_days_3, 0) >= 0)",
        "Customers cannot be reminded a negative number of days before the end.",
    )

    def _get_booking_credit_reminder_steps(self):
        """Return the days before the end on which customers are reminded, sorted."""
        self.ensure_one()
        if not self.booking_credit_mail_ending:
            return []
        days = {
            self.booking_credit_reminder_days,
            self.booking_credit_reminder_days_2,
            self.booking_credit_reminder_days_3,
        }
        return sorted(days - {0})
