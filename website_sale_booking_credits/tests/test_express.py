from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .common import ShopCommon

ADDRESS = {
    "name": "Anna Shopper",
    "email": "anna_shop@example.com",
    "phone": "+33 1 23 45 67 89",
    "street": "Rue de Rivoli 9",
    "street2": "",
    "city": "Paris",
    "zip": "75001",
    "country": "FR",
    "state": "",
}


@tagged("post_install", "-at_install")
class TestExpress(ShopCommon):
    """Express checkout: a wallet on the page of the cart pays, without further steps."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._need_card()
        cls.provider.allow_express_checkout = True

    def _has_button(self):
        """Return whether the cart shows the button of the demo wallet."""
        page = self.url_open("/shop/cart").text
        return "o_demo_express_checkout_container" in page

    def _express(self):
        """Confirm in the wallet: it tells the shop who pays."""
        return self.make_jsonrpc_request(
            "/shop/express_checkout", {"billing_address": dict(ADDRESS)}
        )

    def test_a_wallet_pays_a_pack(self):
        """S1-26: the address of the wallet is the invoice's; credits are the user's."""
        self._sign_in()
        self._add(self.pack)
        self.assertTrue(self._has_button())
        order = self._cart()
        self._express()
        self.assertEqual(order.partner_id, self.anna)
        self._pay_by_card(order)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.booking_credit_lot_ids.partner_id, self.anna)
        self.assertEqual(order.booking_credit_lot_ids.balance, 100)

    def test_a_wallet_pays_what_credits_leave(self):
        """S0-10: one class in credits, the other with the wallet; held meanwhile."""
        lot = self._buy(self._create_pack("10 credits", credits=10, price=10.0))
        self._sign_in()
        self._add(self.yoga)
        self._add(self.yoga, hours=72)
        order = self._cart()
        self.assertEqual(order.amount_total, 10.0)
        self._express()
        transaction = self._begin_card(order)
        self.assertEqual((transaction.amount, lot.held), (10.0, 10))
        self._end_card(transaction)
        self.assertEqual((order.state, lot.balance, lot.held), ("sale", 0, 0))

    @mute_logger("odoo.http")
    def test_a_visitor_needs_an_account_first(self):
        """S1-28: no button, and no customer who has credits but cannot sign in."""
        self._add(self.pack)
        self.assertFalse(self._has_button())
        before = self.env["res.partner"].search_count([])
        with self.assertRaises(JsonRpcException):
            self._express()
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_no_wallet_for_what_credits_pay(self):
        """S0-01: nothing is left to pay; the button is “Book”."""
        self._buy()
        self._sign_in()
        self._add(self.yoga)
        self.assertFalse(self._has_button())

    @mute_logger("odoo.http")
    def test_no_wallet_for_what_takes_credits_only(self):
        """S0-11: not on the page, nor behind it."""
        self.company.booking_payment_mode = "credit_only"
        self._sign_in()
        self._add(self.yoga)
        self.assertFalse(self._has_button())
        with self.assertRaises(JsonRpcException):
            self._begin_card(self._cart())
