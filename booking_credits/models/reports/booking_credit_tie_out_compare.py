from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ...ledger import as_decimal
from .tie_out_query import MOVEMENTS, PAIRS

#: reasons that explain a difference
GOOD = {"pending", "unpaid", "period", "gift", "cash_basis"}

ZERO = Decimal(0)


@dataclass
class Pair:
    """What both ledgers say about one journal item, in all and as of the day."""

    lot_id: int | None = None
    state: str | None = None
    ledger: Decimal = ZERO
    ledger_at: Decimal = ZERO
    books: Decimal = ZERO
    books_at: Decimal = ZERO
    line_id: int | None = None
    stamp_id: int | None = None
    #: accounts of the ledger's side and of the books' side; None: no such side
    ledger_account: int | None = None
    books_account: int | None = None
    line_ids: list = field(default_factory=list)


class BookingCreditTieOut(models.Model):
    """How the two ledgers are compared, and how a difference finds its reason."""

    _inherit = "booking.credit.tie.out"

    @api.model
    def _compare(self, company, day):
        """Join both ledgers of ``company`` as of ``day``.

        Takes two statements on the ledgers, whatever their size; the rest looks only
        at what differs.

        :return: dict of ``accounts`` and ``lines`` (values of the records) and
            ``pairs`` (how many lines were compared)
        """
        self.env.flush_all()
        sums, pairs, count = self._read_pairs(company, day)
        lines = self._explain(company, pairs)
        return {
            "accounts": self._sum_accounts(sums, lines),
            "lines": lines,
            "pairs": count,
        }

    @api.model
    def _read_pairs(self, company, day):
        """Return sums by account, the pairs that differ, and how many there are."""
        accounts = company._get_booking_credit_owed_accounts()
        sums = {account.id: defaultdict(lambda: ZERO) for account in accounts}
        pairs, count = [], 0
        for (
            ledger_account,
            books_account,
            ledger,
            books,
            posted,
            stamped,
            number,
            rows,
        ) in self.env.execute_query(
            SQL(PAIRS, company=company.id, day=day, accounts=accounts.ids)
        ):
            count += number
            if ledger_account:
                sums[ledger_account]["ledger"] += as_decimal(ledger or 0)
                sums[ledger_account]["posted"] += as_decimal(posted or 0)
            if books_account:
                sums[books_account]["books"] += as_decimal(books or 0)
                sums[books_account]["stamped"] += as_decimal(stamped or 0)
            pairs += [
                self._read_pair(row, ledger_account, books_account)
                for row in rows or ()
            ]
        return sums, pairs, count

    @api.model
    def _read_pair(self, row, ledger_account, books_account):
        lot_id, line_id, state, ledger, ledger_at, books_id, stamp_id, books, at = row
        return Pair(
            lot_id=lot_id,
            state=state,
            ledger=Decimal(ledger or 0),
            ledger_at=Decimal(ledger_at or 0),
            books=Decimal(books or 0),
            books_at=Decimal(at or 0),
            line_id=books_id or line_id,
            stamp_id=stamp_id,
            ledger_account=ledger_account,
            books_account=books_account,
        )

    @api.model
    def _sum_accounts(self, sums, lines):
        """Return the values of the accounts; add a line for what no line explains."""
        for line in lines:
            kind = "explained" if line["explained"] else "unexplained"
            if line["account_id"] in sums:
                sums[line["account_id"]][kind] += line["difference"]
        rows = []
        for account_id, numbers in sums.items():
            difference = numbers["books"] - numbers["ledger"]
            rest = difference - numbers["explained"] - numbers["unexplained"]
            if rest:
                numbers["unexplained"] += rest
                lines.append(
                    self._prepare_line(
                        "unknown", Pair(books_at=rest, books_account=account_id)
                    )
                )
            rows.append(
                {
                    "account_id": account_id,
                    "ledger": numbers["ledger"],
                    "books": numbers["books"],
                    "difference": difference,
                    "explained": numbers["explained"],
                    "unexplained": numbers["unexplained"],
                    "posted": numbers["posted"],
                    "stamped": numbers["stamped"],
                }
            )
        return rows

    # === Reasons === #

    @api.model
    def _explain(self, company, pairs):
        """Return one line for each difference among ``pairs``, with its reason."""
        if not pairs:
            return []
        pairs = self._join_credited(pairs)
        moves = self.env["account.move.line"].browse(
            {pair.line_id for pair in pairs if pair.line_id}
        )
        moves.fetch(["move_id", "account_id", "partner_id", "product_id", "date"])
        self._prefetch(pairs, moves)
        facts = self._read_movement_facts(pairs)
        lines, cash_basis = [], defaultdict(list)
        for pair in pairs:
            item = moves.browse(pair.line_id)
            for reason, part in self._get_reasons(company, pair, item):
                if reason == "cash_basis":
                    cash_basis[item.move_id, item.account_id].append(part)
                    continue
                lines.append(self._prepare_line(reason, part, facts))
        lines += self._explain_cash_basis(cash_basis)
        return sorted(lines, key=lambda line: (line["explained"], line["reason"]))

    @api.model
    def _prefetch(self, pairs, items):
        """Read what the lines need in one go, however many pairs differ."""
        lots = self.env["booking.credit.lot"].browse(
            {pair.lot_id for pair in pairs if pair.lot_id}
        )
        lots.fetch(["name", "partner_id"])
        partners = lots.partner_id | items.partner_id
        partners.fetch(["commercial_partner_id"])
        items.move_id.fetch(
            ["name", "move_type", "create_uid", "write_uid", "journal_id"]
        )

    @api.model
    def _join_credited(self, pairs):
        """Put credit notes of before the grant to the invoice line that gave the rest.

        Such a lot has one first entry for several journal items.
        """
        alone = [pair for pair in pairs if not pair.lot_id and pair.stamp_id]
        items = self.env["account.move.line"].browse([pair.line_id for pair in alone])
        by_line = {pair.line_id: pair for pair in pairs if pair.lot_id}
        joined = set()
        for pair, item in zip(alone, items, strict=True):
            lot = item.booking_credit_lot_id
            sale = by_line.get(lot.source_line_id.id)
            if sale and item.move_id.move_type == "out_refund":
                sale.books += pair.books
                sale.books_at += pair.books_at
                joined.add(pair.line_id)
        return [pair for pair in pairs if pair.lot_id or pair.line_id not in joined]

    @api.model
    def _get_reasons(self, company, pair, item):
        """Return ``(reason, pair)`` for each difference of one pair as of the day."""
        if pair.lot_id and not pair.ledger_account:
            # worth something, but nobody knows on which account it is owed
            return [("account", pair)] if pair.ledger_at or pair.books_at else []
        if pair.state == "pending":
            return [("pending", pair)] if pair.ledger_at else []
        if not pair.lot_id:
            reason = self._get_books_only_reason(company, pair, item)
            return [(reason, pair)] if pair.books_at else []
        if not item:
            # posted with others of its lot that cancel it out: there is no item
            reason = "amount" if pair.ledger else "period"
            return [(reason, pair)] if pair.ledger_at else []
        if not pair.books_account:
            draft = item.parent_state != "posted"
            return [("draft" if draft else "account", pair)] if pair.ledger_at else []
        if pair.ledger_account != pair.books_account:
            return self._split_accounts(pair)
        return self._get_item_reasons(pair, item)

    @api.model
    def _get_item_reasons(self, pair, item):
        """Return what differs between an entry and its item on the same account."""
        reasons = []
        if pair.ledger_at != pair.books_at:
            if pair.ledger != pair.books:
                reason = "amount"
            elif pair.books_at and item.move_id.is_sale_document(include_receipts=True):
                reason = "unpaid"
            else:
                reason = "period"
            reasons.append((reason, pair))
        if pair.books_at and pair.stamp_id != pair.lot_id:
            reasons.append(("stamp", self._without_difference(pair)))
        lot = self.env["booking.credit.lot"].browse(pair.lot_id)
        owner = lot.partner_id.commercial_partner_id
        if pair.books_at and owner != item.partner_id.commercial_partner_id:
            gift = item.move_id.is_sale_document(include_receipts=True)
            reasons.append(
                ("gift" if gift else "partner", self._without_difference(pair))
            )
        return reasons

    @api.model
    def _without_difference(self, pair):
        """Return what is wrong with ``pair`` where the amounts are not."""
        return Pair(
            lot_id=pair.lot_id,
            state=pair.state,
            ledger_at=pair.books_at,
            books_at=pair.books_at,
            line_id=pair.line_id,
            ledger_account=pair.ledger_account,
            books_account=pair.books_account,
        )

    @api.model
    def _split_accounts(self, pair):
        """Return a difference on the account that should, and on the one that has."""
        should = Pair(
            lot_id=pair.lot_id,
            state=pair.state,
            ledger_at=pair.ledger_at,
            line_id=pair.line_id,
            ledger_account=pair.ledger_account,
        )
        has = Pair(
            lot_id=pair.lot_id,
            state=pair.state,
            books_at=pair.books_at,
            line_id=pair.line_id,
            books_account=pair.books_account,
        )
        return [
            ("account", part)
            for part in (should, has)
            if part.ledger_at or part.books_at
        ]

    @api.model
    def _get_books_only_reason(self, company, pair, item):
        """Say what a journal item is that no movement of credits knows."""
        move = item.move_id
        if pair.stamp_id:
            return "amount"
        if move.tax_cash_basis_rec_id or move.tax_cash_basis_origin_move_id:
            return "cash_basis"
        if item.product_id.booking_credit_pack and move.is_sale_document(
            include_receipts=True
        ):
            return "unpaid"
        if move.journal_id == company.currency_exchange_journal_id:
            return "exchange"
        return "manual"

    @api.model
    def _explain_cash_basis(self, parts):
        """Return the lines of cash-basis entries: explained if they net to zero."""
        lines = []
        for (_move, _account), pairs in parts.items():
            total = sum(pair.books_at for pair in pairs)
            if total:
                lines += [self._prepare_line("manual", pair) for pair in pairs]
            else:
                pair = pairs[0]
                pair.books_at = ZERO
                line = self._prepare_line("cash_basis", pair)
                lines.append({**line, "count": len(pairs)})
        return lines

    # === Lines === #

    @api.model
    def _read_movement_facts(self, pairs):
        """Return the number, last day, document and author of what is in ``pairs``."""
        rows = self.env.execute_query(
            SQL(
                MOVEMENTS,
                lots=list({pair.lot_id for pair in pairs if pair.lot_id}),
                lines=list({pair.line_id for pair in pairs if pair.line_id}),
            )
        )
        return {tuple(row[:3]): row[3:] for row in rows}

    @api.model
    def _prepare_line(self, reason, pair, facts=None):
        """Return the values of one line."""
        item = self.env["account.move.line"].browse(pair.line_id)
        lot = self.env["booking.credit.lot"].browse(pair.lot_id)
        move = item.move_id
        count, day, document, user_id = (facts or {}).get(
            (pair.lot_id, pair.line_id, pair.state), (0, None, None, None)
        )
        users = self.env["res.users"].browse(user_id)
        if move and reason not in ("pending", "period", "gift"):
            users = move.create_uid | move.write_uid
        return {
            "reason": reason,
            "explained": reason in self._get_good_reasons(),
            "account_id": pair.ledger_account or pair.books_account,
            "lot_id": pair.lot_id,
            "partner_id": lot.partner_id.id or item.partner_id.id or None,
            "move_line_id": item.id or None,
            "document": move.name or document or lot.name or None,
            "user_name": ", ".join(users.mapped("name")) or None,
            "event_date": day,
            "books_date": item.date or None,
            "count": count,
            "ledger": pair.ledger_at,
            "books": pair.books_at,
            "difference": pair.books_at - pair.ledger_at,
            "note": self._get_notes()[reason],
        }

    @api.model
    def _get_good_reasons(self):
        """Return the reasons that are no fault: what differs will meet by itself."""
        return GOOD

    @api.model
    def _get_notes(self):
        """Return what each reason means, and what to do about it."""
        _ = self.env._
        return {
            "manual": _(
                "Nobody but Booking Credits should post on this account: reverse the "
                "entry, or move it to another account."
            ),
            "draft": _(
                "Post this journal entry again: movements of credits rest on it."
            ),
            "amount": _("The journal item no longer says what the movements say."),
            "account": _(
                "Move it back to the account on which these credits are owed."
            ),
            "partner": _("Set the customer who has these credits on the journal item."),
            "stamp": _("The journal item does not name its credits any more."),
            "exchange": _("Reverse it: credits keep the rate of the day of the sale."),
            "unknown": _("No line explains this part of the difference."),
            "pending": _("The nightly job posts it when the service is delivered."),
            "unpaid": _("Credits are given when the invoice is paid."),
            "period": _(
                "The movement and its journal entry are on two sides of the day."
            ),
            "gift": _("Invoiced to the buyer, owed to the person who received it."),
            "cash_basis": _("Debit and credit of VAT due on payment: no effect."),
        }
