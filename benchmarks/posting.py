"""Posting one day of 10,000 redemptions, against writing the same journal items.

Theirs: one ``account.move.create`` with exactly the items of our journal entry, the
accounts, partners, amounts and taxes known beforehand; and the same, posted. Ours also
finds what is due, groups it, computes income and VAT, dates it, posts it, and notes on
each movement where it went.
"""

import time

from bench import Row, fill, make_service, show, studio

from odoo.fields import Command

USES, CHUNK = 10_000, 1000
COPIED = (
    "name",
    "account_id",
    "partner_id",
    "balance",
    "amount_currency",
    "currency_id",
    "booking_credit_lot_id",
    "tax_repartition_line_id",
)


def prepare_day(env):
    """Use one credit of each of 10,000 lots, on one day; half bear VAT at use."""
    company = env.company
    service = make_service(env)
    fill(env, USES, each=10)
    env.cr.execute(
        """
        UPDATE booking_credit_lot
           SET vat_kind = CASE WHEN id %% 2 = 0 THEN 'single' ELSE 'multi' END,
               liability_account_id = CASE WHEN id %% 2 = 0 THEN %s ELSE %s END
        """,
        [
            company.booking_credit_liability_account_id.id,
            company.booking_credit_multi_liability_account_id.id,
        ],
    )
    env.invalidate_all()
    lots = env["booking.credit.lot"].search([], order="id")
    for start in range(0, len(lots), CHUNK):
        lots._redeem_many(
            [
                {"lots": lot, "quantity": 1, "product": service}
                for lot in lots[start : start + CHUNK]
            ]
        )
        env.flush_all()
    env.cr.commit()
    env.cr.execute("ANALYZE booking_credit_lot, booking_credit_entry")


def get_items(move):
    """Return the values of the items of ``move``, for ``account.move.create``."""
    return [
        Command.create(
            {
                **{
                    name: line[name].id if line._fields[name].relational else line[name]
                    for name in COPIED
                },
                "tax_ids": [Command.set(line.tax_ids.ids)],
                "tax_tag_ids": [Command.set(line.tax_tag_ids.ids)],
            }
        )
        for line in move.line_ids
    ]


def main():
    """Measure and show; return whether the target is reached."""
    with studio() as env:
        prepare_day(env)
        moves = env["account.move"]
        journal = env.company.booking_credit_journal_id
        domain = [("journal_id", "=", journal.id)]
        env.invalidate_all()
        start = time.perf_counter()
        env["booking.credit.posting"]._cron_post_due()
        env.flush_all()
        ours = time.perf_counter() - start
        entries = moves.search(domain)
        waiting = env["booking.credit.entry"].search_count(
            [("posting_state", "=", "pending")]
        )
        assert not waiting, f"{waiting} movements were not posted"
        print(
            f"{USES} redemptions: {len(entries)} journal entries, "
            f"{len(entries.line_ids)} journal items"
        )
        vals = {
            "move_type": "entry",
            "journal_id": journal.id,
            "date": entries[:1].date,
            "line_ids": [item for move in entries for item in get_items(move)],
        }
        env.flush_all()
        env.invalidate_all()
        start = time.perf_counter()
        theirs = moves.with_context(tracking_disable=True).create(vals)
        env.flush_all()
        created = time.perf_counter() - start
        theirs._post(soft=False)
        env.flush_all()
        posted = time.perf_counter() - start
        per_use = 1000 / USES
        rows = [
            Row("post a day of 10,000 uses, per use; the items created and posted",
                ours * per_use, posted * per_use, 2),
            Row("the same; the items created only, left in draft",
                ours * per_use, created * per_use, 3),
        ]  # fmt: skip
        return show("Posting a day", rows)


if __name__ == "__main__":
    raise SystemExit(not main())
