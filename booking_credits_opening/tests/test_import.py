import base64
import io

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.booking_credits.exceptions import (
    CreditsMovedError,
    LedgerImmutableError,
)
from odoo.addons.booking_credits.tests.common import BookingCreditsCommon

HEAD = ("Customer", "Pack or measure", "Quantity", "Value", "Valid until", "Sold on",
        "Reference")  # fmt: skip


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestImport(BookingCreditsCommon):
    """Opening balances: checked, loaded, proven, undone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.liability = cls.company.booking_credit_liability_account_id
        cls.multi = cls.company.booking_credit_multi_liability_account_id
        cls.suspense = cls.env["account.account"].create(
            {"name": "Opening", "code": "580099", "account_type": "asset_current"}
        )
        cls.anna.write({"ref": "C-1", "email": "anna@example.com"})
        cls.bob = cls.env["res.partner"].create({"name": "Bob"})

    def csv(self, *rows):
        lines = [";".join(map(str, row)) for row in (HEAD, *rows)]
        return "\n".join(lines).encode()

    def xlsx(self, *rows):
        import openpyxl

        book = openpyxl.Workbook()
        for row in (HEAD, *rows):
            book.active.append(row)
        output = io.BytesIO()
        book.save(output)
        return output.getvalue()

    def prepare(self, content, name="old.csv", user=None, **values):
        return (
            self.env["booking.credit.import"]
            .with_user(user or self.accountant)
            .create(
                {
                    "file": base64.b64encode(content),
                    "file_name": name,
                    "date": "2026-01-01",
                    "account_id": self.suspense.id,
                    "company_id": self.company.id,
                    **values,
                }
            )
        )

    def good(self):
        return self.csv(
            ("C-1", "100 credits", 40, "36,00", "2099-12-31", "2025-06-01", "X1"),
            ("ANNA@example.com", "sessions", 3, "45.5", "", "", "X2"),
            ("Bob", "Money", "20", "", "", "", "X3"),
        )

    def test_what_is_loaded_is_owed_and_tied_out(self):
        """Lots, one opening entry, first movements, and a green tie-out.

        Acceptance test 22 of research.
        """
        record = self.prepare(self.good())
        record.action_check()
        self.assertRecordValues(
            record,
            [{"state": "checked", "line_count": 3, "error_count": 0, "value": 101.5}],
        )
        self.assertFalse(record.lot_ids, "a check changes nothing")
        self.assertIn("3 sessions for Anna", record.line_ids[1].outcome)
        record.action_load()
        lots = record.line_ids.lot_id.sudo()
        self.assertRecordValues(
            lots,
            [
                {
                    "partner_id": self.anna.id,
                    "measure": "credit",
                    "balance": 40.0,
                    "value": 36.0,
                    "product_id": self.pack.id,
                    "origin": "import",
                    "external_reference": "X1",
                    "liability_account_id": self.liability.id,
                },
                {
                    "partner_id": self.anna.id,
                    "measure": "session",
                    "balance": 3.0,
                    "value": 45.5,
                    "product_id": False,
                    "origin": "import",
                    "external_reference": "X2",
                    "liability_account_id": self.liability.id,
                },
                {
                    "partner_id": self.bob.id,
                    "measure": "money",
                    "balance": 20.0,
                    "value": 20.0,
                    "product_id": False,
                    "origin": "import",
                    "external_reference": "X3",
                    "liability_account_id": self.multi.id,
                },
            ],
        )
        self.assertEqual(str(lots[0].valid_until), "2099-12-31")
        self.assertEqual(str(lots[0].valid_from), "2025-06-01")
        self.assertPosted(
            record.sudo().move_id,
            [
                (self.liability, -36.0),
                (self.liability, -45.5),
                (self.multi, -20.0),
                (self.suspense, 101.5),
            ],
        )
        run = self.env["booking.credit.tie.out"]._run(self.company)
        self.assertEqual((run.result, run.ledger, run.books), ("green", 101.5, 101.5))
        report = self.env["booking.credit.roll.forward"].sudo()
        table = report.get_report({"company_ids": self.company.ids})
        rows = {row["key"]: row for row in table["sections"][0]["rows"]}
        self.assertEqual(rows["imported"]["cells"]["value"], 81.5)

    def test_loaded_credits_pay_bookings(self):
        self.prepare(self.good()).action_load()
        order = self._book()
        self.assertEqual(sum(order.order_line.mapped("price_total")), 0.0)

    def test_a_workbook_is_read_like_a_text(self):
        record = self.prepare(
            self.xlsx(("C-1", "credits", 12.5, 25, "2099-01-31", None, 4711)),
            "old.xlsx",
        )
        record.action_check()
        self.assertRecordValues(
            record.line_ids,
            [
                {
                    "partner_id": self.anna.id,
                    "quantity": 12.5,
                    "value": 25.0,
                    "reference": "4711",
                    "error": False,
                }
            ],
        )
        self.assertEqual(str(record.line_ids.valid_until), "2099-01-31")

    def test_the_check_says_line_by_line_what_is_wrong(self):
        self.env["res.partner"].create([{"name": "Twin"}, {"name": "Twin"}])
        record = self.prepare(
            self.csv(
                ("Nobody", "credits", 1, 1, "", "", ""),
                ("Twin", "credits", 1, 1, "", "", ""),
                ("Bob", "spoons", 1, 1, "", "", ""),
                ("Bob", "credits", 0, 1, "", "", ""),
                ("Bob", "credits", "many", 1, "", "", ""),
                ("Bob", "credits", 1, "1.005", "", "", ""),
                ("Bob", "credits", 1, 1, "2025-12-31", "", ""),
                ("Bob", "credits", 1, 1, "", "2026-02-01", ""),
                ("Bob", "credits", 1, 1, "", "", "A"),
                ("Bob", "credits", 1, 1, "", "", "A"),
                ("", "credits", 1, 1, "", "", ""),
            )
        )
        record.action_check()
        for line, words in zip(
            record.line_ids,
            (
                "no customer",
                "2 customers",
                "spoons",
                "more than zero",
                "many",
                "decimals",
                "before the opening date",
                "after the opening date",
                None,
                "row 10 as well",
                "missing",
            ),
            strict=True,
        ):
            self.assertIn(words or "", line.error or "")
            self.assertEqual(bool(line.error), bool(words), line.number)
        with self.assertRaisesRegex(UserError, "10 of 11 lines have errors"):
            record.action_load()
        self.assertFalse(record.lot_ids)

    def test_the_same_file_is_not_loaded_twice(self):
        first = self.prepare(self.good())
        first.action_load()
        with self.assertRaisesRegex(UserError, "loaded already"):
            first.action_load()
        second = self.prepare(self.good())
        with self.assertRaisesRegex(UserError, "very file was loaded"):
            second.action_load()
        other = self.prepare(self.csv(("C-1", "credits", 5, 5, "", "", "X2")))
        other.action_check()
        self.assertIn("X2 has been loaded already", other.line_ids.error)

    def test_it_is_undone_until_the_first_use(self):
        record = self.prepare(self.good())
        record.action_load()
        record.action_undo()
        self.assertEqual(record.state, "undone")
        self.assertFalse(any(record.sudo().lot_ids.mapped("balance")))
        self.assertPosted(
            record.sudo().undo_move_id,
            [
                (self.liability, 36.0),
                (self.liability, 45.5),
                (self.multi, 20.0),
                (self.suspense, -101.5),
            ],
        )
        run = self.env["booking.credit.tie.out"]._run(self.company)
        self.assertEqual((run.result, run.books), ("green", 0.0))
        again = self.prepare(self.good())
        again.action_load()
        self._book()
        with self.assertRaisesRegex(CreditsMovedError, "have moved since"):
            again.action_undo()

    def test_the_opening_entry_cannot_be_reopened(self):
        record = self.prepare(self.good())
        record.action_load()
        with self.assertRaises(CreditsMovedError):
            record.sudo().move_id.button_draft()

    def test_the_certificate_names_file_user_and_totals(self):
        record = self.prepare(self.good())
        record.action_load()
        html = (
            self.env["ir.actions.report"]
            .with_user(self.accountant)
            ._render_qweb_html("booking_credits_opening.report_import", record.ids)[0]
            .decode()
        )
        for words in (record.file_hash, "101.50", self.accountant.name, "X2"):
            self.assertIn(words, html)

    def test_a_file_that_is_no_spreadsheet_is_refused(self):
        with self.assertRaisesRegex(UserError, "no spreadsheet"):
            self.prepare(b"%PDF", "old.pdf").action_check()
        with self.assertRaisesRegex(UserError, "no spreadsheet"):
            self.prepare(b"PK broken", "old.xlsx").action_check()
        with self.assertRaisesRegex(UserError, "Quantity"):
            self.prepare(b"Customer;Pack\nBob;credits", "old.csv").action_check()

    def test_the_template_has_the_columns(self):
        import openpyxl

        content, _name = (
            self.env["booking.credit.import"].with_user(self.accountant)._get_xlsx({})
        )
        book = openpyxl.load_workbook(io.BytesIO(content))
        self.assertEqual(tuple(cell.value for cell in book.active[1]), HEAD)

    def test_only_accountants_load(self):
        with self.assertRaises(AccessError):
            self.prepare(self.good(), user=self.front_desk)
        record = self.prepare(self.good())
        for method in ("action_check", "action_load", "action_undo"):
            with self.assertRaises(AccessError):
                getattr(record.with_user(self.front_desk), method)()
        for values in ({"state": "done"}, {"line_ids": [Command.clear()]}):
            with self.assertRaises(LedgerImmutableError):
                record.write(values)

    def test_what_was_loaded_stays(self):
        with freeze_time("2026-01-02 08:00:00"):
            record = self.prepare(self.good())
            record.action_load()
        with self.assertRaisesRegex(UserError, "kept as evidence"):
            record.unlink()
        with self.assertRaisesRegex(UserError, "have been loaded"):
            record.date = "2026-02-01"
