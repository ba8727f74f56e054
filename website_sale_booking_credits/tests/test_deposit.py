from odoo import fields
from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestDeposit(ShopCommon):
    """The shop asks what the prepayment rules say: nothing, a part, or all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._need_card()
        cls.massage = cls._create_service("Massage", credits=8, price=80.0)
        cls.massage.is_published = True
        cls.rule = cls.env["booking.prepayment.rule"].create(
            {
                "name": "Deposit",
                "company_id": cls.company.id,
                "date_from": cls.company._booking_credit_today(),
                "kind": "deposit",
                "amount_type": "fixed",
                "amount": 20.0,
            }
        )

    def _send_amount(
        self, order, amount, state="done", path="/shop/payment/transaction/{}"
    ):
        """Send ``amount`` to a route that takes payments, and let it succeed."""
        values = {
            "access_token": order._portal_ensure_token(),
            "provider_id": self.provider.id,
            "payment_method_id": self.provider.payment_method_ids[:1].id,
            "token_id": None,
            "amount": amount,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/shop/payment/validate",
        }
        answer = self.make_jsonrpc_request(path.format(order.id), values)
        transaction = self.env["payment.transaction"].search(
            [("reference", "=", answer["reference"])]
        )
        self._end_card(transaction, state)
        return transaction

    def test_a_deposit_is_asked_paid_and_confirms(self):
        """S4-01, M1: 20.00 now, 60.00 at the visit; the page, the card, the order."""
        self._sign_in()
        self._add(self.massage)
        order = self._cart()
        self.url_open("/shop/checkout?try_skip_step=true")
        page = self._page("/shop/payment")
        self.assertRegex(page, r"To pay now \$ ?20\.00 · at the visit \$ ?60\.00")
        self.assertIn("Pay $ 20.00 now", page)
        transaction = self._send_amount(order, 20.0)
        self.assertEqual((transaction.amount, order.state), (20.0, "sale"))
        self.url_open("/shop/payment/validate")
        page = self._page("/shop/confirmation")
        self.assertRegex(page, r"\$ ?60\.00 are paid at the visit")
        self.assertNotIn("can not be confirmed", page)

    def test_all_can_be_paid_at_once(self):
        """S4-01, M1: who likes pays the whole price now."""
        self._sign_in()
        self._add(self.massage)
        order = self._cart()
        self.assertIn("Pay $ 80.00 now", self._page("/shop/payment?pay_all=1"))
        self._send_amount(order, 80.0)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order._get_due_at_visit(), 0)

    def test_nothing_is_asked_and_the_visit_is_paid_there(self):
        """S4-01, M1: a rule of nothing: booked with one button, 80.00 are left."""
        self.rule.kind = "none"
        self._sign_in()
        self._add(self.massage)
        order = self._cart()
        page = self._page("/shop/payment")
        self.assertRegex(page, r"Nothing is paid now: \$ ?80\.00 at the visit")
        self.assertIn("Book with obligation to pay", page)
        answer = self._post("/shop/cart/book")
        self.assertIn("/shop/confirmation", answer.url)
        self.assertEqual((order.state, order._get_due_at_visit()), ("sale", 80.0))

    def test_packs_and_goods_are_paid_whole(self):
        """S4-01, M3: 20.00 of the massage, and the pack."""
        self._sign_in()
        self._add(self.massage)
        self._add(self.pack)
        order = self._cart()
        self.assertEqual(order._get_amount_asked(), 110.0)
        self._send_amount(order, 110.0)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.booking_credit_lot_ids.balance, 100)
        invoices = order.invoice_ids.sorted("amount_total")
        self.assertEqual(invoices.mapped("amount_total"), [20.0, 90.0])
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})

    def test_holders_of_credits_pay_no_deposit(self):
        """S3-05, M4: one of two massages is paid with credits."""
        self._buy(self._create_pack("Eight", 8, 70.0))
        self._sign_in()
        self._add(self.massage)
        self._add(self.massage, hours=72)
        order = self._cart()
        self.assertEqual(order.amount_total, 80.0)
        self.assertEqual(order._get_amount_asked(), 20.0)

    @mute_logger("odoo.http")
    def test_no_other_amount_is_taken(self):
        """S4-01, M2: on the shop's route and on the portal's, before and after."""
        self._sign_in()
        self._add(self.massage)
        order = self._cart()
        portal = "/my/orders/{}/transaction"
        for amount in (0.01, 19.99, 20.01, 79.99, 80.01, -20.0, "x", 1e300):
            for path in ("/shop/payment/transaction/{}", portal):
                with self.subTest(path, amount=amount):
                    with self.assertRaises(JsonRpcException):
                        self._send_amount(order, amount, path=path)
                    self.assertFalse(order.transaction_ids)
        self._send_amount(order, 20.0, path=portal)
        self.assertEqual(order.state, "sale")
        for amount in (0.01, 59.99, 80.0):
            with self.subTest(amount=amount), self.assertRaises(JsonRpcException):
                self._send_amount(order, amount, path=portal)
        self._send_amount(order, 60.0, path=portal)
        self.assertEqual(order._get_due_at_visit(), 0)
        with self.assertRaises(JsonRpcException):
            self._send_amount(order, 60.0, path=portal)

    @mute_logger("odoo.http")
    def test_what_a_client_puts_beside_the_amount_changes_nothing(self):
        """S4-01, M2: neither a context nor an attribute of the request."""
        self._sign_in()
        self._add(self.massage)
        order = self._cart()
        for more in ({"context": {"booking_amount": 0.01}}, {"booking_amount": 0.01}):
            with self.assertRaises(JsonRpcException):
                self.make_jsonrpc_request(
                    f"/shop/payment/transaction/{order.id}",
                    {
                        "access_token": order._portal_ensure_token(),
                        "provider_id": self.provider.id,
                        "payment_method_id": self.provider.payment_method_ids[:1].id,
                        "token_id": None,
                        "amount": 0.01,
                        "flow": "direct",
                        "tokenization_requested": False,
                        "landing_route": "/shop/payment/validate",
                        **more,
                    },
                )
        self.assertFalse(order.transaction_ids)

    @mute_logger("odoo.http")
    def test_without_a_rule_the_total_is_asked(self):
        self.rule.active = False
        self._sign_in()
        self._add(self.massage)
        self.assertNotIn("To pay now", self._page("/shop/payment"))
        with self.assertRaises(JsonRpcException):
            self._send_amount(self._cart(), 20.0)
        self._send_amount(self._cart(), 80.0)
        self.assertEqual(self._cart().state, "sale")

    def test_the_day_of_the_rule(self):
        """S4-05: from its date on; the cart of the day before is asked the total."""
        self.rule.date_from = fields.Date.add(self.rule.date_from, days=2)
        self._sign_in()
        self._add(self.massage)
        self.assertEqual(self._cart()._get_amount_asked(), 80.0)
