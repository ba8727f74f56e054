"""Sixteen workers on one lot, against sixteen workers on a lot of each.

Every worker is a process with a registry and connections of its own, as Odoo's workers
are, and calls through Odoo's ``retrying``, as every request does. A request that loses
all five tries is repeated by its user, and counted.
"""

import logging
import multiprocessing
import os
import time

import psycopg2
from bench import Row, database, environment, make_service, prepare, show
from redeem import make_lots

WORKERS = 16
SECONDS = int(os.environ.get("SECONDS", 20))


def work(name, lot_id, product_id, barrier, results):
    """Redeem one credit again and again; report what happened."""
    import odoo
    from odoo.modules.registry import Registry
    from odoo.service.model import retrying

    logging.getLogger("odoo.sql_db").setLevel(logging.CRITICAL)  # conflicts are meant
    done = lost = 0
    slowest = 0.0
    registry = Registry(name)
    barrier.wait()
    end = time.monotonic() + SECONDS
    while (start := time.monotonic()) < end:
        with registry.cursor() as cr:
            env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})

            def redeem(env=env):
                lot = env["booking.credit.lot"].browse(lot_id)
                lot._redeem(1, env["product.product"].browse(product_id))

            try:
                retrying(redeem, env)
                done += 1
            except psycopg2.Error:
                lost += 1
        slowest = max(slowest, time.monotonic() - start)
    results.put((done, lost, slowest))


def run(name, lot_ids, product_id):
    """Let the workers loose on these lots; return (done, lost, slowest second)."""
    barrier, results = multiprocessing.Barrier(WORKERS), multiprocessing.Queue()
    workers = [
        multiprocessing.Process(
            target=work, args=(name, lot_id, product_id, barrier, results)
        )
        for lot_id in lot_ids
    ]
    for worker in workers:
        worker.start()
    outcomes = [results.get() for _worker in workers]
    for worker in workers:
        worker.join()
    done, lost, slowest = zip(*outcomes, strict=True)
    return sum(done), sum(lost), max(slowest)


def main():
    """Measure and show; return whether the target is reached."""
    with database() as name:
        with environment(name) as env:
            prepare(env)
            product_id = make_service(env).id
            lots = make_lots(env, WORKERS + 1)
            for lot in lots:
                lot._adjust(1_000_000, "enough for every worker")
            lot_ids, before = lots.ids, sum(lots.mapped("balance"))
            env.cr.commit()
        separate = run(name, lot_ids[1:], product_id)
        hot = run(name, lot_ids[:1] * WORKERS, product_id)
        with environment(name) as env:
            lots = env["booking.credit.lot"].browse(lot_ids)
            assert not lots._check_ledger()
            assert before - sum(lots.mapped("balance")) == separate[0] + hot[0]
        for what, (done, lost, slowest) in (
            ("separate lots", separate),
            ("one lot", hot),
        ):
            print(
                f"{what}: {done} uses, {lost} requests lost after 5 tries, slowest {slowest:.1f} s"
            )
        return show(
            "Sixteen workers",
            [
                Row(
                    "one use by 16 workers at once, one lot; 16 lots",
                    1000 * SECONDS / hot[0],
                    1000 * SECONDS / separate[0],
                    2,
                )
            ],
        )


if __name__ == "__main__":
    raise SystemExit(not main())
