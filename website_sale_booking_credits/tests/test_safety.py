from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestSafety(ShopCommon):
    """Nobody moves another's credits, and a link alone does nothing."""

    def test_a_link_alone_books_nothing(self):
        """A GET changes nothing: only the form of the page spends credits."""
        lot = self._buy()
        self._sign_in()
        self._add(self.yoga)
        order = self._cart()
        for path in (
            "/shop/payment/validate",
            "/shop/cart/book",
            "/shop/cart/credits?use=none",
            f"/shop/cart/top_up?product_id={self.pack.id}",
        ):
            self.url_open(path)
            self.assertEqual((order.state, lot.balance), ("draft", 100), path)
        self.assertEqual(self._cart(), order)

    @mute_logger("odoo.http")
    def test_a_form_without_its_token_is_refused(self):
        """No other site can send it in the shopper's name."""
        lot = self._buy()
        self._sign_in()
        self._add(self.yoga)
        answer = self.url_open("/shop/cart/book", data={"x": "1"})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(lot.balance, 100)

    def test_nobody_uses_the_credits_of_another(self):
        """S1-28: neither by choosing them, nor with the link to a cart."""
        lot = self._buy()
        self._sign_in(self.other)
        self._add(self.yoga)
        self._post("/shop/cart/credits", use="chosen", lot=lot.id)
        order = self._cart(self.other)
        self.assertEqual(order.amount_total, 10.0)
        answer = self._post("/shop/cart/book")
        self.assertNotIn("/shop/confirmation", answer.url)
        self.assertEqual((order.state, lot.balance), ("draft", 100))
        self.assertNotIn("100 credits left", self._page("/shop/cart"))

    def test_the_link_to_a_cart_gives_no_credits_to_a_visitor(self):
        """The mail about an abandoned cart may be passed on."""
        lot = self._buy()
        self._sign_in()
        self._add(self.yoga)
        order = self._cart()
        order._portal_ensure_token()
        self.authenticate(None, None)
        self.url_open(
            f"/shop/cart?id={order.id}&access_token={order.access_token}"
            "&revive_method=squash"
        )
        self._page("/shop/cart")
        self.assertFalse(order.order_line._get_credit_lines())
        answer = self._post("/shop/payment/validate")
        self.assertNotIn("/shop/confirmation", answer.url)
        with self.assertRaises(UserError):
            order.with_user(
                self.website.user_id
            ).sudo()._check_cart_is_ready_to_be_paid()
        self.assertEqual((order.state, lot.balance), ("draft", 100))

    def test_prices_come_from_the_server(self):
        """Whatever the browser sends along is ignored."""
        self._sign_in()
        self._add(
            self.yoga,
            price_unit=0.01,
            booking_credit_measure="credit",
            booking_credit_quantity=0,
            discount=100,
        )
        line = self._cart().order_line
        self.assertEqual(line.price_total, 10.0)
        self.assertFalse(line.booking_credit_measure)

    def test_a_credit_line_is_not_changed_from_the_browser(self):
        """Its quantity follows the booking."""
        self._buy()
        self._sign_in()
        self._add(self.yoga)
        order = self._cart()
        credit_line = order.order_line._get_credit_lines()
        for quantity in (0, 5):
            self.make_jsonrpc_request(
                "/shop/cart/update", {"line_id": credit_line.id, "quantity": quantity}
            )
            lines = order.order_line._get_credit_lines()
            self.assertEqual(lines.mapped("product_uom_qty"), [1])
        self.assertEqual(order.amount_total, 0)

    def test_a_guest_neither_buys_nor_books(self):
        """S1-28: asked to sign in at every step, also past the pages."""
        self.authenticate(None, None)
        self._add(self.pack)
        self._add(self.yoga)
        self.assertIn("/web/login", self.url_open("/shop/checkout").url)
        self.assertIn("/web/login", self.url_open("/shop/payment").url)
        order = self.env["sale.order"].search(
            [("website_id", "=", self.website.id)], order="id desc", limit=1
        )
        public = self.website.user_id
        with self.assertRaisesRegex(UserError, "Please sign in"):
            order.with_user(public).sudo()._check_cart_is_ready_to_be_paid()

    def test_packs_of_another_website_company_are_not_paid_here(self):
        """Credits of another company are owed by that one."""
        other = self.setup_other_company()["company"]
        other._booking_credit_setup()
        lot = (
            self.env["booking.credit.lot"]
            .sudo()
            ._grant(
                [
                    {
                        "partner_id": self.anna.id,
                        "company_id": other.id,
                        "origin": "grant",
                        "measure": "credit",
                        "valid_from": other._booking_credit_today(),
                    }
                ],
                [{"quantity": 100, "value": 0.0}],
            )
        )
        self._sign_in()
        self._add(self.yoga)
        self.assertEqual(self._cart().amount_total, 10.0)
        self._post("/shop/cart/credits", use="chosen", lot=lot.id)
        self.assertEqual((self._cart().amount_total, lot.balance), (10.0, 100))
