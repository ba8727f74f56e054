from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from ..exceptions import InsufficientCreditsError
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestVerbs(BookingCreditsCommon):
    """What can be done with lots beside selling and booking."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bob = cls.env["res.partner"].create({"name": "Bob"})
        cls.lots = cls.env["booking.credit.lot"]

    # --- holds

    def test_a_hold_is_not_available_to_others(self):
        """S1-08: 200 credits, 170 held: 30 available, 50 refused."""
        lot = self._buy(self._create_pack("200", 200, 200.0))
        lot.hold(170, self.yoga, reason="waiting list")
        self.assertRecordValues(
            lot, [{"balance": 200, "held": 170, "available": 30, "value": 200.0}]
        )
        with self.assertRaises(InsufficientCreditsError):
            lot.redeem(50, self.yoga, reason="walk-in")

    def test_a_hold_is_released_once(self):
        """S1-09: no seat: credits released."""
        lot = self._buy()
        hold = lot._hold(70, self.yoga)
        lot._release(hold)
        self.assertFalse(lot._release(hold))
        self.assertRecordValues(lot, [{"held": 0, "available": 100}])

    def test_a_hold_is_spent_on_the_lots_that_it_chose(self):
        lot = self._buy()
        hold = lot._hold(10, self.yoga)
        spent = lot._redeem_held(hold, key="h")
        self.assertEqual(lot._redeem_held(hold, key="h"), spent)
        self.assertRecordValues(lot, [{"balance": 90, "held": 0, "value": 81.0}])
        with self.assertRaises(InsufficientCreditsError):
            lot._redeem_held(hold)

    def test_a_lapsed_hold_counts_no_more(self):
        lot = self._buy()
        until = fields.Datetime.now() + timedelta(minutes=15)
        hold = lot._hold(100, self.yoga, until=until)
        self.assertEqual(lot.available, 0)
        with freeze_time(until + timedelta(minutes=1)):
            lot.invalidate_recordset()
            self.assertEqual(lot.available, 100)
            with self.assertRaises(InsufficientCreditsError):
                lot._redeem_held(hold)
            lot._redeem(60, self.yoga)
        self.assertRecordValues(lot, [{"balance": 40, "held": 0}])

    def test_the_job_releases_lapsed_holds(self):
        lot = self._buy()
        until = fields.Datetime.now() + timedelta(minutes=15)
        lot._hold(100, self.yoga, until=until)
        with freeze_time(until + timedelta(minutes=1)), self.enter_registry_test_mode():
            self.env.ref(
                "booking_credits.ir_cron_release_holds"
            ).method_direct_trigger()
        self.assertEqual(lot.held, 0)

    # --- corrections

    def test_staff_add_and_take_with_a_reason(self):
        """S0-13, S1-29: one movement with author and reason, never below zero."""
        lot = self._buy()
        entry = lot.adjust(3, "goodwill")
        self.assertRecordValues(entry, [{"quantity": 3, "reason": "goodwill"}])
        self.assertRecordValues(lot, [{"balance": 103, "value": 90.0}])
        lot.adjust(-53, "entered twice")
        self.assertEqual(lot.balance, 50)
        with self.assertRaises(UserError):
            lot.adjust(1, " ")
        with self.assertRaises(InsufficientCreditsError):
            lot.adjust(-51, "too much")

    def test_the_same_correction_is_made_once(self):
        lot = self._buy()
        first = lot.adjust(5, "gift", key="once")
        self.assertEqual(lot.adjust(5, "gift", key="once"), first)
        self.assertEqual(lot.balance, 105)

    def test_only_managers_correct(self):
        lot = self._buy().with_user(self.front_desk)
        for call in (
            lambda: lot.adjust(1, "x"),
            lambda: lot.transfer(1, self.bob, "x"),
            lambda: lot.reset(1),
            lambda: lot.reactivate(fields.Date.today()),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_a_transfer_moves_units_and_debt(self):
        """S2-24: the credits of one customer used by another, logged on both."""
        lot = self._buy()
        entries = lot.transfer(10, self.bob, "a present")
        new = entries.lot_id - lot
        self.assertRecordValues(lot, [{"balance": 90, "value": 81.0}])
        self.assertRecordValues(
            new, [{"balance": 10, "value": 9.0, "partner_id": self.bob.id}]
        )
        self.assertEqual(new.valid_until, lot.valid_until)
        self.assertEqual(set(entries.mapped("posting_state")), {"posted"})
        balances = entries.move_id.line_ids.mapped("balance")
        self.assertEqual(sorted(balances), [-9.0, 9.0])
        with self.assertRaises(UserError):
            lot.transfer(10, self.anna, "to herself")

    def test_a_reset_sets_the_level(self):
        """S0-16: 3 becomes 8, not 11; twice gives the same."""
        lot = self._buy(self._create_pack("3", 3, 3.0))
        lot.reset(8)
        lot.reset(8)
        self.assertRecordValues(lot, [{"balance": 8, "value": 3.0}])
        self.assertEqual(len(lot.entry_ids), 2)

    # --- reactivation

    def test_a_new_purchase_brings_back_what_expired(self):
        """S1-33: expired 40 + new 100 = 140; the breakage is reversed."""
        self.company.booking_credit_reactivate = True
        old = self._buy()
        old._redeem(60, self.yoga)
        with freeze_time(old.valid_until + timedelta(days=5)):
            old._expire()
            self.assertEqual((old.balance, old.value), (0, 0))
            new = self._buy()
            self.assertRecordValues(old, [{"balance": 40, "value": 36.0}])
            self.assertEqual(old.valid_until, new.valid_until)
            usable = self.lots._get_usable_lots(self.anna, self.company)
            self.assertEqual(sum(usable.mapped("available")), 140)

    def test_reactivation_has_a_limit(self):
        """S1-34: an optional cap on what comes back."""
        self.company.booking_credit_reactivate = True
        self.company.booking_credit_reactivate_limit = 10
        old = self._buy()
        with freeze_time(old.valid_until + timedelta(days=5)):
            old._expire()
            self._buy()
            self.assertRecordValues(old, [{"balance": 10, "value": 9.0}])

    def test_without_the_switch_nothing_comes_back(self):
        old = self._buy()
        with freeze_time(old.valid_until + timedelta(days=5)):
            old._expire()
            self._buy()
            self.assertEqual(old.balance, 0)

    # --- kinds

    def test_unlimited_credits_are_never_short(self):
        """S0-30: 50 bookings, never asked to buy; the balance says unlimited."""
        lot = self._buy(
            self._create_pack(
                "Friend",
                0,
                5.0,
                booking_credit_unlimited=True,
                booking_credit_validity_unit="none",
            )
        )
        for _n in range(5):
            lot._redeem(100, self.yoga)
        self.assertEqual(self.anna.booking_credit_summary, "unlimited")
        self.assertTrue(lot.is_open)

    def test_a_pass_pays_only_within_its_dates(self):
        """S0-32, S0-33: a pass with an end needs the limit on dates."""
        values = {"booking_credit_unlimited": True, "booking_credit_validity": 1}
        with self.assertRaises(ValidationError):
            self._create_pack("Pass", 0, 50.0, **values)
        values["booking_credit_limit_dates"] = True
        lot = self._buy(self._create_pack("Pass", 0, 50.0, **values))
        last = fields.Datetime.to_datetime(lot.valid_until)
        today = self.company._booking_credit_today()
        self.assertFalse(lot._get_refusal(self.yoga, today, last))
        refusal = lot._get_refusal(self.yoga, today, last + timedelta(days=1))
        self.assertIn("pays only bookings from", refusal)
        with freeze_time(lot.valid_until + timedelta(days=1)):
            lot._expire()
            self.assertRecordValues(lot, [{"is_open": False, "value": 0}])

    def test_a_cap_refuses_the_second_booking_of_a_day(self):
        """S0-31: other limits still apply to unlimited credits."""
        self._buy(
            self._create_pack(
                "Pass",
                0,
                50.0,
                booking_credit_unlimited=True,
                booking_credit_limit_dates=True,
                booking_credit_cap_day=1,
            )
        )
        self._book(hours=48)
        with self.assertRaisesRegex(InsufficientCreditsError, "a day"):
            self._book(hours=48)
        self._book(hours=72)

    def test_a_cancelled_booking_frees_the_cap(self):
        self._buy(
            self._create_pack(
                "Day",
                9,
                9.0,
                booking_credit_cap_day=1,
                booking_credit_measure="session",
            )
        )
        order = self._book(hours=48)
        with self.assertRaisesRegex(InsufficientCreditsError, "a day"):
            self._book(hours=48)
        order._action_cancel()
        self.assertEqual(self._book(hours=48).state, "sale")

    def test_bookings_can_be_limited_to_the_validity(self):
        """S0-26, S0-27: off: any date; on: only dates within. A term of what is sold."""
        free = self._buy()
        self.company.booking_credit_limit_dates = True
        bound = self._buy()
        after = fields.Datetime.to_datetime(bound.valid_until) + timedelta(days=1)
        today = self.company._booking_credit_today()
        self.assertFalse(free._get_refusal(self.yoga, today, after))
        self.assertTrue(bound._get_refusal(self.yoga, today, after))
        self.company.booking_credit_limit_dates = False
        self.assertFalse(free._get_refusal(self.yoga, today, after))
        self.assertTrue(bound._get_refusal(self.yoga, today, after))

    def test_validity_can_run_from_the_first_use(self):
        lot = self._buy(
            self._create_pack(
                "Later",
                10,
                10.0,
                booking_credit_starts="first_use",
                booking_credit_validity_unit="days",
                booking_credit_validity=30,
            )
        )
        self.assertFalse(lot.valid_until)
        lot._redeem(1, self.yoga)
        today = self.company._booking_credit_today()
        self.assertEqual(lot.valid_until, today + timedelta(days=30))

    def test_fractions_of_credits(self):
        """S3-04, "1.5 credits": fractions are kept exactly."""
        half = self._create_service("Half", 1.5, 15.0)
        lot = self._buy(self._create_pack("3", 3, 30.0))
        self._book(half)
        self.assertRecordValues(lot, [{"balance": 1.5, "value": 15.0}])

    # --- money

    def _buy_money(self, amount, **values):
        pack = self._create_pack(
            "Customer credit",
            1,
            amount,
            booking_credit_measure="money",
            booking_credit_validity_unit="none",
            booking_credit_vat_kind="multi",
        )
        return self._buy(pack, **values)

    def test_money_credit_pays_a_part(self):
        """S0-10, S0-15, S2-12: balance 5.00, class 20.00: the customer pays 15.00."""
        lot = self._buy_money(5.0)
        self.assertRecordValues(
            lot, [{"balance": 5.0, "value": 5.0, "valid_until": False}]
        )
        mat = self._create_service("Mat", 0, 20.0, booking_ok=False)
        order = self._create_order(mat)
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 15.0)
        invoice = self._invoice(order)
        self.assertEqual((invoice.amount_total, invoice.amount_residual), (20.0, 15.0))
        self.assertEqual(lot.balance, 0)

    def test_money_comes_back_from_a_cancelled_order(self):
        """S2-18: the whole amount is there again."""
        lot = self._buy_money(50.0)
        mat = self._create_service("Mat", 0, 20.0, booking_ok=False)
        order = self._create_order(mat)
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(lot.balance, 30.0)
        order._action_cancel()
        self.assertEqual(lot.balance, 50.0)

    def test_the_beneficiary_receives_the_credits(self):
        """S2-08: Marie's balance, Paul's invoice."""
        lot = self._buy_money(50.0, booking_credit_beneficiary_id=self.bob.id)
        self.assertEqual(lot.partner_id, self.bob)
        self.assertEqual(lot.source_move_id.partner_id, self.anna)

    # --- vouchers

    def test_a_voucher_is_used_by_who_claims_it(self):
        """S2-13: a right to an activity, whatever its later price."""
        lot = self._buy(
            self._create_pack(
                "Gift",
                1,
                40.0,
                booking_credit_measure="session",
                booking_credit_voucher=True,
            )
        )
        self.assertEqual(len(lot.code), 12)
        self.assertFalse(self.lots._get_usable_lots(self.anna, self.company))
        self.lots.claim(lot.code.lower(), self.bob)
        self.yoga.list_price = 45.0
        order = self._book(partner=self.bob)
        self.assertEqual(order.amount_total, 0)
        with self.assertRaisesRegex(UserError, "claimed already"):
            self.lots.claim(lot.code, self.anna)
        with self.assertRaisesRegex(UserError, "no gift voucher"):
            self.lots.claim("NOSUCHCODE12", self.anna)

    # --- sign-up

    def test_starting_credit_is_given_once(self):
        """S0-14: one credit at sign-up."""
        self.company.booking_credit_signup_quantity = 10
        lots = self.bob._grant_booking_signup_credits(self.company)
        self.assertRecordValues(lots, [{"balance": 10, "origin": "signup"}])
        self.assertFalse(self.bob._grant_booking_signup_credits(self.company))
        self._book(partner=self.bob)
        self.assertEqual(lots.balance, 0)

    # --- what must not happen

    def test_fractions_leave_no_dust(self):
        """S0-03: three packs of 0.7 pay exactly three bookings at 0.7."""
        lot = self._buy(self._create_pack("0.7", 0.7, 5.0), product_uom_qty=3)
        self.assertEqual(lot.balance, 2.1)
        swim = self._create_service("Swim", 0.7, 2.0)
        order = self._create_order(swim, product_uom_qty=3)
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertRecordValues(lot, [{"balance": 0, "value": 0, "is_open": False}])
        self.env.cr.execute(
            "SELECT quantity::text FROM booking_credit_entry WHERE lot_id = %s "
            "ORDER BY id LIMIT 1",
            lot.ids,
        )
        self.assertEqual(self.env.cr.fetchone(), ("2.10",))

    def test_a_key_counts_even_if_nothing_had_to_move(self):
        """S2-19: reset to 8 where 8 are; use 3; the repeated call moves nothing."""
        lot = self.lots.grant(self.anna, 8, "gift").lot_id
        self.assertFalse(lot.reset(8, key="2026-11"))
        lot._redeem(3, self.yoga)
        self.assertFalse(lot.reset(8, key="2026-11"))
        self.assertEqual(lot.balance, 5)
        hold = lot._hold(2, self.yoga)
        lot._release(hold)
        self.assertFalse(self.lots.release(hold.ids, key="again"))
        self.assertFalse(self.lots.release(hold.ids, key="again"))
        until = fields.Date.today() + timedelta(days=9)
        self.assertFalse(lot.reactivate(until, key="late"))
        self.assertFalse(lot.reactivate(until, key="late"))

    def test_an_unlimited_lot_has_no_level(self):
        """S0-30: nothing to reset."""
        lot = self.lots.grant(self.anna, 0, "friend", unlimited=True).lot_id
        with self.assertRaisesRegex(UserError, "unlimited"):
            lot.reset(8)

    def test_verbs_take_ids_as_remote_callers_give_them(self):
        lot = self.lots.grant(self.anna, 8, "gift").lot_id
        lot.redeem(1, self.yoga.id, reason="walk-in")
        lot.hold(1, self.yoga.id, reason="by phone")
        lot.transfer(1, self.bob.id, "gift")
        self.assertRecordValues(lot, [{"balance": 6, "held": 1}])

    # --- what comes back late brings nothing else back

    def _pack_of_three_days(self, **values):
        return self._create_pack(
            "Short",
            100,
            90.0,
            booking_credit_validity_unit="days",
            booking_credit_validity=3,
            **values,
        )

    def test_a_late_return_brings_back_only_itself(self):
        """S0-29: 90 expired unused, the job has not run, 10 come back: 10 usable."""
        lot = self._buy(
            self._pack_of_three_days(
                booking_credit_late_return="extend", booking_credit_grace_days=7
            )
        )
        order = self._book(hours=120)
        with freeze_time(lot.valid_until + timedelta(days=1)):
            self.env.invalidate_all()
            order._action_cancel()
            self.assertRecordValues(lot, [{"balance": 10, "state": "usable"}])
            self.assertAlmostEqual(lot.value, 9.0)

    def test_the_limit_of_reactivation_counts_what_was_not_swept(self):
        """S1-34: limit 10, 100 expired and not written off yet: 10 come back."""
        self.company.booking_credit_reactivate = True
        self.company.booking_credit_reactivate_limit = 10
        pack = self._pack_of_three_days()
        old = self._buy(pack)
        with freeze_time(old.valid_until + timedelta(days=1)):
            self.env.invalidate_all()
            self._buy(pack)
            self.assertRecordValues(old, [{"balance": 10, "value": 9.0}])

    def test_a_pack_that_runs_from_first_use_gives_old_credits_an_end(self):
        """S1-33: they live as long as the new pack would if it were used today."""
        self.company.booking_credit_reactivate = True
        old = self._buy(self._pack_of_three_days())
        pack = self._create_pack(
            "First use",
            10,
            9.0,
            booking_credit_validity_unit="days",
            booking_credit_validity=30,
            booking_credit_starts="first_use",
        )
        with freeze_time(old.valid_until + timedelta(days=1)):
            self.env.invalidate_all()
            new = self._buy(pack)
            self.assertFalse(new.valid_until)
            today = self.company._booking_credit_today()
            self.assertTrue(old.valid_until)
            self.assertGreater(old.valid_until, today)
            self.assertLessEqual(old.valid_until, today + timedelta(days=30))

    def test_the_provider_s_cancellation_says_what_came_back(self):
        """S2-03: 10 came back to an expired lot: the note does not say nothing."""
        lot = self._buy(self._pack_of_three_days())
        order = self._book(hours=120)
        with freeze_time(lot.valid_until + timedelta(days=1)):
            self.env.invalidate_all()
            booking = order.order_line.filtered("booking_ok")
            effects = order._get_provider_cancel_effects(booking)
            order._cancel_by_provider(booking, "storm")
            self.assertRecordValues(lot, [{"balance": 10, "state": "usable"}])
        notes = " ".join(body for body in order.message_ids.mapped("body") if body)
        self.assertIn("10 of 10 credits", notes)
        self.assertNotIn("0 of 10 credits", notes.replace("10 of 10", ""))
        self.assertIn("10 of 10 credits", " ".join(effects))

    def test_an_order_can_be_cancelled_after_a_gift_on_top(self):
        """S2-16: 100 sold, 5 given: the 100 go back, the gift stays."""
        lot = self._buy()
        lot.adjust(5, "goodwill")
        order = lot.source_line_id.sale_line_ids.order_id
        order._action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertRecordValues(lot, [{"balance": 5, "value": 0}])
