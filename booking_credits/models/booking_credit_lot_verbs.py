from datetime import timedelta
from decimal import Decimal
from itertools import chain

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime

from ..burndown import burn_down
from ..exceptions import IdempotencyConflictError, InsufficientCreditsError
from ..ledger import as_decimal
from ..validity import last_valid_day
from ..words import format_units

GROUPS = "booking_credits.booking_credits_group_"

#: lots that lose all that is left when they expire
PLAIN = Domain("unlimited", "=", False) & Domain("held", "=", 0)
#: days at least for which credits can be used that the provider had to give back
PROVIDER_GRACE_DAYS = 30


class BookingCreditLotVerbs(models.Model):
    """What can be done with lots.

    Public methods check the rights of the user and can be called by RPC; those that
    start with ``_`` are for callers that have checked them. All of them move credits
    through ``booking.credit.operation._post``, take an idempotency ``key`` and return
    the ``booking.credit.entry`` records. Quantities are units of the lots' measure,
    money is in the company's currency.
    """

    _inherit = "booking.credit.lot"

    # === Public verbs === #

    def hold(self, quantity, product, until=None, key=None, reason=None):
        """Set units of these lots aside; see :meth:`_hold`. For the front desk."""
        self._check_may("user")
        self._check_number(quantity, above=0)
        product = self._to_records("product.product", product)
        self._check_usable(product)
        return self.sudo()._hold(quantity, product, until, key=key, reason=reason)

    def redeem(self, quantity, product, key=None, reason=None):
        """Spend units of these lots; see :meth:`_redeem`. For the front desk."""
        self._check_may("user")
        self._check_number(quantity, above=0)
        product = self._to_records("product.product", product)
        self._check_usable(product)
        return self.sudo()._redeem(quantity, product, key=key, reason=reason)

    def adjust(self, quantity, reason, key=None):
        """Add or take units; see :meth:`_adjust`. For managers."""
        self._check_may("manager")
        self._check_number(abs(quantity), above=0)
        return self.sudo()._adjust(quantity, reason, key=key)

    def transfer(self, quantity, partner, reason, key=None):
        """Give units to another customer; see :meth:`_transfer`. For managers."""
        self._check_may("manager")
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
        valid_until = fields.Date.to_date(valid_until)
        self._check_last_day(valid_until)
        return self.sudo()._reactivate(valid_until, key=key, reason=reason)

    @api.model
    def claim(self, code, partner):
        """Give the credits of a gift voucher to ``partner``; see :meth:`_claim`."""
        self._check_may("user")
        partner = self._to_records("res.partner", partner)
        partner.check_access("read")
        self._get_claimable(code)  # of the user's companies only
        return self.sudo()._claim(code, partner)

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

    # === Business verbs === #

    @api.model
    def _grant(self, vals_list, postings, **document):
        """Issue lots with their first entry.

        :param list vals_list: one dict of terms for each lot
        :param list postings: one dict for each lot, without ``lot``: ``quantity``
            (units, > 0, or 0 for unlimited lots), ``value`` (>= 0) and what else the
            entry keeps
        :param document: see ``booking.credit.operation._post``
        :return: the lots
        """
        # sudo: nobody may create lots by hand; the caller has checked who may grant.
        lots = self.sudo().with_context(mail_create_nolog=True).create(vals_list)
        lots._post(
            "grant",
            [
                {"type": "grant", "lot": lot, **posting}
                for lot, posting in zip(lots, postings, strict=True)
            ],
            **document,
        )
        return lots.with_env(self.env)

    def _hold(
        self,
        quantity,
        product,
        until=None,
        keep_order=False,
        bookings=1,
        limits=None,
        **document,
    ):
        """Set ``quantity`` units aside for ``product``; nothing is spent yet.

        :param datetime until: UTC; afterwards the hold counts no more
        :param float bookings: how many bookings that will pay; they count for caps
        :return: the entries of type ``hold``: pass them to :meth:`_redeem_held` or
            :meth:`_release`
        :raise InsufficientCreditsError: if these lots have less available
        """
        request = {"quantity": quantity, "product": product.id, "until": str(until)}
        if replay := self._find_replay("hold", request, document):
            return replay
        self._release_lapsed()
        burn_lots = {lot.id: lot._get_burn_lot() for lot in self}
        postings = [
            {
                "type": "hold",
                "lot": lot,
                "held": units,
                "bookings": as_decimal(bookings)
                * units
                / self._quantize_units(quantity),
            }
            for lot, units in self._allot(
                quantity, product, burn_lots, keep_order, limits
            )
        ]
        return self._post(
            "hold", postings, request=request, hold_until=until, **document
        )

    @api.model
    def _release(self, holds, **document):
        """Free what is still set aside by ``holds``. Safe to run twice.

        :param holds: entries of type ``hold``
        """
        entries = self.env["booking.credit.entry"]
        # one operation belongs to one company
        for company, batch in holds.grouped("company_id").items():
            postings = [
                {
                    "type": "release",
                    "lot": hold.lot_id,
                    "held": -units,
                    "source_entry": hold,
                }
                for hold, units in batch._get_open_holds()
            ]
            entries |= self._post("release", postings, company=company, **document)
        return entries

    @api.model
    def _redeem_held(self, holds, **document):
        """Spend what ``holds`` set aside, on the lots that they chose.

        :param holds: entries of type ``hold`` of one operation
        :raise InsufficientCreditsError: if a hold has lapsed or was released
        """
        request = {"holds": holds.ids}
        if replay := self._find_replay("redeem", request, document, holds.lot_id):
            return replay
        rows = holds._get_open_holds()
        now = fields.Datetime.now()
        for hold in holds:
            until = hold.operation_id.hold_until
            if hold not in [entry for entry, _units in rows] or (until and until < now):
                raise InsufficientCreditsError(
                    self.env._(
                        "The credits held on %(lot)s for “%(document)s” have been "
                        "free again since %(until)s. Pay with credits again.",
                        lot=hold.lot_id.name,
                        document=hold.document or hold.display_name,
                        until=format_datetime(
                            self.env,
                            until or hold.write_date,
                            tz=hold.company_id.booking_credit_tz,
                        ),
                    )
                )
        postings = [
            {
                "type": "redeem",
                "lot": hold.lot_id,
                "quantity": -units,
                "held": -units,
                "source_entry": hold,
                "bookings": Decimal(str(hold.bookings)),
            }
            for hold, units in rows
        ]
        entries = self._post("redeem", postings, request=request, **document)
        holds.lot_id._start_validity()
        return entries

    def _redeem(self, quantity, product, keep_order=False, bookings=1, **document):
        """Spend ``quantity`` units of these lots on ``product``.

        :param float quantity: units, > 0
        :param product: the service that is paid
        :param float bookings: how many bookings that pays; they count for caps
        :param bool keep_order: spend the lots as they come; else by burn order
        :param document: see ``booking.credit.operation._post_acts``
        :return: the ``booking.credit.entry`` records, in the order of spending
        :raise InsufficientCreditsError: if these lots cannot pay all of it
        """
        use = {
            "lots": self,
            "quantity": quantity,
            "product": product,
            "keep_order": keep_order,
            "bookings": bookings,
            **document,
        }
        return self._redeem_many([use])[0]

    @api.model
    def _redeem_many(self, uses):
        """Spend credits on many bookings of one company, all or none.

        Uses that want the same lot are served in the order given, each from what
        those before it left. The number of statements does not grow with the uses.

        :param list uses: one dict for each use: ``lots``, ``quantity`` and
            ``product``, and what else :meth:`_redeem` takes
        :return: list of ``booking.credit.entry`` records, one for each use
        :raise InsufficientCreditsError: if the lots of one use cannot pay it
        """
        lots = self.browse({lot_id for use in uses for lot_id in use["lots"].ids})
        requests = [
            {"quantity": use["quantity"], "product": use["product"].id} for use in uses
        ]
        keys = [use.get("key") for use in uses]
        done = self.env["booking.credit.operation"]._find_replays(
            "redeem", zip(keys, requests, strict=True), lots.company_id
        )
        lots._release_lapsed()
        burn_lots = {lot.id: lot._get_burn_lot() for lot in lots}
        acts, act_of_key, act_of_use = [], {}, {}
        for number, (use, request) in enumerate(zip(uses, requests, strict=True)):
            key = use.get("key")
            if key in done:
                continue
            if key and key in act_of_key:
                act_of_use[number] = act_of_key[key]
                if acts[act_of_key[key]]["request"] != request:
                    raise IdempotencyConflictError(self._get_key_twice_message(key))
                continue
            act_of_use[number] = act_of_key[key] = len(acts)
            acts.append(self._prepare_redeem_act(use, request, burn_lots))
        posted = self._post_acts(acts)
        lots._start_validity()
        return [
            posted[act_of_use[number]] if number in act_of_use else done[key]
            for number, key in enumerate(keys)
        ]

    def _adjust(self, quantity, reason, **document):
        """Add (+) or take (-) units of one lot. What is taken becomes income.

        :param str reason: why; required (S0-13, S1-29)
        :raise UserError: without a reason, or for an unlimited lot
        :raise InsufficientCreditsError: if more is taken than is available
        """
        self.ensure_one()
        self._check_reason(reason)
        self._check_limited()
        request = {"quantity": quantity}
        if replay := self._find_replay("adjust", request, document):
            return replay
        self._release_lapsed()
        self._check_takeable(-quantity)
        entries = self._post(
            "adjust",
            [{"type": "adjust", "lot": self, "quantity": quantity}],
            request=request,
            reason=reason,
            **document,
        )
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    def _transfer(self, quantity, partner, reason, **document):
        """Give ``quantity`` units of one lot, with their value, to another customer.

        The new lot has the same terms. The debt moves with the units.

        :return: the entry of this lot, then that of the new lot
        :raise InsufficientCreditsError: if more is given than is available
        """
        self.ensure_one()
        self._check_reason(reason)
        if self.unlimited or quantity <= 0 or partner == self.partner_id:
            raise UserError(
                self.env._(
                    "%(quantity)s of %(lot)s cannot be transferred to %(customer)s: "
                    "give a number above zero of a limited lot to another customer.",
                    quantity=format_units(self.env, quantity),
                    lot=self.name,
                    customer=partner.display_name,
                )
            )
        request = {"quantity": quantity, "partner": partner.id}
        if replay := self._find_replay("transfer", request, document):
            return replay
        self._release_lapsed()
        self._check_takeable(quantity)
        target = self.with_context(mail_create_nolog=True).create(
            {
                **self._prepare_same_terms(),
                "partner_id": partner.id,
                "origin": "transfer",
            }
        )
        entries = self._post(
            "transfer",
            [
                {"type": "transfer", "lot": self, "quantity": -quantity},
                {
                    "type": "transfer",
                    "lot": target,
                    "quantity": quantity,
                    "value_of": 0,
                },
            ],
            request=request,
            reason=reason,
            **document,
        )
        self.env["booking.credit.posting"]._post_entries(entries)
        self._log_transfer(target, quantity, reason)
        return entries

    def _log_transfer(self, target, quantity, reason):
        """Note the transfer on both lots (S2-24)."""
        units = self._in_words(quantity)
        self.message_post(
            body=self.env._(
                "%(units)s given to %(customer)s (%(lot)s): %(reason)s",
                units=units,
                customer=target.partner_id.display_name,
                lot=target.name,
                reason=reason,
            )
        )
        target.message_post(
            body=self.env._(
                "%(units)s received from %(customer)s (%(lot)s): %(reason)s",
                units=units,
                customer=self.partner_id.display_name,
                lot=self.name,
                reason=reason,
            )
        )

    @api.model
    def _claim(self, code, partner):
        """Give what is left of the gift voucher ``code`` to ``partner`` (S2-13).

        :return: the entry of the voucher, then that of the new lot; none if
            ``partner`` holds it already: it is an ordinary lot from then on
        :raise UserError: if the code is unknown, used up or expired
        """
        lot = self._get_claimable(code)
        reason = self.env._("Gift voucher %s", lot.code)
        if lot.partner_id == partner:
            # the buyer keeps it: from now on it is an ordinary lot
            lot.code = False
            return lot.entry_ids.browse()
        return lot._transfer(lot.available, partner, reason)

    def _reset(self, level, **document):
        """Set what is available on one lot to ``level`` units (S0-16).

        Units that are held stay held beside it. Safe to run twice.

        :return: no entry if that is the level already
        """
        self.ensure_one()
        self._check_limited()
        request = {"level": level}
        replay = self._find_replay("reset", request, document)
        if replay is not None:
            return replay
        self._release_lapsed()
        change = self._quantize_units(level) - self._quantize_units(self.available)
        entries = self._post(
            "reset",
            [{"type": "reset", "lot": self, "quantity": change}] if change else [],
            request=request,
            **document,
        )
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    def _reactivate(self, valid_until, limit=None, **document):
        """Bring units that expired back, with the value that was written off (S1-33).

        Lots that the nightly job has not written off yet only live longer.

        :param date valid_until: new last day; None: they never expire again
        :param Decimal limit: units at most, latest expired first; None: all
        """
        if not self:
            return self.env["booking.credit.entry"]
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
        postings = []
        for lot in lots.sorted("valid_until", reverse=True):
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
        moved = lots.browse({posting["lot"].id for posting in postings})
        entries = self._post("reactivate", postings, request=request, **document)
        if limit is None:
            moved |= lots.filtered("is_open")
        moved.valid_until = valid_until
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    def _reactivate_older(self):
        """Bring back what the customer of this new lot let expire (S1-33).

        Only where the company wants it, and only lots with the same measure and
        scope. They then live as long as the new lot.
        """
        self.ensure_one()
        company = self.company_id
        if not company.booking_credit_reactivate or self.unlimited:
            return self.env["booking.credit.entry"]
        older = self.search(
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
        )
        limit = company.booking_credit_reactivate_limit
        until = self.valid_until
        if self.first_use_unit and not until:
            # as if the new lot were used today: they must not live for ever
            until = last_valid_day(
                company._booking_credit_today(),
                self.first_use_unit,
                self.first_use_number,
            )
        return older._reactivate(
            until,
            Decimal(str(limit)) if limit else None,
            reason=self.env._("New purchase: %s", self.name),
        )

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
        entries = self.env["booking.credit.entry"]
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
                """
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
                """,
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

    @api.model
    def _cron_release_holds(self, batch_size=500):
        """Free the holds whose time is over (they already count no more)."""
        batches = [
            self._get_batches(
                company, Domain("id", "in", lots.ids), batch_size, "_release_lapsed"
            )
            for company, lots in self._get_lapsed_lots().grouped("company_id").items()
        ]
        self.env["booking.credit.job"]._run("release lapsed holds", chain(*batches))

    def _get_batches(self, company, domain, size, verb):
        """Yield batches that run ``verb`` on the lots of ``domain``.

        Lots that somebody else is moving are left to the next run. The verb returns
        what it did.
        """
        return self.env["booking.credit.job"]._get_batches(
            company,
            self,
            domain,
            size,
            lambda lots: getattr(
                lots.try_lock_for_update(allow_referencing=True), verb
            )(),
        )

    # === Steps of the verbs, for bridges to extend === #

    def _post(self, kind, postings, company=None, **document):
        """See ``booking.credit.operation._post``."""
        return self.env["booking.credit.operation"]._post(
            kind, postings, company=company or self.company_id, **document
        )

    def _find_replay(self, kind, request, document, lots=None):
        """Return the entries of the same request done before, or None."""
        return self.env["booking.credit.operation"]._find_replay(
            kind, request, document, (self if lots is None else lots).company_id
        )

    def _check_limited(self):
        """Refuse to change what an unlimited lot has available."""
        if self.unlimited:
            raise UserError(
                self.env._(
                    "%s is unlimited: there is nothing to add or take.", self.name
                )
            )

    def _check_reason(self, reason, partners=None):
        if not (reason or "").strip():
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

    def _post_acts(self, acts):
        """See ``booking.credit.operation._post_acts``."""
        return self.env["booking.credit.operation"]._post_acts(acts) if acts else []

    def _prepare_redeem_act(self, use, request, burn_lots):
        """Return the act of one use; see :meth:`_redeem_many`."""
        plan = ("lots", "quantity", "product", "keep_order", "bookings", "limits")
        quantity = use["lots"]._quantize_units(use["quantity"])
        bookings = as_decimal(use.get("bookings", 1))
        slices = use["lots"]._allot(
            quantity,
            use["product"],
            burn_lots,
            use.get("keep_order"),
            use.get("limits"),
        )
        return {
            "kind": "redeem",
            "request": request,
            "product": None if use.get("order_line") else use["product"],
            "postings": [
                {
                    "type": "redeem",
                    "lot": lot,
                    "quantity": -units,
                    "bookings": bookings * units / quantity,
                }
                for lot, units in slices
            ],
            **{name: value for name, value in use.items() if name not in plan},
        }

    def _allot(self, quantity, product, burn_lots, keep_order=False, limits=None):
        """Split ``quantity`` units over these lots.

        :param dict burn_lots: what each lot has available, by id; updated here
        :param dict limits: what a lot may pay at most, by id, where that is less
        :return: list of ``(lot, units)``
        :raise InsufficientCreditsError: if they have less available
        """
        wanted = self._quantize_units(quantity)
        lots = [burn_lots[lot_id] for lot_id in self.ids]
        if limits:
            lots = [
                lot._replace(available=min(lot.available, limits[lot.id]))
                if lot.id in limits
                else lot
                for lot in lots
            ]
        slices, missing = burn_down(lots, wanted, keep_order)
        if missing:
            raise InsufficientCreditsError(
                self._get_shortage_message(product, wanted, missing)
            )
        for lot_id, units in slices:
            left = burn_lots[lot_id].available - units
            burn_lots[lot_id] = burn_lots[lot_id]._replace(available=left)
        return [(self.browse(lot_id), units) for lot_id, units in slices]

    def _get_key_twice_message(self, key):
        return self.env._(
            "The key “%s” stands for two different requests. Use a key for each.", key
        )

    def _start_validity(self):
        """Set the end of lots whose validity runs from their first use."""
        for lot in self.filtered(
            lambda lot: lot.first_use_unit and not lot.valid_until
        ):
            # sudo: the use decides, whoever books.
            lot.sudo().valid_until = last_valid_day(
                lot.company_id._booking_credit_today(),
                lot.first_use_unit,
                lot.first_use_number,
            )

    def _release_lapsed(self):
        """Free the lapsed holds on these lots."""
        holds = (
            self.env["booking.credit.entry"]
            .sudo()
            .browse(
                [hold_id for hold_id, _lot_id, _units in self._query_lapsed_holds()]
            )
        )
        return self._release(holds) if holds else holds

    def _get_lapsed_holds(self):
        """Return the units of lapsed holds by lot id."""
        lapsed = {}
        for _hold_id, lot_id, units in self._query_lapsed_holds():
            lapsed[lot_id] = lapsed.get(lot_id, 0.0) + float(units)
        return lapsed

    @api.model
    def _get_lapsed_lots(self):
        """Return all lots with lapsed holds."""
        lots = self.search([("held", ">", 0)])
        return lots.browse(lots._get_lapsed_holds())

    def _query_lapsed_holds(self):
        """Return ``(hold entry id, lot id, units)`` of lapsed holds on these lots."""
        held = [lot.id for lot in self if lot.held]
        if not held:
            return []
        self.env["booking.credit.operation"].flush_model(["hold_until"])
        return self.env.execute_query(
            SQL(
                """
                SELECT hold.id, hold.lot_id, hold.held + COALESCE(
                           (SELECT sum(done.held) FROM booking_credit_entry done
                             WHERE done.source_entry_id = hold.id), 0) AS units
                  FROM booking_credit_entry hold
                  JOIN booking_credit_operation operation
                    ON operation.id = hold.operation_id
                 WHERE hold.lot_id = ANY(%(lots)s) AND hold.type = 'hold'
                   AND operation.hold_until < %(now)s
                   AND hold.held + COALESCE(
                           (SELECT sum(done.held) FROM booking_credit_entry done
                             WHERE done.source_entry_id = hold.id), 0) > 0
              ORDER BY hold.id
                """,
                lots=held,
                now=fields.Datetime.now(),
            )
        )

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

    def _prepare_same_terms(self):
        """Return the terms of this lot, for a lot that comes out of it."""
        self.ensure_one()
        copied = self.copy_data({"name": False})[0]
        copied.pop("name")
        for field in ("source_line_id", "partner_id", "origin"):
            copied.pop(field, None)
        return copied

    def _take_late_return(self, quantity, today):
        """Apply the pack's rule to credits that came back after their expiry.

        Nothing comes back where bookings are limited to the validity (S0-29).

        :return: the postings that follow from it, in the same operation
        """
        self.ensure_one()
        if self.env.context.get("booking_credits_provider_cancels"):
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
        if self.env.context.get("booking_credits_provider_cancels"):
            return False
        limited = self.limit_dates or self.company_id.booking_credit_limit_dates
        return self.late_return == "forfeit" or limited
