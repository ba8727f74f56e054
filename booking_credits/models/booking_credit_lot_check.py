import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: sums of each lot's entries against the columns that the ledger keeps
SUMS = """
    SELECT lot.id, lot.balance, lot.held, lot.value, lot.last_sequence,
           COALESCE(sum(entry.quantity), 0), COALESCE(sum(entry.held), 0),
           COALESCE(sum(entry.value), 0), count(entry.id)
      FROM booking_credit_lot lot
 LEFT JOIN booking_credit_entry entry ON entry.lot_id = lot.id
     WHERE lot.id = ANY(%s)
  GROUP BY lot.id
    HAVING COALESCE(lot.balance, 0) <> COALESCE(sum(entry.quantity), 0)
        OR COALESCE(lot.held, 0) <> COALESCE(sum(entry.held), 0)
        OR COALESCE(lot.value, 0) <> COALESCE(sum(entry.value), 0)
        OR COALESCE(lot.last_sequence, 0) <> count(entry.id)
        OR COALESCE(lot.last_sequence, 0) <> COALESCE(max(entry.lot_sequence), 0)
  ORDER BY lot.id
"""

#: the constraints of the table, for a database where they could not be set
RANGES = """
    SELECT id, balance, held, value
      FROM booking_credit_lot
     WHERE id = ANY(%s)
       AND (held < 0 OR value < 0
            OR (unlimited IS NOT TRUE
                AND (balance < held OR is_open <> (balance > 0)
                     OR (value <> 0 AND balance = 0))))
  ORDER BY id
"""

#: what came back from an entry against the entry itself
RETURNS = """
    SELECT source.lot_id, source.lot_sequence,
           CASE WHEN source.type = 'hold' THEN source.held
                ELSE abs(source.quantity) END AS given,
           CASE WHEN source.type = 'hold' THEN -sum(back.held)
                ELSE sum(back.quantity) END AS returned
      FROM booking_credit_entry source
      JOIN booking_credit_entry back ON back.source_entry_id = source.id
     WHERE source.lot_id = ANY(%s) AND source.type IN ('hold', 'redeem', 'expire')
  GROUP BY source.id
    HAVING CASE WHEN source.type = 'hold'
                THEN -sum(back.held) > source.held
                ELSE sum(back.quantity) > abs(source.quantity)
                  OR sum(back.value) > abs(source.value) END
  ORDER BY source.id
"""

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


class BookingCreditLotCheck(models.Model):
    """Proves on a live database that the ledger of credits is sound.

    The invariants: balance, held and value of a lot are the sums of its entries, which
    are numbered without a gap; ``0 <= held <= balance``; nothing comes back twice; what
    the entries say is posted is what the journal items of the lot say; and, for each
    company and liability account, the ledger is the general ledger.
    """

    _inherit = "booking.credit.lot"

    # === Actions === #

    def action_check_ledger(self):
        """Prove the invariants of these lots and tell the user the result.

        :raise UserError: listing every broken rule with its lot
        """
        self.check_access("read")
        return self._tell_check(self._check_ledger(), len(self))

    @api.model
    def action_check_companies(self):
        """Prove all invariants of the companies that the user works in.

        :raise AccessError: for others than managers and accountants
        :raise UserError: listing every broken rule with its lot or account
        """
        self._check_may("manager", "accountant")
        count, breaks = self._check_companies(self.env.companies)
        return self._tell_check(breaks, count)

    @api.model
    def _tell_check(self, breaks, count):
        if breaks:
            raise UserError("\n".join(breaks))
        return self._notify(
            self.env._("The ledger is sound: %s batches of credits checked.", count)
        )

    # === Jobs === #

    @api.model
    def _cron_check_ledger(self):
        """Prove all invariants; report what is broken.

        Reports to the log as an error, so that whoever watches the server sees it.
        """
        companies = self.env["res.company"]._get_booking_credit_companies()
        _count, breaks = self._check_companies(companies)
        for sentence in breaks:
            _logger.error("Booking credits: %s", sentence)
        return breaks

    # === Steps === #

    @api.model
    def _check_companies(self, companies, batch_size=50000):
        """Prove all invariants of ``companies``.

        :return: number of lots, and one sentence for each broken invariant
        """
        last_id, count, breaks = 0, 0, []
        # sudo: the proof is for all lots of the companies, whoever asks for it.
        domain = [("company_id", "in", companies.ids)]
        while lots := self.sudo().search(
            [*domain, ("id", ">", last_id)], limit=batch_size, order="id"
        ):
            last_id, count = lots[-1].id, count + len(lots)
            breaks += lots._check_ledger()
            lots.invalidate_recordset()
        for company in companies:
            breaks += self._check_accounts(company)
        return count, breaks

    def _check_ledger(self):
        """Compare these lots with their entries, and with their journal items.

        :return: one sentence for each broken invariant, naming its lot
        """
        self.env.flush_all()
        return [
            *self._check_sums(),
            *self._check_ranges(),
            *self._check_returns(),
            *self._check_books(),
        ]

    def _check_sums(self):
        return [
            self.env._(
                "%(lot)s has %(balance)s credits, %(held)s held, worth %(value)s, "
                "%(count)s movements; its history says %(entry_balance)s, "
                "%(entry_held)s, %(entry_value)s, %(entry_count)s.",
                lot=self.browse(lot_id).name,
                balance=balance,
                held=held,
                value=value,
                count=number,
                entry_balance=entry_balance,
                entry_held=entry_held,
                entry_value=entry_value,
                entry_count=entry_count,
            )
            for (
                lot_id,
                balance,
                held,
                value,
                number,
                entry_balance,
                entry_held,
                entry_value,
                entry_count,
            ) in self.env.execute_query(SQL(SUMS, self.ids))
        ]

    def _check_ranges(self):
        return [
            self.env._(
                "%(lot)s has %(balance)s credits, %(held)s held, worth %(value)s: no "
                "number may be below zero, held credits are part of the balance, and "
                "value ends with the last credit.",
                lot=self.browse(lot_id).name,
                balance=balance,
                held=held,
                value=value,
            )
            for lot_id, balance, held, value in self.env.execute_query(
                SQL(RANGES, self.ids)
            )
        ]

    def _check_returns(self):
        return [
            self.env._(
                "%(lot)s: movement %(number)s moved %(given)s, but %(returned)s came "
                "back.",
                lot=self.browse(lot_id).name,
                number=number,
                given=given,
                returned=returned,
            )
            for lot_id, number, given, returned in self.env.execute_query(
                SQL(RETURNS, self.ids)
            )
        ]

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
                "%(account)s of %(company)s: the ledger of credits says %(ledger)s, the "
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
