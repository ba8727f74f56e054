"""Cancellation policies: what they say, what they give, what they remember."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import BaseCase, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.booking_credits.inside import tell

from ..refund import Quiet, Tier, hours_left, kept_quantity, returned_percent
from .common import BookingCreditsCommon

NIGHT = Quiet(22 * 60, 7 * 60)
ZONES = ["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"]
moments = st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 10)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
minutes = st.integers(0, 24 * 60 - 1)


@tagged("post_install", "-at_install")
class TestQuietHours(BaseCase):
    """Hours left, without those in which nobody reads messages."""

    def test_a_night_does_not_count(self):
        """Cancelled at 20:00 for 9:00: 2 h in the evening, 2 h in the morning."""
        evening, morning = datetime(2026, 1, 1, 20), datetime(2026, 1, 2, 9)
        self.assertEqual(hours_left(evening, morning, UTC, NIGHT), 4)
        self.assertEqual(hours_left(evening, morning, UTC), 13)

    def test_both_ends_of_summer_time(self):
        """Paris: the night of the change to summer time is 8 h long, the other 10."""
        paris = ZoneInfo("Europe/Paris")
        spring = datetime(2026, 3, 28, 19), datetime(2026, 3, 29, 7)
        autumn = datetime(2026, 10, 24, 18), datetime(2026, 10, 25, 8)
        for begin, end in (spring, autumn):
            self.assertEqual(hours_left(begin, end, paris, NIGHT), 4)
        self.assertEqual(hours_left(*spring, paris), 12)
        self.assertEqual(hours_left(*autumn, paris), 14)

    @settings(max_examples=30, deadline=None)
    @given(moments, st.integers(0, 3000), st.sampled_from(ZONES), minutes, minutes)
    def test_each_minute_is_quiet_or_counts(self, begin, length, zone, first, last):
        """Compared with a look at the clock in every single minute."""
        zone, quiet = ZoneInfo(zone), Quiet(first, last)
        end = begin + timedelta(minutes=length)
        total = round(hours_left(begin, end, zone, quiet) * 60)
        self.assertLessEqual(0, total)
        self.assertLessEqual(total, length)
        counted = 0
        for minute in range(length):
            moment = begin + timedelta(minutes=minute)
            local = moment.replace(tzinfo=UTC).astimezone(zone)
            time = local.hour * 60 + local.minute
            inside = (
                first <= time < last if first <= last else time >= first or time < last
            )
            counted += not (inside and first != last)
        # quiet hours that begin or end in the hour of the change: at most that hour
        self.assertLessEqual(abs(total - counted), 60)
        if zone.key == "UTC":
            self.assertEqual(total, counted)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(moments, min_size=3, max_size=3), st.sampled_from(ZONES))
    def test_parts_add_up(self, three, zone):
        first, second, third = sorted(three)
        zone = ZoneInfo(zone)
        self.assertAlmostEqual(
            hours_left(first, second, zone, NIGHT)
            + hours_left(second, third, zone, NIGHT),
            hours_left(first, third, zone, NIGHT),
            places=20,
        )

    def test_what_is_past_counts_wholly(self):
        late = hours_left(datetime(2026, 1, 2, 9), datetime(2026, 1, 2, 1), UTC, NIGHT)
        self.assertEqual(late, -8)

    @settings(deadline=None)
    @given(st.integers(1, 60 * 100))
    def test_the_customer_wins_at_any_exact_minute(self, limit):
        """5 h 10 min is no finite number of hours: the limit is met all the same."""
        tiers = [Tier(Decimal(str(limit / 60)), Decimal(100))]
        begin = datetime(2026, 1, 1)
        at = hours_left(begin, begin + timedelta(minutes=limit), UTC)
        late = hours_left(begin, begin + timedelta(seconds=limit * 60 - 1), UTC)
        self.assertEqual(returned_percent(tiers, at), 100)
        self.assertEqual(returned_percent(tiers, late), 0)

    @given(st.integers(0, 50), st.decimals(0, 100, places=2))
    def test_what_is_kept_is_rounded_down(self, quantity, percent):
        kept = kept_quantity(Decimal(quantity), percent, Decimal("0.01"))
        exact = quantity * (100 - percent) / 100
        self.assertLessEqual(kept, exact)
        self.assertLess(exact - kept, Decimal("0.01"))


@tagged("post_install", "-at_install")
class TestPolicy(BookingCreditsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yoga.booking_cancellation_policy_id = cls.policy

    def _cancel(self, order):
        """Cancel the order as the front desk does; return what the dialog said."""
        order = order.with_user(self.front_desk)
        action = order.action_cancel()
        dialog = self.env["booking.cancel"].with_user(self.front_desk)
        dialog = dialog.browse(action["res_id"])
        said = dialog.effects
        dialog.action_cancel_bookings()
        return said

    # --- where it comes from

    def test_the_service_comes_before_the_category_and_the_company(self):
        """S1-20: product, nearest category going up, company."""
        names = ("Own", "Near", "Far", "House")
        own, near, far, house = self.env["booking.cancellation.policy"].create(
            [{"name": name} for name in names]
        )
        parent = self.env["product.category"].create({"name": "Sport"})
        child = parent.create({"name": "Yoga", "parent_id": parent.id})
        template = self.yoga.product_tmpl_id
        template.categ_id = child
        template.booking_cancellation_policy_id = own
        child.booking_cancellation_policy_id = near
        parent.booking_cancellation_policy_id = far
        self.company.booking_cancellation_policy_id = house
        for holder, expected in (
            (template, own),
            (child, near),
            (parent, far),
            (self.company, house),
        ):
            self.assertEqual(template._get_booking_policy(self.company), expected)
            holder.booking_cancellation_policy_id = False
        self.assertFalse(template._get_booking_policy(self.company))

    def test_a_category_has_a_policy_for_each_company(self):
        other = self._create_company(name="Other studio")
        self.yoga.booking_cancellation_policy_id = False
        self.yoga.categ_id = self.env["product.category"].create({"name": "Sport"})
        self.yoga.categ_id.with_company(
            self.company
        ).booking_cancellation_policy_id = self.policy
        template = self.yoga.product_tmpl_id
        self.assertEqual(template._get_booking_policy(self.company), self.policy)
        self.assertFalse(template._get_booking_policy(other))

    def test_the_product_shows_the_terms_and_where_they_come_from(self):
        """S1-21: generated; read before booking."""
        template = self.yoga.product_tmpl_id.with_user(self.front_desk)
        self.assertEqual(template.booking_terms, self.policy.terms)
        self.assertEqual(template.booking_terms_source, "Classes")
        self.yoga.booking_cancellation_policy_id = False
        self.company.booking_cancellation_policy_id = self.policy
        self.assertEqual(template.booking_terms_source, "Classes (of the company)")

    # --- in words

    def test_all_that_is_set_is_in_the_terms(self):
        """S1-21: undo, quiet hours, forgiveness, money: none of it typed."""
        self.policy.write(
            {
                "undo_minutes": 15,
                "has_quiet_hours": True,
                "forgiven_count": 2,
                "money_return": "credit",
                "no_show_percent": 10,
            }
        )
        for text in (
            "24 h before the start: 100 %",
            "4 h before the start: 50 %",
            "After the start: 10 %",
            "within 15 min after booking",
            "from 22:00 to 07:00 do not count",
            "2 late cancellations in 30 days are forgiven",
            "kept for you as credit",
            "the hours that were left when you moved count",
        ):
            self.assertIn(text, self.policy.terms)
        self.policy.money_return = "keep"
        self.assertIn("Deposits and what was paid in money", self.policy.terms)

    def test_what_was_agreed_stays(self):
        """S1-20: every new setting is copied to the booking."""
        self.policy.write({"undo_minutes": 30, "forgiven_count": 1})
        lot = self._buy()
        order = self._book(hours=5)
        terms = order.order_line[0]._get_booking_terms_text()
        self.policy.write(
            {
                "undo_minutes": 0,
                "forgiven_count": 0,
                "has_quiet_hours": True,
                "money_return": "keep",
            }
        )
        self.assertEqual(order.order_line[0]._get_booking_terms_text(), terms)
        self._cancel(order)
        self.assertEqual(lot.balance, 100)

    def test_terms_agreed_before_these_settings_existed(self):
        """S1-20: only tiers and the share after the start, as they were."""
        lot = self._buy()
        order = self._book(hours=5)
        order.order_line[0].sudo().booking_policy = {
            "policy_id": self.policy.id,
            "tiers": [[24, 100], [4, 50]],
            "no_show_percent": 0,
        }
        self.assertNotIn("money", order.order_line[0]._get_booking_terms_text())
        self._cancel(order)
        self.assertEqual(lot.balance, 95)

    # --- what it gives

    def test_booked_just_now_is_undone_for_free(self):
        """S1-35: 30 minutes, 5 hours before the class; said, and done."""
        self.policy.undo_minutes = 30
        lot = self._buy()
        order = self._book(hours=5)
        booked_on = fields.Datetime.to_datetime(
            order.order_line[0].booking_policy["booked_on"]
        )
        with freeze_time(booked_on + timedelta(minutes=30, seconds=1)):
            quote = order.order_line[0]._get_booking_cancel_quote()
            self.assertEqual(quote.percent, 50)
        with freeze_time(booked_on + timedelta(minutes=30)):
            said = self._cancel(order)
        self.assertIn("10 of 10 credits come back. Booked just now", said)
        self.assertEqual(lot.balance, 100)

    def test_nobody_undoes_a_class_that_has_begun(self):
        self.policy.undo_minutes = 600
        lot = self._buy()
        order = self._book(hours=1)
        with freeze_time(order.order_line[0].booking_start + timedelta(minutes=1)):
            self._cancel(order)
        self.assertEqual(lot.balance, 90)

    def test_quiet_hours_do_not_count(self):
        """S1-12: 13 h before on the clock, but 4 h that count: at the limit, half."""
        self.company.booking_credit_tz = "Europe/Paris"
        self.policy.has_quiet_hours = True
        lot = self._buy(
            self._create_pack("Ever", 100, 90.0, booking_credit_validity_unit="none")
        )
        order = self._book(hours=240)
        line = order.order_line[0]
        self.company.booking_horizon_days = 36500
        line.booking_start = datetime(2035, 1, 10, 8)  # 9:00 in Paris
        with freeze_time(datetime(2035, 1, 9, 19, 0, 1)):
            self.assertEqual(line._get_booking_cancel_quote().percent, 0)
        with freeze_time(datetime(2035, 1, 9, 19)):
            self._cancel(order)
        self.assertEqual(lot.balance, 95)

    def test_two_late_cancellations_are_forgiven(self):
        """S1-35: each says which one it is; the third costs; later they are free."""
        self.policy.forgiven_count = 2
        lot = self._buy()
        for number in (1, 2):
            said = self._cancel(self._book(hours=5))
            self.assertIn(f"forgiven: {number} of 2 in 30 days", said)
            self.assertEqual(lot.balance, 100)
        early = self._cancel(self._book(hours=48))
        self.assertNotIn("forgiven", early)
        self.assertIn("5 of 10", self._cancel(self._book(hours=5)))
        self.assertEqual(lot.balance, 95)
        with freeze_time(fields.Datetime.now() + timedelta(days=31)):
            self.assertIn("1 of 2", self._cancel(self._book(hours=5)))
        self.assertEqual(lot.balance, 95)

    def test_two_bookings_of_one_order_are_counted_one_after_the_other(self):
        """S1-35: what is shown for the whole order is what is posted."""
        self.policy.forgiven_count = 1
        lot = self._buy()
        start = fields.Datetime.now() + timedelta(hours=5)
        order = self._create_order(self.yoga, self.yoga, start=start)
        order.action_booking_credit_pay()
        order.action_confirm()
        said = self._cancel(order).splitlines()
        self.assertIn("10 of 10 credits come back. Late, and forgiven: 1 of 1", said[0])
        self.assertEqual(said[1], "Yoga: cancel now and 5 of 10 credits come back.")
        self.assertEqual(lot.balance, 95)

    def test_a_family_counts_together_and_others_do_not(self):
        self.policy.forgiven_count = 1
        home = self.env["res.partner"].create({"name": "Home", "is_company": True})
        self.anna.parent_id = home
        ben = home.create({"name": "Ben", "parent_id": home.id})
        eve = home.create({"name": "Eve"})
        lots = {who: self._buy(partner=who) for who in (self.anna, ben, eve)}
        for who, left in ((self.anna, 100), (ben, 95), (eve, 100)):
            self._cancel(self._book(hours=5, partner=who))
            self.assertEqual(lots[who].balance, left, who.name)

    def test_a_no_show_is_not_forgiven(self):
        self.policy.forgiven_count = 1
        lot = self._buy()
        order = self._book(hours=1)
        with freeze_time(order.order_line[0].booking_start + timedelta(minutes=5)):
            self._cancel(order)
        self.assertEqual(lot.balance, 90)

    def test_the_fee_product_gives_account_and_name(self):
        """The ledger and the books agree; the fee is income of that product."""
        income = self.company_data["default_account_revenue"].copy(
            {"name": "Late fees"}
        )
        fee = self._create_service("Late cancellation", 0, 0.0, booking_ok=False)
        fee.property_account_income_id = income
        self.policy.fee_product_id = fee
        self._buy()
        order = self._book(hours=5)
        self.policy.fee_product_id = False  # S1-20
        self._cancel(order)
        entries = self.env["booking.credit.posting"]._post_due(self.company)
        line = entries.move_id.line_ids.filtered(lambda x: x.account_id == income)
        self.assertRecordValues(line, [{"name": "Late cancellation", "balance": -4.5}])

    # --- escapes

    def test_moving_late_does_not_escape_the_term(self):
        """S1-12: 5 h before moved to next week, then cancelled: half, and said."""
        lot = self._buy()
        order = self._book(hours=5)
        line = order.order_line[0]
        line.with_user(self.front_desk).booking_start += timedelta(days=7)
        self.assertIn("5 h before its start", order.message_ids[0].body)
        said = self._cancel(order)
        self.assertEqual(
            said,
            "Yoga: cancel now and 5 of 10 credits come back. "
            "It was moved 5 h before its start: that time counts.",
        )
        self.assertEqual(lot.balance, 95)

    def test_moving_early_or_nearer_is_free(self):
        lot = self._buy()
        order = self._book(hours=48)
        order.order_line[0].booking_start += timedelta(days=1)
        self._cancel(order)
        order = self._book(hours=48)
        order.order_line[0].booking_start -= timedelta(hours=10)
        self._cancel(order)
        self.assertEqual(lot.balance, 100)

    def test_the_stricter_of_two_moves_counts(self):
        lot = self._buy()
        order = self._book(hours=5)
        line = order.order_line[0]
        line.booking_start += timedelta(days=7)
        with freeze_time(line.booking_start - timedelta(hours=3)):
            line.booking_start += timedelta(days=7)
            self._cancel(order)
        self.assertEqual(lot.balance, 90)

    def test_the_business_moves_without_harm(self):
        lot = self._buy()
        order = self._book(hours=5)
        line = tell(order.order_line[0], moved_by_business=True)
        line.booking_start += timedelta(days=7)
        self._cancel(order)
        self.assertEqual(lot.balance, 100)

    def test_a_booking_made_again_starts_afresh(self):
        lot = self._buy()
        order = self._book(hours=5)
        order.order_line[0].booking_start += timedelta(days=7)
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        balance = lot.balance
        order._action_cancel()
        self.assertEqual(lot.balance, balance + 10)

    def test_impossible_settings_are_refused(self):
        for vals in (
            {"undo_minutes": -1},
            {"quiet_from": 25},
            {"forgiven_count": 1, "forgiven_days": 0},
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                self.policy.write(vals)
                self.env.flush_all()

    def test_the_front_desk_does_not_set_terms(self):
        policy = self.env["booking.cancellation.policy"].with_user(self.front_desk)
        with self.assertRaises(AccessError):
            policy.create({"name": "Mine", "tier_ids": [Command.create({"hours": 1})]})
