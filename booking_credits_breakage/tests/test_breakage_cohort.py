from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from odoo.addons.booking_credits.exceptions import (
    CreditsMovedError,
    LedgerImmutableError,
)
from odoo.addons.booking_credits.tests.test_accounting_example_table import (
    ExampleCommon,
)


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestBreakageCohort(ExampleCommon):
    """Breakage in proportion to use, by estimate (IFRS 15.B46)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.booking_credit_breakage_method = "proportional"
        cls.company.booking_credit_breakage_percent = 20.0
        cls.contra = cls.company._get_booking_credit_account("breakage_contra")
        cls.accounts["contra"] = cls.contra
        cls.names[cls.contra] = "contra"
        cls.cohorts = cls.env["booking.credit.cohort"].with_user(cls.accountant)

    def _sell(self, kind="single", partner=None, day="2026-01-05"):
        """Sell one pack on ``day``; return its lot, with its estimate."""
        with freeze_time(f"{day} 09:00:00"):
            lot = self._buy(self.packs[kind], partner=partner)
        lot.sudo().valid_until = "2026-12-31"
        self.cohorts._assign_lots(self.company)
        return lot

    def _use(self, number, month, partner=None):
        for day in range(1, number + 1):
            with freeze_time(f"2026-{month:02}-{day:02} 08:00:00"):
                self._book(hours=2, partner=partner)
            with freeze_time(f"2026-{month:02}-{day:02} 22:00:00"):
                self._post_due()

    def _recognise(self, day):
        """Recognise as the accountant does, on the evening of ``day``."""
        with freeze_time(f"{day} 23:00:00"):
            return self.cohorts.search([]).recognise(day)

    def assertExplained(self, day=None):
        """Both ledgers are proven, the account for breakage in advance as well."""
        run = self.env["booking.credit.tie.out"]._run(
            self.company, date.fromisoformat(day) if day else None
        )
        self.assertEqual(run.result, "green", run.line_ids.mapped("reason"))
        steps = self.env["booking.credit.cohort.step"].search([])
        self.assertEqual(
            round(sum(steps.mapped("amount")), 2), -self._balance("contra") + 0.0
        )
        return run

    def test_20_proportional_breakage_and_catch_up(self):
        """Acceptance test 20 of research, with the numbers of its section 1.2."""
        lot = self._sell()
        cohort = lot.cohort_id.with_user(self.accountant)
        self.assertRecordValues(
            cohort,
            [{"month": date(2026, 1, 1), "percent": 20.0, "sold": 100.0}],
        )
        self._use(5, month=2)
        move = self._recognise("2026-02-28")
        self.assertEqual(self._lines(move), {"contra": 12.5, "breakage": -12.5})
        self.assertEqual(str(move.date), "2026-02-28")
        with freeze_time("2026-02-28 23:30:00"):
            cohort.invalidate_recordset()
            self.assertRecordValues(
                cohort,
                [{"left": 50.0, "recognised": 12.5, "carrying": 37.5, "due": 0.0}],
            )
        run = self.assertExplained("2026-02-28")
        self.assertEqual((run.ledger, run.books), (37.5, 37.5))
        # two more are used, and the estimate falls to 10 %
        self._use(2, month=3)
        cohort.percent = 10.0
        move = self._recognise("2026-03-31")
        self.assertEqual(self._lines(move), {"contra": -4.72, "breakage": 4.72})
        step = cohort.step_ids.sorted("number")[-1:]
        # 20 % would have made 17.50 of it: what follows from the estimate alone
        self.assertRecordValues(
            step, [{"amount": -4.72, "catch_up": -9.72, "percent": 10.0}]
        )
        self.assertExplained()
        self._use(1, month=4)
        with freeze_time("2027-01-01 02:00:00"):
            expiry = lot._expire().move_id
        self.assertEqual(self._lines(expiry), {"single": 20.0, "breakage": -20.0})
        back = cohort.step_ids.sorted("number")[-1:].move_id
        self.assertEqual(self._lines(back), {"contra": -7.78, "breakage": 7.78})
        # 12.50 - 4.72 + 20.00 - 7.78: as much as has expired
        self.assertEqual(self._balance("breakage"), 20.0)
        self.assertEqual(self._balance("contra"), 0.0)
        self.assertExplained()

    def test_what_is_used_beyond_the_estimate_takes_it_back(self):
        """Never is more recognised than what is left, not for a day."""
        cohort = self._sell().cohort_id
        self._use(8, month=2)
        self._recognise("2026-02-28")
        self.assertEqual(-self._balance("contra"), 20.0)
        for number, left in ((1, 10.0), (1, 0.0)):
            self._use(number, month=3 if left else 4)
            self.assertEqual(-self._balance("contra") + 0.0, left)
            self.assertExplained()
        self.assertEqual(self._balance("breakage"), 0.0)
        self.assertEqual(cohort.recognised, 0.0)

    def test_a_customer_s_credits_stay_as_they_are(self):
        """The estimate alters no balance, and can be used to the last credit."""
        lot = self._sell("multi")
        self._use(4, month=2)
        move = self._recognise("2026-02-28")
        # multi-purpose: gross, and no VAT on what nobody uses
        self.assertEqual(self._lines(move), {"contra": 12.0, "breakage": -12.0})
        self.assertEqual((lot.balance, lot.value), (6, 72.0))
        self.assertEqual(self._balance("multi", partner=self.anna), 72.0)
        self.assertFalse(move.line_ids.tax_ids)

    def test_transferred_credits_stay_with_their_packs(self):
        lot = self._sell()
        with freeze_time("2026-01-22 09:00:00"):
            gift = lot.transfer(4, self.bob, "friends").lot_id - lot
            again = gift.transfer(1, self.anna, "back").lot_id - gift
        self.assertEqual((gift | again).cohort_id, lot.cohort_id)
        self._use(2, month=2, partner=self.bob)
        self._recognise("2026-02-28")
        self.assertEqual(lot.cohort_id.recognised, 5.0)
        self.assertEqual(lot.cohort_id.sold, 100.0)

    def test_transfers_of_before_the_first_run_are_found(self):
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(self.packs["single"])
            gift = lot.transfer(4, self.bob, "friends").lot_id - lot
            again = gift.transfer(1, self.anna, "back").lot_id - gift
        self.assertFalse((lot | gift | again).cohort_id)
        self.cohorts._assign_lots(self.company)
        self.assertEqual(len((lot | gift | again).cohort_id), 1)
        self.assertTrue(again.cohort_id)

    def test_what_was_refunded_is_no_part_of_it(self):
        lot = self._sell()
        self._use(4, month=2)
        with freeze_time("2026-02-20 09:00:00"):
            lot.refund(5, "asked for it")
        self._recognise("2026-02-28")
        # 50.00 are left of the sale, 40.00 are used: 10.00 at most
        self.assertEqual(lot.cohort_id.sold, 50.0)
        self.assertEqual(lot.cohort_id.recognised, 10.0)
        self.assertExplained()

    def test_the_job_does_the_month_that_is_over_once(self):
        """It goes on where it stopped, and posts nothing twice."""
        self._sell()
        self._sell(day="2026-02-02", partner=self.bob)
        self._use(5, month=3)
        self._use(5, month=3, partner=self.bob)
        steps = self.env["booking.credit.cohort.step"]
        with freeze_time("2026-04-01 03:00:00"):
            self._run_job_without_commit(self.cohorts.sudo()._cron_recognise, 1)
            self.assertEqual(steps.search([]).mapped("amount"), [12.5, 12.5])
            self.assertEqual(
                set(steps.search([]).mapped("posted_date")), {date(2026, 3, 31)}
            )
            self._run_job_without_commit(self.cohorts.sudo()._cron_recognise)
            self.assertEqual(len(steps.search([])), 2)
        self.assertExplained()

    def test_a_month_that_is_done_late_changes_no_later_sum(self):
        """March is done after a run in April: April is what it should be."""
        lot = self._sell()
        self._use(2, month=3)
        self._use(2, month=4)
        self._recognise("2026-04-15")
        self.assertEqual(lot.cohort_id.recognised, 10.0)
        with freeze_time("2026-04-20 09:00:00"):
            self.cohorts.search([]).recognise("2026-03-31")
        self.assertEqual(-self._balance("contra", "2026-03-31"), 5.0)
        self.assertEqual(-self._balance("contra"), 10.0)
        self.assertExplained()

    def test_a_locked_month_takes_nothing_and_nothing_is_done_twice(self):
        lot = self._sell()
        self._use(5, month=2)
        self.company.sudo().fiscalyear_lock_date = "2026-02-28"
        with freeze_time("2026-03-10 09:00:00"):
            cohorts = self.cohorts.search([])
            move = cohorts.recognise("2026-02-28")
            self.assertEqual(move.date, date(2026, 3, 1))
            self.assertFalse(cohorts.recognise("2026-02-28"))
        self.assertEqual(lot.cohort_id.recognised, 12.5)
        run = self.env["booking.credit.tie.out"]._run(self.company, date(2026, 2, 28))
        self.assertEqual((run.result, run.line_ids.reason), ("green", "period"))
        self.assertExplained()

    def test_a_posting_by_hand_on_its_account_is_found(self):
        self._sell()
        self._use(5, month=2)
        self._recognise("2026-02-28")
        values = [(self.contra.id, -3.0), (self.accounts["breakage"].id, 3.0)]
        move = self.env["account.move"].create(
            {
                "date": "2026-02-28",
                "line_ids": [
                    (0, 0, {"account_id": account, "balance": amount})
                    for account, amount in values
                ],
            }
        )
        move.action_post()
        run = self.env["booking.credit.tie.out"]._run(self.company)
        self.assertEqual(run.result, "red")
        self.assertRecordValues(
            run.line_ids,
            [{"reason": "manual", "document": move.name, "difference": 3.0}],
        )
        move.button_draft()
        self.assertExplained()

    def test_what_was_recognised_stays(self):
        cohort = self._sell().cohort_id
        self._use(5, month=2)
        move = self._recognise("2026-02-28")
        with self.assertRaisesRegex(CreditsMovedError, "breakage was recognised"):
            move.button_draft()
        with self.assertRaises(LedgerImmutableError):
            cohort.step_ids.sudo().amount = 1.0
        with self.assertRaises(LedgerImmutableError):
            cohort.step_ids.sudo().unlink()
        with self.assertRaises(LedgerImmutableError):
            cohort.sudo().unlink()
        with self.assertRaises(LedgerImmutableError):
            cohort.with_user(self.accountant).month = "2025-01-01"

    def test_the_estimate_of_the_month_before_is_the_first_guess(self):
        january = self._sell().cohort_id
        january.percent = 15.0
        self.assertEqual(self._sell(day="2026-03-01").cohort_id.percent, 15.0)
        multi = self._sell("multi", day="2026-03-01")
        self.assertEqual(multi.cohort_id.percent, 20.0)

    def test_the_history_of_the_pack_is_beside_the_estimate(self):
        """Also of packs that were sold before there were estimates."""
        self.company.booking_credit_breakage_method = "on_expiry"
        with freeze_time("2025-01-05 09:00:00"):
            old = self._buy(self.packs["single"])
        with freeze_time("2025-01-06 09:00:00"):
            self._book(hours=2)
        with freeze_time("2025-01-07 09:00:00"):
            self._post_due()
            old.sudo().valid_until = "2025-01-06"
            old._expire()
        self.company.booking_credit_breakage_method = "proportional"
        cohort = self._sell().cohort_id
        self.assertFalse(old.cohort_id)
        self.assertRecordValues(cohort, [{"history_count": 1, "history_rate": 0.9}])

    def test_changes_of_the_estimate_are_told_in_the_chatter(self):
        cohort = self._sell().cohort_id.with_user(self.accountant)
        cohort = cohort.with_context(tracking_disable=False, mail_notrack=False)
        self.env.flush_all()
        self.cr.precommit.clear()
        cohort.write({"percent": 12.5, "note": "Average of 2025"})
        before = self.cr.precommit.data["mail.tracking.booking.credit.cohort"]
        self.assertEqual(before[cohort.id], {"percent": 20.0, "note": False})
        cohort._track_finalize()
        message = cohort.message_ids[0]
        tracked = message.sudo().tracking_value_ids.field_id
        self.assertEqual(set(tracked.mapped("name")), {"note", "percent"})
        self.assertEqual(message.author_id, self.accountant.partner_id)

    def test_an_estimate_of_all_is_refused(self):
        cohort = self._sell().cohort_id
        for record, field in (
            (cohort, "percent"),
            (self.company, "booking_credit_breakage_percent"),
        ):
            for percent in (100.0, -1.0):
                with self.assertRaisesRegex(ValidationError, "less than 100"):
                    record[field] = percent

    def test_the_dialog_shows_the_sum_and_posts_it(self):
        self._sell()
        self._use(5, month=2)
        with freeze_time("2026-03-04 09:00:00"):
            wizard = self.env["booking.credit.cohort.recognise"]
            form = Form(wizard.with_user(self.accountant))
            self.assertEqual(form.date, date(2026, 2, 28))
            self.assertEqual((form.cohort_count, form.due), (1, 12.5))
            action = form.save().action_apply()
            move = self.env["account.move"].search(action["domain"])
            self.assertEqual(self._lines(move), {"contra": 12.5, "breakage": -12.5})
            with self.assertRaisesRegex(UserError, "nothing is to be recognised"):
                Form(wizard.with_user(self.accountant)).save().action_apply()

    def test_a_day_to_come_is_refused(self):
        self._sell()
        with freeze_time("2026-02-10 09:00:00"):
            with self.assertRaisesRegex(UserError, "nothing was used on"):
                self.cohorts.search([]).recognise("2026-02-28")

    def test_only_accountants_recognise(self):
        cohort = self._sell().cohort_id
        manager = new_test_user(
            self.env,
            "studio_head",
            groups="booking_credits.booking_credits_group_manager",
            company_id=self.company.id,
        )
        self.assertTrue(cohort.with_user(manager).sold)
        with self.assertRaises(AccessError):
            cohort.with_user(manager).recognise("2026-01-31")
        with self.assertRaises(AccessError):
            cohort.with_user(manager).percent = 5.0
        with self.assertRaises(AccessError):
            cohort.with_user(self.front_desk).read(["percent"])
        action = self.cohorts.action_open()
        self.assertEqual(action["res_model"], "booking.credit.cohort")

    def test_another_company_s_estimates_are_not_read(self):
        cohort = self._sell().cohort_id
        other = self._create_company(name="Other")
        stranger = new_test_user(
            self.env,
            "other_bookkeeper",
            groups="account.group_account_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        found = self.env["booking.credit.cohort"].with_user(stranger).search([])
        self.assertNotIn(cohort, found)
        with self.assertRaises(AccessError):
            cohort.with_user(stranger).read(["percent"])

    def test_the_report_shows_it_beside_what_became_of_the_packs(self):
        self._sell()
        self._use(5, month=2)
        self._recognise("2026-02-28")
        report = self.env["booking.credit.breakage"].with_user(self.accountant)
        options = {"date_from": "2026-01-01", "date_to": "2026-02-28", "of": "value"}
        table = report.get_report(options)
        rows = table["sections"][0]["rows"]
        for row in (rows[0], rows[-1]):
            self.assertEqual(row["cells"]["recognised"], 12.5)
            self.assertEqual(row["cells"]["carrying"], 37.5)
        self.assertEqual(rows[0]["cells"]["estimate"], 0.2)
        action = report.action_open_cell(
            options, table["sections"][0]["key"], rows[0]["key"], "recognised"
        )
        steps = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(sum(steps.mapped("amount")), 12.5)

    def test_one_statement_for_all_estimates(self):
        for month in ("01", "02", "03"):
            self._sell(day=f"2026-{month}-05")
        cohorts = self.env["booking.credit.cohort"].search([])
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            cohorts.mapped("sold")
            cohorts.mapped("history_rate")
