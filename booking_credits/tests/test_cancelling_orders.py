from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..exceptions import CreditsMovedError
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestCancel(BookingCreditsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yoga.booking_cancellation_policy_id = cls.policy

    def _cancel(self, order):
        """Cancel the whole order through the dialog."""
        action = order.action_cancel()
        dialog = self.env["booking.cancel"].browse(action["res_id"])
        dialog.action_cancel_bookings()
        return dialog

    def test_cancelling_early_gives_all_back(self):
        lot = self._buy()
        self._cancel(self._book(hours=25))
        self.assertRecordValues(lot, [{"balance": 100, "value": 90.0}])

    def test_cancelling_five_hours_before_gives_half_back(self):
        """S1-12, S1-22: 50 % come back at once, the fee stays."""
        lot = self._buy()
        order = self._book(hours=5)
        self._cancel(order)
        self.assertRecordValues(lot, [{"balance": 95, "value": 85.5}])
        self.assertEqual(order.state, "cancel")

    def test_odd_numbers_are_rounded_up_for_the_customer(self):
        """S1-23: 101 credits at 50 %: 51 come back, 50 are kept."""
        lot = self._buy(self._create_pack("200", 200, 200.0))
        workshop = self._create_service(
            "Workshop", 101, 101.0, booking_cancellation_policy_id=self.policy.id
        )
        self._cancel(self._book(workshop, hours=5))
        self.assertEqual(lot.balance, 150)
        self.assertEqual(lot.entry_ids[:1].type, "fee")
        self.assertEqual(lot.entry_ids[:1].quantity, -50)

    def test_the_dialog_says_what_comes_back(self):
        """S1-35, S2-22: the same numbers before and after."""
        self._buy()
        order = self._book(hours=5)
        action = order.action_cancel()
        dialog = self.env["booking.cancel"].browse(action["res_id"])
        self.assertEqual(
            dialog.effects, "Yoga: cancel now and 5 of 10 credits come back."
        )
        self.assertEqual(order.state, "sale")
        dialog.action_cancel_bookings()
        bodies = " ".join(order.message_ids.mapped("body"))
        self.assertIn("5 of 10 credits came back", bodies)

    def test_one_of_two_bookings(self):
        lot = self._buy()
        start = fields.Datetime.now() + timedelta(hours=48)
        order = self._create_order(self.yoga, self.yoga, start=start)
        order.action_booking_credit_pay()
        order.action_confirm()
        action = order.order_line[0].action_cancel_booking()
        self.env["booking.cancel"].browse(action["res_id"]).action_cancel_bookings()
        self.assertEqual(lot.balance, 90)
        self.assertEqual(order.state, "sale")
        self.assertTrue(order.order_line[0].booking_cancel_date)
        with self.assertRaisesRegex(UserError, "cancelled already"):
            order.order_line[0].action_cancel_booking()
        self._cancel(order)
        self.assertEqual(lot.balance, 100)

    def test_cancelling_twice_gives_back_once(self):
        """S2-19: retry, delete, cancel again: 100 exactly."""
        lot = self._buy()
        order = self._book()
        order._action_cancel()
        order.order_line._cancel_booking()
        order._action_cancel()
        order.unlink()
        self.assertEqual(lot.balance, 100)

    def test_deleting_an_order_keeps_the_history_readable(self):
        """S2-18, S2-20: what it used is back, and its name stays."""
        lot = self._buy()
        order = self._book()
        name = order.name
        order._action_cancel()
        order.unlink()
        lot.invalidate_recordset()
        self.assertIn(name, lot.entry_ids[:1].document)
        self.assertEqual(lot.balance, 100)

    def test_booked_again_after_cancellation(self):
        lot = self._buy()
        order = self._book()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertEqual(lot.balance, 90)
        order._action_cancel()
        self.assertEqual(lot.balance, 100)

    def test_a_policy_changed_later_does_not_change_the_terms(self):
        """S1-20: the booking keeps what was agreed."""
        lot = self._buy()
        order = self._book(hours=5)
        self.policy.tier_ids.percent = 0
        order._action_cancel()
        self.assertEqual(lot.balance, 95)

    def test_the_company_s_policy_is_the_default(self):
        self.yoga.booking_cancellation_policy_id = False
        self.company.booking_cancellation_policy_id = self.policy
        lot = self._buy()
        self._book(hours=5)._action_cancel()
        self.assertEqual(lot.balance, 95)

    def test_without_a_policy_all_comes_back(self):
        self.yoga.booking_cancellation_policy_id = False
        lot = self._buy()
        self._book(hours=1)._action_cancel()
        self.assertEqual(lot.balance, 100)

    def test_after_the_start_the_no_show_share_comes_back(self):
        self.policy.no_show_percent = 20
        lot = self._buy()
        order = self._book(hours=5)
        with freeze_time(order.order_line[0].booking_start + timedelta(minutes=5)):
            order._action_cancel()
        self.assertEqual(lot.balance, 92)

    def test_what_comes_back_goes_to_the_lot_spent_last(self):
        soon = self._buy(self._create_pack("Short", 6, 6, booking_credit_validity=1))
        late = self._buy()
        self._book(hours=5)._action_cancel()
        self.assertEqual((soon.balance, late.balance), (1, 100))

    def test_credits_that_come_back_after_expiry_are_lost(self):
        """S0-29: the class is after the expiry; late_return = forfeit."""
        lot = self._buy()
        order = self._book(hours=24 * 400)
        with freeze_time(lot.valid_until + timedelta(days=2)):
            order._action_cancel()
        self.assertEqual(lot.balance, 90, "what was never spent waits for the job")
        self.assertEqual(lot.entry_ids[:1].type, "expire")

    def test_credits_that_come_back_after_expiry_can_stay_valid(self):
        self.pack.write(
            {"booking_credit_late_return": "extend", "booking_credit_grace_days": 14}
        )
        lot = self._buy()
        order = self._book(hours=24 * 400)
        day = lot.valid_until + timedelta(days=2)
        with freeze_time(day):
            order._action_cancel()
            lot.invalidate_recordset()
            self.assertEqual(lot.valid_until, day + timedelta(days=14))
            self.assertEqual(lot.state, "usable")

    def test_only_managers_set_the_terms_aside(self):
        lot = self._buy()
        order = self._book(hours=5)
        action = order.action_cancel()
        dialog = self.env["booking.cancel"].browse(action["res_id"])
        dialog.write({"give_all_back": True, "reason": "ill"})
        self.assertIn("10 of 10", dialog.effects)
        with self.assertRaises(AccessError):
            dialog.with_user(self.front_desk).sudo(False).action_cancel_bookings()
        dialog.action_cancel_bookings()
        self.assertEqual(lot.balance, 100)
        self.assertEqual(lot.entry_ids[:1].reason, "ill")

    def test_the_terms_are_written_from_the_tiers(self):
        """S1-21: generated, not typed."""
        self.assertEqual(
            self.policy.terms.splitlines()[0],
            "Cancel at least 24 h before the start: 100 % of the credits come back.",
        )
        self.assertIn("50 %", self.policy.terms)

    # --- orders that sold packs

    def test_cancelling_an_unused_pack_takes_its_credits_back(self):
        """S2-16: the credits go, and a credit note reverses the sale."""
        lot = self._buy()
        order = lot.source_line_id.sale_line_ids.order_id
        dialog = self.env["booking.cancel"].browse(order.action_cancel()["res_id"])
        self.assertIn("100 credits of Anna are taken back", dialog.effects)
        dialog.action_cancel_bookings()
        self.assertRecordValues(lot, [{"balance": 0, "value": 0}])
        refund = order.invoice_ids.filtered(lambda m: m.move_type == "out_refund")
        self.assertEqual(refund.amount_total, 90.0)
        self.assertEqual(refund.state, "posted")

    def test_cancelling_a_used_pack_is_refused(self):
        """S2-17: the refusal names what was used, and where."""
        lot = self._buy()
        used_by = self._book()
        order = lot.source_line_id.sale_line_ids.order_id
        with self.assertRaisesRegex(CreditsMovedError, f"10 used by {used_by.name}"):
            order._action_cancel()
        self.assertEqual(order.state, "sale")

    def test_an_order_with_a_used_pack_line_cannot_be_deleted(self):
        lot = self._buy()
        self._book()
        line = lot.source_line_id.sale_line_ids
        with self.assertRaises(UserError):
            line.unlink()
        with self.assertRaises(UserError):
            line.order_id.unlink()
        self.assertEqual(lot.balance, 90)
