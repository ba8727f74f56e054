import io
import zipfile
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from ..exceptions import LedgerImmutableError
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestTieOut(BookingCreditsCommon):
    """Both ledgers line by line: each reason is planted, found, and named."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tie_out = cls.env["booking.credit.tie.out"].with_user(cls.accountant)
        cls.liability = cls.company.booking_credit_liability_account_id
        cls.multi = cls.company.booking_credit_multi_liability_account_id
        cls.income = cls.company_data["default_account_revenue"]

    def setUp(self):
        super().setUp()
        self.savepoint = None

    def tearDown(self):
        # what a test planted is not to be found sound
        if self.savepoint:
            self.env.invalidate_all(flush=False)
            self.savepoint.rollback()
            self.savepoint.close(rollback=False)
            self.env.invalidate_all()
        super().tearDown()

    def plant(self):
        """From here on, all is undone before the ledger is checked."""
        self.env.flush_all()
        self.savepoint = self.env.cr.savepoint()

    def break_by(self, query, *params):
        self.env.flush_all()
        self.env.cr.execute(query, params)
        self.env.invalidate_all()

    def run_tie_out(self, day=None):
        return self.tie_out._run(self.company, fields.Date.to_date(day))

    def assertReason(self, reason, run=None, **values):
        """Check that there is one difference with this reason; return it."""
        run = run or self.run_tie_out()
        line = run.line_ids.filtered(lambda line: line.reason == reason)
        self.assertEqual(len(line), 1, run.line_ids.mapped("reason"))
        if values:
            self.assertRecordValues(line, [values])
        bad = run.line_ids.filtered(lambda line: not line.explained)
        self.assertEqual(run.result, "red" if bad else "green")
        return line

    def post_by_hand(self, user=None, account=None, balance=7.0, **values):
        move = self.env["account.move"].with_user(user or self.env.user)
        move = move.create(
            {
                "line_ids": [
                    Command.create(
                        {
                            "account_id": (account or self.liability).id,
                            "balance": balance,
                            "partner_id": self.anna.id,
                        }
                    ),
                    Command.create({"account_id": self.income.id, "balance": -balance}),
                ],
                **values,
            }
        )
        move.action_post()
        return move

    # --- what is right

    def test_a_sound_ledger_is_green(self):
        lot = self._buy()
        order = self._book(hours=1)
        # late in the evening the class ends on the next day, and is booked on it
        end = order.order_line[0].booking_end
        with freeze_time(end + timedelta(minutes=1)):
            self.env["booking.credit.posting"]._post_due(self.company)
        run = self.run_tie_out(end.date())
        self.assertRecordValues(
            run,
            [
                {
                    "result": "green",
                    "ledger": lot.value,
                    "books": 81.0,
                    "unexplained": 0.0,
                    "user_id": self.accountant.id,
                    "date": end.date(),
                }
            ],
        )
        self.assertFalse(run.line_ids)
        account = run.account_ids.filtered(lambda a: a.account_id == self.liability)
        self.assertRecordValues(account, [{"posted": 81.0, "stamped": 81.0}])

    def test_what_waits_to_be_posted_explains_its_difference(self):
        self._buy()
        order = self._book()
        self.assertReason(
            "pending",
            explained=True,
            ledger=-9.0,
            books=0.0,
            difference=9.0,
            count=1,
            document=order.order_line[0]._get_booking_document(),
        )

    def test_a_pack_that_is_not_paid_explains_its_difference(self):
        invoice = self._invoice(self._create_order(self.pack))
        self.assertReason(
            "unpaid", explained=True, difference=90.0, document=invoice.name
        )

    def test_periods_that_differ_explain_their_difference(self):
        with freeze_time("2026-03-10 08:00:00"):
            invoice = self._invoice(self._create_order(self.pack))
        with freeze_time("2026-04-02 08:00:00"):
            self._pay(invoice)
        with freeze_time("2026-04-10 08:00:00"):
            self._book(hours=2)
        self.company.sudo().fiscalyear_lock_date = "2026-04-30"
        with freeze_time("2026-05-20 08:00:00"):
            self.env["booking.credit.posting"]._post_due(self.company)
        self.assertReason("unpaid", self.run_tie_out("2026-03-31"), difference=90.0)
        april = self.run_tie_out("2026-04-30")
        self.assertReason("period", april, explained=True, difference=9.0)
        self.assertRecordValues(april, [{"ledger": 81.0, "books": 90.0}])
        self.assertFalse(self.run_tie_out().line_ids)
        self.assertEqual(self.run_tie_out("2026-03-01").books, 0.0)

    def test_a_credit_note_before_the_payment_is_part_of_the_sale(self):
        invoice = self._invoice(self._create_order(self.pack, product_uom_qty=2))
        refund = self._draft_credit_note(invoice)
        refund.action_post()
        self._pay(invoice)
        run = self.run_tie_out()
        self.assertEqual((run.ledger, run.books), (90.0, 90.0))
        self.assertFalse(run.line_ids)

    def test_a_pack_bought_for_somebody_else(self):
        bob = self.env["res.partner"].create({"name": "Bob"})
        order = self._create_order(self.pack)
        order.order_line.booking_credit_beneficiary_id = bob
        self._pay(self._invoice(order))
        self.assertReason("gift", explained=True, difference=0.0, partner_id=bob.id)

    def test_the_cash_basis_pair_has_no_effect(self):
        """VAT due on payment writes a debit and a credit on the liability account."""
        tax = self.env["account.tax"].create(
            {
                "name": "VAT on payment",
                "amount": 20,
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": self.company_data[
                    "default_account_tax_sale"
                ]
                .copy({"reconcile": True})
                .id,
            }
        )
        self.company.tax_exigibility = True
        self.company.account_cash_basis_base_account_id = False
        pack = self._create_pack("Cash", 10, 100.0, taxes_id=[Command.set(tax.ids)])
        self._buy(pack)
        pair = self.env["account.move.line"].search(
            [
                ("account_id", "=", self.liability.id),
                ("move_id.tax_cash_basis_rec_id", "!=", False),
            ]
        )
        self.assertEqual(len(pair), 2, "this company writes pairs")
        self.assertReason("cash_basis", explained=True, difference=0.0, count=2)

    # --- what is wrong

    def test_somebody_posts_by_hand_and_is_named(self):
        """A manual entry on the account: found, with its number, user and customer.

        Acceptance test 9 of research.
        """
        self._buy()
        culprit = new_test_user(
            self.env,
            "culprit",
            name="Carl Culprit",
            groups="account.group_account_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.plant()
        move = self.post_by_hand(culprit)
        line = self.assertReason(
            "manual",
            explained=False,
            document=move.name,
            partner_id=self.anna.id,
            difference=-7.0,
            user_name="Carl Culprit",
        )
        run = line.run_id
        self.assertRecordValues(
            run, [{"result": "red", "unexplained": -7.0, "unexplained_count": 1}]
        )
        self.assertEqual(line.action_open_document()["res_id"], move.id)
        # green again once it is put right
        move._reverse_moves([{"date": move.date}], cancel=True)
        again = self.tie_out.browse(run.action_run_again()["res_id"])
        self.assertEqual(again.unexplained, 0.0)
        self.assertEqual(run.result, "red", "the evidence stays")

    def test_postings_by_hand_that_cancel_out_are_still_named(self):
        """Two wrongs on one account make no difference in total, yet are found."""
        self._buy()
        self.plant()
        self.post_by_hand(balance=5.0)
        self.post_by_hand(balance=-5.0)
        run = self.run_tie_out()
        self.assertEqual((run.ledger, run.books, run.result), (90.0, 90.0, "red"))
        self.assertEqual(run.line_ids.mapped("reason"), ["manual", "manual"])

    def test_a_journal_entry_set_back_to_draft(self):
        lot = self._buy()
        self.plant()
        self.break_by(
            "UPDATE account_move_line SET parent_state = 'draft' WHERE move_id = %s",
            lot.source_move_id.id,
        )
        self.assertReason("draft", explained=False, ledger=90.0, books=0.0)

    def test_an_amount_that_was_changed(self):
        lot = self._buy()
        self.plant()
        self.break_by(
            "UPDATE account_move_line SET balance = -80 WHERE id = %s",
            lot.source_line_id.id,
        )
        self.assertReason("amount", explained=False, difference=-10.0, lot_id=lot.id)

    def test_an_account_that_was_changed(self):
        lot = self._buy()
        self.plant()
        self.break_by(
            "UPDATE account_move_line SET account_id = %s WHERE id = %s",
            self.income.id,
            lot.source_line_id.id,
        )
        self.assertReason("account", explained=False, difference=-90.0)

    def test_an_account_changed_for_another_liability_account(self):
        lot = self._buy()
        self.plant()
        self.break_by(
            "UPDATE account_move_line SET account_id = %s WHERE id = %s",
            self.multi.id,
            lot.source_line_id.id,
        )
        run = self.run_tie_out()
        self.assertEqual(run.result, "red")
        self.assertEqual(
            {line.account_id: line.difference for line in run.line_ids},
            {self.liability: -90.0, self.multi: 90.0},
        )
        self.assertEqual(set(run.line_ids.mapped("reason")), {"account"})

    def test_a_customer_that_was_changed(self):
        lot = self._buy()
        with freeze_time(lot.valid_until + timedelta(days=1)):
            item = lot._expire().move_line_id
        self.plant()
        bob = self.env["res.partner"].create({"name": "Bob"})
        self.break_by(
            "UPDATE account_move_line SET partner_id = %s WHERE id = %s",
            bob.id,
            item.id,
        )
        run = self.run_tie_out(item.date)
        self.assertReason("partner", run, explained=False, difference=0.0)

    def test_a_journal_item_that_lost_its_credits(self):
        lot = self._buy()
        self.plant()
        self.break_by(
            "UPDATE account_move_line SET booking_credit_lot_id = NULL WHERE id = %s",
            lot.source_line_id.id,
        )
        run = self.run_tie_out()
        self.assertReason("stamp", run, explained=False)
        account = run.account_ids.filtered(lambda a: a.account_id == self.liability)
        self.assertRecordValues(account, [{"posted": 90.0, "stamped": 0.0}])

    # --- evidence

    def test_evidence_cannot_be_changed(self):
        self.plant()
        self.post_by_hand()
        run = self.run_tie_out()
        for record in (run, run.account_ids[:1], run.line_ids[:1]):
            values = {"explained": 0}
            for user in (self.env.user, self.accountant):
                own = record.with_user(user)
                with self.assertRaises(LedgerImmutableError):
                    own.sudo().write(values)
                with self.assertRaises(LedgerImmutableError):
                    own.sudo().unlink()
        with self.assertRaises(LedgerImmutableError):
            run.sudo().copy()
        with self.assertRaises(LedgerImmutableError):
            self.tie_out.sudo().create({"company_id": self.company.id})

    def test_the_wizard_opens_the_result(self):
        self._buy()
        wizard = (
            self.env["booking.credit.tie.out.run"]
            .with_user(self.accountant)
            .create({"company_ids": [Command.set(self.company.ids)]})
        )
        run = self.tie_out.browse(wizard.action_run()["res_id"])
        self.assertEqual(run.result, "green")

    def test_the_night_runs_it_where_it_is_wanted(self):
        self._buy()
        run = self.tie_out.sudo()
        before = run.search_count([("company_id", "=", self.company.id)])
        with self.enter_registry_test_mode():
            self.env.ref("booking_credits.ir_cron_tie_out").method_direct_trigger()
        count = run.search_count([("company_id", "=", self.company.id)])
        self.assertEqual(count, before + 1)
        self.company.booking_credit_tie_out_nightly = False
        with self.enter_registry_test_mode():
            self.env.ref("booking_credits.ir_cron_tie_out").method_direct_trigger()
        self.assertEqual(
            run.search_count([("company_id", "=", self.company.id)]), count
        )

    def test_it_is_printed_and_exported(self):
        self.plant()
        move = self.post_by_hand()
        run = self.run_tie_out()
        html = (
            self.env["ir.actions.report"]
            .with_user(self.accountant)
            ._render_qweb_html("booking_credits.report_table", run.ids)[0]
            .decode()
        )
        for words in ("Posted by hand", move.name, "To explain"):
            self.assertIn(words, html)
        content, _name = self.tie_out._get_xlsx({"run_id": run.id})
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            texts = book.read("xl/sharedStrings.xml").decode()
        self.assertIn(move.name, texts)

    # --- who

    def test_only_accountants_and_managers_run_and_read_it(self):
        run = self.run_tie_out()
        portal = new_test_user(self.env, "portal_tie", groups="base.group_portal")
        for user in (self.front_desk, portal):
            with self.assertRaises(AccessError):
                self.tie_out.with_user(user).action_run()
            with self.assertRaises(AccessError):
                run.with_user(user).read(["books"])
            with self.assertRaises(AccessError):
                run.with_user(user)._get_xlsx({"run_id": run.id})

    def test_another_company_s_result_is_not_read(self):
        other = self.setup_other_company()["company"]
        run = self.tie_out.sudo()._run(other)
        mine = run.with_user(self.accountant)
        with self.assertRaises(AccessError):
            mine.read(["books"])
        with self.assertRaises(UserError):
            self.tie_out.action_run(companies=other)
