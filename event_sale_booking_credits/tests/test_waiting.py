from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError
from odoo.addons.booking_credits.inside import tell

from .common import ClassCommon


@tagged("post_install", "-at_install")
class TestWaiting(ClassCommon):
    """Waiting lists of full classes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"booking_waiting_cutoff_hours": 1, "booking_waiting_quiet": False}
        )
        cls.yoga_class.write(
            {
                "seats_max": 1,
                "booking_waiting_mode": "auto",
                "booking_credit_price": 170,
                "booking_cancellation_policy_id": cls.policy.id,
            }
        )
        cls.big = cls._create_pack("200 credits", credits=200, price=180.0)

    def setUp(self):
        super().setUp()
        self._buy(self.big, partner=self.carl)
        self.taken = self._take(partner=self.carl)

    def _wait(self, partner=None, event=None, **values):
        return self.env["event.waiting"].create(
            {
                "event_id": (event or self.yoga_class).id,
                "partner_id": (partner or self.anna).id,
                **values,
            }
        )

    def _promote(self, event=None):
        return (event or self.yoga_class)._promote_waiting()

    # --- joining

    def test_credits_are_set_aside_while_waiting(self):
        """S1-08: of 200, 170 are held and 30 available; a booking for 50 is refused."""
        lot = self._buy(self.big)
        entry = self._wait()
        self.assertRecordValues(lot, [{"held": 170, "available": 30, "balance": 200}])
        self.assertEqual(entry.position, 1)
        self.assertIn("170 credits are set aside", entry._get_waiting_text())
        other = self._create_class("Other", booking_credit_price=50)
        with self.assertRaises(InsufficientCreditsError) as caught:
            self._take(other)
        self.assertIn("30", str(caught.exception))

    def test_nobody_waits_without_the_credits(self):
        self._buy()
        with self.assertRaises(InsufficientCreditsError):
            self._wait()

    def test_nobody_waits_for_a_class_with_seats(self):
        self._buy(self.big)
        other = self._create_class("Other", booking_waiting_mode="auto")
        with self.assertRaisesRegex(UserError, "still has seats"):
            self._wait(event=other)

    def test_nobody_waits_twice_nor_for_a_class_they_are_in(self):
        self._buy(self.big)
        self._buy(self.big)
        with self.assertRaisesRegex(UserError, "has a seat"):
            self._wait(self.carl)
        self._wait()
        with self.assertRaisesRegex(UserError, "is on the waiting list"):
            self._wait()

    def test_leaving_frees_the_credits(self):
        lot = self._buy(self.big)
        entry = self._wait()
        entry.with_user(self.front_desk).action_leave()
        self.assertRecordValues(lot, [{"held": 0, "available": 200}])
        self.assertEqual(entry.state, "left")
        entry.action_leave()

    # --- enrolment

    def test_the_first_is_enrolled_when_a_seat_is_free(self):
        """S1-07: enrolled, told, debited."""
        lot = self._buy(self.big)
        entry = self._wait()
        self._line(self.taken)._cancel_booking_as_customer()
        mails = self.env["mail.mail"].search([])
        self._promote()
        self.assertEqual(entry.state, "enrolled")
        self.assertRecordValues(lot, [{"balance": 30, "held": 0}])
        seat = self._seats()
        self.assertRecordValues(seat, [{"partner_id": self.anna.id}])
        mail = self.env["mail.mail"].search([]) - mails
        mail = mail.filtered(lambda mail: mail.subject.startswith("You are in"))
        self.assertEqual(mail.recipient_ids, self.anna)
        self.assertIn("Paid with 170 credits", mail.body_html)
        self._promote()
        self.assertEqual(lot.balance, 30, "twice changes nothing")

    def test_the_job_is_called_when_a_seat_is_freed(self):
        """S1-07: by a cancelled booking or order, by more seats, by a deleted guest."""
        self._buy(self.big)
        self._wait()
        cron = self.env.ref("event_sale_booking_credits.ir_cron_promote")
        triggers = self.env["ir.cron.trigger"].sudo()

        def called():
            found = triggers.search([("cron_id", "=", cron.id)])
            found.unlink()
            return bool(found)

        called()
        self.yoga_class.seats_max = 2
        self.assertTrue(called(), "more seats")
        guest = self.env["event.registration"].create(
            {"event_id": self.yoga_class.id, "name": "Guest"}
        )
        self.assertFalse(called(), "a seat taken frees none")
        guest.action_cancel()
        self.assertTrue(called(), "a seat cancelled")
        guest.unlink()
        self.assertTrue(called(), "a seat deleted")
        tell(self.taken, confirmed=True).action_cancel()
        self.assertTrue(called(), "an order cancelled")

    def test_who_cannot_be_enrolled_is_passed_over(self):
        """S1-07: the first whose credits, caps and dates still fit."""
        self._buy(self.big)
        self._buy(self.big, partner=self.bob)
        first, second = self._wait(self.anna), self._wait(self.bob)
        # the class costs more by now than what was set aside
        first.order_id.order_line._get_credit_lines().unlink()
        self._line(self.taken)._cancel_booking_as_customer()
        self._promote()
        self.assertRecordValues(
            first | second, [{"state": "waiting"}, {"state": "enrolled"}]
        )
        self.assertTrue(first.refusal)

    def test_two_seats_and_three_who_wait(self):
        dora = self.env["res.partner"].create({"name": "Dora"})
        entries = self.env["event.waiting"]
        for partner in (self.anna, self.bob, dora):
            self._buy(self.big, partner=partner)
            entries |= self._wait(partner)
        self.yoga_class.seats_max = 3
        self._promote()
        self.assertEqual(entries.mapped("state"), ["enrolled", "enrolled", "waiting"])
        self.assertEqual(entries[2].position, 1)

    def test_who_is_enrolled_late_may_decline_for_free(self):
        """No late fee trap: enrolled inside the penalty window, out for free."""
        lot = self._buy(self.big)
        entry = self._wait()
        near = self.yoga_class.date_begin - timedelta(hours=3)
        with freeze_time(near):
            self._line(self.taken)._cancel_booking_as_customer()
            self._promote()
            line = self._line(entry.order_id)
            quote = line._get_booking_cancel_quote()
            self.assertEqual((quote.percent, quote.why), (100, "free"))
            self.assertIn("cancelling costs nothing", entry._get_decline_text())
        with freeze_time(near + timedelta(hours=2, minutes=1)):
            self.assertEqual(line._get_booking_cancel_quote().percent, 0)
        with freeze_time(near + timedelta(hours=1)):
            line._cancel_booking_as_customer()
        self.assertEqual(lot.balance, 200)

    def test_other_lists_at_the_same_time_are_left(self):
        lot = self._buy(self._create_pack("500 credits", credits=500, price=450.0))
        other = self._create_class("Pilates", seats=1, booking_waiting_mode="auto")
        self._buy(partner=self.bob)
        self._take(other, partner=self.bob)
        entry, overlapping = self._wait(), self._wait(event=other)
        self.assertEqual(lot.held, 180)
        self._line(self.taken)._cancel_booking_as_customer()
        self._promote()
        self.assertEqual(entry.state, "enrolled")
        self.assertEqual(overlapping.state, "dropped")
        self.assertRecordValues(lot, [{"held": 0, "balance": 330}])

    def test_nobody_is_enrolled_at_night(self):
        self.company.write(
            {
                "booking_waiting_quiet": True,
                "booking_waiting_quiet_from": 22.0,
                "booking_waiting_quiet_until": 7.0,
            }
        )
        self._buy(self.big)
        entry = self._wait()
        self._line(self.taken)._cancel_booking_as_customer()
        night = (self.yoga_class.date_begin - timedelta(days=1)).replace(hour=23)
        with freeze_time(night):
            self._promote()
        self.assertEqual(entry.state, "waiting")
        start = night + timedelta(days=3)
        self.yoga_class.write(
            {"date_begin": start, "date_end": start + timedelta(hours=1)}
        )
        with freeze_time(night + timedelta(hours=9)):
            self._promote()
        self.assertEqual(entry.state, "enrolled")

    def test_nobody_is_enrolled_after_the_cut_off(self):
        self._buy(self.big)
        entry = self._wait()
        with freeze_time(self.yoga_class.date_begin - timedelta(minutes=50)):
            self._line(self.taken)._cancel_booking_as_customer()
            self._promote()
            self.assertEqual(entry.state, "waiting")

    def test_at_the_start_all_is_freed(self):
        """S1-09: held 0, available 200, the movement is on record."""
        lot = self._buy(self.big)
        entry = self._wait()
        with freeze_time(self.yoga_class.date_begin + timedelta(seconds=1)):
            self._promote()
        self.assertEqual(entry.state, "closed")
        self.assertRecordValues(lot, [{"held": 0, "available": 200}])
        self.assertIn("release", lot.entry_ids.mapped("type"))

    def test_a_cancelled_class_frees_all(self):
        lot = self._buy(self.big)
        entry = self._wait()
        action = self.yoga_class.action_cancel_class()
        wizard = self.env["booking.cancel.many"].browse(action["res_id"])
        self.assertIn("taken off the waiting list: 1", wizard.effects)
        wizard.reason = "Snow"
        wizard.action_apply()
        self.assertEqual(entry.state, "closed")
        self.assertEqual(lot.held, 0)

    def test_who_books_now_does_not_pass_who_waits(self):
        self._buy(self.big)
        self._wait()
        self._buy(self.big, partner=self.bob)
        portal = new_test_user(self.env, "shopper", groups="base.group_portal")
        self._line(self.taken)._cancel_booking_as_customer()
        order = self._quote(partner=self.bob)
        order.action_booking_credit_pay()
        with (
            self.assertRaisesRegex(ValidationError, "waiting list"),
            self.cr.savepoint(),
        ):
            order.with_user(portal).sudo().action_confirm()
        self._promote()
        self.assertEqual(self._seats().partner_id, self.anna)

    # --- the other modes

    def test_off_holds_nothing_and_tells_everybody(self):
        """S1-10: joining holds nothing; who waits is told when a seat is free."""
        self.yoga_class.booking_waiting_mode = "notify"
        lot = self._buy(self.big)
        entries = self._wait(self.anna) | self._wait(self.bob)
        self.assertEqual(lot.held, 0)
        self._line(self.taken)._cancel_booking_as_customer()
        mails = self.env["mail.mail"].search([])
        self._promote()
        self._promote()
        told = self.env["mail.mail"].search([]) - mails
        told = told.filtered(lambda mail: mail.subject.startswith("A seat is free"))
        self.assertEqual(len(told), 2)
        self.assertEqual(told.recipient_ids, self.anna | self.bob)
        self.assertEqual(set(entries.mapped("state")), {"waiting"})

    def test_a_seat_is_offered_to_one_after_the_other(self):
        """S1-10: a timed offer; the seat is kept for whom it is offered to."""
        self.yoga_class.booking_waiting_mode = "offer"
        lot = self._buy(self.big)
        first, second = self._wait(self.anna), self._wait(self.bob)
        self._line(self.taken)._cancel_booking_as_customer()
        self._promote()
        self.assertRecordValues(
            first | second, [{"state": "offered"}, {"state": "waiting"}]
        )
        self._promote()
        self.assertEqual(second.state, "waiting", "one seat, one offer")
        first.action_accept()
        self.assertEqual(first.state, "enrolled")
        self.assertEqual(lot.balance, 30)

    def test_an_offer_that_lapses_goes_to_the_next(self):
        self.yoga_class.booking_waiting_mode = "offer"
        first, second = self._wait(self.anna), self._wait(self.bob)
        self._line(self.taken)._cancel_booking_as_customer()
        self._promote()
        later = first.offer_until + timedelta(seconds=1)
        with freeze_time(later):
            with self.assertRaisesRegex(UserError, "has lapsed"):
                first.action_accept()
            self._promote()
        self.assertRecordValues(
            first | second, [{"state": "waiting"}, {"state": "offered"}]
        )
        self.assertEqual(first.position, 2)

    # --- rights

    def test_customers_see_their_own_place_only(self):
        users = [
            new_test_user(self.env, name, groups="base.group_portal")
            for name in ("one", "two")
        ]
        self.yoga_class.booking_waiting_mode = "notify"
        for user in users:
            self._wait(user.partner_id)
        entries = self.env["event.waiting"].with_user(users[1])
        self.assertEqual(entries.search([]).partner_id, users[1].partner_id)
        self.assertEqual(entries.search([]).position, 2)
        with self.assertRaises(AccessError):
            entries.create({"event_id": self.yoga_class.id, "partner_id": self.anna.id})
        with self.assertRaises(AccessError):
            entries.search([]).action_leave()

    def test_a_list_is_not_seen_by_other_companies(self):
        self._buy(self.big)
        self._wait()
        other = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "elsewhere",
            groups="booking_credits.booking_credits_group_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["event.waiting"].with_user(user).search([]))

    def test_slots_have_lists_of_their_own(self):
        start = fields.Datetime.now() + timedelta(days=2)
        day = (start + timedelta(days=1)).date()
        event = self._create_class(
            "Slots",
            date_begin=start.replace(hour=0, minute=0),
            date_end=start + timedelta(days=3),
            seats=1,
            is_multi_slots=True,
            booking_waiting_mode="auto",
            event_slot_ids=[
                Command.create({"date": day, "start_hour": 8, "end_hour": 9}),
                Command.create({"date": day, "start_hour": 10, "end_hour": 11}),
            ],
        )
        early, late = event.event_slot_ids
        self._buy(partner=self.bob)
        self._take(event, partner=self.bob, event_slot_id=early.id)
        self._buy()
        with self.assertRaisesRegex(UserError, "still has seats"):
            self._wait(event=event, event_slot_id=late.id)
        entry = self._wait(event=event, event_slot_id=early.id)
        self.assertEqual(entry.begin_date, early.start_datetime)
