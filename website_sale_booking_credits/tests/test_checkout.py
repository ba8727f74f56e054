from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestCheckout(ShopCommon):
    """Paying with credits, with a card, and with both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._need_card()

    def test_a_pack_bought_with_a_card_books_a_class(self):
        """S1-26, S1-14, S0-01, S1-04: credits at once, then a class without a payment."""
        self._sign_in()
        self._add(self.pack)
        order = self._cart()
        self._pay_by_card(order)
        self.assertEqual(order.state, "sale")
        lot = order.booking_credit_lot_ids
        self.assertEqual((lot.balance, lot.value), (100, 90.0))
        self._add(self.yoga)
        answer = self._post("/shop/cart/book")
        self.assertIn("/shop/confirmation", answer.url)
        self.assertIn("Paid with 10 credits.", answer.text)
        self.assertEqual((self._cart().state, lot.balance), ("sale", 90))

    def test_booking_twice_by_accident_books_once(self):
        """S0-01: a form that is sent again shows what the first one did."""
        lot = self._buy()
        self._sign_in()
        self._add(self.yoga)
        for _press in range(2):
            answer = self._post("/shop/cart/book")
            self.assertIn("/shop/confirmation", answer.url)
        self.assertEqual(lot.balance, 90)

    def test_no_address_is_asked_where_nothing_is_paid(self):
        """S1-04: name and e-mail of the account are enough."""
        self._buy()
        self.anna.write({"street": False, "city": False, "zip": False})
        self._sign_in()
        self._add(self.yoga)
        self._post("/shop/cart/book")
        self.assertEqual(self._cart().state, "sale")

    def test_a_bank_transfer_waits(self):
        """S1-26: credits come with the money, not with the order."""
        self._sign_in()
        self._add(self.pack)
        order = self._cart()
        self._pay_by_card(order, "pending")
        self.assertFalse(order.booking_credit_lot_ids)
        self.assertFalse(self.anna.booking_credit_lot_ids)

    def test_money_pays_a_part_and_the_card_the_rest(self):
        """S0-10, S0-15: credits are held before the card is charged."""
        self.yoga.list_price = 20.0
        self.company.write(
            {
                "booking_credit_signup_quantity": 5,
                "booking_credit_signup_measure": "money",
            }
        )
        lot = self.anna._grant_booking_signup_credits(self.company)
        self._sign_in()
        self._add(self.yoga)
        order = self._cart()
        transaction = self._begin_card(order)
        self.assertEqual(transaction.amount, 15.0)
        self.assertEqual((lot.balance, lot.held), (5, 5))
        self._end_card(transaction)
        self.assertEqual((order.state, lot.balance, lot.held), ("sale", 0, 0))

    def test_a_payment_that_fails_or_is_abandoned_frees_the_credits(self):
        """S1-08: at once where the provider says so."""
        small = self._create_pack("10 credits", credits=10, price=10.0)
        lot = self._buy(small)
        self._sign_in()
        for state in ("error", "cancel"):
            self._add(self.yoga, hours=48)
            self._add(self.yoga, hours=72)
            order = self._cart()
            transaction = self._begin_card(order)
            self.assertEqual(lot.held, 10)
            self._end_card(transaction, state)
            self.assertEqual((lot.held, order.state), (0, "draft"))
            order.order_line.unlink()

    @mute_logger("odoo.http")
    def test_two_carts_cannot_spend_the_same_credits(self):
        """S1-08: who pays first has them; the other card is not charged."""
        small = self._create_pack("10 credits", credits=10, price=10.0)
        lot = self._buy(small)
        self._sign_in()
        self._add(self.yoga)
        self._add(self.yoga, hours=72)
        first = self._cart()
        second = first.copy({"website_id": self.website.id})
        for line in second.order_line:
            line.booking_start = first.order_line[0].booking_start
        second = second.with_user(self.shopper).sudo()
        second._refresh_cart_credits()
        self.assertEqual(second.amount_total, 10.0)
        self._begin_card(first)
        self.assertEqual(lot.held, 10)
        with self.assertRaises(JsonRpcException):
            self._begin_card(second)

    def test_the_last_pack_is_sold_once(self):
        """S0-22: set aside for who pays first."""
        self.pack.write(
            {"booking_credit_stock_limited": True, "booking_credit_stock": 1}
        )
        self._sign_in()
        self._add(self.pack)
        first = self._cart()
        self._begin_card(first)
        self._sign_in(self.other)
        answer = self._add(self.pack)
        self.assertIn("sold out", answer["notification_info"]["warning"])
        self.assertFalse(self._cart(self.other).order_line)

    @mute_logger("odoo.http")
    def test_credits_only_offers_packs_and_comes_back(self):
        """S0-11, S0-18, S1-24: no card form; buy a pack, then book what waits."""
        self.company.booking_payment_mode = "credit_only"
        self._sign_in()
        self._add(self.yoga)
        booking = self._cart()
        page = self._page("/shop/cart")
        self.assertIn("Paid with credits only.", page)
        self.assertRegex(page, r"Buy for \$ ?90\.00")
        self.assertNotIn("Book now", page)
        payment = self._page("/shop/payment")
        self.assertNotIn("Pay now", payment)
        with self.assertRaises(JsonRpcException):
            self._begin_card(booking)
        answer = self._post("/shop/cart/top_up", product_id=self.pack.id)
        self.assertIn("/shop/payment", answer.url)
        top_up = self._cart()
        self.assertEqual(top_up.booking_waiting_cart_id, booking)
        self.assertEqual(top_up.order_line.product_id, self.pack)
        self._pay_by_card(top_up)
        self.url_open("/shop/payment/validate")
        confirmation = self._page("/shop/confirmation")
        self.assertIn("Your booking waits: Yoga", confirmation)
        self.assertIn("Continue with your booking", confirmation)
        self.assertIn("Book now with 10 credits", self._page("/shop/cart"))
        self._post("/shop/cart/book")
        self.assertEqual(booking.state, "sale")
        self.assertEqual(top_up.booking_credit_lot_ids.balance, 90)

    def test_going_back_to_the_booking_without_buying(self):
        """S0-18: the cart with the pack is left."""
        self.company.booking_payment_mode = "credit_only"
        self._sign_in()
        self._add(self.yoga)
        booking = self._cart()
        self._post("/shop/cart/top_up", product_id=self.pack.id)
        self.assertIn("Your booking waits: Yoga", self._page("/shop/cart"))
        self._post("/shop/cart/resume")
        self.assertIn(booking.order_line.product_id.name, self._page("/shop/cart"))
        self.assertNotIn("Your booking waits", self._page("/shop/cart"))

    def test_a_pass_pays_what_takes_credits_only(self):
        """S1-24: an entry pass covers the class."""
        card = self._create_pack(
            "Ten classes", credits=10, price=80.0, booking_credit_measure="session"
        )
        self.company.booking_payment_mode = "credit_only"
        lot = self._buy(card)
        self._sign_in()
        self._add(self.yoga)
        self._post("/shop/cart/book")
        self.assertEqual((self._cart().state, lot.balance), ("sale", 9))
