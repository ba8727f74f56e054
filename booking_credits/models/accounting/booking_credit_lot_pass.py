from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import date_utils, format_date

from ...accrual import earned_value
from ...const import MAX_HOLD_DAYS
from ...ledger import as_decimal


class BookingCreditLot(models.Model):
    """Unlimited passes: earned day by day, however often they are used.

    A pass is a promise to be there (IFRS 15.B18): its price is income in equal parts
    of the days from its first to its last. A pause moves the end, and nothing is
    earned meanwhile. What was posted stays; a new end changes what is still to come.
    """

    _inherit = "booking.credit.lot"

    accrual_start = fields.Date(
        string="Earned From",
        readonly=True,
        copy=False,
        help="From this day on, what was left is earned in equal parts until the end.",
    )
    accrual_value = fields.Monetary(
        string="To Be Earned",
        readonly=True,
        copy=False,
        help="What was not earned yet on that day.",
    )
    accrual_earned = fields.Monetary(
        string="Earned Since", readonly=True, copy=False, help="Since that day."
    )
    pause_start = fields.Date(readonly=True, copy=False)
    pause_end = fields.Date(readonly=True, copy=False)

    # === Public verbs === #

    def pause(self, first_day, last_day, reason):
        """Let this pass rest; see :meth:`_pause`. For managers."""
        self._check_may("manager")
        return self.sudo()._pause(
            self._to_day(first_day), self._to_day(last_day), reason
        )

    # === Business verbs === #

    def _pause(self, first_day, last_day, reason):
        """Let one pass rest from ``first_day`` to ``last_day``; its end moves as far.

        :param str reason: why, for the history
        :raise UserError: for what is no running pass, or for days that are past
        """
        self.ensure_one()
        self._check_reason(reason)
        self._check_pause(first_day, last_day)
        days = (last_day - first_day).days + 1
        self.valid_until += timedelta(days=days)
        self.write({"pause_start": first_day, "pause_end": last_day})
        self.message_post(
            body=self.env._(
                "Rests from %(first)s to %(last)s, valid until %(until)s: %(reason)s",
                first=format_date(self.env, first_day),
                last=format_date(self.env, last_day),
                until=format_date(self.env, self.valid_until),
                reason=reason,
            )
        )

    def _earn_passes(self, month_end_only=False):
        """Take what these passes have earned, today included, as income.

        Safe to run twice: nothing is earned twice on one day.

        :return: the ``booking.credit.entry`` records
        """
        entries = self.env["booking.credit.entry"]
        for lot in self.filtered(lambda lot: lot.unlimited and lot.valid_until):
            today = lot.company_id._booking_credit_today()
            if month_end_only and today < lot.valid_until:
                # whole months only: the last one that is over, today included
                today = date_utils.end_of(today + timedelta(days=1), "month")
                today = date_utils.start_of(today, "month") - timedelta(days=1)
            entries |= lot._earn(min(today, lot.valid_until))
        return entries

    def _earn(self, day):
        """Take what this pass has earned when ``day`` is over as income."""
        self.ensure_one()
        # sudo: whoever moves the end of a pass, it is earned.
        lot = self.sudo()
        if lot.currency_id.is_zero(lot.value):
            return lot.entry_ids.browse()
        lot._follow_refunds()
        earned = lot._get_earned(day)
        before = as_decimal(lot.currency_id.round(lot.accrual_earned))
        if earned <= before:
            return lot.entry_ids.browse()
        lot.accrual_earned = float(earned)
        return lot._post_earned(earned - before, day)

    def _post_earned(self, value, day):
        """Take ``value`` of this pass as income; nothing is spent of it."""
        posting = {
            "type": "redeem",
            "lot": self,
            "quantity": 0,
            "value": -value,
            "bookings": Decimal(0),
        }
        reason = self.env._("Earned until %s", format_date(self.env, day))
        return self._post("redeem", [posting], product=self.product_id, reason=reason)

    def _get_earned(self, day):
        """Return what of this pass is earned when ``day`` is over, since its start."""
        return earned_value(
            as_decimal(self.currency_id.round(self.accrual_value)),
            self.accrual_start,
            self.valid_until,
            day,
            as_decimal(self.currency_id.rounding),
            self._get_pause(),
        )

    def _earn_ended_passes(self):
        """Earn all of the passes that have ended, before they are closed."""
        ended = self.filtered(
            lambda lot: lot.unlimited
            and lot.is_open
            and lot._is_expired(lot.company_id._booking_credit_today())
        )
        return ended._earn_passes()

    def _transfer_pass(self, partner, reason, **document):
        """Give this unlimited pass, whole and with its value, to another customer.

        The pass that was bought is closed; what was earned of it stays earned, and the
        rest is earned on the new one until the same end.

        :return: the entry of this lot, then that of the new lot
        """
        self.ensure_one()
        self._release_lapsed()
        self._earn_until_yesterday()
        target = self._create_same(partner)
        entries = self._post(
            "transfer",
            [
                {"type": "transfer", "lot": self, "quantity": 0, "value": -self.value},
                {"type": "transfer", "lot": target, "quantity": 0, "value_of": 0},
            ],
            reason=reason,
            **document,
        )
        self.env["booking.credit.posting"]._post_entries(entries)
        if target.valid_until:
            target._restart_accrual(self.company_id._booking_credit_today())
        self._log_transfer(target, 0, reason)
        return entries

    def _earn_until_yesterday(self):
        """Take what is over until yesterday as income of this pass."""
        yesterday = self.company_id._booking_credit_today() - timedelta(days=1)
        if self.valid_until and yesterday >= self.valid_from:
            earned = self._earn(min(yesterday, self.valid_until))
            self.env["booking.credit.posting"]._post_entries(earned)

    # === Jobs === #

    @api.model
    def _cron_earn_passes(self, batch_size=500):
        """Take what unlimited passes have earned as income. Safe to run twice.

        Day by day, or at the end of the month where the company posts once a month.
        """
        domain = (
            Domain("is_open", "=", True)
            & Domain("unlimited", "=", True)
            & Domain("value", ">", 0)
            & Domain("valid_until", "!=", False)
        )
        companies = self.env["res.company"]._get_booking_credit_companies()
        self.env["booking.credit.job"]._run(
            "earn unlimited passes",
            self._get_pass_batches(companies, domain, batch_size),
        )

    @api.model
    def _get_pass_batches(self, companies, domain, size):
        for company in companies:
            monthly = company.booking_credit_posting_mode == "monthly"
            yield from self.env["booking.credit.job"]._get_batches(
                company,
                self.sudo(),
                domain & Domain("company_id", "=", company.id),
                size,
                lambda lots, monthly=monthly: lots.try_lock_for_update(
                    allow_referencing=True
                )._earn_passes(monthly),
            )

    # === Steps of the verbs, for bridges to extend === #

    def _earn_before_new_end(self, valid_until):
        """Earn passes that get another end up to yesterday; return those passes."""
        passes = self.filtered(
            lambda lot: lot.unlimited and lot.is_open and lot.valid_until != valid_until
        )
        for lot in passes.filtered("valid_until"):
            yesterday = lot.company_id._booking_credit_today() - timedelta(days=1)
            lot._earn(min(yesterday, lot.valid_until))
        return passes

    def _restart_accruals(self):
        for lot in self:
            lot._restart_accrual(lot.company_id._booking_credit_today())

    def _restart_accrual(self, day):
        """Earn what is left now in equal parts from ``day`` on."""
        self.ensure_one()
        self.sudo().write(
            {
                "accrual_start": max(day, self.valid_from),
                "accrual_value": self.value,
                "accrual_earned": 0.0,
            }
        )

    def _follow_refunds(self):
        """Begin anew where the value of this pass changed but by being earned."""
        self.ensure_one()
        if not self.accrual_start:
            self._restart_accrual(self.valid_from)
            return
        expected = self.accrual_value - self.accrual_earned
        if self.currency_id.compare_amounts(expected, self.value):
            self._restart_accrual(self.company_id._booking_credit_today())

    def _get_pause(self):
        self.ensure_one()
        return (self.pause_start, self.pause_end) if self.pause_start else None

    def _check_pause(self, first_day, last_day):
        """Refuse a pause that makes no sense.

        :raise UserError: naming the pass, the days and the remedy
        """
        if not self.unlimited or not self.is_open or not self.valid_until:
            raise UserError(
                self.env._(
                    "%s cannot rest: only unlimited passes with an end do.", self.name
                )
            )
        if not first_day or not last_day:
            raise UserError(
                self.env._("Say from which day to which %s shall rest.", self.name)
            )
        today = self.company_id._booking_credit_today()
        self._check_pause_days(first_day, last_day, today)
        self._check_no_pause_since(today)

    def _check_pause_days(self, first_day, last_day, today):
        """Refuse days that are over, after the end of this pass, or too many."""
        long = (last_day - first_day).days > MAX_HOLD_DAYS
        late = first_day > self.valid_until
        if not today <= first_day <= last_day or late or long:
            raise UserError(
                self.env._(
                    "%(lot)s cannot rest from %(first)s to %(last)s: choose days from "
                    "today to its end on %(until)s, for a year at most.",
                    lot=self.name,
                    first=format_date(self.env, first_day),
                    last=format_date(self.env, last_day),
                    until=format_date(self.env, self.valid_until),
                )
            )

    def _check_no_pause_since(self, today):
        """Refuse a second pause before the first one is over."""
        if self.pause_end and self.pause_end >= today:
            raise UserError(
                self.env._(
                    "%(lot)s rests from %(first)s to %(last)s already: wait until that "
                    "is over.",
                    lot=self.name,
                    first=format_date(self.env, self.pause_start),
                    last=format_date(self.env, self.pause_end),
                )
            )
