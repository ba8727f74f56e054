"""Roll-forward and tie-out over 1,000,000 entries, against bare SQL sums.

Each entry has its journal item, the worst case: one lot used on ten days. "Theirs" is
what a programmer would type into psql for the same totals from the same tables: the
sums of the ledger by account, measure and type, and the sums of the general ledger by
account; for the tie-out, the sums of both joined journal item by journal item, since a
difference of two totals proves nothing. All are taken in turns.
"""

import os
import time
from datetime import timedelta

from bench import Row, Stopwatch, database, environment, fill, prepare, show

ENTRIES = int(os.environ.get("ENTRIES", 1_000_000))
#: entries of one lot: it is sold, then used on nine days
EACH = 10
#: lots whose last use is not posted yet: one in this many
PENDING = 50
ROUNDS = 5

ACCOUNT = """
    UPDATE booking_credit_lot lot
       SET liability_account_id = %(account)s, balance = 100 - %(uses)s,
           value = 90 - 0.9 * %(uses)s, last_sequence = %(each)s
"""
#: nine uses for each lot, on the days that follow its sale
USES = """
    WITH operation AS (
        INSERT INTO booking_credit_operation (kind, company_id, date, user_id)
        VALUES ('redeem', %(company)s, %(today)s, 1) RETURNING id
    )
    INSERT INTO booking_credit_entry
           (operation_id, company_id, lot_id, lot_sequence, type, date, service_date,
            bookings, quantity, held, value, balance_after, posting_state)
    SELECT operation.id, lot.company_id, lot.id, n + 1, 'redeem',
           lot.valid_from + (n * 40 + lot.id %% 40)::int,
           lot.valid_from + (n * 40 + lot.id %% 40)::int, 1, -1, 0, -0.9, 100 - n,
           CASE WHEN n = %(uses)s AND lot.id %% %(pending)s = 0
                THEN 'pending' ELSE 'posted' END
      FROM operation, booking_credit_lot lot, generate_series(1, %(uses)s) n
"""
#: one journal entry a day, one item for each entry that is posted
MOVES = """
    INSERT INTO account_move
           (name, journal_id, company_id, currency_id, date, state, move_type,
            auto_post, create_uid, write_uid)
    SELECT 'CRED/' || date, %(journal)s, %(company)s, %(currency)s, date, 'posted',
           'entry', 'no', 1, 1
      FROM booking_credit_entry GROUP BY date
"""
ITEMS = """
    WITH items AS (
        INSERT INTO account_move_line
               (move_id, journal_id, company_id, company_currency_id, currency_id,
                account_id, partner_id, date, name, display_type, parent_state, balance,
                debit, credit, amount_currency, booking_credit_lot_id, sequence)
        SELECT move.id, move.journal_id, move.company_id, move.currency_id,
               move.currency_id, %(account)s, lot.partner_id, move.date, lot.name,
               'product', 'posted', -entry.value, greatest(-entry.value, 0),
               greatest(entry.value, 0), -entry.value, lot.id, entry.lot_sequence
          FROM booking_credit_entry entry
          JOIN booking_credit_lot lot ON lot.id = entry.lot_id
          JOIN account_move move ON move.date = entry.date
         WHERE entry.posting_state = 'posted'
     RETURNING id, move_id, booking_credit_lot_id, sequence
    )
    UPDATE booking_credit_entry entry
       SET move_line_id = items.id, move_id = items.move_id
      FROM items
     WHERE entry.lot_id = items.booking_credit_lot_id
       AND entry.lot_sequence = items.sequence
"""
OWNERS = "UPDATE res_partner SET commercial_partner_id = id"

LEDGER = """
    SELECT lot.liability_account_id, lot.measure, entry.type,
           sum(entry.quantity) FILTER (WHERE entry.date < %(first)s),
           sum(entry.value) FILTER (WHERE entry.date < %(first)s),
           sum(entry.quantity) FILTER (WHERE entry.date >= %(first)s),
           sum(entry.value) FILTER (WHERE entry.date >= %(first)s)
      FROM booking_credit_entry entry
      JOIN booking_credit_lot lot ON lot.id = entry.lot_id
     WHERE entry.company_id = %(company)s AND entry.date <= %(last)s
  GROUP BY 1, 2, 3
"""
BOOKS = """
    SELECT account_id, -sum(balance) FROM account_move_line
     WHERE company_id = %(company)s AND account_id = %(account)s
       AND parent_state = 'posted' AND date <= %(last)s
  GROUP BY 1
"""
JOINED = """
    SELECT ledger.account_id, books.account_id, sum(ledger.value), sum(books.value),
           count(*) FILTER (WHERE ledger.value IS DISTINCT FROM books.value)
      FROM (SELECT lot.liability_account_id AS account_id, entry.move_line_id,
                   sum(entry.value) AS value
              FROM booking_credit_entry entry
              JOIN booking_credit_lot lot ON lot.id = entry.lot_id
             WHERE entry.company_id = %(company)s AND entry.date <= %(last)s
          GROUP BY 1, 2) ledger
 FULL JOIN (SELECT id, account_id, -balance AS value FROM account_move_line
             WHERE company_id = %(company)s AND account_id = %(account)s
               AND parent_state = 'posted' AND date <= %(last)s) books
        ON books.id = ledger.move_line_id
  GROUP BY 1, 2
"""


def fill_books(env):
    """Write the entries and the journal items of many lots by SQL."""
    company = env.company
    fill(env, ENTRIES // EACH, each=10)
    values = {
        "company": company.id,
        "currency": company.currency_id.id,
        "journal": company.booking_credit_journal_id.id,
        "account": company.booking_credit_liability_account_id.id,
        "today": company._booking_credit_today(),
        "each": EACH,
        "uses": EACH - 1,
        "pending": PENDING,
    }
    # foreign keys hold by construction; checking them row by row takes longer than all
    env.cr.execute("SET LOCAL session_replication_role = replica")
    for statement in (OWNERS, ACCOUNT, USES, MOVES, ITEMS):
        start = time.monotonic()
        env.cr.execute(statement, values)
        print(f"{env.cr.rowcount:,} rows written in {time.monotonic() - start:.0f} s")
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr.execute("VACUUM ANALYZE booking_credit_entry, account_move_line")
    env.cr.execute("VACUUM ANALYZE booking_credit_lot, account_move, res_partner")
    env.cr._cnx.autocommit = False
    return values


def main():
    """Measure and show; return whether the targets are reached."""
    with database() as name, environment(name) as env:
        prepare(env)
        values = fill_books(env)
        last = values["today"]
        first = last - timedelta(days=90)
        values.update(first=first, last=last)
        options = {"date_from": first, "date_to": last}
        roll_forward = env["booking.credit.roll.forward"]
        tie_out = env["booking.credit.tie.out"]

        def bare(*statements):
            for statement in statements:
                env.cr.execute(statement, values)
                env.cr.fetchall()

        works = {
            "roll": lambda: roll_forward.get_report(dict(options)),
            "roll, bare": lambda: bare(LEDGER, BOOKS),
            "tie": lambda: tie_out._run(env.company, last),
            "tie, bare": lambda: bare(JOINED),
            "two totals": lambda: bare(LEDGER, BOOKS),
        }
        watches = {name: Stopwatch(env) for name in works}
        for number in range(ROUNDS + 1):
            for what, work in works.items():
                watch = Stopwatch(env) if not number else watches[what]
                env.invalidate_all()
                with watch():
                    answer = work()
                if what == "tie":
                    assert answer.result == "green", answer.line_ids.mapped("reason")
                    differences = len(answer.line_ids)
                elif what == "roll":
                    rows = {row["key"]: row for row in answer["sections"][0]["rows"]}
                    assert not rows["difference"]["cells"]["value"]
        times = {what: watch.median() for what, watch in watches.items()}
        print(f"{ENTRIES:,} entries; {differences:,} differences explained and kept")
        print(
            f"tie-out against two totals alone: {times['tie'] / times['two totals']:.2f}"
        )
        for what in ("roll", "tie"):
            print(f"{what}: {watches[what].median('queries'):.0f} statements")
        return show(
            "Reports of accountants",
            [
                Row(f"roll-forward, {ENTRIES:,} entries", times["roll"],
                    times["roll, bare"], 3),
                Row(f"tie-out, {ENTRIES:,} entries", times["tie"],
                    times["tie, bare"], 3),
            ],
        )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(not main())
