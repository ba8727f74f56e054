import io
import json
import zipfile
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestRollForward(BookingCreditsCommon):
    """The report of what was owed, came, went, and is owed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.report = cls.env["booking.credit.roll.forward"].with_user(cls.accountant)
        cls.liability = cls.company.booking_credit_liability_account_id
        cls.yoga.booking_cancellation_policy_id = cls.policy
        cls.env["ir.config_parameter"].sudo().set_param("web.base.url", "http://x")

    def rows(self, first, last, basis="event", account=None):
        """Return the rows of one account by key."""
        table = self.report.get_report(
            {
                "date_from": first,
                "date_to": last,
                "basis": basis,
                "company_ids": self.company.ids,
            }
        )
        account = self.liability if account is None else account
        key = f"{self.company.id}-{account.id or 0}"
        (section,) = (part for part in table["sections"] if part["key"] == key)
        return {row["key"]: row["cells"] for row in section["rows"]}

    def assertValues(self, rows, **expected):
        """Compare the values of rows; what is not named must be nothing."""
        bridge = {"expected", "books", "difference"}
        values = {key: cells.get("value", 0) for key, cells in rows.items()}
        self.assertEqual(values.pop("difference"), 0, rows)
        self.assertEqual(
            {
                key: value
                for key, value in values.items()
                if value and key not in bridge
            },
            expected,
        )

    def tell_two_months(self):
        """Sell, use, cancel late, miss, expire, reactivate, transfer, correct."""
        pack = self._create_pack("10 classes", 100, 100.0)
        with freeze_time("2026-01-05 08:00:00"):
            self.lot = self._buy(pack)
            bob = self.env["res.partner"].create({"name": "Bob"})
            self.lot.sudo()._transfer(10, bob, "gift")
        with freeze_time("2026-01-10 08:00:00"):
            self._book(hours=1)
        with freeze_time("2026-01-12 08:00:00"):
            self._book(hours=20)._action_cancel()
        with freeze_time("2026-01-13 08:00:00"):
            order = self._book(hours=1)
        with freeze_time("2026-01-13 12:00:00"):
            order._action_cancel()
        with freeze_time("2026-01-20 08:00:00"):
            self.env["booking.credit.posting"]._post_due(self.company)
            self.lot.sudo()._adjust(-5, "mistake")
        with freeze_time("2026-02-03 08:00:00"):
            self.lot.sudo().valid_until = "2026-02-02"
            self.lot.sudo()._expire()
            self.lot.sudo()._reactivate(fields.Date.to_date("2027-01-01"), limit=20)

    # --- figures

    def test_movements_name_the_journal_entry_of_their_item(self):
        """What the report joins is what the item belongs to, also by plain SQL."""
        self.tell_two_months()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.move_id, line.move_id
                  FROM booking_credit_entry entry
             LEFT JOIN account_move_line line ON line.id = entry.move_line_id
                 WHERE entry.company_id = %s
                """,
                self.company.id,
            )
        )
        self.assertTrue(any(kept for kept, _item in rows))
        self.assertEqual([kept for kept, _item in rows], [item for _k, item in rows])

    def test_two_months_row_by_row(self):
        """Opening plus movements is closing, which opens the next month.

        Acceptance test 1 of research.
        """
        self.tell_two_months()
        january = self.rows("2026-01-01", "2026-01-31")
        self.assertValues(
            january,
            sold=100.0,
            used=-10.0,
            fee=-5.0,
            no_show=-10.0,
            transfer_in=10.0,
            transfer_out=-10.0,
            adjusted=-5.0,
            closing=70.0,
        )
        self.assertEqual(january["closing"]["credit"], 70.0)
        self.assertEqual(january["no_show"]["credit"], -10.0)
        february = self.rows("2026-02-01", "2026-02-28")
        self.assertValues(
            february, opening=70.0, expired=-60.0, reactivated=20.0, closing=30.0
        )
        both = self.rows("2026-01-01", "2026-02-28")
        self.assertEqual(both["closing"]["value"], 30.0)
        self.assertEqual(both["books"]["value"], 30.0)

    def test_every_figure_opens_its_movements(self):
        self.tell_two_months()
        options = {
            "date_from": "2026-01-01",
            "date_to": "2026-01-31",
            "company_ids": self.company.ids,
        }
        for basis in ("event", "books"):
            table = self.report.get_report({**options, "basis": basis})
            for section in table["sections"]:
                for row in section["rows"]:
                    for column in row["links"]:
                        if row["key"] in ("books", "difference"):
                            continue
                        action = self.report.action_open_cell(
                            table["options"], section["key"], row["key"], column
                        )
                        found = self.env["booking.credit.entry"].search(
                            action["domain"]
                        )
                        name = "value" if column == "value" else "quantity"
                        total = sum(found.mapped(name))
                        if row["key"] in ("pending", "later"):
                            total = -total
                        self.assertAlmostEqual(
                            total, row["cells"][column], 2, (basis, row["key"], column)
                        )

    def test_what_came_late_is_shown(self):
        """An event of March whose books are those of April: both are named."""
        with freeze_time("2026-03-10 08:00:00"):
            self._buy()
            self._book(hours=2)
        self.company.sudo().fiscalyear_lock_date = "2026-03-31"
        with freeze_time("2026-04-20 08:00:00"):
            self.env["booking.credit.posting"]._post_due(self.company)
        march = self.rows("2026-03-01", "2026-03-31")
        self.assertValues(
            march, sold=90.0, used=-9.0, closing=81.0, later=9.0, late_out=-9.0
        )
        in_books = self.rows("2026-03-01", "2026-03-31", "books")
        self.assertValues(in_books, sold=90.0, closing=90.0, late_out=-9.0)
        april = self.rows("2026-04-01", "2026-04-30", "books")
        self.assertValues(april, opening=90.0, used=-9.0, closing=81.0, late_in=-9.0)

    def test_what_the_books_say_opens_its_journal_items(self):
        """The balance, what is not paid yet, and a difference: a tie-out."""
        with freeze_time("2026-01-20 08:00:00"):
            self._buy()
            late = self._invoice(self._create_order(self.pack))
            never = self._invoice(self._create_order(self.pack))
        with freeze_time("2026-02-05 08:00:00"):
            self._pay(late)
        options = {
            "date_from": "2026-01-01",
            "date_to": "2026-01-31",
            "company_ids": self.company.ids,
        }
        section = f"{self.company.id}-{self.liability.id}"
        items = self.env["account.move.line"]

        def open_cell(row):
            return self.report.action_open_cell(options, section, row, "value")

        books = items.search(open_cell("books")["domain"])
        self.assertEqual(sum(books.mapped("balance")), -270.0)
        unpaid = items.search(open_cell("unpaid")["domain"])
        self.assertEqual(unpaid.move_id, late | never)
        run = self.env["booking.credit.tie.out"].browse(
            open_cell("difference")["res_id"]
        )
        self.assertEqual((run.result, str(run.date)), ("green", "2026-01-31"))

    def test_packs_that_are_not_paid_yet_are_shown(self):
        """Invoiced in January, paid in February: owed in the books, not in credits."""
        with freeze_time("2026-01-20 08:00:00"):
            invoice = self._invoice(self._create_order(self.pack))
        self.assertValues(self.rows("2026-01-01", "2026-01-31"), unpaid=90.0)
        with freeze_time("2026-02-05 08:00:00"):
            self._pay(invoice)
        self.assertValues(self.rows("2026-01-01", "2026-01-31"), unpaid=90.0)
        self.assertValues(
            self.rows("2026-02-01", "2026-02-28"), sold=90.0, closing=90.0
        )
        self.assertValues(
            self.rows("2026-01-01", "2026-01-31", "books"), sold=90.0, closing=90.0
        )

    def test_what_waits_to_be_posted_is_shown(self):
        self._buy()
        self._book(hours=48)
        today = fields.Date.today()
        rows = self.rows(today, today)
        self.assertEqual(rows["pending"]["value"], 9.0)
        self.assertEqual(rows["closing"]["value"], 81.0)
        self.assertEqual(rows["books"]["value"], 90.0)
        self.assertEqual(rows["difference"]["value"], 0.0)
        self.assertEqual(rows["late_out"]["value"], -9.0)

    def test_a_posting_by_hand_shows_as_a_difference(self):
        self._buy()
        move = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": self.liability.id, "balance": 7.0}),
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_revenue"
                            ].id,
                            "balance": -7.0,
                        }
                    ),
                ]
            }
        )
        move.action_post()
        today = fields.Date.today()
        self.assertEqual(self.rows(today, today)["difference"]["value"], -7.0)
        move.button_draft()

    def test_free_credits_and_passes_are_worth_nothing(self):
        self.env["booking.credit.lot"]._grant(
            [
                {
                    "partner_id": self.anna.id,
                    "company_id": self.company.id,
                    "origin": "grant",
                    "valid_from": fields.Date.today(),
                }
            ],
            [{"quantity": 20, "value": 0}],
        )
        today = fields.Date.today()
        rows = self.rows(today, today, account=self.env["account.account"])
        self.assertEqual(rows["granted"]["credit"], 20.0)
        self.assertNotIn("books", rows)

    def test_it_takes_the_same_statements_whatever_the_size(self):
        today = fields.Date.today()
        for _number in range(2):
            self._buy()
        self.rows(today, today)
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.rows(today, today)
        few = self.env.cr.sql_log_count - before
        for _number in range(6):
            self._buy(partner=self.env["res.partner"].create({"name": "N"}))
        self.rows(today, today)
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.rows(today, today)
        self.assertLessEqual(self.env.cr.sql_log_count - before, few)

    # --- files

    def test_the_workbook_has_numbers_as_numbers(self):
        self._buy()
        options = {"company_ids": self.company.ids}
        content, name = self.report._get_xlsx(options)
        self.assertTrue(name.endswith(".xlsx"))
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        self.assertIn("<v>90</v>", sheet)
        self.assertIn('state="frozen"', sheet)
        self.assertIn("<f>SUM(", sheet)

    def test_the_pdf_shows_the_same_figures(self):
        self._buy()
        action = self.report.action_print({"company_ids": self.company.ids})
        html = (
            self.env["ir.actions.report"]
            .with_user(self.accountant)
            ._render_qweb_html(
                "booking_credits.report_table", None, data=action["data"]
            )[0]
        )
        self.assertIn("Roll-Forward", html.decode())
        self.assertIn("90.00", html.decode())

    # --- who

    def test_only_accountants_and_managers_read_it(self):
        options = {"company_ids": self.company.ids}
        portal = new_test_user(self.env, "portal_reader", groups="base.group_portal")
        for user in (self.front_desk, portal):
            report = self.report.with_user(user)
            for call in (
                report.get_report,
                report.action_print,
                report.action_xlsx,
                report._get_xlsx,
            ):
                with self.assertRaises(AccessError):
                    call(options)
            with self.assertRaises(AccessError):
                report.action_open_cell(
                    options, f"{self.company.id}-0", "sold", "value"
                )
            with self.assertRaises(AccessError):
                self.env["report.booking_credits.report_table"].with_user(
                    user
                )._get_report_values([], {"model": report._name, "options": "{}"})

    def test_another_company_is_not_shown(self):
        other = self.setup_other_company()["company"]
        with self.assertRaises(AccessError):
            self.report.get_report({"company_ids": other.ids})
        self._buy()
        table = self.report.get_report()
        self.assertEqual({s["company"] for s in table["sections"]}, {self.company.name})

    def test_a_period_without_a_day_is_refused(self):
        with self.assertRaisesRegex(UserError, "has no day"):
            self.report.get_report({"date_from": "2026-02-01", "date_to": "2026-01-31"})

    def test_the_workbook_is_downloaded_by_its_address(self):
        action = self.report.action_xlsx({"company_ids": self.company.ids})
        self.assertIn("booking.credit.roll.forward.xlsx?options=", action["url"])
        options = json.loads(action["url"].split("options=")[1])
        self.assertEqual(options["company_ids"], self.company.ids)
        self.assertTrue(
            fields.Date.to_date(options["date_to"]) - timedelta(days=32)
            < fields.Date.to_date(options["date_from"])
        )
