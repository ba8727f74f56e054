from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged

from .common import ClassCommon


@tagged("post_install", "-at_install")
class TestDay(ClassCommon):
    """After the class: who came, who did not, and what it has earned."""

    def setUp(self):
        super().setUp()
        commit = patch.object(
            self.registry["ir.cron"], "_commit_progress", lambda *_a, **_kw: 600.0
        )
        commit.start()
        self.addCleanup(commit.stop)

    def test_who_did_not_come_is_a_no_show_after_some_hours(self):
        self.company.booking_no_show_hours = 2
        self.yoga_class.booking_cancellation_policy_id = self.policy
        lot = self._buy()
        missed = self._take(partner=self.anna)
        came = self._take(partner=self.anna)
        self._line(came)._get_seats().action_set_done()
        end = self.yoga_class.date_end
        with freeze_time(end + timedelta(hours=1)):
            self.env["event.event"]._cron_no_shows()
        self.assertFalse(self._line(missed).booking_cancel_by)
        with freeze_time(end + timedelta(hours=3)):
            self.env["event.event"]._cron_no_shows()
            self.env["event.event"]._cron_no_shows()
        self.assertEqual(self._line(missed).booking_cancel_by, "no_show")
        self.assertFalse(self._line(came).booking_cancel_by)
        self.assertEqual(lot.balance, 80)

    def test_a_no_show_is_corrected_by_the_attendance(self):
        self.company.booking_no_show_hours = 1
        self.policy.no_show_percent = 50
        self.yoga_class.booking_cancellation_policy_id = self.policy
        lot = self._buy()
        order = self._take()
        with freeze_time(self.yoga_class.date_end + timedelta(hours=3)):
            self.env["event.event"]._cron_no_shows()
            self.assertEqual(lot.balance, 95)
            self._seats().with_user(self.desk).action_set_done()
            self.env["event.event"]._cron_no_shows()
        self.assertEqual(lot.balance, 90)
        self.assertFalse(self._line(order).booking_cancel_by)

    def test_one_of_two_friends_did_not_come(self):
        self.company.booking_no_show_hours = 2
        self.policy.no_show_percent = 50
        self.yoga_class.booking_cancellation_policy_id = self.policy
        lot = self._buy()
        order = self._take(seats=2)
        here, missing = self._seats()
        here.action_set_done()
        with freeze_time(self.yoga_class.date_end + timedelta(hours=3)):
            self.env["event.event"]._cron_no_shows()
        self.assertEqual(lot.balance, 85)
        self.assertRecordValues(
            here | missing, [{"state": "done"}, {"state": "cancel"}]
        )
        self.assertEqual(self._line(order).product_uom_qty, 1)

    def test_the_button_offers_those_who_did_not_come(self):
        self._buy()
        missed = self._take()
        with freeze_time(self.yoga_class.date_end + timedelta(minutes=5)):
            action = self.yoga_class.with_user(self.front_desk).action_no_shows()
            wizard = (
                self.env["booking.cancel.many"]
                .with_user(self.front_desk)
                .browse(action["res_id"])
            )
            self.assertEqual(wizard.line_ids, self._line(missed))
            wizard.action_apply()
        self.assertEqual(self._line(missed).booking_cancel_by, "no_show")

    def test_what_a_class_has_earned(self):
        """The value really consumed: a fee counts, what came back does not."""
        self.yoga_class.booking_cancellation_policy_id = self.policy
        self._buy()
        self._take()
        cancelled = self._take()
        with freeze_time(self.yoga_class.date_begin - timedelta(hours=5)):
            self._line(cancelled)._cancel_booking_as_customer()
        self.yoga_class.invalidate_recordset()
        self.assertRecordValues(
            self.yoga_class,
            [{"booking_credit_quantity": 15, "booking_credit_value": 13.5}],
        )
        self.env.flush_all()
        row = self.env["event.class.report"].search(
            [("event_id", "=", self.yoga_class.id)]
        )
        self.assertRecordValues(
            row,
            [
                {
                    "seats_max": 2,
                    "seats_booked": 1,
                    "seats_cancelled": 1,
                    "taken": 15,
                    "value": 13.5,
                }
            ],
        )
