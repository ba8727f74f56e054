"""Balance and usable lots of one customer, while the table grows to 1,000,000 lots.

"Ours" is the time at the larger size, "theirs" at 10,000 lots. The last lines are the
plans of the statements at the largest size: they must scan an index.
"""

import os
import random

from bench import Row, Stopwatch, database, environment, fill, prepare, show

SIZES = [int(n) for n in os.environ.get("SIZES", "10000 100000 1000000").split()]
CUSTOMERS = 300


def usable(partner):
    """Return the lots with which this customer can pay, in burn order."""
    env = partner.env
    return env["booking.credit.lot"]._get_usable_lots(partner, env.company)


def balance(partner):
    """Return what this customer can use, in words: “8 credits, 3 sessions”."""
    return partner.booking_credit_summary


def measure(env, look, partners):
    """Return the median time of ``look`` for one customer, in milliseconds."""
    watch = Stopwatch(env)
    for partner_id in partners.ids:
        env.invalidate_all()
        partner = partners.browse(partner_id)
        partner.read(["name"])
        with watch():
            assert look(partner)
    return watch.median(), watch.median("queries")


def plans(env, partner):
    """Return the nodes with which PostgreSQL reads lots for one customer."""
    nodes = set()
    lots = env["booking.credit.lot"]
    query = lots._search(lots._get_open_domain(partner, env.company))
    for line in env.execute_query(
        query.select().__class__("EXPLAIN %s", query.select())
    ):
        if " Scan" in line[0]:
            nodes.add(line[0].strip(" ->").split("  (")[0])
    return nodes


def main():
    """Measure and show; return whether the targets are reached."""
    times, rows = {}, []
    with database() as name, environment(name) as env:
        prepare(env)
        made = 0
        for size in SIZES:
            fill(env, size - made, each=20, due=0.25)
            made = size
            ids = env["booking.credit.lot"]._read_group(
                [], [], ["partner_id:array_agg_distinct"]
            )[0][0]
            partners = env["res.partner"].browse(
                random.Random(1).sample(ids, min(CUSTOMERS, len(ids)))
            )
            for look in (usable, balance):
                measure(env, look, partners)  # warm up
                times[size, look], queries = measure(env, look, partners)
                print(
                    f"{size:>9,} lots, {look.__name__}: {times[size, look]:.3f} ms, {queries:.0f} statements"
                )
        for look in (usable, balance):
            rows += [
                Row(f"{look.__name__} of one customer, {size:,} lots against {SIZES[0]:,}",
                    times[size, look], times[SIZES[0], look], 1.5)
                for size in SIZES[1:]
            ]  # fmt: skip
        print("plan:", "; ".join(plans(env, partners[0])))
    return show("Looking up one customer", rows)


if __name__ == "__main__":
    raise SystemExit(not main())
