from odoo.fields import Command
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import ScheduleCommon


@tagged("post_install", "-at_install")
class TestSchedule(ScheduleCommon):
    """What the page of a class says, and what it takes."""

    def test_prices_balance_and_terms(self):
        """S1-16, S1-21: both prices, the balance in words, terms from the policy."""
        self.yoga_class.booking_cancellation_policy_id = self.policy
        self._buy()
        self._sign_in()
        page = self._page(self._url())
        self.assertIn("$ 20.00 or 10 credits", page)
        self.assertIn("You have 100 credits", page)
        self.assertIn(self.yoga_class.booking_policy_text.split("\n")[0], page)

    def test_no_credits_yet(self):
        self._sign_in()
        self.assertIn("You have no credits yet.", self._page(self._url()))

    def test_credits_only(self):
        """S1-24: no price in money, no way to pay with it."""
        self.yoga_class.booking_payment = "credit_only"
        self._buy()
        self._sign_in()
        page = self._page(self._url())
        self.assertIn("10 credits Credits only", page)
        self.assertNotIn("$ 20.00", page)
        step = self._last_step()
        self.assertIn("Book with 10 credits", step)
        self.assertNotIn("Go to Payment", step)

    def test_credits_only_refuses_money(self):
        """S1-24: neither by the form nor by the cart's address."""
        self.seat.is_published = True
        self._sign_in()
        for payment in ("credit_only", "session_only"):
            self.yoga_class.booking_payment = payment
            answer = self._post(
                self._url("registration/confirm"), **self._attendees("Anna")
            )
            self.assertIn("is paid with credits only", answer.text)
            with (
                mute_logger("odoo.http"),
                self.assertRaisesRegex(JsonRpcException, "UserError"),
            ):
                self.make_jsonrpc_request(
                    "/shop/cart/add",
                    {
                        "product_template_id": self.seat.product_tmpl_id.id,
                        "product_id": self.seat.id,
                        "quantity": 1,
                        "event_ticket_id": self.ticket.id,
                    },
                )
            self.assertFalse(self._cart().order_line)
        self.assertFalse(self.yoga_class.registration_ids)

    def test_a_price_in_credits_only_is_not_for_free(self):
        """A ticket for 10 credits and no money takes credits, whatever it says."""
        self.ticket.price = 0
        self._sign_in()
        self.assertIn("10 credits Credits only", self._page(self._url()))
        self._post(self._url("registration/confirm"), **self._attendees("Anna"))
        self.assertFalse(self.yoga_class.registration_ids)

    def test_entry_cards_only(self):
        """S1-24: sessions pay, credits do not."""
        self.yoga_class.booking_payment = "session_only"
        self._buy()
        self._sign_in()
        self.assertIn("1 session Entry cards only", self._page(self._url()))
        self.assertNotIn("Book with", self._last_step())
        self._book_online()
        self.assertFalse(self._seats())
        card = self._create_pack(
            "Card", credits=10, price=90.0, booking_credit_measure="session"
        )
        lot = self._buy(card)
        self.assertIn("Book with 1 session", self._last_step())
        self._book_online()
        self.assertEqual((len(self._seats()), lot.balance), (1, 9))

    def test_money_only(self):
        """A ticket that takes money only says nothing of credits."""
        self.yoga_class.booking_payment = "money"
        self._buy()
        self._sign_in()
        self.assertNotIn("10 credits", self._page(self._url()))
        self.assertNotIn("Book with", self._last_step())

    def test_money_goes_to_the_checkout(self):
        """Who goes to the payment spends no credits; the seat waits as a draft."""
        lot = self._buy()
        self._sign_in()
        self.assertIn("Go to Payment", self._last_step())
        answer = self._post(
            self._url("registration/confirm"), **self._attendees("Anna")
        )
        self.assertIn("/shop/", answer.url)
        cart = self._cart()
        self.assertEqual((cart.state, cart.amount_total), ("draft", 20))
        self.assertEqual(self.yoga_class.registration_ids.state, "draft")
        self.assertEqual(lot.available, 100)

    def test_two_tickets(self):
        """Each ticket has its own price."""
        self.yoga_class.event_ticket_ids = [
            Command.create(
                {
                    "name": "Workshop",
                    "product_id": self.seat.id,
                    "price": 30,
                    "booking_credit_price": 15,
                    "booking_payment": "credit_only",
                }
            )
        ]
        page = self._page(self._url())
        self.assertIn("$ 20.00 or 10 credits", page)
        self.assertIn("15 credits", page)

    def test_display_of_the_company(self):
        """S0-12: a company that takes credits only may show nothing else."""
        self.company.booking_payment_mode = "credit_only"
        self.assertIn("10 credits ($ 20.00) Credits only", self._page(self._url()))
        self.company.booking_price_display = "credits"
        page = self._page(self._url())
        self.assertIn("10 credits Credits only", page)
        self.assertNotIn("$ 20.00", page)
