import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...const import MAX_UNITS, MAX_VALUE

_logger = logging.getLogger(__name__)

#: sums of each lot's entries against the columns that the ledger keeps, as the database
#: adds them: exact numbers, not floats
SUMS = """
    SELECT lot.id, lot.balance, lot.held, lot.value, lot.granted, lot.last_sequence,
           COALESCE(sum(entry.quantity), 0), COALESCE(sum(entry.held), 0),
           COALESCE(sum(entry.value), 0),
           COALESCE(sum(entry.quantity) FILTER (WHERE entry.type = 'grant'), 0),
           count(entry.id)
      FROM booking_credit_lot lot
 LEFT JOIN booking_credit_entry entry ON entry.lot_id = lot.id
     WHERE lot.id = ANY(%s)
  GROUP BY lot.id
    HAVING COALESCE(lot.balance, 0) <> COALESCE(sum(entry.quantity), 0)
        OR COALESCE(lot.held, 0) <> COALESCE(sum(entry.held), 0)
        OR COALESCE(lot.value, 0) <> COALESCE(sum(entry.value), 0)
        OR COALESCE(lot.granted, 0)
           <> COALESCE(sum(entry.quantity) FILTER (WHERE entry.type = 'grant'), 0)
        OR COALESCE(lot.last_sequence, 0) <> count(entry.id)
        OR COALESCE(lot.last_sequence, 0) <> COALESCE(max(entry.lot_sequence), 0)
  ORDER BY lot.id
"""

#: the constraints of the table, for a database where they could not be set
RANGES = f"""
    SELECT id, balance, held, value
      FROM booking_credit_lot
     WHERE id = ANY(%s)
       AND (held < 0 OR value < 0
            OR abs(balance) > {MAX_UNITS} OR held > {MAX_UNITS} OR value > {MAX_VALUE}
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


#: what ``SUMS`` reads of a lot, then the same from its entries
SUM_NAMES = (
    "balance",
    "held",
    "value",
    "granted",
    "count",
    "entry_balance",
    "entry_held",
    "entry_value",
    "entry_granted",
    "entry_count",
)


class BookingCreditLot(models.Model):
    """Proves on a live database that the ledger of credits is sound.

    The invariants: balance, held and value of a lot are the sums of its entries, which
    are numbered without a gap; ``0 <= held <= balance``; nothing comes back twice; what
    the entries say is posted is what the journal items of the lot say; what credit lines
    of orders say was spent; and, for each company and liability account, the ledger is
    the general ledger.
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
            breaks += self._check_bookings(company)
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
        texts = []
        for lot_id, *numbers in self.env.execute_query(SQL(SUMS, self.ids)):
            sums = dict(zip(SUM_NAMES, numbers, strict=True))
            sums["granted"] = sums["granted"] or 0
            texts.append(
                self.env._(
                    "%(lot)s has %(balance)s credits, %(held)s held, worth %(value)s, "
                    "%(granted)s received, %(count)s movements; its history says "
                    "%(entry_balance)s, %(entry_held)s, %(entry_value)s, "
                    "%(entry_granted)s, %(entry_count)s. Somebody has changed the "
                    "database: restore these numbers from the history.",
                    lot=self.browse(lot_id).name,
                    **sums,
                )
            )
        return texts

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

    @api.model
    def _write_units(self, company, measure, number):
        if measure == "money":
            return company.currency_id.format(float(number))
        return self._count_in_words(measure, float(number))

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
