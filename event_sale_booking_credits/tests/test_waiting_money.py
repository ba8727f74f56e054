from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError

from .common import ClassCommon


@tagged("post_install", "-at_install")
class TestWaitingMoney(ClassCommon):
    """Who pays by card, or with customer credit, waits too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "booking_waiting_cutoff_hours": 1,
                "booking_waiting_quiet": False,
                "booking_waiting_offer_minutes": 60,
            }
        )
        cls.yoga_class.write({"seats_max": 1, "booking_waiting_mode": "auto"})

    def setUp(self):
        super().setUp()
        self._buy(partner=self.carl)
        self.taken = self._take(partner=self.carl)

    def _wait(self, partner=None, payment="money"):
        return self.env["event.waiting"].create(
            {
                "event_id": self.yoga_class.id,
                "partner_id": (partner or self.anna).id,
                "payment": payment,
            }
        )

    def _free(self):
        """Let the seat become free, and the job give it away."""
        self._line(self.taken)._cancel_booking_as_customer()
        mails = self.env["mail.mail"].search([])
        self.yoga_class._promote_waiting()
        return self.env["mail.mail"].search([]) - mails

    def _pay_online(self, order):
        transaction = self._begin_payment(order)
        transaction._set_done()
        with mute_logger("odoo.addons.sale.models.payment_transaction"):
            transaction._check_amount_and_confirm_order()
        return transaction

    def test_a_link_to_pay_keeps_the_seat_and_enrols(self):
        entry = self._wait()
        self.assertEqual((entry.mode, entry.state), ("offer", "waiting"))
        self.assertFalse(entry.order_id)
        mails = self._free()
        self.assertEqual(entry.state, "offered")
        order = entry.order_id
        self.assertEqual((order.state, order.amount_total), ("draft", 20.0))
        self.assertTrue(order._has_to_be_paid())
        mail = mails.filtered(lambda mail: mail.recipient_ids == self.anna)
        self.assertIn(f"/my/orders/{order.id}?access_token=", mail.body_html)
        self.assertIn("20.00", mail.body_html)
        self.assertTrue(
            self.yoga_class._is_full(self.env["event.slot"], self._ticket())
        )
        self._pay_online(order)
        self.assertEqual((entry.state, order.state), ("enrolled", "sale"))
        self.assertEqual(self._seats().partner_id, self.anna)

    def _ticket(self):
        return self.yoga_class.event_ticket_ids

    def test_not_paid_it_goes_to_the_next(self):
        lot = self._buy(partner=self.bob)
        first, second = self._wait(), self._wait(self.bob, "credits")
        self.assertEqual(lot.held, 10)
        self._free()
        order = first.order_id
        self.assertEqual(second.state, "waiting")
        with freeze_time(first.offer_until + timedelta(seconds=1)):
            self.assertFalse(order._has_to_be_paid())
            with self.assertRaisesRegex(UserError, "has lapsed"), self.cr.savepoint():
                self._begin_payment(order)
            with self.assertRaisesRegex(UserError, "has lapsed"):
                first.action_accept()
            self.yoga_class._promote_waiting()
        self.assertEqual(second.state, "enrolled")
        self.assertRecordValues(first, [{"state": "waiting", "order_id": False}])
        self.assertEqual(order.state, "cancel")
        self.assertEqual(self._seats().partner_id, self.bob)

    def test_a_payment_under_way_keeps_the_seat(self):
        """Whoever has begun to pay in time is not overtaken while the bank answers."""
        entry = self._wait()
        self._buy(partner=self.bob)
        other = self._wait(self.bob, "credits")
        self._free()
        transaction = self._begin_payment(entry.order_id)
        transaction._set_pending()
        with freeze_time(entry.offer_until + timedelta(minutes=10)):
            self.yoga_class._promote_waiting()
            self.assertEqual((entry.state, other.state), ("offered", "waiting"))
            transaction._set_done()
            with mute_logger("odoo.addons.sale.models.payment_transaction"):
                transaction._check_amount_and_confirm_order()
        self.assertEqual((entry.state, other.state), ("enrolled", "waiting"))

    def test_customer_credit_takes_the_offer_with_one_press(self):
        money = (
            self.env["booking.credit.lot"]
            .grant(self.anna, 50, "Gift", measure="money")
            .lot_id
        )
        entry = self._wait()
        self.assertEqual(money.held, 0)
        self._free()
        self.assertEqual(entry.state, "offered")
        self.assertFalse(entry._get_payment_url())
        entry.action_accept()
        self.assertEqual(entry.state, "enrolled")
        self.assertEqual(money.balance, 30)

    def test_customer_credit_is_set_aside_as_credits_are(self):
        """What takes credits takes customer credit: held, and enrolled by itself."""
        money = (
            self.env["booking.credit.lot"]
            .grant(self.anna, 50, "Gift", measure="money")
            .lot_id
        )
        entry = self._wait(payment="credits")
        self.assertEqual((entry.mode, money.held), ("auto", 20))
        self._free()
        self.assertEqual(entry.state, "enrolled")
        self.assertRecordValues(money, [{"balance": 30, "held": 0}])

    def test_staff_enrol_who_has_paid(self):
        entry = self._wait()
        self._line(self.taken)._cancel_booking_as_customer()
        with self.assertRaisesRegex(UserError, "20.00"), self.cr.savepoint():
            entry.with_user(self.front_desk).action_enrol()
        self.yoga_class._promote_waiting()
        entry.order_id.action_confirm()  # paid at the desk, or later
        self.assertEqual(entry.state, "enrolled")

    def test_leaving_ends_the_offer(self):
        entry = self._wait()
        self._free()
        order = entry.order_id
        entry.action_leave()
        self.assertEqual((entry.state, order.state), ("left", "cancel"))

    def test_credits_only_is_not_waited_for_with_money(self):
        self.yoga_class.booking_payment = "credit_only"
        with self.assertRaisesRegex(UserError, "credits only"), self.cr.savepoint():
            self._wait()
        with self.assertRaises(InsufficientCreditsError), self.cr.savepoint():
            self._wait(payment="credits")

    def test_money_only_is_waited_for_with_money(self):
        self.yoga_class.event_ticket_ids.booking_payment = "money"
        entry = self._wait(payment="credits")
        self.assertEqual((entry.payment, entry.mode), ("money", "offer"))

    def test_what_is_held_says_day_and_service(self):
        """Caps of a day, week or month can count what is held for the class."""
        lot = self._buy()
        entry = self._wait(payment="credits")
        hold = lot.entry_ids.filtered(lambda entry: entry.type == "hold")
        day = self.yoga_class.date_begin.date()
        line = self._line(entry.order_id)
        self.assertRecordValues(
            hold, [{"service_date": day, "bookings": 1, "held": 10}]
        )
        self.assertEqual(hold.operation_id.order_line_id, line)
        self.assertEqual(line.booking_start, self.yoga_class.date_begin)
        # and follows the class when that is moved
        later = self.yoga_class.date_begin + timedelta(days=3)
        self.yoga_class.write(
            {"date_begin": later, "date_end": later + timedelta(hours=1)}
        )
        self.assertEqual(lot.held, 10)
        [(hold, units)] = entry.order_id._get_booking_holds()
        self.assertEqual(hold.service_date, later.date())
        self.assertEqual(float(units), 10)

    def test_the_quotation_that_waits_enrols_when_staff_confirm_it(self):
        lot = self._buy()
        entry = self._wait(payment="credits")
        self._line(self.taken)._cancel_booking_as_customer()
        entry.order_id.action_confirm()
        self.assertEqual(entry.state, "enrolled")
        self.assertEqual(lot.balance, 90)
        self.assertLessEqual(entry.create_date, fields.Datetime.now())
