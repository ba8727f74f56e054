from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common import ClassCommon


@tagged("post_install", "-at_install")
class TestMovingAndCancelling(ClassCommon):
    """Classes that are moved, or do not take place."""

    def test_bookings_move_with_their_class(self):
        self._buy()
        order = self._take()
        later = self.yoga_class.date_begin + timedelta(days=7)
        self.yoga_class.write(
            {"date_begin": later, "date_end": later + timedelta(hours=2)}
        )
        self.assertRecordValues(
            self._line(order),
            [{"booking_start": later, "booking_end": later + timedelta(hours=2)}],
        )

    def test_who_does_not_like_the_new_time_leaves_for_free(self):
        self.yoga_class.booking_cancellation_policy_id = self.policy
        lot = self._buy()
        order = self._take()
        line = self._line(order)
        soon = self.yoga_class.date_begin - timedelta(hours=47)
        self.yoga_class.write(
            {"date_begin": soon, "date_end": soon + timedelta(hours=1)}
        )
        quote = line._get_booking_cancel_quote()
        self.assertEqual((quote.percent, quote.why), (100, "free"))
        self.assertIn("We moved it", line._get_booking_cancel_now_text())
        with freeze_time(soon + timedelta(minutes=1)):
            self.assertEqual(line._get_booking_cancel_quote().percent, 0)
        line._cancel_booking_as_customer()
        self.assertEqual(lot.balance, 100)

    def test_a_move_keeps_what_was_paid_also_past_the_validity(self):
        """Nobody loses a booking because the business moves it."""
        pack = self._create_pack(
            "Short",
            credits=10,
            price=9.0,
            booking_credit_limit_dates=True,
            booking_credit_validity_unit="days",
            booking_credit_validity=5,
        )
        lot = self._buy(pack)
        order = self._take()
        later = self.yoga_class.date_begin + timedelta(days=30)
        self.yoga_class.write(
            {"date_begin": later, "date_end": later + timedelta(hours=1)}
        )
        self.assertEqual(self._line(order).booking_start, later)
        self.assertEqual(lot.balance, 0)

    def test_each_customer_is_told_once(self):
        self._buy()
        self._take(seats=2)
        mails = self.env["mail.mail"].search([])
        later = self.yoga_class.date_begin + timedelta(days=1)
        self.yoga_class.write(
            {"date_begin": later, "date_end": later + timedelta(hours=1)}
        )
        self.cr.precommit.run()  # told once at the end of the transaction
        told = self.env["mail.mail"].search([]) - mails
        told = told.filtered(lambda mail: mail.subject == "Yoga on Monday is moved")
        self.assertEqual(told.recipient_ids, self.anna)
        self.assertEqual(len(told), 1)

    def test_everybody_gets_everything_back_when_a_class_is_cancelled(self):
        """S2-03: credits and money, in one action; the class is over for all."""
        lot = self._buy()
        self._take(partner=self.anna)
        money = self._quote(partner=self.bob)
        invoice = self._invoice(money)
        self._pay(invoice)
        action = self.yoga_class.with_user(self.front_desk).action_cancel_class()
        wizard = (
            self.env["booking.cancel.many"]
            .with_user(self.front_desk)
            .browse(action["res_id"])
        )
        self.assertIn("Bob", wizard.effects)
        wizard.reason = "The teacher is ill"
        with freeze_time(self.yoga_class.date_begin - timedelta(hours=1)):
            wizard.action_apply()
        self.assertEqual(lot.balance, 100)
        credit = self.env["booking.credit.lot"].search(
            [("partner_id", "=", self.bob.id), ("measure", "=", "money")]
        )
        self.assertEqual(credit.balance, 20.0)
        self.assertEqual(self.yoga_class.kanban_state, "cancel")
        self.assertFalse(self._seats())
        wizard.action_apply()
        self.assertEqual(lot.balance, 100, "twice changes nothing")

    def test_a_class_without_bookings_can_be_cancelled(self):
        self.env["event.registration"].create(
            {"event_id": self.yoga_class.id, "name": "Guest"}
        )
        action = self.yoga_class.with_user(self.front_desk).action_cancel_class()
        wizard = (
            self.env["booking.cancel.many"]
            .with_user(self.front_desk)
            .browse(action["res_id"])
        )
        self.assertTrue(wizard.can_apply)
        self.assertIn("seats that nobody paid and that go: 1", wizard.effects)
        wizard.reason = "Snow"
        wizard.action_apply()
        self.assertEqual(self.yoga_class.kanban_state, "cancel")
        self.assertFalse(self._seats())
