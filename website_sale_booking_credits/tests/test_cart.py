import re
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestCart(ShopCommon):
    """Packs and bookings in the cart, and the credits that pay them."""

    def test_two_starts_are_two_lines_and_the_same_start_is_one(self):
        """A booking is a service at a time."""
        self._sign_in()
        same = self._start()
        self._add(self.yoga, booking_start=same)
        self._add(self.yoga, booking_start=same)
        self._add(self.yoga, hours=72)
        lines = self._cart().order_line
        self.assertEqual(lines.mapped("product_uom_qty"), [2, 1])
        self.assertEqual(len(set(lines.mapped("booking_start"))), 2)
        self.assertEqual(lines[0].booking_start.strftime("%Y-%m-%dT%H:%M"), same)

    def test_the_start_is_on_the_clock_of_the_studio(self):
        """18:00 in Paris is 16:00 UTC in summer, whoever looks."""
        self.company.booking_credit_tz = "Europe/Paris"
        self.company.booking_horizon_days = 36500
        self._sign_in()
        self._add(self.yoga, booking_start="2031-07-01T18:00")
        line = self._cart().order_line
        self.assertEqual(str(line.booking_start), "2031-07-01 16:00:00")
        self.assertIn("18:00", self._page("/shop/cart"))

    @mute_logger("odoo.http")
    def test_a_booking_without_a_start_or_in_the_past_is_refused(self):
        """S0-26: sensible dates only, whatever sends them."""
        self._sign_in()
        for start in (None, "", "tomorrow", 5, self._start(-1)):
            with self.assertRaises(JsonRpcException):
                self._add(self.yoga, booking_start=start)
        self.assertFalse(self._cart().order_line)

    def test_a_date_that_has_passed_in_the_cart_stops_it(self):
        """S0-26: a cart of last week."""
        self._sign_in()
        self._add(self.yoga)
        self._cart().order_line.booking_start -= timedelta(days=5)
        self.assertIn("is past", self._page("/shop/cart"))
        self.assertIn("/shop/cart", self.url_open("/shop/payment").url)

    def test_limits_of_packs_in_the_cart(self):
        """S0-24, S0-22: at most two on an order, three for a customer, what is left."""
        self._sign_in()
        pack = self.pack.product_tmpl_id
        pack.booking_credit_max_order = 2
        answer = self._add(self.pack, quantity=3)
        self.assertIn("at most 2 on one order", answer["notification_info"]["warning"])
        line = self._cart().order_line
        self.assertEqual(line.product_uom_qty, 2)
        self.make_jsonrpc_request(
            "/shop/cart/update", {"line_id": line.id, "quantity": 9}
        )
        self.assertEqual(line.product_uom_qty, 2)
        pack.write({"booking_credit_max_order": 0, "booking_credit_max_customer": 1})
        self.assertIn("is limited to 1 for each customer", self._page("/shop/cart"))
        pack.write(
            {
                "booking_credit_max_customer": 0,
                "booking_credit_stock_limited": True,
                "booking_credit_stock": 1,
            }
        )
        self.assertIn("almost sold out: 1 are left", self._page("/shop/cart"))

    def test_credits_pay_the_cart_by_themselves(self):
        """S1-04, S0-01: “This costs 10 credits, you have 100”, nothing left to pay."""
        self._buy()
        self._sign_in()
        self._add(self.yoga)
        order = self._cart()
        self.assertEqual(order.amount_total, 0)
        self.assertEqual(order.cart_quantity, 1)
        page = self._page("/shop/cart")
        self.assertIn("This costs 10 credits , you have 100 credits .", page)
        self.assertIn("Book now with 10 credits", page)
        self.assertNotIn("Paid with 10 credits Remove", page)
        line = order.website_order_line
        self.make_jsonrpc_request(
            "/shop/cart/update", {"line_id": line.id, "quantity": 3}
        )
        self.assertEqual(order.booking_credit_spent_text, "30 credits")
        self.assertEqual(order.amount_total, 0)
        self.make_jsonrpc_request(
            "/shop/cart/update", {"line_id": line.id, "quantity": 0}
        )
        self.assertFalse(order.order_line)

    def test_the_best_credits_pay_and_others_can_be_chosen(self):
        """The shopper keeps one batch for something else, or uses none."""
        first, second = self._buy(), self._buy()
        first.sudo().valid_until = fields.Date.today() + timedelta(days=10)
        self._sign_in()
        self._add(self.yoga)
        self._page("/shop/cart")
        order = self._cart()
        self._post("/shop/cart/credits", use="chosen", lot=second.id)
        self._post("/shop/cart/book")
        self.assertEqual(order.state, "sale")
        self.assertEqual((first.balance, second.balance), (100, 90))
        self._add(self.yoga, hours=90)
        order = self._cart()
        self._post("/shop/cart/credits", use="none")
        self.assertEqual(order.amount_total, 10.0)
        self.assertIn("Use my credits", self._page("/shop/cart"))
        self._post("/shop/cart/credits", use="best")
        self.assertEqual(order.amount_total, 0.0)
        self._post("/shop/cart/book")
        self.assertEqual((first.balance, second.balance), (90, 90))

    def test_credits_that_come_later_pay_the_cart_as_well(self):
        """S0-18: the cart counts again when it is shown."""
        self._sign_in()
        self._add(self.yoga)
        order = self._cart()
        self.assertEqual(order.amount_total, 10.0)
        self._buy()
        self._page("/shop/cart")
        self.assertEqual(order.amount_total, 0.0)

    def test_too_few_credits_pay_what_they_can(self):
        """Two classes, credits for one: the other costs money."""
        small = self._create_pack("15 credits", credits=15, price=15.0)
        self._buy(small)
        self._sign_in()
        self._add(self.yoga)
        self._add(self.yoga, hours=72)
        order = self._cart()
        self.assertEqual(order.amount_total, 10.0)
        self.assertIn("Not enough credits for: Yoga", self._page("/shop/cart"))

    def test_money_pays_a_part(self):
        """S0-10, S0-15: a starting credit of 5.00 and a class of 20.00: 15.00 to pay."""
        self.yoga.list_price = 20.0
        self.company.write(
            {
                "booking_credit_signup_quantity": 5,
                "booking_credit_signup_measure": "money",
            }
        )
        self.anna._grant_booking_signup_credits(self.company)
        self._sign_in()
        self._add(self.yoga)
        self.assertEqual(self._cart().amount_total, 15.0)

    def test_customer_credit_is_not_bought_with_itself(self):
        """Buying 50.00 of credit takes no credit away."""
        money = self._create_pack(
            "Credit of 50",
            credits=1,
            price=50.0,
            booking_credit_measure="money",
            booking_credit_validity_unit="none",
            booking_credit_vat_kind="multi",
        )
        self._buy(money)
        self._sign_in()
        self._add(money)
        self.assertEqual(self._cart().amount_total, 50.0)

    def test_the_starting_credit_greets_a_new_customer(self):
        """S0-14: it pays the first class, and the balance is in the header."""
        self.company.booking_credit_signup_quantity = 10
        self.anna._grant_booking_signup_credits(self.company)
        self._sign_in()
        self.assertIn("10 credits", self._page("/contactus"))
        self._add(self.yoga)
        self._post("/shop/cart/book")
        self.assertEqual(self._cart().state, "sale")
        self.assertNotIn("10 credits", self._page("/contactus"))

    def test_another_customer_has_other_credits(self):
        """S1-28: a visitor fills a cart, signs in, and pays with the own credits."""
        self._buy()
        self.authenticate(None, None)
        self._add(self.yoga)
        page = self._page("/shop/cart")
        self.assertIn("Sign in to continue.", page)
        self.assertIn("/web/login", self.url_open("/shop/checkout").url)
        order = self.env["sale.order"].search([], order="id desc", limit=1)
        self.assertFalse(order.order_line._get_credit_lines())
        token = re.search(
            r'csrf_token" value="([^"]+)"', self.url_open("/web/login").text
        )
        login = self.shopper.login
        self.url_open(
            "/web/login",
            data={
                "csrf_token": token[1],
                "login": login,
                "password": login,
                "redirect": "/shop/cart",
            },
        )
        self.assertEqual(self._cart(), order)
        self.assertIn("Book now with 10 credits", self._page("/shop/cart"))

    def test_what_is_paid_in_money_needs_no_account(self):
        """S1-28: an account is for credits; a class for money is any product."""
        self.yoga.booking_payment = "money"
        self._add(self.yoga)
        self.assertNotIn("Sign in to continue.", self._page("/shop/cart"))
        self.assertNotIn("/web/login", self.url_open("/shop/checkout").url)
