from odoo import api, models
from odoo.tools import SQL

#: value of the posted entries of each lot against its journal items
BOOKS = """
      WITH ledger AS (
        SELECT lot_id, sum(value) AS value
          FROM booking_credit_entry
         WHERE lot_id = ANY(%(lots)s) AND posting_state = 'posted'
      GROUP BY lot_id
    ), books AS (
        SELECT line.booking_credit_lot_id AS lot_id, -sum(line.balance) AS value
          FROM account_move_line line
          JOIN booking_credit_lot lot ON lot.id = line.booking_credit_lot_id
         WHERE lot.id = ANY(%(lots)s) AND line.parent_state = 'posted'
           AND line.account_id = lot.liability_account_id
      GROUP BY line.booking_credit_lot_id
    )
    SELECT lot_id, COALESCE(ledger.value, 0), COALESCE(books.value, 0)
      FROM ledger FULL JOIN books USING (lot_id)
     WHERE COALESCE(ledger.value, 0) <> COALESCE(books.value, 0)
  ORDER BY lot_id
"""


class BookingCreditLot(models.Model):
    """What of *Check Ledger* compares lots with the books."""

    _inherit = "booking.credit.lot"

    # === Steps === #

    def _check_books(self):
        return [
            self.env._(
                "%(lot)s: its history says %(ledger)s posted, its journal items say "
                "%(books)s.",
                lot=self.browse(lot_id).name,
                ledger=ledger,
                books=books,
            )
            for lot_id, ledger, books in self.env.execute_query(
                SQL(BOOKS, lots=self.ids)
            )
        ]

    @api.model
    def _check_accounts(self, company):
        """Compare the ledger of ``company`` with its liability accounts."""
        return [
            self.env._(
                "%(account)s of %(company)s: the ledger of credits says %(ledger)s, "
                "the "
                "books say %(books)s. Look for journal items without a batch of "
                "credits.",
                account=row["account"].with_company(company).display_name,
                company=company.name,
                ledger=company.currency_id.format(row["books"] - row["difference"]),
                books=company.currency_id.format(row["books"]),
            )
            for row in company._get_booking_credit_tie_out()
            if row["difference"]
        ]
