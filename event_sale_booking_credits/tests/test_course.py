from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ClassCommon


@tagged("post_install", "-at_install")
class TestCourse(ClassCommon):
    """A course of several sessions costs once, or for each session (S1-02)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.course = cls._create_class(
            "Beginners", seats=8, booking_cancellation_policy_id=cls.policy.id
        )
        cls.start = cls.course.date_begin
        cls.course.write(
            {
                "date_end": cls.start + timedelta(days=22),
                "booking_session_price": "session",
                "booking_session_ids": [
                    Command.create(
                        {
                            "begin_date": cls.start + timedelta(days=7 * week),
                            "end_date": cls.start + timedelta(days=7 * week, hours=1),
                        }
                    )
                    for week in range(4)
                ],
            }
        )

    def _cancel(self, session, reason="The teacher is ill"):
        session = session.with_user(self.front_desk)
        session.reason = reason
        session.action_cancel_session()

    def test_a_course_costs_once(self):
        self.course.booking_session_price = "once"
        lot = self._buy()
        self._take(self.course)
        self.assertEqual(lot.balance, 90)
        self._cancel(self.course.booking_session_ids[2])
        self.assertEqual(lot.balance, 90, "the course goes on")

    def test_each_session_to_come_costs(self):
        lot = self._buy()
        order = self._take(self.course)
        self.assertEqual(lot.balance, 60)
        self.assertEqual(self._line(order).booking_session_count, 4)

    def test_who_joins_late_pays_what_is_to_come(self):
        lot = self._buy()
        with freeze_time(self.start + timedelta(days=8)):
            self._take(self.course)
        self.assertEqual(lot.balance, 80)

    def test_entry_cards_pay_each_session(self):
        card = self._buy(
            self._create_pack(
                "Card", credits=10, price=80.0, booking_credit_measure="session"
            )
        )
        self._take(self.course)
        self.assertEqual(card.balance, 6)

    def test_a_session_that_we_cancel_comes_back(self):
        """S2-03: to everybody, whatever the terms, once, and they are told."""
        lot = self._buy()
        order = self._take(self.course, seats=2)
        self.assertEqual(lot.balance, 20)
        session = self.course.booking_session_ids[1]
        with freeze_time(session.begin_date - timedelta(minutes=5)):
            self._cancel(session)
            self._cancel(session)
        self.assertEqual(lot.balance, 40)
        self.assertIn("does not take place", order.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "Say why"):
            self._cancel(self.course.booking_session_ids[2], reason=" ")

    def test_who_joins_after_a_cancelled_session_does_not_pay_it(self):
        self._cancel(self.course.booking_session_ids[3])
        lot = self._buy()
        self._take(self.course)
        self.assertEqual(lot.balance, 70)

    def test_a_missed_session_comes_back_under_the_terms(self):
        """S1-12: 5 h before a session half of what it cost comes back, for one seat."""
        lot = self._buy()
        self._take(self.course, seats=2)
        seat = self._seats(self.course)[0]
        session = self.course.booking_session_ids[2]
        with freeze_time(session.begin_date - timedelta(hours=5)):
            form = Form(
                self.env["event.miss.session"]
                .with_user(self.front_desk)
                .with_context(default_registration_id=seat.id)
            )
            form.session_id = session
            self.assertEqual(form.effect, "5 of 10 credits come back.")
            wizard = form.save()
            wizard.action_miss()
            wizard.action_miss()
        self.assertEqual(lot.balance, 25)

    def test_the_rest_of_a_course_comes_back_when_it_is_cancelled(self):
        lot = self._buy()
        order = self._take(self.course)
        self._cancel(self.course.booking_session_ids[1])
        self.assertEqual(lot.balance, 70)
        order._cancel_by_provider(self._line(order), "No teacher")
        self.assertEqual(lot.balance, 100)
