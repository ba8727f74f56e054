from datetime import timedelta
from decimal import Decimal
from itertools import chain

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...inside import told
from ...validity import last_valid_day

#: lots that lose all that is left when they expire
PLAIN = Domain("unlimited", "=", False) & Domain("held", "=", 0)

#: days at least for which credits can be used that the provider had to give back
PROVIDER_GRACE_DAYS = 30


#: writes off lots without holds: all that is left, and its value with it
EXPIRE_BATCH = """
       WITH due AS (
           SELECT id, balance, value, COALESCE(last_sequence, 0) + 1 AS number
             FROM booking_credit_lot
            WHERE company_id = %(company)s AND is_open
              AND valid_until < %(today)s
              AND unlimited IS NOT TRUE AND held = 0
         ORDER BY valid_until, id
            LIMIT %(limit)s
              FOR NO KEY UPDATE SKIP LOCKED
       ), closed AS (
           UPDATE booking_credit_lot lot
              SET balance = 0, value = 0, basis_quantity = 0, basis_value = 0,
                  last_sequence = due.number, is_open = false,
                  write_uid = %(uid)s, write_date = %(now)s
             FROM due
            WHERE lot.id = due.id
        RETURNING lot.id
       )
       INSERT INTO booking_credit_entry
              (create_uid, create_date, write_uid, write_date, operation_id,
               company_id, lot_id, lot_sequence, type, date, service_date,
               bookings, quantity, held, value, balance_after, posting_state)
       SELECT %(uid)s, %(now)s, %(uid)s, %(now)s, %(operation)s,
              %(company)s, due.id, due.number, 'expire', %(today)s, %(today)s,
              0, -due.balance, 0, -due.value, 0,
              CASE WHEN due.value = 0 THEN 'none' ELSE 'pending' END
         FROM due
         JOIN closed USING (id)
    RETURNING id
"""


class BookingCreditLot(models.Model):
    """Credits that expire, and those that come back to life.

    Credits that come back when theirs have expired.
    """

    _inherit = "booking.credit.lot"

    # === Business verbs === #

    def _reactivate(self, valid_until, limit=None, **document):
        """Bring units that expired back, with the value that was written off (S1-33).

        Lots that the nightly job has not written off yet only live longer.

        :param date valid_until: new last day; None: they never expire again
        :param Decimal limit: units at most, latest expired first; None: all
        """
        if not self:
            return self.env["booking.credit.entry"]
        self._check_reactivated_together()
        request = {
            "lots": self.ids,
            "valid_until": str(valid_until or ""),
            "limit": str(limit or ""),
        }
        replay = self._find_replay("reactivate", request, document)
        if replay is not None:
            return replay
        today = self.company_id[:1]._booking_credit_today()
        lots = self.filtered(lambda lot: lot._is_expired(today))
        if limit is not None:
            # what was not written off yet counts against the limit as well
            self.env["booking.credit.posting"]._post_entries(lots._expire_in_ledger())
        postings = lots._prepare_reactivate_postings(limit)
        moved = lots.browse({posting["lot"].id for posting in postings})
        entries = self._post("reactivate", postings, request=request, **document)
        if limit is None:
            moved |= lots.filtered("is_open")
        moved.valid_until = valid_until
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    def _check_reactivated_together(self):
        """Refuse lots of several companies: their days and books differ.

        :raise UserError: naming lots and companies
        """
        if len(self.company_id) > 1:
            raise UserError(
                self.env._(
                    "%(lots)s belong to several companies (%(companies)s): reactivate "
                    "those of one company at a time.",
                    lots=", ".join(self.mapped("name")),
                    companies=", ".join(self.company_id.mapped("name")),
                )
            )

    def _prepare_reactivate_postings(self, limit):
        """Return what brings the expired units of these lots back, latest first.

        :param Decimal limit: units at most; None: all
        """
        postings = []
        for lot in self.sorted("valid_until", reverse=True):
            for entry, units, value in lot._get_reactivable():
                if limit is not None:
                    back = min(units, limit)
                    limit -= back
                    value = lot.currency_id.round(value * float(back / units))
                    units = back
                if units:
                    postings.append(
                        {
                            "type": "reactivate",
                            "lot": lot,
                            "quantity": units,
                            "value": value,
                            "source_entry": entry,
                        }
                    )
        return postings

    def _reactivate_older(self):
        """Bring back what the customer of this new lot let expire (S1-33).

        Those that were sold with that promise, and all where the company wants it
        today; only lots with the same measure and scope. They then live as long as the
        new lot.
        """
        self.ensure_one()
        if self.unlimited:
            return self.env["booking.credit.entry"]
        older = self._get_older_to_reactivate()
        until = self.valid_until
        if self.first_use_unit and not until:
            # as if the new lot were used today: they must not live for ever
            until = last_valid_day(
                self.company_id._booking_credit_today(),
                self.first_use_unit,
                self.first_use_number,
            )
        return older._reactivate(
            until,
            older._get_reactivate_limit(self.company_id),
            reason=self.env._("New purchase: %s", self.name),
        )

    def _get_older_to_reactivate(self):
        """Return the expired lots of this customer that this new lot brings back."""
        company = self.company_id
        return self.search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", company.id),
                ("measure", "=", self.measure),
                ("unlimited", "=", False),
                ("valid_until", "<", company._booking_credit_today()),
                ("id", "!=", self.id),
            ]
        ).filtered(
            lambda lot: lot.eligible_product_ids == self.eligible_product_ids
            and lot.eligible_categ_ids == self.eligible_categ_ids
            and (lot.reactivates or company.booking_credit_reactivate)
        )

    def _get_reactivate_limit(self, company):
        """Return how many units of these lots come back at most; None: all."""
        # the most generous of what was promised and what is offered; 0: all
        limits = self.filtered("reactivates").mapped("reactivate_limit")
        if company.booking_credit_reactivate:
            limits.append(company.booking_credit_reactivate_limit)
        limit = max(limits, default=0.0) if all(limits) else 0.0
        return Decimal(str(limit)) if limit else None

    def _expire(self):
        """Write off what is left on these lots, if their validity has ended.

        Safe to run twice: nothing is left the second time. Held credits wait until
        their hold is resolved or has lapsed. The breakage is posted in the same
        transaction.

        :return: the ``booking.credit.entry`` records
        """
        entries = self._expire_in_ledger()
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    def _expire_in_ledger(self):
        """Write off what is left on these lots; the books follow later.

        :return: the ``booking.credit.entry`` records
        """
        entries = self._earn_ended_passes()
        for company, lots in self.filtered("is_open").grouped("company_id").items():
            today = company._booking_credit_today()
            due = lots.filtered(lambda lot, today=today: lot._is_expired(today))
            due._release_lapsed()
            entries |= self._post(
                "expire",
                [
                    {"type": "expire", "lot": lot, "quantity": -lot.available}
                    for lot in due
                    if lot._has_left()
                ],
            )
        return entries

    @api.model
    def _expire_batch(self, company, limit):
        """Write off expired lots of ``company`` in one statement.

        The rows are those that :meth:`_expire_in_ledger` writes: a lot without holds
        loses all that is left, and its value with it, so nothing is to be computed.
        Passes and lots with holds are left to that method. Rows that somebody else is
        moving are left to the next run. The books follow with the posting job.

        :param int limit: lots at most
        :return: number of lots written off
        """
        today = company._booking_credit_today()
        self.env.flush_all()
        operation = self.env["booking.credit.operation"]._insert_expiry(company)
        written = self.env.execute_query(
            SQL(
                EXPIRE_BATCH,
                company=company.id,
                today=today,
                limit=limit,
                uid=self.env.uid,
                now=self.env.cr.now(),
                operation=operation.id,
            )
        )
        self.env.invalidate_all(flush=False)
        return len(written)

    # === Jobs === #

    @api.model
    def _cron_expire(self, batch_size=10000):
        """Write off the lots whose last day has passed. Safe to run twice.

        Then lets the posting job put the breakage in the books.
        """
        companies = self.env["res.company"]._get_booking_credit_companies()
        self.env["booking.credit.job"]._run(
            "expire credits",
            chain(*(self._get_expiry_batches(c, batch_size) for c in companies)),
        )
        self.env.ref("booking_credits.ir_cron_post_due")._trigger()

    @api.model
    def _get_expiry_batches(self, company, size):
        """Yield the expired lots of ``company``, for ``booking.credit.job``."""
        lots = self.sudo().with_company(company)
        expired = (
            Domain("company_id", "=", company.id)
            & Domain("is_open", "=", True)
            & Domain("valid_until", "<", company._booking_credit_today())
        )
        done = []

        def expire():
            done.append(lots._expire_batch(company, size))
            return done[-1]

        while lots.search_count(expired & PLAIN, limit=1):
            done.clear()
            yield company, expire
            # failed, or somebody else is moving them: the next run tries again
            if not done or not done[-1]:
                break
        yield from lots._get_batches(
            company, expired & ~PLAIN, 500, "_expire_in_ledger"
        )

    # === Steps of the verbs, for bridges to extend === #

    def _get_reactivable(self):
        """Return the expiries of this lot that were not reactivated yet.

        :return: list of ``(entry, units, value)``, the latest first
        """
        self.ensure_one()
        done = dict.fromkeys(self.entry_ids.ids, (Decimal(0), 0.0))
        for entry in self.entry_ids:
            if entry.type == "reactivate":
                units, value = done[entry.source_entry_id.id]
                units += Decimal(str(entry.quantity))
                done[entry.source_entry_id.id] = units, value + entry.value
        rows = []
        for entry in self.entry_ids.sorted("id", reverse=True):
            if entry.type == "expire":
                units, value = done[entry.id]
                left = -Decimal(str(entry.quantity)) - units
                if left > 0:
                    rows.append((entry, left, -entry.value - value))
        return rows

    def _take_late_return(self, quantity, today):
        """Apply the pack's rule to credits that came back after their expiry.

        Nothing comes back where bookings are limited to the validity (S0-29).

        :return: the postings that follow from it, in the same operation
        """
        self.ensure_one()
        if told(self, "provider_cancels"):
            # nobody else is at fault: what comes back can be used (S2-03)
            days = max(self.grace_days, PROVIDER_GRACE_DAYS)
            return self._extend_late_return(today + timedelta(days=days))
        if self._forfeits_late_return():
            return [{"type": "expire", "lot": self, "quantity": -quantity}]
        return self._extend_late_return(today + timedelta(days=self.grace_days))

    def _extend_late_return(self, valid_until):
        """Let what comes back live until ``valid_until``, and nothing else.

        :return: the posting that writes off what the nightly job has not yet
        """
        # sudo: whoever cancels, the terms that were sold decide.
        lot = self.sudo()
        lot._release_lapsed()
        left = lot._quantize_units(lot.available)
        lot.valid_until = valid_until
        return [{"type": "expire", "lot": lot, "quantity": -left}] if left > 0 else []

    def _forfeits_late_return(self):
        """Return whether credits that come back after the expiry are lost."""
        self.ensure_one()
        if told(self, "provider_cancels"):
            return False
        return self.late_return == "forfeit" or self.limit_dates
