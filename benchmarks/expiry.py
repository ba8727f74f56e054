"""The nightly expiry of 1,000,000 lots: first the tenth that is due, then all others.

Against one set-based statement that writes the same rows: the lots closed, an entry for
each, all in one transaction. Both work on equal copies of one database. Ours commits
every 10,000 lots, so that it never blocks the front desk for long.
"""

import os
import sys
from datetime import timedelta
from unittest.mock import patch

from bench import (
    Row,
    Stopwatch,
    database,
    environment,
    fill,
    prepare,
    project,
    show,
)

LOTS = int(os.environ.get("LOTS", 1_000_000))

SET_BASED = """
    WITH operation AS (
        INSERT INTO booking_credit_operation
               (create_uid, create_date, write_uid, write_date, kind, company_id,
                user_id, date)
        VALUES (1, now(), 1, now(), 'expire', %(company)s, 1, %(today)s)
     RETURNING id
    ), due AS (
        SELECT id, balance, value, last_sequence + 1 AS number
          FROM booking_credit_lot
         WHERE company_id = %(company)s AND is_open AND valid_until < %(today)s
    ), closed AS (
        UPDATE booking_credit_lot lot
           SET balance = 0, value = 0, basis_quantity = 0, basis_value = 0,
               last_sequence = due.number, is_open = false, write_uid = 1,
               write_date = now()
          FROM due WHERE lot.id = due.id
     RETURNING lot.id
    )
    INSERT INTO booking_credit_entry
           (create_uid, create_date, write_uid, write_date, operation_id, company_id,
            lot_id, lot_sequence, type, date, service_date, bookings, quantity, held,
            value, balance_after, posting_state)
    SELECT 1, now(), 1, now(), operation.id, %(company)s, due.id, due.number, 'expire',
           %(today)s, %(today)s, 0, -due.balance, 0, -due.value, 0, 'pending'
      FROM operation, due JOIN closed USING (id)
"""


def ours(env):
    """Run the nightly job (its ledger part: the books have a job of their own)."""
    env["booking.credit.lot"]._cron_expire()


def theirs(env):
    """Run the statement, and commit."""
    values = {
        "company": env.company.id,
        "today": env.company._booking_credit_today(),
    }
    env.cr.execute(SET_BASED, values)
    env.cr.commit()


def later(days):
    """Let the jobs see a later day, without the cost of freezing time."""
    from odoo.addons.booking_credits.models.ledger.res_company import ResCompany

    today = ResCompany._booking_credit_today

    def shifted(self, moment=None):
        return today(self, moment) + timedelta(days=0 if moment else days)

    return patch.object(ResCompany, "_booking_credit_today", shifted)


def measure(base, call):
    """Run ``call`` twice in a copy of ``base``; return the times and what it wrote."""
    name = f"{base}_copy"
    project.copy(base, name)
    with environment(name) as env:
        watch, written = Stopwatch(env), []
        for days in (0, 1000):
            with later(days), watch():
                call(env)
            env.cr.execute(
                "SELECT count(*), sum(value) FROM booking_credit_entry "
                "WHERE type = 'expire'"
            )
            written.append(env.cr.fetchone())
    project.drop(name)
    return watch, written


def main():
    """Measure and show; return whether the targets are reached."""
    with database() as base:
        with environment(base) as env:
            prepare(env)
            fill(env, LOTS, each=10, due=0.1)
        rows = []
        if len(sys.argv) > 1:  # one side alone, for a profiler
            print(measure(base, globals()[sys.argv[1]])[0].wall)
            return True
        first = measure(base, theirs)
        us, wrote = measure(base, ours)
        second = measure(base, theirs)
        assert wrote == first[1] == second[1], (wrote, first[1])
        for number, what in enumerate(("10 % due", "all due")):
            sql = (first[0].wall[number] + second[0].wall[number]) / 2
            rows.append(
                Row(f"expire {LOTS:,} lots, {what}", us.wall[number], sql, 2, "s")
            )
        return show("Nightly expiry", rows)


if __name__ == "__main__":
    raise SystemExit(not main())
