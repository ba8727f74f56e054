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
        help="Day on which the customer was told last that these credits end soon.",
    )
    reminder_step = fields.Integer(
        string="Reminded Days Before",
        readonly=True,
        copy=False,
        help="Which reminder the customer had last; 0: none.",
    )

    # === Business verbs === #

    def _tell_received(self):
        """Let the customers hear of these lots, once they are committed."""
        self.env["booking.credit.notice"].sudo()._queue_received(self)

    def _remind(self):
        """Write to the customers of these lots what ends when. Safe to run twice.

        The mails leave with Odoo's mail queue.

        :return: the lots whose customers are told
        """
        steps = {lot: days for lot in self if (days := lot._get_reminder_step())}
        lots = self.browse([lot.id for lot in steps])
        if not lots:
            return lots
        notices = self.env["booking.credit.notice"].sudo()._queue_ending(steps)
        notices._deliver()
        by_step = lots.grouped(lambda lot: (lot.company_id, steps[lot]))
        for (company, days), reminded in by_step.items():
            # sudo: nobody may write on lots by hand.
            reminded.sudo().write(
                {
                    "reminder_date": company._booking_credit_today(),
                    "reminder_step": days,
                }
            )
        return lots

    # === Jobs === #

    @api.model
    def _cron_remind(self, batch_size=100):
        """Remind the customers whose credits end soon, in each company."""
        batches = []
        for company in self.env["res.company"]._get_booking_credit_companies():
            steps = company._get_booking_credit_reminder_steps()
            if not steps:
                continue
            domain = self._get_reminder_domain(company, steps)
            lots = self.with_company(company)
            batches.append(lots._get_batches(company, domain, batch_size, "_remind"))
        self.env["booking.credit.job"]._run("remind", chain(*batches))

    @api.model
    def _get_reminder_domain(self, company, steps):
        """Return the domain of the lots that end within ``steps``, not reminded yet."""
        today = company._booking_credit_today()
        domain = Domain("company_id", "=", company.id)
        domain &= Domain("is_open", "=", True)
        domain &= Domain("valid_until", ">=", today)
        domain &= Domain.OR(
            Domain("valid_until", "<=", today + timedelta(days=days))
            & (Domain("reminder_step", "=", False) | Domain("reminder_step", ">", days))
            for days in steps
        )
        return domain

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _remind_again(self, vals):
        """Return ``vals`` that move an end, so that it is reminded of again."""
        if "reminder_date" in vals:
            return vals
        return {**vals, "reminder_date": False, "reminder_step": False}

    def _get_reminder_step(self):
        """Return the reminder that the customer should have now, in days; 0: none.

        Each of them comes once for each end. If several nights were missed, only the
        last of theirs. Not before half of the validity is over: who has just bought a
        week is not pressed. Nor for gift vouchers, which others use, nor without an
        address.
        """
        self.ensure_one()
        if self.code or not self.valid_until or not self._has_left():
            return 0
        if not self.partner_id.email:
            return 0
        left = (self.valid_until - self.company_id._booking_credit_today()).days
        whole = (self.valid_until - self.valid_from).days
        steps = self.company_id._get_booking_credit_reminder_steps()
        step = next((days for days in steps if left <= days), 0)
        if left < 0 or left > whole / 2:
            return 0
        reached = self.reminder_step and self.reminder_step <= step
        return 0 if reached else step
