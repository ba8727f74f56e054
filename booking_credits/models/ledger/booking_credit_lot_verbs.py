import math
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, format_datetime

from ...const import HOLD_DAYS, MAX_EXTEND_DAYS, MAX_HOLD_DAYS, MAX_UNITS, MEASURES
from ...exceptions import InsufficientCreditsError
from ...typed import MAX_ID
from ...words import format_units

GROUPS = "booking_credits.booking_credits_group_"


class BookingCreditLot(models.Model):
    """What can be done with lots.

    Public methods check the rights of the user and can be called by RPC; those that
    start with ``_`` are for callers that have checked them. All of them move credits
    through ``booking.credit.operation._post``, take an idempotency ``key`` and return
    the ``booking.credit.entry`` records. Quantities are units of the lots' measure,
    money is in the company's currency.
    """

    _inherit = "booking.credit.lot"

    # === Public verbs === #

    @api.model
    def grant(
        self,
        partner,
        quantity,
        reason,
        measure="credit",
        pack=None,
        valid_until=None,
        unlimited=False,
        key=None,
    ):
        """Give credits to a customer; see :meth:`_grant_by_hand`. For managers."""
        self._check_may("manager")
        if not unlimited:
            self._check_finite(quantity)
        self._check_measure(measure)
        partner = self._to_records("res.partner", partner)
        pack = self._to_records("product.product", pack)
        partner.check_access("read")
        pack.check_access("read")
        return self.sudo()._grant_by_hand(
            partner,
            quantity,
            reason,
            measure=measure,
            pack=pack,
            valid_until=self._to_day(valid_until),
            unlimited=bool(unlimited),
            key=key,
        )

    @api.model
    def _check_measure(self, measure):
        """Refuse what is no measure of credits.

        :raise UserError: naming what was given, and the measures
        """
        if str(measure) not in dict(MEASURES):
            raise UserError(
                self.env._(
                    "“%(measure)s” is no measure of credits: choose one of %(measures)s.",
                    measure=str(measure)[:40],
                    measures=", ".join(dict(MEASURES)),
                )
            )

    @api.model
    def release(self, holds, key=None):
        """Free what ``holds`` set aside; see :meth:`_release`. For the front desk."""
        holds = self._to_records("booking.credit.entry", holds)
        holds.lot_id._check_may("user")
        request = {"holds": holds.ids}
        document = {"key": key}
        lots = self.sudo()
        replay = lots._find_replay("release", request, document, holds.lot_id)
        if replay is not None:
            return replay
        return lots._release(holds.sudo(), key=key, request=request)

    @api.model
    def restore(self, entries, reason, key=None):
        """Give back what was used; see :meth:`_restore`. For managers."""
        entries = self._to_records("booking.credit.entry", entries)
        entries.lot_id._check_may("manager")
        return self.sudo()._restore(entries.sudo(), reason, key=key)

    def hold(self, quantity, product, until=None, key=None, reason=None):
        """Set units of these lots aside; see :meth:`_hold`. For the front desk.

        :param until: UTC; at most a year ahead; by default a week from now
        :raise UserError: without a reason: no booking says why
        """
        self._check_may("user")
        self._check_number(quantity, above=0)
        self._check_reason(reason)
        product = self._to_records("product.product", product)
        request = {
            "lots": self.ids,
            "quantity": quantity,
            "product": product.id,
            "until": str(until),
        }
        lots = self.sudo()
        if replay := lots._find_replay("hold", request, {"key": key}):
            return replay
        self._check_usable(product)
        return lots._hold(
            quantity,
            product,
            self._read_hold_end(until),
            request=request,
            key=key,
            reason=reason,
        )

    def redeem(self, quantity, product, key=None, reason=None):
        """Spend units of these lots; see :meth:`_redeem`. For the front desk.

        :raise UserError: without a reason: no booking says why
        """
        self._check_may("user")
        self._check_number(quantity, above=0)
        self._check_reason(reason)
        product = self._to_records("product.product", product)
        request = {"lots": self.ids, "quantity": quantity, "product": product.id}
        lots = self.sudo()
        if replay := lots._find_replay("redeem", request, {"key": key}):
            return replay
        self._check_usable(product)
        return lots._redeem(quantity, product, key=key, reason=reason)

    def adjust(self, quantity, reason, key=None):
        """Add or take units; see :meth:`_adjust`. For managers."""
        self._check_may("manager")
        self._check_finite(quantity)
        self._check_number(abs(quantity), above=0)
        return self.sudo()._adjust(quantity, reason, key=key)

    def transfer(self, quantity, partner, reason, key=None):
        """Give units to another customer; see :meth:`_transfer`. For managers."""
        self._check_may("manager")
        self._check_finite(quantity)
        partner = self._to_records("res.partner", partner)
        partner.check_access("read")
        return self.sudo()._transfer(quantity, partner, reason, key=key)

    def reset(self, level, reason=None, key=None):
        """Set what is available; see :meth:`_reset`. For managers."""
        self._check_may("manager")
        self._check_number(level)
        return self.sudo()._reset(level, key=key, reason=reason)

    def reactivate(self, valid_until, reason=None, key=None):
        """Bring expired units back; see :meth:`_reactivate`. For managers."""
        self._check_may("manager")
        valid_until = self._to_day(valid_until)
        self._check_last_day(valid_until)
        return self.sudo()._reactivate(valid_until, key=key, reason=reason)

    def expire(self):
        """Write off what is past its validity; for managers and accountants."""
        self._check_may("manager", "accountant")
        return self.sudo()._expire()

    def _check_may(self, *groups):
        """Check that the user reads these lots and belongs to one of ``groups``.

        :raise AccessError: otherwise
        """
        self.check_access("read")
        if self.env.su or any(self.env.user.has_group(GROUPS + g) for g in groups):
            return
        names = [self.env.ref(GROUPS + group).sudo().full_name for group in groups]
        raise AccessError(
            self.env._(
                "You may not change %(lots)s: this is for members of %(groups)s.",
                lots=", ".join(self.mapped("name")) or self.env._("credits"),
                groups=", ".join(names),
            )
        )

    def _check_number(self, number, above=None):
        """Refuse a number below zero, or zero itself with ``above=0``.

        :raise UserError: naming the lots, the number and the remedy
        """
        _ = self.env._
        self._check_finite(number)
        compared = self._compare_units(number, 0)
        if compared > 0 or (compared == 0 and above is None):
            return
        values = {
            "number": format_units(self.env, number),
            "lots": ", ".join(self.mapped("name")),
        }
        if above is None:
            raise UserError(
                _("%(lots)s cannot have %(number)s: enter zero or more.", **values)
            )
        raise UserError(
            _("%(number)s of %(lots)s cannot be moved: enter another number.", **values)
        )

    def _check_finite(self, number):
        """Refuse what is no number: text, not finite, or beyond all measure.

        :raise UserError: naming the lots and the remedy
        """
        known = type(number) is not bool and isinstance(number, (int, float))
        if known and math.isfinite(number) and abs(number) <= MAX_UNITS:
            return
        raise UserError(
            self.env._(
                "“%(number)s” is not a number for %(lots)s: enter at most %(most)s.",
                number=str(number)[:40],
                lots=", ".join(self.mapped("name")) or self.env._("credits"),
                most=format_units(self.env, MAX_UNITS),
            )
        )

    @api.model
    def _check_extend_days(self, days, company=None):
        """Refuse a number of days by which the user may not let credits live longer.

        The front desk extends as far as the company lets it, where the business has
        cancelled; managers, and the server itself, up to ten years.

        :param int days: 0 or more
        :raise UserError: naming the number, the limit and the remedy
        """
        manager = self.env.su or self.env.user.has_group(GROUPS + "manager")
        company = company or self.company_id[:1] or self.env.company
        # sudo: the limit is for who may not read settings.
        limit = company.sudo().booking_front_desk_extend_days
        most = MAX_EXTEND_DAYS if manager else min(max(limit, 0), MAX_EXTEND_DAYS)
        known = type(days) is not bool and isinstance(days, (int, float))
        if not known or not 0 <= days <= most or days != int(days):
            raise UserError(self._get_extend_days_refusal(days, most, manager))

    @api.model
    def _get_extend_days_refusal(self, days, most, manager):
        """Say how many days a manager, or the front desk, may give at most."""
        values = {"days": str(days)[:40], "most": most}
        if manager:
            return self.env._(
                "Credits cannot be valid for “%(days)s” more days: enter a whole "
                "number from 0 to %(most)s.",
                **values,
            )
        return self.env._(
            "The front desk extends credits by at most %(most)s whole days, not by "
            "“%(days)s”: enter less, or ask a manager.",
            **values,
        )

    @api.model
    def _to_day(self, value):
        """Return ``value``, a date or its text, as a date; None without one.

        :raise UserError: if it is no day
        """
        if not value:
            return None
        try:
            return fields.Date.to_date(value)
        except (ValueError, TypeError, AttributeError):
            raise UserError(
                self.env._(
                    "“%s” is not a day: write it as 2026-06-30.",
                    str(value)[:40],
                )
            )

    @api.model
    def _read_hold_end(self, until):
        """Return when a hold ends that somebody asked for, in UTC.

        :raise UserError: if it is no time, past, or more than a year ahead
        """
        now = fields.Datetime.now()
        if not until:
            return now + timedelta(days=HOLD_DAYS)
        try:
            end = fields.Datetime.to_datetime(until)
        except (ValueError, TypeError, AttributeError):
            end = None
        if not end or not now <= end <= now + timedelta(days=MAX_HOLD_DAYS):
            raise UserError(
                self.env._(
                    "Credits cannot be held until “%(until)s”: enter a time between "
                    "now and %(last)s.",
                    until=str(until)[:40],
                    last=format_datetime(self.env, now + timedelta(days=MAX_HOLD_DAYS)),
                )
            )
        return end

    def _check_last_day(self, day):
        """Refuse a last day of validity that is past.

        :raise UserError: naming the lots, the day and the remedy
        """
        for lot in self:
            if day and day < lot.company_id._booking_credit_today():
                raise UserError(
                    self.env._(
                        "%(lot)s cannot be valid until %(day)s, which is past: choose "
                        "today or a later day.",
                        lot=lot.name,
                        day=format_date(self.env, day),
                    )
                )

    def _check_usable(self, product, start=None):
        """Refuse lots that cannot pay for ``product``: expired, too narrow, capped.

        :param datetime start: when the booking takes place, in UTC
        :raise InsufficientCreditsError: one sentence for each lot that is refused
        """
        refusals = [
            reason
            for lot in self
            if (
                reason := lot._get_refusal(
                    product, lot.company_id._booking_credit_today(), start
                )
            )
        ]
        if refusals:
            raise InsufficientCreditsError("\n".join(refusals))

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _to_records(self, model, value):
        """Return ``value``, records or ids, as records of ``model`` for this user.

        :raise UserError: if it is neither
        """
        if isinstance(value, models.BaseModel) and value._name == model:
            return value.with_env(self.env)
        ids = value if isinstance(value, (list, tuple)) else [value] if value else []
        if any(type(i) is not int or not 0 < i <= MAX_ID for i in ids):
            raise UserError(
                self.env._(
                    "“%(value)s” is no %(model)s: give its id, or a list of ids.",
                    value=str(value)[:40],
                    model=self.env[model]._description,
                )
            )
        return self.env[model].browse(ids)

    def _check_limited(self):
        """Refuse to change what an unlimited lot has available."""
        if self.unlimited:
            raise UserError(
                self.env._(
                    "%s is unlimited: there is nothing to add or take.", self.name
                )
            )

    def _check_reason(self, reason, partners=None):
        if not isinstance(reason, str) or "\0" in reason or not reason.strip():
            names = (partners or self.partner_id).mapped("display_name")
            raise UserError(
                self.env._("Say why the credits of %s change.", ", ".join(names))
            )

    def _check_takeable(self, quantity):
        """Refuse to take more units of this lot than are available.

        :raise InsufficientCreditsError: naming the customer, the number, the remedy
        """
        if self._compare_units(quantity, self.available) > 0:
            raise InsufficientCreditsError(
                self.env._(
                    "%(quantity)s cannot be taken from %(lot)s of %(customer)s: only "
                    "%(available)s are available. Take at most that.",
                    quantity=format_units(self.env, quantity),
                    lot=self.name,
                    customer=self.partner_id.display_name,
                    available=format_units(self.env, self.available),
                )
            )
