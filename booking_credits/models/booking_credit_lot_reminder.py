from datetime import timedelta
from itertools import chain

from odoo import api, fields, models
from odoo.fields import Domain


class BookingCreditLot(models.Model):
    """Invites customers to use their credits before they expire (S1-34)."""

    _inherit = "booking.credit.lot"

    reminder_date = fields.Date(
        string="Reminded On",
        readonly=True,
        copy=False,
        help="Day on which the customer was told that these credits end soon.",
    )

    def write(self, vals):
        """Override to remind again of an end that was moved."""
        if "valid_until" in vals and "reminder_date" not in vals:
            vals = {**vals, "reminder_date": False}
        return super().write(vals)

    # === Business verbs === #

    def _remind(self):
        """Write to the customers of these lots what ends when. Safe to run twice.

        The mails leave with Odoo's mail queue.

        :return: the lots whose customers are told
        """
        template = self.env.ref(
            "booking_credits.mail_template_ending", raise_if_not_found=False
        )
        lots = self.filtered(lambda lot: lot._is_to_be_reminded())
        if not template or not lots:
            return self.browse()
        template.send_mail_batch(
            lots.ids, email_layout_xmlid="mail.mail_notification_light"
        )
        for company, ending in lots.grouped("company_id").items():
            # sudo: nobody may write on lots by hand.
            ending.sudo().reminder_date = company._booking_credit_today()
        return lots

    # === Jobs === #

    @api.model
    def _cron_remind(self, batch_size=100):
        """Remind the customers whose credits end soon, in each company."""
        batches = []
        for company in self.env["res.company"]._get_booking_credit_companies():
            days = company.booking_credit_reminder_days
            if days <= 0:
                continue
            today = company._booking_credit_today()
            domain = Domain("company_id", "=", company.id)
            domain &= Domain("is_open", "=", True)
            domain &= Domain("reminder_date", "=", False)
            domain &= Domain("valid_until", ">=", today)
            domain &= Domain("valid_until", "<=", today + timedelta(days=days))
            lots = self.with_company(company)
            batches.append(lots._get_batches(company, domain, batch_size, "_remind"))
        self.env["booking.credit.job"]._run("remind", chain(*batches))

    # === Steps of the verbs, for bridges to extend === #

    def _is_to_be_reminded(self):
        """Return whether the customer should hear now that this lot ends.

        Not before half of the validity is over: who has just bought a week is not
        pressed. Nor for gift vouchers, which others use, nor without an address.
        """
        self.ensure_one()
        if self.reminder_date or self.code or not self.valid_until:
            return False
        if not self.partner_id.email or not self._has_left():
            return False
        today = self.company_id._booking_credit_today()
        left = self.valid_until - today
        whole = self.valid_until - self.valid_from
        days = timedelta(days=self.company_id.booking_credit_reminder_days)
        return timedelta(0) <= left <= min(days, whole / 2)
