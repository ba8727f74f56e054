import json
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

from ...bulk import insert_rows, unnest
from ...const import ENTRY_TYPES, LEDGER_FIELDS
from ...exceptions import (
    IdempotencyConflictError,
    InsufficientCreditsError,
    LedgerImmutableError,
)
from ...ledger import LotSums, as_decimal
from ...words import format_units

#: writes the sums of lots that nobody has moved since they were read
WRITE_SUMS = """
       UPDATE booking_credit_lot lot
          SET balance = new.balance, held = new.held, value = new.value,
              granted = new.granted, basis_quantity = new.basis_quantity,
              basis_value = new.basis_value, last_sequence = new.sequence,
              is_open = new.is_open,
              write_uid = %(uid)s, write_date = %(now)s
         FROM %(rows)s
              AS new(id, sequence, balance, held, value, granted,
                     basis_quantity, basis_value, is_open)
         JOIN unnest(%(ids)s, %(before)s) AS old(id, sequence) USING (id)
        WHERE lot.id = new.id
          AND COALESCE(lot.last_sequence, 0) = old.sequence
    RETURNING lot.id
"""


#: locks lots in one order, and reads their sums
LOCK_LOTS = """
      SELECT id, balance, held, value, granted, basis_quantity, basis_value,
             last_sequence, unlimited, is_open
        FROM booking_credit_lot
       WHERE id = ANY(%s)
    ORDER BY id
         FOR NO KEY UPDATE
"""


class BookingCreditOperation(models.Model):
    """One business act on credits: who, when, why, and on which document.

    ``_post`` is the only door to the ledger. A caller that gives an idempotency key
    can repeat its call: the second one moves nothing and returns the same entries.
    """

    _name = "booking.credit.operation"
    _description = "Booking Credit Operation"
    _order = "id desc"
    _log_access = True

    kind = fields.Selection(selection=ENTRY_TYPES, required=True, readonly=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Author", readonly=True, ondelete="restrict"
    )
    date = fields.Date(
        required=True, readonly=True, help="Day of the act in the company's time zone."
    )
    order_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Booking",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="Service",
        readonly=True,
        ondelete="restrict",
        help="What was paid; it decides account and taxes where there is no booking.",
    )
    document = fields.Char(
        readonly=True, help="Name of the document, kept even if that is deleted."
    )
    reason = fields.Char(readonly=True)
    hold_until = fields.Datetime(
        readonly=True, help="When what this operation holds becomes free again."
    )
    after_start = fields.Boolean(
        readonly=True,
        help="The booking had begun: a fee kept then is for a no-show. Noted with the "
        "act, so that reports of closed months stay as they were.",
    )
    idempotency_key = fields.Char(readonly=True, copy=False)
    request = fields.Json(readonly=True)
    entry_ids = fields.One2many(
        comodel_name="booking.credit.entry",
        inverse_name="operation_id",
        string="Movements",
        readonly=True,
    )

    _key_unique = models.UniqueIndex(
        "(company_id, idempotency_key) WHERE idempotency_key IS NOT NULL",
        "This request has already been carried out.",
    )

    @api.depends("kind", "document", "date")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for operation in self:
            parts = [labels[operation.kind], operation.document or operation.reason]
            operation.display_name = " – ".join(part for part in parts if part)

    def write(self, vals):  # pylint: disable=method-required-super
        """Override to refuse: what happened stays.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(
            self.env._("What happened to credits cannot be changed afterwards.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise LedgerImmutableError(
            self.env._("What happened to credits cannot be deleted.")
        )

    # === Steps of the verbs === #

    @api.model
    def _prepare_operation_row(self, act, company):
        order_line = act.get("order_line")
        request = act.get("request")
        document = act.get("document")
        if not document and order_line:
            document = order_line._get_booking_document()
        return {
            "kind": act["kind"],
            "company_id": company.id,
            "user_id": self.env.uid,
            "date": company._booking_credit_today(),
            "order_line_id": order_line.id if order_line else None,
            "product_id": act["product"].id if act.get("product") else None,
            "document": document or None,
            "reason": act.get("reason") or None,
            "hold_until": act.get("hold_until") or None,
            "after_start": self._is_after_start(order_line),
            "idempotency_key": act.get("key") or None,
            "request": json.dumps(request) if request else None,
        }

    @api.model
    def _is_after_start(self, order_line):
        """Return whether the booking that an act of now is about had begun."""
        if not order_line or not order_line.booking_start:
            return False
        moment = order_line.booking_cancel_date or fields.Datetime.now()
        return moment >= order_line.booking_start

    def _prepare_entry_rows(self, act, sums, company):
        """Apply the postings of ``act`` to the running sums; return the entries' rows.

        :param dict sums: ``LotSums`` by lot id, changed here
        """
        today = company._booking_credit_today()
        order_line = act.get("order_line")
        start = order_line.booking_start if order_line else None
        common = {
            "operation_id": self.id,
            "company_id": company.id,
            "date": today,
            "service_date": company._booking_credit_today(start) if start else today,
        }
        rows = []
        for posting in act["postings"]:
            if "value_of" in posting:
                moved = -rows[posting["value_of"]]["value"]
                posting = {**posting, "value": moved}
            row = self._prepare_entry_row(posting, sums[posting["lot"].id])
            rows.append({**common, **row})
        return rows

    @api.model
    def _prepare_entry_row(self, posting, lot_sums):
        """Apply ``posting`` to the running sums of its lot; return the entry's row."""
        lot = posting["lot"]
        quantity = lot._quantize_units(posting.get("quantity", 0))
        held = lot._quantize_units(posting.get("held", 0))
        value = lot_sums.apply(posting["type"], quantity, held, posting.get("value"))
        if not lot_sums.is_sound:
            raise InsufficientCreditsError(
                self._get_overdraft_message(posting["lot"], lot_sums, quantity, held)
            )
        move_line = posting.get("move_line")
        posting_state = "posted" if move_line else "pending"
        source = posting.get("source_entry")
        bookings = posting.get("bookings")
        if bookings is None and source and source.quantity:
            share = quantity / as_decimal(source.quantity)
            bookings = as_decimal(source.bookings) * share
        return {
            "lot_id": posting["lot"].id,
            "lot_sequence": lot_sums.sequence,
            "type": posting["type"],
            "bookings": bookings or 0,
            "quantity": quantity,
            "held": held,
            "value": value,
            "balance_after": lot_sums.balance,
            "source_entry_id": source.id if source else None,
            "move_line_id": move_line.id if move_line else None,
            "move_id": move_line.move_id.id if move_line else None,
            "posting_state": posting_state if value else "none",
        }

    def _get_overdraft_message(self, lot, lot_sums, quantity, held):
        available = lot_sums.balance - lot_sums.held - quantity + held
        return self.env._(
            "%(lot)s of %(customer)s has %(available)s credits available: %(wanted)s "
            "cannot be taken from it.",
            lot=lot.name,
            customer=lot.partner_id.display_name,
            available=format_units(self.env, available),
            wanted=format_units(self.env, max(-quantity, held)),
        )

    def _read_ledger_for_update(self, lots):
        """Lock ``lots`` in id order; return their running sums by id."""
        lots.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                LOCK_LOTS,
                lots.ids,
            )
        )
        rounding = Decimal(str(lots.company_id.currency_id.rounding))
        return {
            lot_id: LotSums(
                *(as_decimal(number or 0) for number in numbers),
                rounding=rounding,
                unlimited=bool(unlimited),
                is_open=is_open,
            )
            for lot_id, *numbers, unlimited, is_open in rows
        }

    def _write_ledger(self, lots, sums):
        """Write the running sums, unless somebody moved a lot in between.

        The guard is on the numbers read: under REPEATABLE READ PostgreSQL refuses the
        update by itself; under any other isolation no row matches.
        """
        rows = [self._prepare_sums_row(lot_id, s) for lot_id, s in sums.items()]
        written = self.env.execute_query(
            SQL(
                WRITE_SUMS,
                uid=self.env.uid,
                now=self.env.cr.now(),
                rows=unnest(lots, rows),
                ids=list(sums),
                before=[s.sequence_before for s in sums.values()],
            )
        )
        if len(written) != len(sums):
            raise ConcurrencyError(
                self.env._("Somebody else has just moved the same credits. Try again.")
            )
        lots.invalidate_recordset([*LEDGER_FIELDS, "entry_ids"], flush=False)
        lots.modified(LEDGER_FIELDS)

    @api.model
    def _prepare_sums_row(self, lot_id, sums):
        """Return the running sums of one lot, by column, as ``WRITE_SUMS`` takes them."""
        return {
            "id": lot_id,
            "last_sequence": sums.sequence,
            "balance": sums.balance,
            "held": sums.held,
            "value": sums.value,
            "granted": sums.granted,
            "basis_quantity": sums.basis_quantity,
            "basis_value": sums.basis_value,
            "is_open": sums.is_open,
        }

    # === Business verbs === #

    @api.model
    def _post(self, kind, postings, company=None, **document):
        """Move credits in one act; see :meth:`_post_acts`.

        Where nothing is to be moved, an act with a key is written all the same: it
        must not move anything when it is repeated later.

        :param str kind: what the act is; see ``ENTRY_TYPES``
        :param list postings: see :meth:`_post_acts`
        :param company: whose act this is, where there may be no postings
        :param document: what else an act has there, from ``key`` on
        :return: the ``booking.credit.entry`` records, in the order of ``postings``
        :raise InsufficientCreditsError: if a lot would go below zero
        """
        if not postings:
            if company and document.get("key"):
                # sudo: see _post_acts
                ledger = self.sudo()
                act = {"kind": kind, **document}
                insert_rows(ledger, [ledger._prepare_operation_row(act, company)])
            return self.env["booking.credit.entry"]
        return self._post_acts([{"kind": kind, "postings": postings, **document}])[0]

    @api.model
    def _post_acts(self, acts):
        """Move credits: write operations, their entries, and the lots' sums.

        All lots belong to one company. Locks them until the transaction ends, in id
        order. PostgreSQL refuses a lot that another transaction has moved since this
        one began, and Odoo then runs the whole request again: so the sums read here
        are current. Acts that want the same lot see what those before them left.

        Takes four statements, however many acts there are.

        :param list acts: one dict for each act, carried out in this order:

            * ``kind``: what the act is; see ``ENTRY_TYPES``
            * ``postings``: one dict for each entry: ``lot``, ``type``, ``quantity``
              (signed units), ``held`` (signed, default 0), ``value`` (signed company
              currency; by default the share of the lot's value that ``quantity``
              releases), ``value_of`` (index of the posting whose value comes here),
              ``source_entry`` (the entry that this one gives back or resolves),
              ``bookings`` (how many this pays, for caps) and ``move_line`` (the
              journal item, if it exists)
            * ``key``: idempotency key, unique in the company
            * ``request``: what was asked for under ``key``
            * ``order_line``: the booking
            * ``product``: the service that is paid, where there is no booking
            * ``document``: name of the document, else that of the booking
            * ``reason``: why
            * ``hold_until``: UTC; when the holds of this act lapse
        :return: list of ``booking.credit.entry`` records, one for each act
        :raise InsufficientCreditsError: if a lot would go below zero
        """
        # sudo: nobody may write the ledger but through here; verbs check who may act.
        ledger = self.sudo()
        lots = ledger.env["booking.credit.lot"].browse(
            {posting["lot"].id for act in acts for posting in act["postings"]}
        )
        company = lots.company_id
        company.ensure_one()
        # Before the keys are written: who loses a race then fails on the lots, is
        # run again, and finds what the winner did under the same key.
        sums = ledger._read_ledger_for_update(lots)
        operations = insert_rows(
            ledger, [ledger._prepare_operation_row(act, company) for act in acts]
        )
        rows = []
        for act, operation in zip(acts, operations, strict=True):
            rows += operation._prepare_entry_rows(act, sums, company)
        ledger._write_ledger(lots, sums)
        entries = self.env["booking.credit.entry"]
        new_ids = iter(insert_rows(entries.sudo(), rows).ids)
        return [
            entries.browse([next(new_ids) for _posting in act["postings"]])
            for act in acts
        ]

    @api.model
    def _insert_expiry(self, company):
        """Return a new operation for one batch of the nightly expiry."""
        ledger = self.sudo()
        act = {"kind": "expire"}
        return insert_rows(ledger, [ledger._prepare_operation_row(act, company)])

    @api.model
    def _find_replays(self, kind, asked, company):
        """Return what was done before under the keys of some requests.

        :param list asked: ``(key, request)`` pairs; a key may be None
        :return: dict from key to ``booking.credit.entry`` records
        :raise IdempotencyConflictError: if a key was used for another request
        """
        asked = [(key, request) for key, request in asked if key]
        self._check_keys([key for key, _request in asked])
        requests = dict(asked)
        if not requests:
            return {}
        # sudo: who repeats a call need not read the ledger.
        done = self.sudo().search(
            [
                ("company_id", "in", company.ids),
                ("idempotency_key", "in", list(requests)),
            ]
        )
        for operation in done:
            operation._check_replay(kind, requests[operation.idempotency_key])
        return {
            operation.idempotency_key: operation.entry_ids.sorted("id").with_env(
                self.env
            )
            for operation in done
        }

    @api.model
    def _check_keys(self, keys):
        """Refuse keys that are no texts, or that PostgreSQL cannot hold.

        :raise IdempotencyConflictError: naming the key
        """
        for key in keys:
            if not isinstance(key, str) or "\0" in key:
                raise IdempotencyConflictError(
                    self.env._("“%s” is no key: a key is a text.", str(key)[:40])
                )

    @api.model
    def _find_replay(self, kind, request, document, company):
        """Return the entries already made under the key of ``document``, or None.

        :raise IdempotencyConflictError: if that key was used for another request
        """
        key = document.get("key")
        return self._find_replays(kind, [(key, request)], company).get(key)

    def _check_replay(self, kind, request):
        """Refuse a key that was used for something else.

        :raise IdempotencyConflictError: naming the key and what it was used for
        """
        self.ensure_one()
        if (self.kind, self.request) != (kind, request):
            raise IdempotencyConflictError(
                self.env._(
                    "The key “%(key)s” was used on %(day)s for another request "
                    "(%(done)s). Use a new key.",
                    key=self.idempotency_key,
                    day=self.date,
                    done=self.display_name,
                )
            )
