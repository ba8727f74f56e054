from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..exceptions import CreditsMovedError, MissingSetupError
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAccounting(BookingCreditsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vat = cls.company_data["default_tax_sale"].copy(
            {"name": "VAT 20", "amount": 20, "price_include_override": "tax_included"}
        )
        cls.vat_account = cls.vat.invoice_repartition_line_ids.account_id
        cls.liability = cls.company.booking_credit_liability_account_id
        cls.multi_liability = cls.company.booking_credit_multi_liability_account_id
        cls.income = cls.company_data["default_account_revenue"]
        cls.yoga.taxes_id = cls.vat
        cls.yoga.booking_cancellation_policy_id = cls.policy
        cls.single = cls._create_pack(
            "10 classes", 100, 120.0, taxes_id=[Command.set(cls.vat.ids)]
        )
        cls.multi = cls._create_pack(
            "10 classes (multi)", 100, 120.0, booking_credit_vat_kind="multi"
        )

    def _post_due(self):
        return self.env["booking.credit.posting"]._post_due(self.company)

    # --- sale

    def test_a_single_purpose_pack_is_owed_net_of_vat(self):
        """Pack of 10 at 120.00 incl. 20 %: liability 100.00, VAT at sale."""
        lot = self._buy(self.single)
        self.assertEqual(lot.value, 100.0)
        self.assertEqual(lot.liability_account_id, self.liability)
        invoice = lot.source_move_id
        receivable = self.company_data["default_account_receivable"]
        self.assertPosted(
            invoice,
            [
                (receivable, 120.0),
                (self.liability, -100.0),
                (self.vat_account, -20.0),
            ],
        )

    def test_a_multi_purpose_pack_is_owed_gross_and_sold_without_vat(self):
        self.multi.taxes_id = self.vat  # somebody sets a tax: it must not matter
        lot = self._buy(self.multi)
        self.assertEqual(lot.value, 120.0)
        self.assertEqual(lot.liability_account_id, self.multi_liability)
        self.assertFalse(lot.source_move_id.invoice_line_ids.tax_ids)

    def test_a_hand_made_invoice_gives_credits_too(self):
        """A pack on an invoice without an order: the invoice's customer gets it."""
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.anna.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create({"product_id": self.single.id})],
            }
        )
        invoice.action_post()
        self._pay(invoice)
        lot = invoice.invoice_line_ids.booking_credit_source_lot_ids
        self.assertRecordValues(
            lot, [{"partner_id": self.anna.id, "balance": 100, "value": 100.0}]
        )

    def test_the_value_follows_a_discount(self):
        lot = self._buy(self.single, discount=10.0)
        self.assertEqual(lot.value, 90.0)

    # --- use

    def test_use_posts_revenue_when_the_class_is_over(self):
        """S1-05: nothing before the end of the class, revenue after it."""
        self._buy(self.single)
        order = self._book(hours=2)
        self.assertFalse(self._post_due())
        with freeze_time(order.order_line[0].booking_end + timedelta(minutes=1)):
            entry = self._post_due()
        self.assertEqual(entry.posting_state, "posted")
        self.assertPosted(entry.move_id, [(self.liability, 10.0), (self.income, -10.0)])
        self.assertEqual(
            entry.move_id.journal_id, self.company.booking_credit_journal_id
        )
        self.assertEqual(entry.move_line_id.booking_credit_lot_id, entry.lot_id)

    def test_multi_purpose_use_declares_vat(self):
        """Dr liability 12.00, Cr revenue 10.00, Cr VAT 2.00, with the tax grids."""
        self._buy(self.multi)
        order = self._book(hours=2)
        with freeze_time(order.order_line[0].booking_end + timedelta(minutes=1)):
            move = self._post_due().move_id
        self.assertPosted(
            move,
            [
                (self.multi_liability, 12.0),
                (self.income, -10.0),
                (self.vat_account, -2.0),
            ],
        )
        tax_line = move.line_ids.filtered("tax_line_id")
        self.assertEqual(tax_line.tax_line_id, self.vat)
        # the sign of the credit, as on any journal entry with a tax on sales
        self.assertEqual(tax_line.tax_base_amount, -10.0)

    def test_a_booking_without_a_date_is_delivered_at_once(self):
        self._buy(self.single)
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(self._post_due().move_id.state, "posted")

    def test_one_entry_a_day_with_one_line_per_lot(self):
        bob = self.env["res.partner"].create({"name": "Bob"})
        lots = self._buy(self.single) | self._buy(self.single, partner=bob)
        start = fields.Datetime.now().replace(hour=9) + timedelta(days=2)
        for partner in (self.anna, self.anna, bob):
            order = self._create_order(self.yoga, partner=partner, start=start)
            order.action_booking_credit_pay()
            order.action_confirm()
        with freeze_time(start + timedelta(hours=2)):
            move = self._post_due().move_id
        self.assertEqual(len(move), 1)
        self.assertEqual(move.date, start.date())
        self.assertEqual(
            {
                line.booking_credit_lot_id: line.balance
                for line in move.line_ids
                if line.booking_credit_lot_id
            },
            {lots[0]: 20.0, lots[1]: 10.0},
        )

    def test_posting_twice_posts_once(self):
        self._buy(self.single)
        order = self._book(hours=2)
        with freeze_time(order.order_line[0].booking_end + timedelta(minutes=1)):
            with self.enter_registry_test_mode():
                cron = self.env.ref("booking_credits.ir_cron_post_due")
                cron.method_direct_trigger()
                cron.method_direct_trigger()
        moves = self.env["account.move"].search(
            [("journal_id", "=", self.company.booking_credit_journal_id.id)]
        )
        self.assertEqual(len(moves), 1)

    def test_revenue_carries_the_booking_s_analytic_distribution(self):
        plan = self.env["account.analytic.plan"].create({"name": "Rooms"})
        room = self.env["account.analytic.account"].create(
            {"name": "Room 1", "plan_id": plan.id}
        )
        self._buy(self.single)
        order = self._create_order(self.yoga, analytic_distribution={str(room.id): 100})
        order.action_booking_credit_pay()
        order.action_confirm()
        move = self._post_due().move_id
        revenue = move.line_ids.filtered(lambda line: line.account_id == self.income)
        self.assertEqual(revenue.analytic_distribution, {str(room.id): 100})
        owed = move.line_ids - revenue
        self.assertFalse(any(owed.mapped("analytic_distribution")))

    def test_a_locked_period_moves_the_entry_and_loses_nothing(self):
        """The event keeps its day, the books take the first open one."""
        with freeze_time("2026-03-10 08:00:00"):
            self._buy(self.single)
            self._book(hours=2)
        self.company.sudo().fiscalyear_lock_date = "2026-03-31"
        with freeze_time("2026-04-20 08:00:00"):
            entry = self._post_due()
        self.assertEqual(str(entry.date), "2026-03-10")
        self.assertGreater(str(entry.move_id.date), "2026-03-31")
        self.assertEqual(entry.posting_state, "posted")

    # --- cancellation

    def test_a_late_cancellation_posts_the_fee_only(self):
        """Half kept: Dr liability 5.00, Cr fees 5.00; no revenue of the class."""
        self._buy(self.single)
        self._book(hours=5)._action_cancel()
        move = self._post_due().move_id
        fee = self.company.booking_credit_fee_account_id
        self.assertPosted(move, [(self.liability, 5.0), (fee, -5.0)])

    def test_a_multi_purpose_fee_declares_vat(self):
        self._buy(self.multi)
        self._book(hours=5)._action_cancel()
        move = self._post_due().move_id
        fee = self.company.booking_credit_fee_account_id
        self.assertPosted(
            move,
            [(self.multi_liability, 6.0), (fee, -5.0), (self.vat_account, -1.0)],
        )

    def test_an_early_cancellation_posts_nothing(self):
        self._buy(self.single)
        self._book(hours=48)._action_cancel()
        self.assertFalse(self._post_due().move_id)
        self.assertFalse(self._post_due())

    def test_a_class_cancelled_after_its_revenue_was_posted(self):
        """The revenue goes back with the value recorded when it was used."""
        self.policy.no_show_percent = 100
        lot = self._buy(self.multi)
        order = self._book(hours=2)
        with freeze_time(order.order_line[0].booking_end + timedelta(minutes=1)):
            self._post_due()
            order._action_cancel()
            move = self._post_due().move_id
        self.assertPosted(
            move,
            [
                (self.multi_liability, -12.0),
                (self.income, 10.0),
                (self.vat_account, 2.0),
            ],
        )
        self.assertEqual(lot.value, 120.0)

    # --- expiry

    def test_expiry_posts_breakage(self):
        lot = self._buy(self.single)
        self._book(hours=2)
        with freeze_time(lot.valid_until + timedelta(days=1)):
            self._post_due()
            entries = lot._expire()
        breakage = self.company.booking_credit_breakage_account_id
        self.assertPosted(entries.move_id, [(self.liability, 90.0), (breakage, -90.0)])

    def test_expired_multi_purpose_credits_bear_no_vat(self):
        lot = self._buy(self.multi)
        with freeze_time(lot.valid_until + timedelta(days=1)):
            move = lot._expire().move_id
        breakage = self.company.booking_credit_breakage_account_id
        self.assertPosted(move, [(self.multi_liability, 120.0), (breakage, -120.0)])

    # --- refunds

    def test_a_credit_note_takes_unused_credits_back(self):
        """Refund 2 of 10: Dr liability 20.00, Dr VAT 4.00."""
        lot = self._buy(self.single)
        refund = self._draft_credit_note(lot.source_move_id, 0.2)
        refund.action_post()
        self.assertRecordValues(lot, [{"balance": 80, "value": 80.0}])
        self.assertEqual(refund.amount_total, 24.0)

    def test_a_credit_note_above_what_is_unused_is_refused(self):
        lot = self._buy(self.single)
        used_by = self._book()
        refund = self._draft_credit_note(lot.source_move_id, 1)
        with (
            self.assertRaisesRegex(
                CreditsMovedError, f"90 unused credits.*10 used by {used_by.name}"
            ),
            self.cr.savepoint(),
        ):
            refund.action_post()
        self.assertEqual(refund.state, "draft")
        self.assertEqual(lot.balance, 90)

    def test_the_rest_of_a_used_pack_can_be_refunded(self):
        lot = self._buy(self.single)
        self._book()
        refund = self._draft_credit_note(lot.source_move_id, 0.9)
        refund.action_post()
        self.assertRecordValues(lot, [{"balance": 0, "value": 0.0}])

    # --- what the ledger rests on stays

    def test_a_pack_invoice_cannot_be_reopened(self):
        """Acceptance test 8 of research."""
        lot = self._buy(self.single)
        for method in ("button_draft", "button_cancel"):
            with self.assertRaisesRegex(CreditsMovedError, lot.name):
                getattr(lot.source_move_id, method)()

    def test_the_posting_of_credits_cannot_be_reopened(self):
        """Acceptance test 8 of research."""
        lot = self._buy(self.single)
        with freeze_time(lot.valid_until + timedelta(days=1)):
            move = lot._expire().move_id
        with self.assertRaisesRegex(CreditsMovedError, lot.name):
            move.button_draft()

    # --- set-up

    def test_accounts_are_the_business_s_own(self):
        """Never the general account for advances; only ours are used."""
        accounts = self.liability | self.multi_liability
        self.assertEqual(set(accounts.mapped("account_type")), {"liability_current"})
        self.assertTrue(all(accounts.mapped("reconcile")))
        self.assertFalse(accounts.tax_ids)
        self.assertNotIn(self.company.downpayment_account_id, accounts)
        before = self.env["account.account"].search_count([])
        self.company._booking_credit_setup()
        self.assertEqual(self.env["account.account"].search_count([]), before)

    def test_a_company_without_a_chart_says_what_to_do(self):
        bare = self.env["res.company"].create({"name": "Bare"})
        with self.assertRaisesRegex(MissingSetupError, "Bare has no account"):
            bare._get_booking_credit_account("liability")

    def test_every_amount_is_explained(self):
        """S1-05: unused + undelivered + unpaid = books, at every moment."""
        self._invoice(self._create_order(self.single))
        self._buy(self.single)
        self._book(hours=2)
        row = next(
            row
            for row in self.company._get_booking_credit_tie_out()
            if row["account"] == self.liability
        )
        self.assertEqual(
            (row["unused"], row["undelivered"], row["unpaid"], row["books"]),
            (90.0, 10.0, 100.0, 200.0),
        )

    def test_a_manual_posting_is_seen(self):
        self._buy(self.single)
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create({"account_id": self.liability.id, "debit": 7.0}),
                    Command.create({"account_id": self.income.id, "credit": 7.0}),
                ],
            }
        )
        move.action_post()
        rows = self.company._get_booking_credit_tie_out()
        self.assertEqual(sum(row["difference"] for row in rows), -7.0)
        move.button_draft()
