from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

from ..const import ENTRY_TYPES
from ..exceptions import (
    IdempotencyConflictError,
    InsufficientCreditsError,
    LedgerImmutableError,
)
from ..ledger import LotSums


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
    document = fields.Char(
        readonly=True, help="Name of the document, kept even if that is deleted."
    )
    reason = fields.Char(readonly=True)
    hold_until = fields.Datetime(
        readonly=True, help="When what this operation holds becomes free again."
    )
    idempotency_key = fields.Char(readonly=True, copy=False)
    request = fields.Json(readonly=True)
    entry_ids = fields.One2many(
        comodel_name="booking.credit.entry",
        inverse_name="operation_id",
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

    # === Business verbs === #

    @api.model
    def _post(
        self,
        kind,
        postings,
        key=None,
        request=None,
        order_line=None,
        document=None,
        reason=None,
        hold_until=None,
    ):
        """Move credits: write one operation, its entries, and the lots' sums.

        All lots belong to one company. Locks them until the transaction ends, in id
        order. PostgreSQL refuses a lot that another transaction has moved since this
        one began, and Odoo then runs the whole request again: so the sums read here
        are current.

        :param str kind: what the act is; see ``ENTRY_TYPES``
        :param list postings: one dict for each entry, taken in this order: ``lot``,
            ``type``, ``quantity`` (signed units), ``held`` (signed, default 0),
            ``value`` (signed company currency; by default the share of the lot's
            value that ``quantity`` releases), ``value_of`` (index of the posting
            whose value comes here), ``source_entry`` (the entry that this one gives
            back or resolves), ``bookings`` (how many this pays, for caps) and
            ``move_line`` (the journal item, if it exists)
        :param str key: idempotency key, unique in the company
        :param dict request: what was asked for under ``key``
        :param order_line: the booking
        :param str document: name of the document, else that of the booking
        :param datetime hold_until: UTC; when the holds of this operation lapse
        :return: the ``booking.credit.entry`` records, in the order of ``postings``
        :raise InsufficientCreditsError: if a lot would go below zero
        """
        entries = self.env["booking.credit.entry"]
        if not postings:
            return entries
        lots = entries.lot_id.union(*(posting["lot"] for posting in postings)).sudo()
        company = lots.company_id
        company.ensure_one()
        # Before the key is written: who loses a race then fails on the lots, is
        # run again, and finds what the winner did under the same key.
        sums = self._read_ledger_for_update(lots)
        # sudo: nobody may write the ledger but through here; verbs check who may act.
        operation = self.sudo().create(
            {
                "kind": kind,
                "company_id": company.id,
                "user_id": self.env.uid,
                "date": company._booking_credit_today(),
                "order_line_id": order_line.id if order_line else False,
                "document": document
                or (order_line and order_line._get_booking_document()),
                "reason": reason,
                "hold_until": hold_until,
                "idempotency_key": key,
                "request": request,
            }
        )
        rows = []
        for posting in postings:
            if "value_of" in posting:
                moved = -rows[posting["value_of"]]["value"]
                posting = {**posting, "value": moved}
            rows.append(operation._prepare_entry_row(posting, sums[posting["lot"].id]))
        operation._write_ledger(lots, sums)
        return entries.browse(operation._insert_entries(rows))

    @api.model
    def _find_replay(self, kind, request, document, company):
        """Return the entries already made under the key of ``document``, or None.

        :raise IdempotencyConflictError: if that key was used for another request
        """
        key = document.get("key")
        if not key:
            return None
        done = self.sudo().search(
            [("company_id", "in", company.ids), ("idempotency_key", "=", key)], limit=1
        )
        if done and (done.kind, done.request) != (kind, request):
            raise IdempotencyConflictError(
                self.env._(
                    "The key “%(key)s” was used on %(day)s for another request "
                    "(%(done)s). Use a new key.",
                    key=key,
                    day=done.date,
                    done=done.display_name,
                )
            )
        return done.entry_ids.sorted("id").with_env(self.env) if done else None

    # === Steps of the verbs === #

    def _prepare_entry_row(self, posting, lot_sums):
        """Apply ``posting`` to the running sums of its lot; return the entry's row."""
        quantity = Decimal(str(posting.get("quantity", 0)))
        held = Decimal(str(posting.get("held", 0)))
        value = lot_sums.apply(posting["type"], quantity, held, posting.get("value"))
        if not lot_sums.is_sound:
            raise InsufficientCreditsError(
                self._get_overdraft_message(posting["lot"], lot_sums, quantity, held)
            )
        move_line = posting.get("move_line")
        posting_state = "posted" if move_line else "pending"
        if not value:
            posting_state = "none"
        source = posting.get("source_entry")
        bookings = posting.get("bookings")
        if bookings is None and source and source.quantity:
            share = quantity / Decimal(str(source.quantity))
            bookings = Decimal(str(source.bookings)) * share
        return {
            "operation_id": self.id,
            "company_id": self.company_id.id,
            "lot_id": posting["lot"].id,
            "lot_sequence": lot_sums.sequence,
            "type": posting["type"],
            "date": self.date,
            "service_date": self._get_service_date(),
            "bookings": bookings or 0,
            "quantity": quantity,
            "held": held,
            "value": value,
            "balance_after": lot_sums.balance,
            "source_entry_id": source.id if source else None,
            "move_line_id": move_line.id if move_line else None,
            "posting_state": posting_state,
        }

    def _get_service_date(self):
        """Return the local day of the booking, or of the operation without one."""
        start = self.order_line_id.booking_start
        return self.company_id._booking_credit_today(start) if start else self.date

    def _get_overdraft_message(self, lot, lot_sums, quantity, held):
        available = lot_sums.balance - lot_sums.held - quantity + held
        return self.env._(
            "%(lot)s of %(customer)s has %(available)s credits available: %(wanted)s "
            "cannot be taken from it.",
            lot=lot.name,
            customer=lot.partner_id.display_name,
            available=f"{available:f}",
            wanted=f"{max(-quantity, held):f}",
        )

    def _read_ledger_for_update(self, lots):
        """Lock ``lots`` in id order; return their running sums by id."""
        lots.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, balance, held, value, granted, basis_quantity, basis_value,
                       last_sequence, unlimited, is_open
                  FROM booking_credit_lot
                 WHERE id = ANY(%s)
              ORDER BY id
                   FOR NO KEY UPDATE
                """,
                lots.ids,
            )
        )
        rounding = Decimal(str(lots.company_id.currency_id.rounding))
        return {
            lot_id: LotSums(
                *(Decimal(str(number or 0)) for number in numbers),
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
        rows = SQL(", ").join(
            SQL(
                "(%s::int, %s::int, %s::int, %s::numeric, %s::numeric, %s::numeric, "
                "%s::numeric, %s::numeric, %s::numeric, %s::boolean)",
                lot_id,
                s.sequence_before,
                s.sequence,
                s.balance,
                s.held,
                s.value,
                s.granted,
                s.basis_quantity,
                s.basis_value,
                s.is_open,
            )
            for lot_id, s in sorted(sums.items())
        )
        written = self.env.execute_query(
            SQL(
                """
                UPDATE booking_credit_lot lot
                   SET balance = new.balance, held = new.held, value = new.value,
                       granted = new.granted, basis_quantity = new.basis_quantity,
                       basis_value = new.basis_value, last_sequence = new.sequence,
                       is_open = new.is_open,
                       write_uid = %(uid)s, write_date = %(now)s
                  FROM (VALUES %(rows)s)
                       AS new(id, sequence_before, sequence, balance, held, value,
                              granted, basis_quantity, basis_value, is_open)
                 WHERE lot.id = new.id
                   AND COALESCE(lot.last_sequence, 0) = new.sequence_before
             RETURNING lot.id
                """,
                uid=self.env.uid,
                now=self.env.cr.now(),
                rows=rows,
            )
        )
        if len(written) != len(sums):
            raise ConcurrencyError(
                self.env._("Somebody else moved the same credits. Try again.")
            )
        lots.invalidate_recordset()

    def _insert_entries(self, rows):
        """Insert in one statement: entries are many, and never changed.

        :return: ids in the order of ``rows``
        """
        columns = list(rows[0])
        inserted = self.env.execute_query(
            SQL(
                """
                INSERT INTO booking_credit_entry
                            (create_uid, create_date, write_uid, write_date, %s)
                     VALUES %s
                  RETURNING id
                """,
                SQL(", ").join(SQL.identifier(column) for column in columns),
                SQL(", ").join(
                    SQL(
                        "(%(uid)s, %(now)s, %(uid)s, %(now)s, %(row)s)",
                        uid=self.env.uid,
                        now=self.env.cr.now(),
                        row=SQL(", ").join(SQL("%s", row[c]) for c in columns),
                    )
                    for row in rows
                ),
            )
        )
        self.invalidate_recordset(["entry_ids"])
        return [entry_id for (entry_id,) in inserted]
