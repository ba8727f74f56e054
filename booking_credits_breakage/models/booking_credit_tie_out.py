from odoo import api, models
from odoo.tools import SQL

from odoo.addons.booking_credits.ledger import as_decimal
from odoo.addons.booking_credits.models.reports.booking_credit_tie_out_compare import (
    ZERO,
    Pair,
)

#: What was recognised in advance beside the contra accounts, one pair for each journal
#: item. Both lower what is owed, so both are below zero.
CONTRA = """
    WITH ledger AS (
        SELECT move_line_id, account_id, -sum(amount) AS total,
               COALESCE(-sum(amount) FILTER (WHERE date <= %(day)s), 0) AS at_day
          FROM booking_credit_cohort_step
         WHERE company_id = %(company)s
      GROUP BY move_line_id, account_id
    ), books AS (
        SELECT id, account_id, booking_credit_cohort_id AS cohort_id,
               -balance AS total,
               CASE WHEN date <= %(day)s THEN -balance ELSE 0 END AS at_day
          FROM account_move_line
         WHERE company_id = %(company)s AND account_id = ANY(%(accounts)s)
           AND parent_state = 'posted' AND balance <> 0
    )
    SELECT ledger.account_id, books.account_id, ledger.total, ledger.at_day,
           books.total, books.at_day, COALESCE(books.id, ledger.move_line_id),
           books.cohort_id IS NOT NULL
      FROM ledger FULL JOIN books ON books.id = ledger.move_line_id
"""


class BookingCreditTieOut(models.Model):
    """Breakage in advance: an account of its own, explained by the estimates."""

    _inherit = "booking.credit.tie.out"

    @api.model
    def _compare(self, company, day):
        """Override to compare what was recognised in advance with its accounts."""
        found = super()._compare(company, day)
        accounts = company._get_booking_credit_contra_accounts()
        if not accounts:
            return found
        sums = {
            account.id: dict.fromkeys(
                ("ledger", "books", "posted", "stamped", "explained", "unexplained"),
                ZERO,
            )
            for account in accounts
        }
        query = SQL(CONTRA, company=company.id, day=day, accounts=accounts.ids)
        lines = []
        for row in self.env.execute_query(query):
            found["pairs"] += 1
            lines += self._compare_contra(sums, *row)
        found["accounts"] += self._sum_accounts(sums, lines)
        found["lines"] = sorted(
            found["lines"] + lines, key=lambda line: (line["explained"], line["reason"])
        )
        return found

    @api.model
    def _compare_contra(
        self, sums, should, has, total, at_day, books, books_at, line_id, stamped
    ):
        """Count one pair of the contra accounts; return its lines if it differs."""
        numbers = [as_decimal(n or 0) for n in (total, at_day, books, books_at)]
        total, at_day, books, books_at = numbers
        if should:
            sums[should]["ledger"] += at_day
            sums[should]["posted"] += total
        if has:
            sums[has]["books"] += books_at
            sums[has]["stamped"] += books if stamped else ZERO
        if should == has and at_day == books_at:
            return []
        reason = self._get_contra_reason(should, has, stamped, line_id)
        reason = reason or ("amount" if total != books else "period")
        parts = [
            Pair(
                ledger_at=at_day if account == should else ZERO,
                books_at=books_at if account == has else ZERO,
                line_id=line_id,
                ledger_account=account,
            )
            for account in {should, has} - {None}
        ]
        return [
            self._prepare_line(reason, part)
            for part in parts
            if part.ledger_at or part.books_at
        ]

    @api.model
    def _get_contra_reason(self, should, has, stamped, line_id):
        """Return why one of both accounts is missing or another; None if they agree."""
        if not should:
            return "amount" if stamped else "manual"
        if not has:
            item = self.env["account.move.line"].browse(line_id)
            return "account" if item.parent_state == "posted" else "draft"
        return "account" if should != has else None
