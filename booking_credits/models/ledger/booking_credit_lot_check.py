import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...const import MAX_UNITS, MAX_VALUE
from ...words import format_units

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

#: What the credit lines of orders say against what the ledger has moved for them: for
#: each booking, and each credit line of money. A booking that stands was paid with what
#: its credit lines say; one that was cancelled, or not confirmed, has everything back
#: (its fee is a movement of its own). What staff gave back by hand, or for one session of
#: a course, leaves the booking as it is. Money also comes back in parts, and the line
#: then says what it paid first.
ORDERS = """
      WITH spent AS (
        SELECT act.order_line_id AS line_id, lot.measure, -sum(entry.quantity) AS net,
               -COALESCE(sum(entry.quantity) FILTER (
                   WHERE entry.type = 'redeem' OR act.request IS NULL
                      OR NOT jsonb_exists_any(
                          act.request, ARRAY['entries', 'session'])), 0) AS standing,
               bool_or(entry.type = 'restore') AS returned
          FROM booking_credit_operation act
          JOIN booking_credit_entry entry
            ON entry.operation_id = act.id AND entry.type IN ('redeem', 'restore')
          JOIN booking_credit_lot lot ON lot.id = entry.lot_id
         WHERE act.company_id = %(company)s AND act.order_line_id IS NOT NULL
      GROUP BY act.order_line_id, lot.measure
    ), said AS (
        SELECT COALESCE(booking_credit_paid_line_id, id) AS line_id,
               booking_credit_measure AS measure, sum(booking_credit_quantity) AS units
          FROM sale_order_line
         WHERE company_id = %(company)s AND booking_credit_measure IS NOT NULL
      GROUP BY 1, 2
    ), compared AS (
        SELECT line_id, measure, COALESCE(spent.net, 0) AS net,
               COALESCE(spent.standing, 0) AS standing,
               COALESCE(spent.returned, FALSE) AS returned,
               CASE WHEN line.state = 'sale' AND line.booking_cancel_date IS NULL
                    THEN COALESCE(said.units, 0) ELSE 0 END AS units,
               line.state
          FROM spent
     FULL JOIN said USING (line_id, measure)
          JOIN sale_order_line line ON line.id = line_id
    )
    SELECT line_id, measure, units, net
      FROM compared
     WHERE CASE WHEN measure = 'money' AND state IN ('sale', 'cancel') AND returned
                THEN net < 0 OR (state = 'sale' AND net > units)
                ELSE units NOT BETWEEN LEAST(net, standing)
                                   AND GREATEST(net, standing) END
  ORDER BY line_id
"""

#: Bookings that stand and count as paid with credits, though no credits were spent. What
#: belongs to a menu is paid with the menu.
UNPAID = """
    SELECT booking.id, sum(paying.product_uom_qty)
      FROM sale_order_line paying
      JOIN sale_order_line booking ON booking.id = paying.booking_credit_paid_line_id
     WHERE paying.company_id = %(company)s AND booking.state = 'sale'
       AND booking.booking_cancel_date IS NULL AND booking.combo_item_id IS NULL
       AND booking.product_uom_qty > 0
  GROUP BY booking.id
    HAVING COALESCE(sum(paying.booking_credit_quantity), 0) <= 0
       AND NOT EXISTS (
           SELECT FROM booking_credit_operation act
             JOIN booking_credit_entry entry ON entry.operation_id = act.id
            WHERE act.order_line_id = booking.id
              AND entry.type IN ('redeem', 'hold'))
  ORDER BY booking.id
"""


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
        return [
            self.env._(
                "%(lot)s has %(balance)s credits, %(held)s held, worth %(value)s, "
                "%(granted)s received, %(count)s movements; its history says "
                "%(entry_balance)s, %(entry_held)s, %(entry_value)s, "
                "%(entry_granted)s, %(entry_count)s. Somebody has changed the "
                "database: "
                "restore these numbers from the history.",
                lot=self.browse(lot_id).name,
                balance=balance,
                held=held,
                value=value,
                granted=granted or 0,
                count=number,
                entry_balance=entry_balance,
                entry_held=entry_held,
                entry_value=entry_value,
                entry_granted=entry_granted,
                entry_count=entry_count,
            )
            for (
                lot_id,
                balance,
                held,
                value,
                granted,
                number,
                entry_balance,
                entry_held,
                entry_value,
                entry_granted,
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
    def _check_bookings(self, company):
        """Compare what orders of ``company`` say is paid with what the ledger has moved.

        An outlet: an add-on that keeps seats or times adds those that nothing pays.

        :return: one sentence for each difference, naming order, number and remedy
        """
        self.env.flush_all()
        lines = self.env["sale.order.line"].sudo()
        texts = []
        for line_id, measure, units, net in self.env.execute_query(
            SQL(ORDERS, company=company.id)
        ):
            line = lines.browse(line_id)
            texts.append(
                self.env._(
                    "%(order)s of %(customer)s, “%(line)s”: the order says that "
                    "%(said)s pay it, the ledger has spent %(spent)s. %(remedy)s",
                    order=line.order_id.name,
                    customer=line.order_id.partner_id.display_name,
                    line=line.product_id.display_name,
                    said=self._write_units(company, measure, units),
                    spent=self._write_units(company, measure, net),
                    remedy=self._get_booking_remedy(units, net),
                )
            )
        for line_id, quantity in self.env.execute_query(
            SQL(UNPAID, company=company.id)
        ):
            line = lines.browse(line_id)
            texts.append(
                self.env._(
                    "%(order)s of %(customer)s, “%(line)s”: %(number)s bookings count "
                    "as "
                    "paid with credits, and no credits were spent. Cancel the booking, "
                    "and book it anew.",
                    order=line.order_id.name,
                    customer=line.order_id.partner_id.display_name,
                    line=line.product_id.display_name,
                    number=format_units(self.env, quantity),
                )
            )
        return texts

    @api.model
    def _write_units(self, company, measure, number):
        if measure == "money":
            return company.currency_id.format(float(number))
        return self._count_in_words(measure, float(number))

    @api.model
    def _get_booking_remedy(self, said, spent):
        """Say what sets right an order that says ``said`` while ``spent`` was spent."""
        if spent > said:
            return self.env._(
                "Give back the excess: open the credits that paid, and correct them."
            )
        return self.env._(
            "Cancel the booking and book it anew, or take what is missing from the "
            "customer's credits."
        )

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
