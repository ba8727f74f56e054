"""How use is grouped in journal entries, and what the company decides besides."""

from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..exceptions import CreditsMovedError
from .test_accounting_example_table import ExampleCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestPostingSettings(ExampleCommon):
    def _use_on(self, *days, partner=None):
        for day in days:
            with freeze_time(f"{day} 08:00:00"):
                self._book(hours=2, partner=partner)

    def _run_job(self, day, batch_size=10000):
        before = self._credit_moves()
        with freeze_time(f"{day} 20:00:00"):
            posting = self.env["booking.credit.posting"]
            self._run_job_without_commit(
                posting._cron_post_due, batch_size, self.company
            )
        return self._credit_moves() - before

    def _credit_moves(self):
        return self.env["account.move"].search(
            [("journal_id", "=", self.company.booking_credit_journal_id.id)]
        )

    def _buy_both(self):
        with freeze_time("2026-01-05 09:00:00"):
            return self._buy(self.packs["single"]) | self._buy(
                self.packs["multi"], partner=self.bob
            )

    # --- grouping

    def test_one_entry_for_each_day(self):
        """The default: two customers, two days, two journal entries."""
        self._buy_both()
        for partner in (self.anna, self.bob):
            self._use_on("2026-01-10", "2026-01-11", partner=partner)
        moves = self._run_job("2026-01-12")
        self.assertEqual(
            sorted(moves.mapped("date")), [date(2026, 1, 10), date(2026, 1, 11)]
        )
        self.assertFalse(self._run_job("2026-01-12"))

    def test_one_entry_for_each_booking(self):
        """Four bookings, four journal entries on their own days."""
        self.company.booking_credit_posting_mode = "each"
        self._buy_both()
        for partner in (self.anna, self.bob):
            self._use_on("2026-01-10", "2026-01-10", partner=partner)
        moves = self._run_job("2026-01-12")
        self.assertEqual(moves.mapped("date"), [date(2026, 1, 10)] * 4)
        self.assertEqual(len(moves.line_ids.booking_credit_lot_id), 2)

    def test_one_entry_for_each_month(self):
        """January waits for its end; it is one entry, dated on its last day."""
        self.company.booking_credit_posting_mode = "monthly"
        lots = self._buy_both()
        for partner in (self.anna, self.bob):
            self._use_on("2026-01-10", "2026-01-20", "2026-02-02", partner=partner)
        self.assertFalse(self._run_job("2026-01-31"))
        moves = self._run_job("2026-02-03")
        self.assertRecordValues(moves, [{"date": date(2026, 1, 31)}])
        self.assertEqual(
            {
                line.booking_credit_lot_id: line.balance
                for line in moves.line_ids
                if line.booking_credit_lot_id
            },
            {lots[0]: 20.0, lots[1]: 24.0},
        )
        self.assertFalse(
            self.env["booking.credit.entry"].search([("date_shifted", "=", True)])
        )

    def test_a_booking_cancelled_in_the_next_month_is_never_income(self):
        """Booked in January for February, cancelled in February: nothing at all."""
        self.company.booking_credit_posting_mode = "monthly"
        self._buy_both()
        with freeze_time("2026-01-30 08:00:00"):
            order = self._book(hours=24 * 10)
        with freeze_time("2026-02-01 08:00:00"):
            order._action_cancel()
        self.assertFalse(self._run_job("2026-02-02"))
        self.assertFalse(self._run_job("2026-03-02").line_ids)

    def test_the_job_goes_on_where_it_stopped(self):
        """Batches of one: a day in several entries, each use once."""
        self._buy_both()
        self._use_on("2026-01-10", "2026-01-10", "2026-01-10")
        moves = self._run_job("2026-01-12", batch_size=1)
        self.assertEqual(len(moves), 3)
        self.assertEqual(self._lines(moves), {"single": 30.0, "706": -30.0})

    def test_what_cannot_be_posted_does_not_stop_the_rest(self):
        """One batch of credits has lost its account; the others are posted."""
        lots = self._buy_both().sudo()
        self._use_on("2026-01-10", "2026-01-10")
        self._use_on("2026-01-10", partner=self.bob)
        account = lots[1].liability_account_id
        lots[1].liability_account_id = False
        posting = self.env["booking.credit.posting"]
        states = []
        for _company, post in posting._get_due_batches(self.company, 100):
            try:
                with mute_logger("odoo.sql_db"), self.cr.savepoint():
                    post()
            except Exception as error:  # as booking.credit.job does
                states.append(type(error).__name__)
                self.env.invalidate_all()
        self.assertTrue(states)
        pending = lots.entry_ids.filtered(lambda e: e.posting_state == "pending")
        self.assertEqual(pending.lot_id, lots[1])
        self.assertEqual(lots[0].value, self._balance("single"))
        lots[1].liability_account_id = account

    def test_an_accountant_posts_at_once(self):
        """The server action; a month that is not over as well."""
        self.company.booking_credit_posting_mode = "monthly"
        self._buy_both()
        self._use_on("2026-01-10", "2026-01-11")
        entries = self.env["booking.credit.entry"]
        with freeze_time("2026-01-12 20:00:00"):
            with self.assertRaises(AccessError):
                entries.with_user(self.front_desk).action_post_all_due()
            action = entries.with_user(self.accountant).action_post_all_due()
        moves = self.env["account.move"].search(action["domain"])
        self.assertRecordValues(moves, [{"date": date(2026, 1, 12)}])
        self.assertEqual(self._lines(moves), {"single": 20.0, "706": -20.0})

    # --- locked periods

    def test_07_no_lock_stops_an_event_or_loses_it(self):
        """Fiscal, hard, tax and sale: the first open day, and the day of the event.

        Acceptance test 7 of research.
        """
        expected = {
            "fiscalyear_lock_date": ("2026-04-01", "2026-04-01"),
            "hard_lock_date": ("2026-04-01", "2026-04-01"),
            "tax_lock_date": ("2026-03-15", "2026-04-01"),
            "sale_lock_date": ("2026-03-15", "2026-03-15"),
        }
        with freeze_time("2026-01-05 09:00:00"):
            lots = self._buy(self.packs["single"]) | self._buy(
                self.packs["multi"], partner=self.bob
            )
        for number, (lock, days) in enumerate(expected.items()):
            with self.subTest(lock=lock), self.cr.savepoint() as savepoint:
                self._use_on("2026-03-15", "2026-03-15")
                self._use_on("2026-03-15", partner=self.bob)
                self.company.sudo()[lock] = "2026-03-31"
                moves = self.env["account.move"]
                for lot, day in zip(lots, days, strict=True):
                    entries = lot.entry_ids.filtered(
                        lambda e: e.type == "redeem" and e.posting_state == "pending"
                    )
                    with freeze_time("2026-04-20 20:00:00"):
                        moves = self.env["booking.credit.posting"]._post_entries(
                            entries
                        )
                    self.assertEqual(str(moves.date), day, number)
                    self.assertEqual(
                        set(entries.mapped("due_date")), {date(2026, 3, 15)}
                    )
                    self.assertEqual(
                        set(entries.mapped("date_shifted")), {day != "2026-03-15"}
                    )
                    self.assertEqual(set(entries.mapped("date")), {date(2026, 3, 15)})
                self.assertLedgerIsSound()
                savepoint.rollback()
                self.env.invalidate_all()

    def test_07_events_of_a_locked_period_post_late(self):
        """Transfer, correction, expiry and its return, with the whole month locked.

        Acceptance test 7 of research.
        """
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(self.packs["multi"])
            self.company.sudo().fiscalyear_lock_date = "2026-03-31"
        with freeze_time("2026-03-10 09:00:00"):
            entries = lot.transfer(1, self.bob, "friends")
            entries |= lot.adjust(-1, "typed twice")
            lot.sudo().valid_until = "2026-03-11"
        with freeze_time("2026-03-12 09:00:00"):
            entries |= lot._expire()
            entries |= lot.reactivate("2026-12-31")
        self.assertEqual(set(entries.mapped("posting_state")), {"posted"})
        self.assertEqual(set(entries.move_id.mapped("date")), {date(2026, 4, 1)})
        self.assertTrue(all(entries.mapped("date_shifted")))
        self.assertEqual(
            self.env["booking.credit.entry"].search([("date_shifted", "=", True)]),
            entries.sorted("id", reverse=True),
        )

    # --- invoices for those who need them

    def test_a_company_gets_an_invoice_for_what_it_used(self):
        """Section 3.6: price-included tax, paid with the credits, VAT on payment.

        Acceptance test 1 of research.
        """
        excluded = self.vat.copy(
            {"name": "VAT 20 on top", "price_include_override": "tax_excluded"}
        )
        self.yoga.taxes_id = excluded
        pack = self._create_pack(
            "10 odd classes", 10, 99.9, booking_credit_vat_kind="multi"
        )
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        firm.with_company(self.company).booking_credit_invoice_uses = True
        with freeze_time("2026-01-05 09:00:00"):
            self._buy(pack, partner=firm)
            self._buy(self.packs["multi"], partner=self.bob)
        self._use_on("2026-01-10", partner=firm)
        self._use_on("2026-01-10", partner=self.bob)
        with freeze_time("2026-01-10 20:00:00"):
            entries = self.env["booking.credit.posting"]._post_due(self.company)
        invoice = self.env["account.move"].search(
            [("booking_credit_use_invoice", "=", True)]
        )
        self.assertRecordValues(
            invoice,
            [
                {
                    "partner_id": firm.id,
                    "amount_total": 9.99,
                    "amount_tax": 1.67,
                    "payment_state": "paid",
                    "invoice_date": date(2026, 1, 10),
                }
            ],
        )
        self.assertEqual(len(entries.move_id), 2)
        for move in invoice | entries.move_id:
            with self.assertRaises(CreditsMovedError):
                move.button_draft()

    def test_a_company_that_cancels_late_gets_an_invoice_for_the_fee(self):
        """What came back before it was invoiced is on no invoice."""
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        firm.with_company(self.company).booking_credit_invoice_uses = True
        with freeze_time("2026-01-05 09:00:00"):
            self._buy(self.packs["multi"], partner=firm)
        with freeze_time("2026-01-12 08:00:00"):
            self._book(hours=5, partner=firm)._action_cancel()
            self._post_due()
        invoice = self.env["account.move"].search(
            [("booking_credit_use_invoice", "=", True)]
        )
        self.assertEqual(self._lines(invoice), {"411": 6.0, "fee": -5.0, "vat": -1.0})

    # --- the law

    def test_21_where_nothing_may_expire_packs_do_not(self):
        """Québec: refused for a number of visits, allowed for a time.

        Acceptance test 21 of research.
        """
        self.company._apply_booking_credit_preset("QC")
        with self.assertRaisesRegex(ValidationError, "may not let happen"):
            self._create_pack("10 visits", 10, 120.0)
        pack = self._create_pack(
            "10 visits", 10, 120.0, booking_credit_validity_unit="none"
        )
        self.assertTrue(pack)
        self.assertTrue(
            self._create_pack(
                "A month of yoga",
                0,
                80.0,
                booking_credit_unlimited=True,
                booking_credit_limit_dates=True,
            )
        )
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(pack)
        self.assertEqual((lot.breakage_method, lot.dormancy_months), ("remote", 36))

    def test_a_validity_that_is_too_short_is_warned_of_or_refused(self):
        """Germany: three years; a warning, unless the company wants it refused."""
        self.company._apply_booking_credit_preset("DE")
        pack = self._create_pack("10 visits", 10, 120.0)
        self.assertIn(
            "36 months",
            pack.product_tmpl_id._get_booking_credit_law_problem(self.company),
        )
        self.company.booking_credit_min_strict = True
        with self.assertRaisesRegex(ValidationError, "36 months"):
            pack.booking_credit_validity = 12
        pack.booking_credit_validity = 36

    def test_what_nobody_used_for_years_is_income_and_still_usable(self):
        """Research 1.2, “remote”: 100.00 income; used after all, it is owed again."""
        self.company.write(
            {
                "booking_credit_breakage_method": "remote",
                "booking_credit_dormancy_months": 24,
            }
        )
        for pack in self.packs.values():
            pack.booking_credit_validity_unit = "none"
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(self.packs["multi"])
        self.company.booking_credit_dormancy_months = 12
        with freeze_time("2028-01-04 09:00:00"):
            self.assertFalse(lot.recognise_dormant())
        with freeze_time("2028-01-05 09:00:00"):
            before = self._credit_moves()
            for _night in range(2):
                self._run_job_without_commit(
                    self.env["booking.credit.lot"]._cron_recognise_dormant
                )
            moves = self._credit_moves() - before
            self.assertEqual(self._lines(moves), {"multi": 120.0, "breakage": -120.0})
        self.assertRecordValues(
            lot, [{"balance": 10, "value": 0.0, "is_dormant": True}]
        )
        self.assertLedgerIsSound()
        with freeze_time("2028-03-01 08:00:00"):
            self._book(hours=2)
        self.assertRecordValues(
            lot, [{"balance": 9, "value": 108.0, "is_dormant": False}]
        )
        with freeze_time("2028-03-01 20:00:00"):
            self.assertEqual(
                self._lines(self._post_due()),
                {"multi": 12.0, "706": -10.0, "vat": -2.0},
            )

    # --- what is posted stays

    def test_08_a_secured_journal_keeps_its_entries(self):
        """Draft, cancel and delete of the entries of credits: refused.

        Acceptance test 8 of research.
        """
        self.company.booking_credit_journal_id.restrict_mode_hash_table = True
        with freeze_time("2026-01-05 09:00:00"):
            self._buy(self.packs["single"])
        self._use_on("2026-01-10")
        with freeze_time("2026-01-10 20:00:00"):
            move = self._post_due()
        for act in (move.button_draft, move.button_cancel, move.unlink):
            with self.assertRaises(UserError), self.cr.savepoint():
                act()

    def test_08_a_pack_invoice_stays(self):
        """Draft, cancel and delete once its credits moved: refused, with the remedy.

        Acceptance test 8 of research.
        """
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(self.packs["single"])
        invoice = lot.source_move_id
        for act in (invoice.button_draft, invoice.button_cancel, invoice.unlink):
            with self.assertRaises(UserError), self.cr.savepoint():
                act()

    # --- credit notes that name no invoice

    def _loose_note(self, quantity):
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.anna.id,
                "invoice_date": "2026-01-06",
                "invoice_line_ids": [
                    Command.create(
                        {"product_id": self.packs["single"].id, "quantity": quantity}
                    )
                ],
            }
        )
        note.action_post()
        return note

    def test_a_loose_credit_note_lowers_what_an_unpaid_pack_gives(self):
        """S0-21: matched with an invoice for two packs, one of them is given."""
        with freeze_time("2026-01-06 09:00:00"):
            order = self._create_order(self.packs["single"], product_uom_qty=2)
            invoice = self._invoice(order)
            note = self._loose_note(1)
            (invoice | note)._match_open_receivables()
            self._pay(invoice)
        self.assertRecordValues(
            order.booking_credit_lot_ids, [{"granted": 10, "value": 100.0}]
        )

    def test_a_loose_credit_note_takes_paid_credits_back(self):
        """S2-16: half a pack, as the customer asked; more than that is refused."""
        with freeze_time("2026-01-06 09:00:00"):
            lot = self._buy(self.packs["single"])
            self._loose_note(0.5)
            self.assertRecordValues(lot, [{"balance": 5, "value": 50.0}])
            with self.assertRaisesRegex(CreditsMovedError, lot.name):
                self._loose_note(0.6)

    # --- accounts

    def test_accounts_follow_the_chart_of_the_country(self):
        """Codes beside those of the chart, free ones, and never one of the chart."""
        company = self.company
        taken = set(self.env["account.account"].search([]).mapped("code"))
        for template, purpose, code in (
            ("fr", "liability", "419110"),
            ("be_comp", "pass", "493100"),
            ("de_skr03", "voucher", "1719"),
            ("cz", "breakage", "648900"),
        ):
            with self.subTest(template=template):
                company.chart_template = template
                field = f"booking_credit_{purpose}_account_id"
                found = company._get_booking_credit_account_code(
                    "liability_current", field
                )
                self.assertEqual(found, code)
                self.assertNotIn(found, taken)
