"""Redeeming, 1,000 in a batch, against the same rows written by plain SQL.

Plain SQL: one transaction, for each use one guarded UPDATE of the lot, one INSERT of
the operation and one of the entry: the least that a program without our rules, rights,
values and idempotency keys could do. Also against three set-based statements for all
1,000, as a floor that no program reaches which decides something for each use.
"""

from bench import Row, Stopwatch, make_service, show, studio

USES, ROUNDS = 1000, 9

GUARD = """
    UPDATE booking_credit_lot
       SET balance = balance - 1, value = value - 0.9,
           last_sequence = last_sequence + 1, is_open = balance > 1,
           write_uid = 1, write_date = now() AT TIME ZONE 'UTC'
     WHERE id = %s AND is_open AND balance - held >= 1
 RETURNING company_id, last_sequence, balance
"""
OPERATION = """
    INSERT INTO booking_credit_operation
           (create_uid, create_date, write_uid, write_date, kind, company_id, user_id,
            date, idempotency_key, request)
    VALUES (1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC', 'redeem', %s, 1,
            current_date, %s, '{"quantity": 1}')
 RETURNING id
"""
ENTRY = """
    INSERT INTO booking_credit_entry
           (create_uid, create_date, write_uid, write_date, operation_id, company_id,
            lot_id, lot_sequence, type, date, service_date, bookings, quantity, held,
            value, balance_after, posting_state)
    VALUES (1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC', %s, %s, %s, %s,
            'redeem', current_date, current_date, 1, -1, 0, -0.9, %s, 'pending')
"""
SET_BASED = """
    WITH used AS (
        UPDATE booking_credit_lot
           SET balance = balance - 1, value = value - 0.9,
               last_sequence = last_sequence + 1, is_open = balance > 1,
               write_uid = 1, write_date = now() AT TIME ZONE 'UTC'
         WHERE id = ANY(%s) AND is_open AND balance - held >= 1
     RETURNING id, company_id, last_sequence, balance
    ), acts AS (
        INSERT INTO booking_credit_operation
               (create_uid, create_date, write_uid, write_date, kind, company_id,
                user_id, date, idempotency_key, request)
        SELECT 1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC', 'redeem',
               company_id, 1, current_date, %s || id, '{"quantity": 1}'
          FROM used ORDER BY id
     RETURNING id, idempotency_key
    )
    INSERT INTO booking_credit_entry
           (create_uid, create_date, write_uid, write_date, operation_id, company_id,
            lot_id, lot_sequence, type, date, service_date, bookings, quantity, held,
            value, balance_after, posting_state)
    SELECT 1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC', acts.id,
           used.company_id, used.id, used.last_sequence, 'redeem', current_date,
           current_date, 1, -1, 0, -0.9, used.balance, 'pending'
      FROM used JOIN acts ON acts.idempotency_key = %s || used.id
"""


def make_lots(env, number):
    """Return that many lots of 100 credits worth 90.00, one for each customer."""
    partners = env["res.partner"].create(
        [{"name": f"Customer {n}"} for n in range(number)]
    )
    return env["booking.credit.lot"]._grant(
        [
            {
                "partner_id": partner.id,
                "company_id": env.company.id,
                "origin": "grant",
                "valid_from": env.company._booking_credit_today(),
            }
            for partner in partners
        ],
        [{"quantity": 100, "value": 90} for _partner in partners],
    )


def ours(env, lots, service, run):
    """Redeem one credit of each lot through the ledger's own method."""
    env["booking.credit.lot"]._redeem_many(
        [
            {
                "lots": lot,
                "quantity": 1,
                "product": service,
                "key": f"ours:{run}:{lot.id}",
            }
            for lot in lots
        ]
    )
    env.flush_all()


def plain_sql(env, lots, run):
    """Write the same rows by hand, three statements for each use."""
    cr = env.cr
    for lot_id in lots.ids:
        cr.execute(GUARD, [lot_id])
        company_id, sequence, balance = cr.fetchone()
        cr.execute(OPERATION, [company_id, f"sql:{run}:{lot_id}"])
        (operation_id,) = cr.fetchone()
        cr.execute(ENTRY, [operation_id, company_id, lot_id, sequence, balance])


def main():
    """Measure and show; return whether the target is reached."""
    with studio() as env:
        service = make_service(env)
        lots = make_lots(env, 3 * USES)
        mine, theirs, floor_lots = lots[:USES], lots[USES : 2 * USES], lots[2 * USES :]
        env.flush_all()
        env.cr.execute("ANALYZE booking_credit_lot, booking_credit_entry")
        us, sql, floor = (Stopwatch(env) for _n in range(3))
        for run in range(ROUNDS):
            env.invalidate_all()
            with us():
                ours(env, mine, service, run)
            with sql():
                plain_sql(env, theirs, run)
            with floor():
                prefix = f"set:{run}:"
                env.cr.execute(SET_BASED, [floor_lots.ids, prefix, prefix])
        env.invalidate_all()
        assert set(lots.mapped("balance")) == {100.0 - ROUNDS}
        assert not mine._check_ledger()
        print(f"statements for {USES} uses: {us.median('queries'):.0f}")
        rows = [
            Row("redeem, per use in a batch of 1,000; plain SQL use by use",
                us.median() / USES, sql.median() / USES, 3),
            Row("the same; plain SQL in one statement for all",
                us.median() / USES, floor.median() / USES, 3),
        ]  # fmt: skip
        return show("Redeem", rows)


if __name__ == "__main__":
    raise SystemExit(not main())
