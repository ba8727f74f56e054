from odoo import fields, models
from odoo.exceptions import UserError


class ResConfigSettings(models.TransientModel):
    """Mails to customers, by company."""

    _inherit = "res.config.settings"

    booking_credit_mail_received = fields.Boolean(
        related="company_id.booking_credit_mail_received", readonly=False
    )
    booking_credit_mail_ending = fields.Boolean(
        related="company_id.booking_credit_mail_ending", readonly=False
    )
    booking_credit_reminder_days = fields.Integer(
        related="company_id.booking_credit_reminder_days", readonly=False
    )
    booking_credit_reminder_days_2 = fields.Integer(
        related="company_id.booking_credit_reminder_days_2", readonly=False
    )
    booking_credit_reminder_days_3 = fields.Integer(
        related="company_id.booking_credit_reminder_days_3", readonly=False
    )
    booking_credit_mail_expired = fields.Boolean(
        related="company_id.booking_credit_mail_expired", readonly=False
    )
    booking_credit_mail_low = fields.Boolean(
        related="company_id.booking_credit_mail_low", readonly=False
    )
    booking_credit_low_credits = fields.Float(
        related="company_id.booking_credit_low_credits", readonly=False
    )
    booking_credit_low_sessions = fields.Float(
        related="company_id.booking_credit_low_sessions", readonly=False
    )
    booking_credit_mail_cancelled = fields.Boolean(
        related="company_id.booking_credit_mail_cancelled", readonly=False
    )
    booking_credit_booking_url = fields.Char(
        related="company_id.booking_credit_booking_url", readonly=False
    )

    def action_booking_credit_edit_mail(self):
        """Open the mail template that the context names, to change its words."""
        self.ensure_one()
        self.check_access("write")
        kind = self.env.context.get("booking_credit_mail")
        template = self.env.ref(
            f"booking_credits.mail_template_notice_{kind}", raise_if_not_found=False
        )
        if not template:
            raise UserError(
                self.env._(
                    "This mail template was deleted. Upgrade Booking Credits to get it "
                    "back."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": template.name,
            "res_model": template._name,
            "res_id": template.id,
            "view_mode": "form",
        }
