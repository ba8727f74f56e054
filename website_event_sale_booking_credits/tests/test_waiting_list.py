from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ScheduleCommon


@tagged("post_install", "-at_install")
class TestWaitingList(ScheduleCommon):
    """A full class: join, see one's place, take an offer, leave."""

    def setUp(self):
        super().setUp()
        self.lot = self._buy()
        self._sign_in()

    def test_join_and_be_enrolled(self):
        """S1-07, S1-08: what is set aside is said before, and held after."""
        order = self._fill()
        page = self._page(self._url())
        self.assertIn("This class is full.", page)
        self.assertIn("Set aside while you wait: 10 credits", page)
        self.assertNotIn("Register", page.split("This class is full.")[0][-40:])
        self._join()
        self.assertEqual((self.lot.held, self.lot.available), (10, 90))
        page = self._page(self._url())
        self.assertIn("You are number 1 on the waiting list.", page)
        self.assertNotIn("Join the waiting list", page)
        self.assertIn("You are number 1", self._page("/my/waiting"))
        order.order_line.filtered("event_id").registration_ids[0].action_cancel()
        self.yoga_class._promote_waiting()
        self.assertEqual((self.lot.held, self.lot.balance), (0, 90))
        self.assertIn("You were enrolled.", self._page("/my/waiting"))

    def test_a_class_with_seats_has_no_list(self):
        self.assertNotIn("Join the waiting list", self._page(self._url()))
        answer = self._join()
        self.assertIn("still has seats", answer.text)
        self.assertFalse(self._entries())

    def test_no_list(self):
        self.yoga_class.booking_waiting_mode = "none"
        self._fill()
        self.assertNotIn("Join the waiting list", self._page(self._url()))
        self._join()
        self.assertFalse(self._entries())

    def test_too_few_credits(self):
        """S1-08: refused with what is missing, and the packs that would do."""
        self._fill()
        self.yoga_class.booking_credit_price = 150
        answer = self._join()
        self.assertIn("50 are missing", answer.text)
        self.assertIn("Buy for", answer.text)
        self.assertFalse(self._entries())
        self.assertFalse(self.lot.held)

    def test_leave_on_the_page_and_in_the_account(self):
        """S1-09: at any time; what was set aside is free again."""
        self._fill()
        for back, path in (("class", "/event/"), ("portal", "/my/waiting")):
            self._join()
            entry = self._entries().filtered(lambda entry: entry.state == "waiting")
            answer = self._post(f"/my/waiting/{entry.id}/leave", back=back)
            self.assertIn(path, answer.url)
            self.assertEqual((entry.state, self.lot.held), ("left", 0))
        self.assertIn("You left the list.", self._page("/my/waiting"))

    def test_twice(self):
        self._fill()
        self._join()
        self.assertIn("You are on the waiting list.", self._join().text)
        self.assertEqual((len(self._entries()), self.lot.held), (1, 10))

    def test_take_an_offer(self):
        """S1-10: the offered seat is taken with one press."""
        self.yoga_class.booking_waiting_mode = "offer"
        order = self._fill()
        self.assertIn("offered to one after the other", self._page(self._url()))
        self._join()
        entry = self._entries()
        self.assertFalse(self.lot.held)
        order.order_line.filtered("event_id").registration_ids[0].action_cancel()
        self.yoga_class._promote_waiting()
        self.assertEqual(entry.state, "offered")
        self.assertIn("Take the seat", self._page("/my/waiting"))
        answer = self._post(f"/my/waiting/{entry.id}/accept")
        self.assertIn("/booked/", answer.url)
        self.assertEqual((entry.state, self.lot.balance), ("enrolled", 90))

    def test_take_an_offer_twice(self):
        """Pressed twice: both presses lead to the booking."""
        self.yoga_class.booking_waiting_mode = "offer"
        order = self._fill()
        self._join()
        order.order_line.filtered("event_id").registration_ids[0].action_cancel()
        self.yoga_class._promote_waiting()
        path = f"/my/waiting/{self._entries().id}/accept"
        first, second = self._post(path), self._post(path)
        self.assertIn("/booked/", first.url)
        self.assertEqual(first.url, second.url)
        self.assertEqual(self.lot.balance, 90)

    def test_wait_and_pay_later(self):
        """Who pays by card waits too: the offer is a link to the payment."""
        order = self._fill()
        page = self._page(self._url())
        self.assertIn("we send you a link to pay it", page)
        self._join(payment="money")
        entry = self._entries()
        self.assertEqual((entry.payment, entry.mode), ("money", "offer"))
        self.assertFalse(self.lot.held)
        order.order_line.filtered("event_id").registration_ids[0].action_cancel()
        self.yoga_class._promote_waiting()
        self.assertIn("Pay, and take the seat", self._page("/my/waiting"))
        answer = self._post(f"/my/waiting/{entry.id}/accept")
        self.assertIn(f"/my/orders/{entry.order_id.id}", answer.url)
        self.assertEqual((answer.status_code, entry.state), (200, "offered"))

    def test_an_offer_that_was_not_made(self):
        self._fill()
        self._join()
        entry = self._entries()
        answer = self._post(f"/my/waiting/{entry.id}/accept")
        self.assertIn("has lapsed", answer.text)
        self.assertEqual(entry.state, "waiting")

    def test_seats_due_to_others(self):
        """A free seat that somebody waits for is not on sale: join the list."""
        order = self._fill()
        self._join()
        order.order_line.filtered("event_id").registration_ids[0].action_cancel()
        self._sign_in(self.other)
        self._buy(partner=self.ben)
        page = self._page(self._url())
        self.assertIn("This class is full.", page)
        answer = self._book_online("Ben", user=self.other)
        self.assertIn("join the waiting list", answer.text)
        self._join()
        self.assertEqual(self._entries(self.ben).position, 2)

    def test_slots(self):
        """The list of one slot, while the other has seats."""
        event = self._create_course(seats=1, booking_waiting_mode="auto")
        first, second = event.event_slot_ids
        self._buy(partner=self.carl)
        self._take(event, partner=self.carl, event_slot_id=first.id)
        page = self._page(self._url(event=event))
        self.assertIn("Some seats are sold out.", page)
        self.assertIn("still has seats", self._join(event, slot=second.id).text)
        self._join(event, slot=first.id)
        self.assertEqual(self._entries().event_slot_id, first)

    # --- who may what

    def test_others_neither_read_nor_leave(self):
        self._fill()
        self._join()
        entry = self._entries()
        self._sign_in(self.other)
        self.assertNotIn("number 1", self._page("/my/waiting"))
        self.assertNotIn("number 1", self._page(self._url()))
        self.assertFalse(self.env["event.waiting"].with_user(self.other).search([]))
        for verb in ("leave", "accept"):
            self._post(f"/my/waiting/{entry.id}/{verb}")
            self._post(f"/my/waiting/{entry.id + 1000}/{verb}")
        self.assertEqual(entry.state, "waiting")

    def test_the_browser_joins_for_nobody_else(self):
        self._fill()
        self._join(partner_id=self.ben.id, sequence=1, mode="notify")
        self.assertEqual(self._entries().mode, "auto")
        self.assertFalse(self._entries(self.ben))

    def test_tickets_of_other_classes(self):
        self._fill()
        other = self._create_class("Other")
        for ticket in (other.event_ticket_ids.id, 0, "x"):
            self._join(ticket=ticket)
        self.assertFalse(self._entries())

    @mute_logger("odoo.http")
    def test_a_link_changes_nothing(self):
        """GET, or a form without its token."""
        self._fill()
        self._join()
        entry = self._entries()
        for path in (
            f"/my/waiting/{entry.id}/leave",
            f"/my/waiting/{entry.id}/accept",
            self._url("waiting/join"),
        ):
            self.assertGreaterEqual(self.url_open(path).status_code, 400)
            self.assertEqual(self.url_open(path, data={"x": 1}).status_code, 400)
        self.assertEqual(entry.state, "waiting")

    def test_visitors_sign_in(self):
        self._fill()
        self.authenticate(None, None)
        page = self._page(self._url())
        self.assertIn("Sign in to join the waiting list.", page)
        answer = self._join()
        self.assertIn("/web/login", answer.url)
        self.assertFalse(self.env["event.waiting"].search([]))

    def test_the_account_counts(self):
        self._fill()
        self._join()
        answer = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["booking_waiting_count"]}
        )
        self.assertEqual(answer["booking_waiting_count"], 1)
