import re

from psycopg2.errors import UniqueViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ScheduleCommon


@tagged("post_install", "-at_install")
class TestBooking(ScheduleCommon):
    """Booking with credits on the page of a class: one press, debited at once."""

    def setUp(self):
        super().setUp()
        self.lot = self._buy()
        self._sign_in()

    def _orders(self):
        return self.env["sale.order"].search(
            [("partner_id", "=", self.anna.id), ("order_line.event_id", "!=", False)]
        )

    def test_one_press_books_and_debits(self):
        """S1-03, S1-04: 100 credits, a class for 10: 90 are left, the seat is open."""
        self.assertIn("Book with 10 credits", self._last_step())
        answer = self._book_online("Anna at the class")
        order = self._orders()
        self.assertIn(f"/booked/{order.id}", answer.url)
        self.assertEqual((order.state, self.lot.balance), ("sale", 90))
        seat = self._seats()
        self.assertEqual(seat.name, "Anna at the class")
        self.assertEqual(seat.partner_id, self.anna)
        self.assertEqual(seat.sale_order_line_id.order_id, order)

    def test_the_page_of_the_booking(self):
        """What was paid, what is left, the terms, and the way to all bookings."""
        self.yoga_class.booking_cancellation_policy_id = self.policy
        self._book_online()
        page = self._page(self._url(f"booked/{self._orders().id}"))
        for text in (
            "You are booked",
            "Yoga on Monday",
            "Paid with 10 credits .",
            "You have 90 credits now",
            "50 %",
        ):
            self.assertIn(text, page)
        self.assertIn("Yoga on Monday", self._page("/my/credits/bookings"))

    def test_several_seats_with_their_names(self):
        """Guests on one's own credits: each has a name."""
        self._book_online("Anna", "A friend")
        self.assertEqual(set(self._seats().mapped("name")), {"Anna", "A friend"})
        self.assertEqual(self.lot.balance, 80)

    def test_sent_twice_books_once(self):
        """§11: the same form, or another window that shows it: the same booking."""
        windows = []
        for _window in range(2):
            self._last_step()
            windows += re.findall(r'name="booking_token"\s+value="(\w+)"', self.html)
        self.assertEqual(len(set(windows)), 1)
        first = self._book_online(token=windows[0])
        second = self._book_online(token=windows[1])
        self.assertIn("/booked/", first.url)
        self.assertEqual(first.url, second.url)
        self.assertEqual((len(self._orders()), self.lot.balance), (1, 90))

    def test_one_more_seat_on_purpose(self):
        """A window that is drawn anew books one more; so does one after cancelling."""
        first = self._token()
        self._book_online()
        self._book_online()
        self.assertEqual((len(self._orders()), self.lot.balance), (2, 80))
        self._seats()[0].write({"state": "cancel"})
        self.assertEqual(len(self._seats()), 1)
        self._book_online()
        self.assertEqual(len(self._seats()), 2)
        answer = self._book_online("Anna", "A friend", token=first)
        self.assertIn("in another window already", answer.text)
        self.assertEqual(len(self._seats()), 2)

    def test_a_window_from_before_the_desk_booked(self):
        """What was booked at the desk meanwhile is not booked once more."""
        token = self._token()
        self._take(partner=self.anna)
        answer = self._book_online(token=token)
        self.assertIn("have changed since this page was opened", answer.text)
        for rubbish in ("x", "é", "\0", " "):
            self.assertLess(self._book_online(token=rubbish).status_code, 500)
        self.assertEqual(len(self._seats()), 1)

    @mute_logger("odoo.sql_db")
    def test_sent_twice_at_the_same_time(self):
        """The database keeps the form once, for each customer: the second try waits."""
        self._book_online()
        token = self._orders().sudo().booking_form_token
        self.assertTrue(token)
        self._quote(partner=self.ben).booking_form_token = token
        order = self._quote()
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            order.booking_form_token = token
            order.flush_recordset()

    def test_the_last_seat(self):
        """A class that is full says so; nothing is taken."""
        self._fill()
        answer = self._book_online()
        self.assertIn("o_booking_said", answer.text)
        self.assertFalse(self._orders())
        self.assertEqual(self.lot.balance, 100)

    def test_too_few_credits(self):
        """S0-18: what is missing, the pack that would do, and back to the class."""
        self.yoga_class.booking_credit_price = 150
        text = self._last_step()
        self.assertIn("This costs 150 credits , you have 100 credits .", text)
        self.assertIn("Not enough. Choose a pack", text)
        self.assertNotIn("Book with", text)
        answer = self._book_online()
        self.assertIn("50 are missing", answer.text)
        self.assertIn("Buy for", answer.text)
        self.assertFalse(self._orders())
        answer = self._post(self._url("credits"), pack=self.pack.id)
        cart = self._cart()
        self.assertEqual(cart.order_line.product_id, self.pack)
        self.assertEqual(cart.booking_waiting_event_id, self.yoga_class)
        self.assertEqual(
            cart._get_shop_confirmation(), {}
        )  # staff are not the customer
        said = cart.with_user(self.shopper).sudo()._get_shop_confirmation()
        self.assertEqual(said["class"], self.yoga_class)

    def test_only_packs_are_bought_on_the_way(self):
        """The address sells nothing but what the shop sells as a pack."""
        for product in (self.yoga.id, self.seat.id, 0, "x"):
            self._post(self._url("credits"), pack=product)
        self.pack.is_published = False
        self._post(self._url("credits"), pack=self.pack.id)
        self.assertFalse(self._cart().website_id)

    def test_price_and_owner_are_not_typed(self):
        """The browser names attendees, nothing else."""
        self._book_online(
            price_unit="0",
            product_uom_qty="0",
            **{
                "1-price_unit": "0",
                "1-partner_id": self.ben.id,
                "1-event_id": self._create_class("Other").id,
                "1-state": "done",
            },
        )
        seat = self._seats()
        self.assertEqual((seat.partner_id, seat.state), (self.anna, "open"))
        self.assertEqual((seat.event_id, self.lot.balance), (self.yoga_class, 90))

    def test_tickets_of_other_classes(self):
        """A ticket, a slot or no seat at all that is not of this class."""
        other = self._create_class("Cheap", booking_credit_price=1)
        self._book_online(ticket=other.event_ticket_ids)
        self._book_online(**{"1-event_slot_id": "999999"})
        self._post(self._url("registration/credits"), booking_token="t")
        self.assertFalse(self._orders())

    def test_more_than_one_may_book(self):
        self.ticket.limit_max_per_order = 1
        answer = self._book_online("Anna", "A friend")
        self.assertIn("At most 1 seats", answer.text)
        self.assertFalse(self._orders())

    def test_slots(self):
        """A class with slots is booked for one of them."""
        event = self._create_course()
        slot = event.event_slot_ids[1]
        self._book_online(event=event, slot=slot)
        self.assertEqual(self._seats(event).event_slot_id, slot)
        self.assertEqual(
            self._orders().order_line[0].booking_start, slot.start_datetime
        )

    @mute_logger("odoo.http")
    def test_a_link_books_nothing(self):
        """GET, or a form without its token, changes nothing."""
        path = self._url("registration/credits")
        form = self._attendees("Anna")
        self.assertGreaterEqual(self.url_open(path).status_code, 400)
        self.assertEqual(self.url_open(path, data=form).status_code, 400)
        self.assertFalse(self._orders())

    def test_visitors_sign_in_first(self):
        """S1-28: and come back to the same class."""
        self.authenticate(None, None)
        back = f"/web/login?redirect=/event/{self.yoga_class.id}/register"
        self._last_step()
        self.assertIn(back, self.html)
        self.assertIn(back, self.url_open(self._url()).text)
        answer = self._book_online()
        self.assertIn("/web/login", answer.url)
        self.assertFalse(self._orders())

    def test_the_booking_of_somebody_else(self):
        """Nobody reads the page of another customer's booking."""
        self._book_online()
        path = self._url(f"booked/{self._orders().id}")
        self._sign_in(self.other)
        self.assertNotIn("You are booked", self._page(path))

    def test_customer_credit_pays_as_well(self):
        """S0-10: what takes credits takes customer credit."""
        self.company.write(
            {
                "booking_credit_signup_quantity": 50,
                "booking_credit_signup_measure": "money",
            }
        )
        self.yoga_class.booking_credit_price = 500
        money = self.ben._grant_booking_signup_credits(self.company)
        self._sign_in(self.other)
        self.assertIn("Book with $", self._last_step())
        self._book_online("Ben", user=self.other)
        self.assertEqual((money.balance, self._seats().partner_id), (30, self.ben))

    def test_answers_that_a_class_needs(self):
        """§11: the server asks for them, not the browser only; it names the question."""
        question = self.env["event.question"].create(
            {
                "title": "Any injuries?",
                "question_type": "text_box",
                "is_mandatory_answer": True,
                "event_ids": self.yoga_class.ids,
            }
        )
        answer = self._book_online()
        self.assertIn("Any injuries?", answer.text)
        self._post(self._url("registration/confirm"), **self._attendees("Anna"))
        self.assertFalse(self.yoga_class.registration_ids)
        self._book_online(**{f"1-text_box-{question.id}": "None"})
        self.assertEqual(
            self._seats()
            .registration_answer_ids.filtered(
                lambda answer: answer.question_id == question
            )
            .value_text_box,
            "None",
        )
        self.assertEqual(self.lot.balance, 90)

    def test_what_the_account_says_need_not_be_typed(self):
        """Name, e-mail and phone are known of who is signed in."""
        self.yoga_class.question_ids.is_mandatory_answer = True
        form = {"1-event_ticket_id": self.ticket.id, "booking_token": self._token()}
        self._post(self._url("registration/credits"), **form)
        self.assertEqual(self._seats().name, self.anna.name)

    def test_the_way_back_leads_to_the_bookings(self):
        """House 13: a pack begun in the shop is not what waits for the next one."""
        self._add(self.yoga)
        bookings = self._cart()
        self._post("/shop/cart/top_up", product_id=self.pack.id)
        self.assertNotEqual(self._cart(), bookings)
        self._post(self._url("credits"), pack=self.pack.id)
        self.assertEqual(self._cart().booking_waiting_cart_id, bookings)

    def test_money_for_a_class_leaves_the_other_bookings(self):
        """House 14: what credits pay in the cart stays so; the class is paid in money."""
        self.env["booking.credit.lot"].grant(self.anna, 99, "Gift", measure="money")
        self._add(self.yoga)
        cart = self._cart()
        self.assertEqual(cart.amount_total, 0)
        self._post(self._url("registration/confirm"), **self._attendees("Anna"))
        self.assertFalse(cart.booking_credit_declined)
        self.assertEqual((cart.state, cart.amount_total), ("draft", 20))
        yoga = cart.order_line.filtered(lambda line: line.product_id == self.yoga)
        self.assertTrue(yoga._is_paid_with_booking_credits())
        # and credits again, where the shopper says so in the cart
        self._post("/shop/cart/credits", use="best")
        self.assertEqual(cart.amount_total, 0)
