"""Races for the last pack, on real connections."""

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import PackLimitError
from . import test_concurrency


@tagged("-standard", "-at_install", "post_install", "booking_credits_concurrency")
class TestConcurrencyStock(test_concurrency.TestConcurrency):
    """Limits hold when customers buy at the same moment."""

    def _create_quotations(self, pack_id, count, partner_id=None):
        with self._environment() as env:
            partner = env["res.partner"].browse(partner_id)
            return [
                env["sale.order"]
                .create(
                    {
                        "partner_id": partner.id
                        or env["res.partner"].create({"name": f"Buyer {index}"}).id,
                        "order_line": [Command.create({"product_id": pack_id})],
                    }
                )
                .id
                for index in range(count)
            ]

    def _confirm(self, order_id):
        return lambda env: env["sale.order"].browse(order_id).action_confirm()

    def _read(self, pack_id, order_ids):
        """Return the packs left, and how many of the orders are confirmed."""
        with self._environment() as env:
            states = env["sale.order"].browse(order_ids).mapped("state")
            pack = env["product.product"].browse(pack_id)
            return pack.booking_credit_stock, states.count("sale")

    def _race_for_the_last_pack(self, count):
        pack_id = self._create_pack(
            booking_credit_stock_limited=True, booking_credit_stock=1
        )
        orders = self._create_quotations(pack_id, count)
        results = self._race(*map(self._confirm, orders))
        self.assertEqual(results.count(True), 1, results)
        self.assertEqual(self._read(pack_id, orders), (0, 1))
        return results

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_cannot_both_buy_the_last_pack(self):
        """S0-22: one gets it, the other reads that it is sold out."""
        results = self._race_for_the_last_pack(2)
        (lost,) = [result for result in results if result is not True]
        self.assertIsInstance(lost, PackLimitError)
        self.assertIn("sold out", str(lost))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_sixteen_cannot_buy_the_last_pack(self):
        """S0-22: of sixteen one gets it."""
        self._race_for_the_last_pack(16)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_cancelling_twice_at_once_gives_one_pack_back(self):
        """S0-22: the number left stays right."""
        pack_id = self._create_pack(
            booking_credit_stock_limited=True, booking_credit_stock=3
        )
        (order_id,) = self._create_quotations(pack_id, 1)
        with self._environment() as env:
            env["sale.order"].browse(order_id).action_confirm()
        self.assertEqual(self._read(pack_id, [order_id]), (2, 1))

        def cancel(env):
            env["sale.order"].browse(order_id)._action_cancel()

        self._race(cancel, cancel)
        self.assertEqual(self._read(pack_id, [order_id]), (3, 0))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_a_customer_cannot_buy_twice_at_once_what_is_sold_once(self):
        """S0-24, S0-36: two orders of one customer at the same moment."""
        for values in (
            {"booking_credit_max_customer": 1},
            {"booking_credit_new_customers": True},
        ):
            pack_id = self._create_pack(**values)
            with self._environment() as env:
                partner_id = env["res.partner"].create({"name": "Twice"}).id
            orders = self._create_quotations(pack_id, 2, partner_id)
            results = self._race(*map(self._confirm, orders))
            self.assertEqual(results.count(True), 1, results)
            self.assertEqual(self._read(pack_id, orders)[1], 1)


# the parent class lends its connections; its own races run there
for name in dir(test_concurrency.TestConcurrency):
    if callable(getattr(test_concurrency.TestConcurrency, name)) and (
        name.startswith("test_")
    ):
        setattr(TestConcurrencyStock, name, None)
