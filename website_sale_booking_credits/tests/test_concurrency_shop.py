"""Two buyers at once in the shop, on real connections."""

import uuid

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.booking_credits.exceptions import (
    InsufficientCreditsError,
    PackLimitError,
)
from odoo.addons.booking_credits.tests import test_concurrency


@tagged("-standard", "-at_install", "post_install", "booking_credits_concurrency")
class TestConcurrencyShop(test_concurrency.TestConcurrency):
    """What is set aside when the button “Pay now” is pressed in two carts at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._environment() as env:
            website = env["website"].search(
                [("company_id", "=", env.company.id)], limit=1
            )
            cls.website_id = website.id
            methods = env["payment.method"].with_context(active_test=False)
            cls.method_id = methods.search([("is_primary", "=", True)], limit=1).id
            provider = env["payment.provider"].create(
                {"name": "Dummy", "company_id": env.company.id}
            )
            cls.provider_id = provider.id

    def _create_carts(self, product_id, count, partner_id=None, quantity=1):
        """Commit carts of one customer, or of one each; return their ids."""
        with self._environment() as env:
            partners = [
                env["res.partner"].browse(partner_id)
                if partner_id
                else env["res.partner"].create({"name": f"Buyer {uuid.uuid4()}"})
                for _number in range(count)
            ]
            carts = env["sale.order"].create(
                [
                    {
                        "partner_id": partner.id,
                        "website_id": self.website_id,
                        "order_line": [
                            Command.create(
                                {
                                    "product_id": product_id,
                                    "product_uom_qty": quantity,
                                }
                            )
                        ],
                    }
                    for partner in partners
                ]
            )
            return carts.ids

    def _pay(self, order_id):
        """Return what the shop does when the payment of a cart begins."""

        def call(env):
            order = env["sale.order"].browse(order_id)
            order._check_cart_is_ready_to_be_paid()
            env["payment.transaction"].create(
                {
                    "provider_id": self.provider_id,
                    "payment_method_id": self.method_id,
                    "amount": order.amount_total,
                    "currency_id": order.currency_id.id,
                    "partner_id": order.partner_id.id,
                    "sale_order_ids": [Command.set(order.ids)],
                }
            )
            return True

        return call

    def _count_payments(self, order_ids):
        with self._environment() as env:
            return len(env["sale.order"].browse(order_ids).transaction_ids)

    def _assert_one(self, results, carts):
        """Check that one payment has begun, and that the others were told why not."""
        self.assertEqual(results.count(True), 1, results)
        self.assertEqual(self._count_payments(carts), 1)
        return [result for result in results if result is not True]

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_shoppers_cannot_both_pay_the_last_pack(self):
        """S0-22: one card is charged, the other shopper reads that it is sold out."""
        for count in test_concurrency.CROWDS:
            pack_id = self._create_pack(
                booking_credit_stock_limited=True, booking_credit_stock=1
            )
            carts = self._create_carts(pack_id, count)
            lost = self._assert_one(self._race(*map(self._pay, carts)), carts)
            if count == 2:
                self.assertIn("sold out", str(lost[0]))
            with self._environment() as env:
                pack = env["product.product"].browse(pack_id)
                self.assertEqual(pack.booking_credit_stock, 0)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_one_customer_cannot_pay_twice_what_is_sold_once(self):
        """S0-24, S0-36: two carts of one customer, in two windows."""
        for values in (
            {"booking_credit_max_customer": 1},
            {"booking_credit_new_customers": True},
        ):
            pack_id = self._create_pack(**values)
            with self._environment() as env:
                partner_id = env["res.partner"].create({"name": "Twice"}).id
            carts = self._create_carts(pack_id, 2, partner_id)
            (lost,) = self._assert_one(self._race(*map(self._pay, carts)), carts)
            self.assertIsInstance(lost, PackLimitError)
            # the payment that has begun gets its order
            with self._environment() as env:
                orders = env["sale.order"].browse(carts)
                orders.filtered("transaction_ids").action_confirm()
                self.assertEqual(orders.mapped("state").count("sale"), 1)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_carts_cannot_both_hold_the_same_credits(self):
        """S1-08, S1-26: ten credits, and two carts that need them."""
        lot_id, partner_id = self._create_lot()
        carts = self._create_carts(self.service_id, 2, partner_id, quantity=2)
        with self._environment() as env:
            for order in env["sale.order"].browse(carts):
                order._pay_with_booking_credits()
        (lost,) = self._assert_one(self._race(*map(self._pay, carts)), carts)
        self.assertIsInstance(lost, InsufficientCreditsError)
        with self._environment() as env:
            lot = env["booking.credit.lot"].browse(lot_id)
            self.assertEqual((lot.balance, lot.held), (10, 10))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_pressed_twice_at_once_books_once(self):
        """The second press waits, begins anew, and finds what the first has done."""
        _lot_id, partner_id = self._create_lot()
        for _attempt in range(2):
            (cart_id,) = self._create_carts(self.service_id, 1, partner_id)

            def press(env, cart_id=cart_id):
                order = env["sale.order"].browse(cart_id)
                if order.state != "draft":
                    return "booked already"
                order._lock_cart()
                order._pay_with_booking_credits()
                order.action_confirm()
                return "booked"

            results = self._race(press, press)
            self.assertEqual(sorted(map(str, results)), ["booked", "booked already"])


# the parent class lends its connections; its own races run there
for name in dir(test_concurrency.TestConcurrency):
    if callable(getattr(test_concurrency.TestConcurrency, name)) and (
        name.startswith("test_")
    ):
        setattr(TestConcurrencyShop, name, None)
