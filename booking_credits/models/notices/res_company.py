from odoo import fields, models


class ResCompany(models.Model):
    """Which mails about credits this company writes to its customers."""

    _inherit = "res.company"

    booking_credit_mail_received = fields.Boolean(
        string="Credits Received",
        default=True,
        help="Customers are told what they received, until when it is valid and how to "
        "use it.",
    )
    booking_credit_mail_ending = fields.Boolean(
        string="Credits End Soon",
        default=True,
        help="Customers are invited to use their credits before they expire.",
    )
    booking_credit_mail_expired = fields.Boolean(
        string="Credits Expired",
        default=True,
        help="Customers are told what expired, and how it comes back if it can.",
    )
    booking_credit_mail_low = fields.Boolean(
        string="Few Credits Left",
        default=True,
        help="Customers are told once when they have few credits left, and again only "
        "after they bought new ones.",
    )
    booking_credit_low_credits = fields.Float(
        string="Fewer Credits Than",
        digits="Booking Credits",
        help="In credits; 0: no mail about credits.",
    )
    booking_credit_low_sessions = fields.Float(
        string="Fewer Sessions Than",
        digits="Booking Credits",
        default=2.0,
        help="In sessions; 0: no mail about sessions.",
    )
    booking_credit_mail_cancelled = fields.Boolean(
        string="Booking Cancelled",
        default=True,
        help="Customers are told what came back for a booking that was cancelled.",
    )
    booking_credit_booking_url = fields.Char(
        string="Where Customers Book",
        help="Address of your schedule or shop: the button in mails leads there. Empty: "
        "to the customer's own credits.",
    )

    _booking_credit_low_positive = models.Constraint(
        "CHECK(COALESCE(booking_credit_low_credits, 0) >= 0 "
        "AND COALESCE(booking_credit_low_sessions, 0) >= 0)",
        "Customers cannot have fewer than zero credits left.",
    )

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

    # === Steps, for bridges to extend === #

    def _get_booking_credit_book_url(self):
        """Return the address at which customers book, for the button in mails."""
        self.ensure_one()
        # sudo: an address for everyone.
        company = self.sudo()
        return (
            company.booking_credit_booking_url or company.get_base_url() + "/my/credits"
        )

    def _get_booking_credit_low(self):
        """Return ``(measure, number)`` below which customers hear of it."""
        self.ensure_one()
        numbers = [
            ("credit", self.booking_credit_low_credits),
            ("session", self.booking_credit_low_sessions),
        ]
        wanted = self.booking_credit_mail_low
        return [(m, number) for m, number in numbers if wanted and number > 0]
