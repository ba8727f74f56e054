from datetime import date, timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...const import MAX_EXTEND_DAYS
from ...safely import safely

#: what can be taken from or moved: limited, and still there
CHANGEABLE = Domain("is_open", "=", True) & Domain("unlimited", "=", False)


class BookingCreditLot(models.Model):
    """Lets credits live longer, with a trail of who did it and why.

    Days that the business lost are added to the credits that paid (S2-03).
    """

    _inherit = "booking.credit.lot"

    def _extend_by_days(self, days, reason):
        """Let these lots be valid for ``days`` days more; not those that never end.

        :param int days: 0: nothing happens
        :param str reason: why, for the history of each lot
        """
        if not days:
            return
        # sudo: who cancels for the business may not edit lots otherwise.
        lots = self.sudo().filtered("valid_until")
        bodies = {}
        for lot in lots:
            lot.valid_until += timedelta(days=days)
            bodies[lot.id] = self.env._(
                "Valid for %(days)s days more, until %(day)s: %(reason)s",
                days=days,
                day=format_date(self.env, lot.valid_until),
                reason=reason,
            )
        if bodies:
            lots._message_log_batch(bodies=bodies)

    # === Actions === #

    def action_extend(self):
        """Open the dialog that moves the last day of these lots.

        Its verb checks who may do it.
        """
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Extend Credits"),
            "res_model": "booking.credit.extend",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lot_ids": [(6, 0, self.ids)]},
        }

    # === Steps, for bridges to extend === #

    def _get_change_domain(self, kind):
        """Return the domain of the lots that the dialog of ``kind`` can change."""
        if kind == "extend":
            swept = Domain("entry_ids.type", "=", "expire")
            swept &= Domain("unlimited", "=", False)
            return Domain("valid_until", "!=", False) & (
                Domain("is_open", "=", True) | swept
            )
        domain = CHANGEABLE
        if kind == "transfer":
            domain &= Domain("code", "=", False)
        today = self.env.company._booking_credit_today()
        alive = Domain("valid_until", "=", False) | Domain("valid_until", ">=", today)
        return domain & alive

    def _get_new_ends(self, valid_until, days):
        """Return the new last day of each of these lots.

        :raise UserError: naming the lot that cannot be extended, and the remedy
        """
        if bool(valid_until) == bool(days) or (days and days < 0):
            raise UserError(
                self.env._(
                    "Say until when %s shall be valid: enter a day, or a number of "
                    "days "
                    "above zero.",
                    ", ".join(self.mapped("name")),
                )
            )
        ends = {}
        for lot in self:
            ends[lot] = lot._get_new_end(valid_until, days)
            if problem := lot._get_extension_problem(ends[lot]):
                raise UserError(problem)
        return ends

    def _get_new_end(self, valid_until, days):
        """Return the last day of this lot after an extension; False: it has no end."""
        self.ensure_one()
        if not self.valid_until:
            return False
        # rubbish that somebody is typing ends at the limit, and is refused as such
        days = min(max(days or 0, 0), MAX_EXTEND_DAYS + 1)
        try:
            return valid_until or self.valid_until + timedelta(days=days)
        except OverflowError:
            return date.max

    def _get_extension_problem(self, day):
        """Say why this lot cannot be extended to ``day``; empty if it can."""
        self.ensure_one()
        _ = self.env._
        values = {"lot": self.name, "customer": self.partner_id.display_name}
        if not self.valid_until and self.first_use_unit:
            return _(
                "The validity of %(lot)s of %(customer)s starts with the first use: "
                "there is no last day to move yet.",
                **values,
            )
        if not self.valid_until:
            return _(
                "%(lot)s of %(customer)s never expires: there is no last day to move.",
                **values,
            )
        swept = self.state == "expired" and not self.unlimited
        if not self._has_left() and not swept and not self.held:
            return _(
                "Nothing is left on %(lot)s of %(customer)s: give credits instead of "
                "extending it.",
                **values,
            )
        return self._get_new_end_problem(day)

    def _get_new_end_problem(self, day):
        """Say why ``day`` cannot be the new last day; empty if it can."""
        _ = self.env._
        values = {"lot": self.name, "customer": self.partner_id.display_name}
        if day < self.company_id._booking_credit_today():
            return _(
                "%(lot)s of %(customer)s would be valid until %(day)s, which is past: "
                "choose today or a later day.",
                day=format_date(self.env, day),
                **values,
            )
        if day <= self.valid_until:
            return _(
                "%(lot)s of %(customer)s is valid until %(day)s already: choose a "
                "later "
                "day.",
                day=format_date(self.env, self.valid_until),
                **values,
            )
        today = self.company_id._booking_credit_today()
        last = max(self.valid_until, today) + timedelta(days=MAX_EXTEND_DAYS)
        if day > last:
            return _(
                "%(lot)s of %(customer)s would be valid until %(day)s: choose a day "
                "no later than %(last)s.",
                day=format_date(self.env, day),
                last=format_date(self.env, last),
                **values,
            )
        return ""

    def _get_extension_text(self, valid_until, days):
        """Write what an extension does, as the document of its movements."""
        if valid_until:
            return self.env._("until %s", format_date(self.env, valid_until))
        return self.env._("%s more days", days)

    def _log_extension(self, before, reason):
        """Note the extension on the customers; on the lots the tracking does."""
        bodies = {}
        for partner, lots in self.grouped("partner_id").items():
            texts = [
                self.env._(
                    "%(lot)s is valid until %(after)s instead of %(before)s",
                    lot=lot.name,
                    after=format_date(self.env, lot.valid_until),
                    before=format_date(self.env, before[lot]),
                )
                for lot in lots
            ]
            bodies[partner.id] = f"{'; '.join(texts)}: {reason}"
        self.partner_id._message_log_batch(bodies)

    def _send_extended(self):
        """Tell the customers of these lots until when they can use them.

        One mail for each customer; those without an address get none. The mails
        leave with Odoo's mail queue.
        """
        template = self.env.ref(
            "booking_credits.mail_template_extended", raise_if_not_found=False
        )
        customers = self.partner_id.filtered("email")
        template = template and template.with_context(booking_credit_extended=self.ids)
        for customer in customers if template else ():
            with safely(customer, self.env._("Mail about the new last day")):
                template.send_mail(
                    customer.id, email_layout_xmlid="mail.mail_notification_light"
                )

    # === Public verbs === #

    def extend(self, reason, valid_until=None, days=None, key=None):
        """Let these lots live longer; see :meth:`_extend`. For managers."""
        self._check_may("manager")
        if days:
            self._check_extend_days(days)
        return self.sudo()._extend(reason, self._to_day(valid_until), days, key=key)

    # === Business verbs === #

    def _extend(self, reason, valid_until=None, days=None, key=None):
        """Move the last day of these lots to a later one; all or none.

        What has expired is reactivated, with the value that was written off. Each lot
        gets a movement of type ``extend`` that changes no quantity, and a note; so
        does its customer.

        :param str reason: why; required
        :param date valid_until: the new last day of all of them, or
        :param int days: how many days later than now each of them ends
        :return: the ``booking.credit.entry`` records, also of what came back
        :raise UserError: naming the lot that has no end, nothing left, or ends later
        """
        self._check_reason(reason)
        request = {
            "lots": sorted(self.ids),
            "valid_until": valid_until and str(valid_until),
            "days": days,
        }
        entries = self.env["booking.credit.entry"]
        for index, (company, lots) in enumerate(self.grouped("company_id").items()):
            # one operation for each company; the first carries the caller's key
            document = {"key": f"{key}/{index}" if key and index else key}
            replay = lots._find_replay("extend", request, document)
            if replay is not None:
                entries |= replay
                continue
            entries |= lots._extend_in_company(
                lots._get_new_ends(valid_until, days),
                company=company,
                request=request,
                reason=reason,
                document=lots._get_extension_text(valid_until, days),
                **document,
            )
        return entries

    def _extend_in_company(self, ends, reason, **document):
        """Move the last day of these lots of one company.

        :param dict ends: the new last day by lot
        """
        before = {lot: lot.valid_until for lot in self}
        today = self.company_id._booking_credit_today()
        entries = self.env["booking.credit.entry"]
        for day, lots in self.grouped(lambda lot: ends[lot]).items():
            lots._track_set_log_message(reason)
            expired = lots.filtered(lambda lot: lot._is_expired(today))
            entries |= expired._reactivate(day, reason=reason)
            (lots - expired).valid_until = day
        postings = [{"type": "extend", "lot": lot} for lot in self]
        entries |= self._post("extend", postings, reason=reason, **document)
        self._log_extension(before, reason)
        return entries
