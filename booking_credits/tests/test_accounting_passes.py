"""Unlimited passes: earned day by day, with a pause and a longer validity."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..exceptions import InsufficientCreditsError
from .test_accounting_example_table import ExampleCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestPassesEarned(ExampleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company._booking_credit_create_own_accounts()
        cls.accounts["pass"] = cls.company.booking_credit_pass_account_id
        cls.names[cls.accounts["pass"]] = "pass"
        cls.pass_pack = cls._create_pack(
            "Three months",
            0,
            120.0,
            booking_credit_unlimited=True,
            booking_credit_limit_dates=True,
            taxes_id=[Command.set(cls.vat.ids)],
        )

    def _sell_pass(self, last="2026-04-14"):
        with freeze_time("2026-01-15 09:00:00"):
            lot = self._buy(self.pass_pack)
            lot.sudo().valid_until = last
        return lot

    def _night(self, day):
        """Run the job of ``day``, and post what it earned."""
        with freeze_time(f"{day} 20:00:00"):
            lots = self.env["booking.credit.lot"]
            self._run_job_without_commit(lots._cron_earn_passes)
            return self._post_due()

    def test_13_a_pass_is_earned_by_the_day(self):
        """Section 3.3: 18.89, 31.11, 34.44 and 15.56; used every day or never.

        Acceptance test 13 of research.
        """
        lot = self._sell_pass()
        self.assertEqual(
            self._lines(lot.source_move_id),
            {"411": 120.0, "pass": -100.0, "vat": -20.0},
        )
        for day, amount, left in (
            ("2026-01-31", 18.89, 81.11),
            ("2026-02-28", 31.11, 50.0),
            ("2026-03-31", 34.44, 15.56),
            ("2026-04-14", 15.56, 0.0),
        ):
            with self.subTest(day=day):
                moves = self._night(day)
                self.assertEqual(self._lines(moves), {"pass": amount, "706": -amount})
                self.assertEqual(str(moves.date), day)
                self.assertAlmostEqual(lot.value, left)
                self.assertAlmostEqual(self._balance("pass"), left)
                self.assertFalse(self._night(day))
        with freeze_time("2026-04-15 02:00:00"):
            lot._expire()
        self.assertFalse(lot.is_open)

    def test_13_day_by_day_makes_the_same_sum(self):
        """No cent is lost over 17 nights: 18.89.

        Acceptance test 13 of research.
        """
        lot = self._sell_pass()
        for day in range(15, 32):
            self._night(f"2026-01-{day}")
        self.assertEqual(lot.value, 81.11)
        with freeze_time("2026-02-10 08:00:00"):
            self._book(hours=1)
            self.assertEqual(lot.value, 81.11)

    def test_13_a_pass_that_nobody_looked_at_is_earned_when_it_ends(self):
        """Income of the service, not of expired credits.

        Acceptance test 13 of research.
        """
        lot = self._sell_pass()
        with freeze_time("2026-04-15 02:00:00"):
            moves = lot._expire().move_id
        self.assertEqual(self._lines(moves), {"pass": 100.0, "706": -100.0})

    def test_13_a_pause_moves_the_end_and_earns_nothing(self):
        """Ten days of rest in February: nothing meanwhile, the same sum at the end.

        Acceptance test 13 of research.
        """
        lot = self._sell_pass()
        self._night("2026-01-31")
        with freeze_time("2026-02-01 08:00:00"):
            with self.assertRaises(AccessError):
                lot.with_user(self.front_desk).pause("2026-02-01", "2026-02-10", "ill")
            lot.pause("2026-02-01", "2026-02-10", "broken arm")
        self.assertEqual(lot.valid_until, date(2026, 4, 24))
        self.assertFalse(self._night("2026-02-10"))
        with freeze_time("2026-02-05 08:00:00"):
            with self.assertRaisesRegex(InsufficientCreditsError, "rests from"):
                self._book(hours=1)
            with self.assertRaisesRegex(UserError, "rests.*already"):
                lot.pause("2026-03-01", "2026-03-02", "again")
        # 81.11 for 73 days: 18 of them in February
        moves = self._night("2026-02-28")
        self.assertEqual(self._lines(moves), {"pass": 20.0, "706": -20.0})
        self._night("2026-04-24")
        self.assertEqual(lot.value, 0.0)

    def test_13_a_longer_validity_changes_only_what_is_to_come(self):
        """50.00 on 28 February; 45 days become 90: half as much a day.

        Acceptance test 13 of research.
        """
        lot = self._sell_pass()
        self._night("2026-02-28")
        self.assertEqual(lot.value, 50.0)
        with freeze_time("2026-03-01 08:00:00"):
            lot.sudo().valid_until = "2026-05-29"
        moves = self._night("2026-03-31")
        self.assertEqual(self._lines(moves), {"pass": 17.22, "706": -17.22})
        self._night("2026-05-29")
        self.assertEqual(lot.value, 0.0)

    def test_13_a_company_that_posts_by_month_earns_by_month(self):
        """One entry for January, none on an ordinary day.

        Acceptance test 13 of research.
        """
        self.company.booking_credit_posting_mode = "monthly"
        lot = self._sell_pass()
        self._night("2026-01-20")
        self.assertEqual(lot.value, 100.0)
        self._night("2026-01-31")
        self.assertEqual(lot.value, 81.11)

    def test_13_half_of_a_pass_is_refunded(self):
        """What is not earned yet goes back, with its VAT; then nothing is earned.

        Acceptance test 13 of research.
        """
        lot = self._sell_pass()
        self._night("2026-02-28")
        with freeze_time("2026-03-01 08:00:00"):
            note = lot.source_move_id._reverse_moves([{"invoice_date": "2026-03-01"}])
            note.invoice_line_ids.quantity = 0.5
            note.action_post()
        self.assertEqual(self._lines(note), {"411": -60.0, "pass": 50.0, "vat": 10.0})
        self.assertEqual(lot.value, 0.0)
        self.assertFalse(self._night("2026-03-31"))
