from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import freeze_time, tagged

from ..exceptions import InsufficientCreditsError
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestHolds(BookingCreditsCommon):
    """Credits wait while the rest of an order is paid by card."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mat = cls._create_service("Mat", 0, 20.0, booking_ok=False)
        cls.ten = cls._create_pack("10", 10, 9.0)

    def setUp(self):
        super().setUp()
        self.lot = self._buy(self.ten)

    def _create_cart(self):
        """Return a quotation for a class paid with credits, and a mat for 20.00."""
        start = fields.Datetime.now() + timedelta(days=2)
        order = self._create_order(self.yoga, self.mat, start=start)
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 20.0)
        return order

    def _confirm_paid(self, order, payment):
        payment._set_done()
        with patch.object(
            self.registry["sale.order"],
            "_is_confirmation_amount_reached",
            lambda self: True,
        ):
            payment._check_amount_and_confirm_order()

    def test_what_a_payment_waits_for_cannot_be_spent_by_another_order(self):
        """S1-08, S1-03: held from the payment's begin, spent by its confirmation."""
        order = self._create_cart()
        payment = self._begin_payment(order)
        self.assertRecordValues(self.lot, [{"balance": 10, "held": 10, "available": 0}])
        with self.assertRaises(InsufficientCreditsError):
            self._book()
        self._confirm_paid(order, payment)
        self.assertEqual(order.state, "sale")
        self.assertRecordValues(self.lot, [{"balance": 0, "held": 0, "is_open": False}])
        spent = self.lot.entry_ids.filtered(lambda entry: entry.type == "redeem")
        self.assertEqual(spent.bookings, 1)
        order._action_cancel()
        self.assertEqual(self.lot.balance, 10)

    def test_credits_that_are_gone_stop_the_payment_before_money_moves(self):
        """S1-08: the customer is told before the card is charged."""
        order = self._create_cart()
        self._book()
        with self.assertRaises(InsufficientCreditsError):
            self._begin_payment(order)
        self.assertFalse(order.transaction_ids)

    def test_a_payment_that_takes_long_keeps_the_credits(self):
        """S1-26: a bank transfer of days, past the last day of the credits."""
        order = self._create_cart()
        payment = self._begin_payment(order)
        payment._set_pending()
        with freeze_time(self.lot.valid_until + timedelta(days=3)):
            self.lot._expire()
            self.assertEqual(self.lot.held, 10)
            self._confirm_paid(order, payment)
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.lot.balance, 0)

    def test_an_order_that_cannot_be_confirmed_keeps_its_payment(self):
        """S2-19: nothing is refused after money has moved; staff are asked to help."""
        order = self._create_cart()
        payment = self._begin_payment(order)
        order._release_booking_credits()
        self._book()
        self._confirm_paid(order, payment)
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.transaction_ids, payment)
        self.assertIn("20.00", order.activity_ids.summary)
        self.assertIn("Yoga", order.activity_ids.note)

    def test_a_second_try_holds_once(self):
        order = self._create_cart()
        self._begin_payment(order)
        payment = self._begin_payment(order)
        self.assertEqual(self.lot.held, 10)
        self._confirm_paid(order, payment)
        self.assertRecordValues(self.lot, [{"balance": 0, "held": 0}])

    def test_a_changed_cart_frees_what_it_does_not_spend(self):
        order = self._create_cart()
        self._begin_payment(order)
        order.action_booking_credit_unpay()
        self.assertRecordValues(self.lot, [{"held": 0, "available": 10}])

    def test_a_cancelled_or_deleted_cart_frees_its_credits(self):
        for end in ("_action_cancel", "unlink"):
            with self.subTest(end=end):
                order = self._create_cart()
                payment = self._begin_payment(order)
                self.assertEqual(self.lot.held, 10)
                payment._set_canceled()
                getattr(order, end)()
                self.assertEqual(self.lot.held, 0)

    def test_a_payment_that_is_given_up_frees_its_credits(self):
        """S1-09: by the job, an hour after the payment began and brought nothing."""
        self._begin_payment(self._create_cart())
        cron = self.env.ref("booking_credits.ir_cron_release_given_up")
        for hours, held in ((0.5, 10), (2, 0)):
            moment = fields.Datetime.now() + timedelta(hours=hours)
            with freeze_time(moment), self.enter_registry_test_mode():
                cron.method_direct_trigger()
            self.assertEqual(self.lot.held, held)
