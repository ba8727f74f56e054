"""Races on real connections. They commit: run them in a database to throw away."""

import threading
import uuid
from contextlib import contextmanager
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from ..exceptions import InsufficientCreditsError

#: how many do the same at once
CROWDS = (2, 16)


@tagged("-standard", "-at_install", "post_install", "booking_credits_concurrency")
class TestConcurrency(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the main thread holds these while tests run; the racers need the registry
        cls.enterClassContext(patch.object(Registry, "_lock", DummyRLock()))
        cls.enterClassContext(patch.object(Registry.registries, "_lock", DummyRLock()))
        cls.registry = Registry(get_db_name())
        with cls._environment() as env:
            company = env.company
            if not company.chart_template:
                env["account.chart.template"].try_loading("generic_coa", company)
            company._booking_credit_setup()
            service = env["product.product"].create(
                {
                    "name": "Last seat",
                    "type": "service",
                    "list_price": 10.0,
                    "taxes_id": [Command.clear()],
                    "booking_ok": True,
                    "booking_credit_price": 10,
                }
            )
            pack = env["product.product"].create(
                {
                    "name": "Pack",
                    "type": "service",
                    "invoice_policy": "order",
                    "list_price": 9.0,
                    "taxes_id": [Command.clear()],
                    "booking_credit_pack": True,
                    "booking_credit_quantity": 10,
                }
            )
            cls.service_id, cls.pack_id = service.id, pack.id

    @classmethod
    @contextmanager
    def _environment(cls):
        """Yield an environment on a connection of its own, committed at the end."""
        with cls.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def _create_invoice(self, env):
        partner = env["res.partner"].create({"name": f"Racer {uuid.uuid4()}"})
        invoice = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_line_ids": [Command.create({"product_id": self.pack_id})],
            }
        )
        invoice.action_post()
        return invoice

    def _create_lot(self):
        """Commit a lot of 10 credits; return its id and its customer's."""
        with self._environment() as env:
            invoice = self._create_invoice(env)
            lot = invoice.invoice_line_ids._grant_booking_credits()
            return lot.id, lot.partner_id.id

    def _create_pack(self, **values):
        with self._environment() as env:
            pack = env["product.product"].create(
                {
                    "name": "Limited",
                    "type": "service",
                    "invoice_policy": "order",
                    "list_price": 9.0,
                    "taxes_id": [Command.clear()],
                    "booking_credit_pack": True,
                    "booking_credit_quantity": 10,
                    **values,
                }
            )
            return pack.id

    def _create_booking(self, partner_id):
        with self._environment() as env:
            order = env["sale.order"].create(
                {
                    "partner_id": partner_id,
                    "order_line": [Command.create({"product_id": self.service_id})],
                }
            )
            order.action_booking_credit_pay()
            return order.id

    def _race(self, *calls, retry=True):
        """Run each call on its own connection, all snapshots open before any writes.

        :return: what each call returned or raised, in the order of ``calls``
        """
        results = [None] * len(calls)
        barrier = threading.Barrier(len(calls))

        def run(index, call):
            with self.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                cr.execute("SELECT count(*) FROM booking_credit_lot")
                barrier.wait(timeout=30)
                try:
                    if retry:
                        results[index] = retrying(lambda: call(env), env)
                    else:
                        results[index] = call(env)
                        cr.commit()  # pylint: disable=invalid-commit
                except Exception as error:
                    results[index] = error
                    cr.rollback()

        threads = [
            threading.Thread(target=run, args=(index, call))
            for index, call in enumerate(calls)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return results

    def _read_lot(self, lot_id):
        with self._environment() as env:
            lot = env["booking.credit.lot"].browse(lot_id)
            self.assertEqual(lot._check_ledger(), [])
            return lot.balance, len(lot.entry_ids)

    def _redeem(self, lot_id):
        def call(env):
            lot = env["booking.credit.lot"].browse(lot_id)
            product = env["product.product"].browse(self.service_id)
            lot._redeem(10, product)
            return "spent"

        return call

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_the_last_credits_are_spent_once_by_two(self):
        """Acceptance test 17 of research."""
        lot_id, _partner_id = self._create_lot()
        results = self._race(self._redeem(lot_id), self._redeem(lot_id))
        self.assertEqual(results.count("spent"), 1, results)
        refused = [r for r in results if isinstance(r, InsufficientCreditsError)]
        self.assertEqual(len(refused), 1, results)
        self.assertEqual(self._read_lot(lot_id), (0, 2))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_the_last_credits_are_spent_once_by_sixteen(self):
        lot_id, _partner_id = self._create_lot()
        results = self._race(*[self._redeem(lot_id)] * 16)
        self.assertEqual(results.count("spent"), 1, results)
        self.assertEqual(self._read_lot(lot_id), (0, 2))

    @mute_logger("odoo.sql_db")
    def test_the_loser_is_told_to_try_again(self):
        lot_id, _partner_id = self._create_lot()
        results = self._race(self._redeem(lot_id), self._redeem(lot_id), retry=False)
        self.assertEqual(results.count("spent"), 1, results)
        lost = [r for r in results if isinstance(r, SerializationFailure)]
        self.assertEqual(len(lost), 1, results)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_orders_cannot_both_spend_the_same_credits(self):
        lot_id, partner_id = self._create_lot()
        orders = [self._create_booking(partner_id) for _n in range(2)]

        def confirm(order_id):
            return lambda env: env["sale.order"].browse(order_id).action_confirm()

        results = self._race(*map(confirm, orders))
        self.assertEqual(results.count(True), 1, results)
        self.assertEqual(self._read_lot(lot_id)[0], 0)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_cancelling_at_once_gives_back_once(self):
        """S2-19: by two, and by sixteen."""

        def cancel(env):
            env["sale.order"].browse(order_id)._action_cancel()

        for number in CROWDS:
            with self.subTest(workers=number):
                lot_id, partner_id = self._create_lot()
                order_id = self._create_booking(partner_id)
                with self._environment() as env:
                    env["sale.order"].browse(order_id).action_confirm()
                self._race(*[cancel] * number)
                self.assertEqual(self._read_lot(lot_id), (10, 3))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_a_payment_notified_at_once_gives_credits_once(self):
        """S1-26, S2-19: by two, and by sixteen."""

        def notify(env):
            env["account.move"].browse(invoice_id)._invoice_paid_hook()

        for number in CROWDS:
            with self.subTest(workers=number):
                with self._environment() as env:
                    invoice_id = self._create_invoice(env).id
                self._race(*[notify] * number)
                with self._environment() as env:
                    invoice = env["account.move"].browse(invoice_id)
                    lots = invoice.invoice_line_ids.booking_credit_source_lot_ids
                    self.assertEqual(lots.mapped("balance"), [10])

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_expiry_does_not_take_what_a_use_has_just_paid(self):
        """S0-04: the button, and the statement of the nightly job."""

        def expire(env):
            env["booking.credit.lot"].browse(lot_id)._expire()

        def sweep(env):
            env["booking.credit.lot"]._expire_batch(env.company, 1000)

        for job in (expire, sweep):
            with self.subTest(job=job.__name__):
                lot_id, _partner_id = self._create_lot()
                with self._environment() as env:
                    lot = env["booking.credit.lot"].browse(lot_id)
                    lot.valid_until = lot.valid_from.replace(
                        year=lot.valid_from.year - 1
                    )
                self._race(self._redeem(lot_id), job)
                self.assertEqual(self._read_lot(lot_id), (0, 2))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_what_is_held_is_not_spent_and_what_is_spent_is_not_held(self):
        """S1-08: a hold against a use, and sixteen of both."""

        def hold(env):
            lot = env["booking.credit.lot"].browse(lot_id)
            lot._hold(10, env["product.product"].browse(self.service_id))
            return "held"

        for number in CROWDS:
            with self.subTest(workers=number):
                lot_id, _partner_id = self._create_lot()
                calls = [hold, self._redeem(lot_id)] * (number // 2)
                results = self._race(*calls)
                self.assertEqual(results.count("held") + results.count("spent"), 1)
                with self._environment() as env:
                    lot = env["booking.credit.lot"].browse(lot_id)
                    self.assertEqual(lot.available, 0)
                self._read_lot(lot_id)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_a_hold_is_resolved_once(self):
        """S1-09: its class begins and its customer leaves at once."""
        lot_id, _partner_id = self._create_lot()
        with self._environment() as env:
            lot = env["booking.credit.lot"].browse(lot_id)
            product = env["product.product"].browse(self.service_id)
            hold_id = lot._hold(10, product).id

        def resolve(verb):
            def call(env):
                hold = env["booking.credit.entry"].browse(hold_id)
                getattr(env["booking.credit.lot"], verb)(hold)

            return call

        self._race(*[resolve("_redeem_held"), resolve("_release")] * 2)
        with self._environment() as env:
            lot = env["booking.credit.lot"].browse(lot_id)
            self.assertEqual(lot.held, 0)
            self.assertEqual(len(lot.entry_ids), 3)
        self._read_lot(lot_id)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_the_same_key_at_once_moves_once(self):
        """S2-19: by two, and by sixteen; all get the same answer."""

        def redeem(env):
            lot = env["booking.credit.lot"].browse(lot_id)
            line = env["sale.order"].browse(order_id).order_line[0]
            key = f"race {lot_id}"
            return lot._redeem(5, line.product_id, key=key, order_line=line).ids

        for number in CROWDS:
            with self.subTest(workers=number):
                lot_id, partner_id = self._create_lot()
                order_id = self._create_booking(partner_id)
                answers = self._race(*[redeem] * number)
                done = [ids for ids in answers if isinstance(ids, list)]
                self.assertEqual(len(set(map(tuple, done))), 1, answers)
                self.assertEqual(self._read_lot(lot_id), (5, 2))

    @mute_logger("odoo.sql_db")
    def test_a_killed_worker_leaves_nothing_half_done(self):
        lot_id, _partner_id = self._create_lot()
        with self.registry.cursor() as cr:
            self._redeem(lot_id)(api.Environment(cr, SUPERUSER_ID, {}))
            cr.execute("SELECT pg_backend_pid()")
            (pid,) = cr.fetchone()
            with self.registry.cursor() as killer:
                killer.execute("SELECT pg_terminate_backend(%s)", [pid])
            cr.rollback = cr.commit = lambda: None
            cr._closed = True
        self.assertEqual(self._read_lot(lot_id), (10, 1))
