from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import BookingCreditsCommon

REPORTS = ("liability", "aging", "breakage", "revenue", "vat.bridge")


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestOwedReports(BookingCreditsCommon):
    """Liability and aging as of any day, breakage, revenue, and the way to VAT."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.liability = cls.company.booking_credit_liability_account_id
        cls.bob = cls.env["res.partner"].create({"name": "Bob"})
        cls.yoga.booking_cancellation_policy_id = cls.policy

    def report(self, name, user=None):
        model = self.env[f"booking.credit.{name}"]
        return model.with_user(user or self.accountant)

    def table(self, name, **options):
        options = {"company_ids": self.company.ids, **options}
        return self.report(name).get_report(options)

    def rows(self, table, key=None):
        """Return the cells of one section by label of the row."""
        for section in table["sections"]:
            if key is None or section["key"] == key:
                return {row["label"]: row["cells"] for row in section["rows"]}
        return {}

    def account_key(self, account):
        return f"{self.company.id}-{account.id}"

    def give(self, valid_until, value=10.0, partner=None):
        lot = self.env["booking.credit.lot"]._grant(
            [
                {
                    "partner_id": (partner or self.anna).id,
                    "company_id": self.company.id,
                    "origin": "grant",
                    "valid_from": fields.Date.today(),
                    "valid_until": valid_until,
                }
            ],
            [{"quantity": value, "value": 0.0}],
        )
        return lot

    def assertOpens(self, name, table):
        """Check that each figure with a link is the sum of what it opens."""
        report, checked = self.report(name), 0
        for section in table["sections"]:
            for row in section["rows"]:
                for column in row["links"]:
                    action = report.action_open_cell(
                        table["options"], section["key"], row["key"], column
                    )
                    found = self.env["booking.credit.entry"].search(action["domain"])
                    if column in ("lots", "count"):
                        continue
                    field = "value"
                    if column in ("credit", "session", "money", "units"):
                        field = "quantity"
                    self.assertAlmostEqual(
                        abs(sum(found.mapped(field))),
                        abs(row["cells"][column]),
                        2,
                        (section["title"], row["label"], column),
                    )
                    checked += 1
        self.assertTrue(checked)

    # --- as of any day

    def test_liability_by_customer_as_of_any_day(self):
        with freeze_time("2026-01-05 08:00:00"):
            self._buy()
            self._buy(partner=self.bob)
        with freeze_time("2026-02-10 08:00:00"):
            self._book()
        january = self.table("liability", date_to="2026-01-31")
        key = self.account_key(self.liability)
        rows = self.rows(january, key)
        self.assertEqual(rows["Anna"]["value"], 90.0)
        self.assertEqual(rows["Total"], {"lots": 2, "credit": 200, "value": 180.0})
        february = self.table("liability", date_to="2026-02-28")
        rows = self.rows(february, key)
        self.assertEqual((rows["Anna"]["value"], rows["Bob"]["value"]), (81.0, 90.0))
        self.assertOpens("liability", february)
        self.assertFalse(self.table("liability", date_to="2026-01-04")["sections"])

    def test_aging_by_the_last_day_of_use(self):
        """Each edge of the buckets, both days included."""
        today = date(2026, 6, 15)
        with freeze_time("2026-06-10 08:00:00"):
            for number, days in enumerate(
                (-1, 0, 30, 31, 90, 91, 180, 181, 365, 366, None)
            ):
                end = None if days is None else today + timedelta(days=days)
                self.give(end, value=2**number)
        table = self.table("aging", date_to="2026-06-15")
        rows = self.rows(table)
        self.assertEqual(
            [rows[label].get("credit", 0) for label in list(rows)[:7]],
            [1, 2 + 4, 8 + 16, 32 + 64, 128 + 256, 512, 1024],
        )
        self.assertEqual(rows["Total"]["credit"], 2**11 - 1)
        self.assertOpens("aging", table)

    def test_aging_of_a_past_day_keeps_the_end_of_that_day(self):
        """Extended, cut short, made to last for ever, and begun later than that day."""
        with freeze_time("2026-01-05 08:00:00"):
            extended = self.give("2026-02-15", value=1.0)
            cut = self.give("2027-06-01", value=2.0)
            endless = self.give("2026-04-15", value=4.0)
            started = self.give(False, value=8.0)
            self.give("2026-02-15", value=16.0)
        with freeze_time("2026-01-31 12:00:00"):
            endless.sudo().valid_until = "2026-06-15"
        with freeze_time("2026-02-01 12:00:00"):
            extended.extend("closed for repairs", days=100)
            cut.sudo().valid_until = "2026-02-10"
            endless.sudo().valid_until = False
            started.sudo().valid_until = "2026-03-01"
        with freeze_time("2026-02-05 12:00:00"):
            extended.extend("again", days=365)
        expected = {
            # on that day one end had just been moved, the others not yet
            "2026-01-30": {
                "Up to 30 days": 1 + 16,
                "31 to 90 days": 4,
                "More than 365 days": 2,
                "Never expires": 8,
            },
            "2026-01-31": {
                "Up to 30 days": 1 + 16,
                "91 to 180 days": 4,
                "More than 365 days": 2,
                "Never expires": 8,
            },
            "2026-02-01": {
                "Up to 30 days": 2 + 8 + 16,
                "91 to 180 days": 1,
                "Never expires": 4,
            },
            "2026-02-05": {
                "Up to 30 days": 2 + 8 + 16,
                "More than 365 days": 1,
                "Never expires": 4,
            },
        }
        for day, credits in expected.items():
            table = self.table("aging", date_to=day)
            rows = self.rows(table)
            found = {label: rows[label].get("credit", 0) for label in list(rows)[:7]}
            self.assertEqual({k: v for k, v in found.items() if v}, credits, day)
            self.assertOpens("aging", table)

    def test_former_ends_of_credits_are_history(self):
        lot = self.give("2030-01-31")
        lot.sudo().valid_until = "2030-01-31"
        self.assertFalse(lot.end_ids)
        lot.sudo().valid_until = "2030-02-28"
        former = lot.sudo().end_ids
        self.assertEqual(former.valid_until, date(2030, 1, 31))
        for change in (
            lambda: former.write({"date": "2020-01-01"}),
            former.unlink,
            former.copy,
            lambda: former.create({"lot_id": lot.id}),
        ):
            with self.assertRaisesRegex(UserError, "history"):
                change()

    def test_aging_of_what_is_owed_is_the_liability(self):
        lot = self._buy()
        lot.sudo().valid_until = fields.Date.today() + timedelta(days=400)
        self._buy(partner=self.bob).sudo().valid_until = False
        self._book()
        table = self.table("aging")
        rows = self.rows(table, self.account_key(self.liability))
        self.assertEqual(rows["Total"]["value"], 171.0)
        self.assertEqual(rows["Non-current"]["value"], 81.0)
        self.assertEqual(rows["Current"]["value"], 90.0)
        self.assertOpens("aging", table)

    # --- breakage

    def test_what_became_of_the_packs_of_each_month(self):
        with freeze_time("2026-01-05 08:00:00"):
            lot = self._buy()
            self._book()
        with freeze_time("2026-02-05 08:00:00"):
            self._book()
            self._buy(partner=self.bob)
        with freeze_time("2026-03-05 08:00:00"):
            lot.sudo().valid_until = "2026-03-01"
            lot.sudo()._expire()
        table = self.table("breakage", date_from="2026-01-01", date_to="2026-03-31")
        rows = self.rows(table)
        january = rows["January 2026"]
        self.assertEqual(
            [january[n] for n in ("sold", "used0", "used1", "used", "expired", "left")],
            [90.0, 9.0, 9.0, 18.0, 72.0, 0.0],
        )
        self.assertEqual(january["expired_rate"], 0.8)
        self.assertEqual(rows["February 2026"]["left"], 90.0)
        self.assertEqual(rows["Total"]["sold"], 180.0)
        self.assertOpens("breakage", table)
        units = self.table(
            "breakage", date_from="2026-01-01", date_to="2026-03-31", of="quantity"
        )
        self.assertEqual(self.rows(units)["January 2026"]["expired"], 80.0)

    # --- revenue

    def test_revenue_by_kind_and_service(self):
        self._buy()
        judo = self._create_service("Judo", credits=20, price=20.0)
        self._book()
        self._book(judo)
        self._book(hours=5)._action_cancel()
        table = self.table("revenue")
        used = self.rows(table, f"{self.company.id}-used")
        self.assertEqual(used["Judo"]["value"], 18.0)
        self.assertEqual(used["Yoga"]["value"], 9.0)
        self.assertEqual(used["Total"]["single"], 27.0)
        fee = self.rows(table, f"{self.company.id}-fee")
        self.assertEqual(fee["Yoga"]["value"], 4.5)
        self.assertOpens("revenue", table)

    # --- VAT

    def test_the_way_from_turnover_to_declared_vat(self):
        """VAT at sale: base 100; used 10. VAT at use: used 12 = 10 + 2."""
        vat = self.company_data["default_tax_sale"].copy(
            {"name": "VAT 20", "amount": 20, "price_include_override": "tax_included"}
        )
        self.yoga.taxes_id = vat
        single = self._create_pack(
            "Single", 100, 120.0, taxes_id=[Command.set(vat.ids)]
        )
        multi = self._create_pack("Multi", 100, 120.0, booking_credit_vat_kind="multi")
        today = fields.Date.today()
        self._buy(single)
        self._buy(multi, partner=self.bob)
        # declared when invoiced, and no credits before it is paid
        self._invoice(self._create_order(single, partner=self.bob))
        for partner in (self.anna, self.bob):
            order = self._create_order(self.yoga, partner=partner)
            order.action_booking_credit_pay()
            order.action_confirm()
        self.env["booking.credit.posting"]._post_due(self.company)
        table = self.table("vat.bridge", date_from=today, date_to=today)
        rows = self.rows(table, f"{self.company.id}-single")
        self.assertEqual(
            {label: cells["value"] for label, cells in rows.items()},
            {
                "Revenue from credits": 10.0,
                "Increase of what is owed": 90.0,
                "Other movements, no sale": 0.0,
                "Invoiced, not paid: no credits yet": 100.0,
                "Base of VAT at sale": 200.0,
                "Posted on invoices and credit notes": 200.0,
                "Difference": 0.0,
            },
        )
        rows = self.rows(table, f"{self.company.id}-multi")
        self.assertEqual(rows["Released by use, no-show and fee"]["value"], 12.0)
        self.assertEqual(rows["VAT posted on it"]["value"], -2.0)
        self.assertEqual(rows["Base of VAT at use"]["value"], 10.0)
        self.assertEqual(rows["Turnover"]["value"], 10.0)
        with self.assertRaises(UserError):
            self.report("vat.bridge").action_open_cell(
                table["options"], f"{self.company.id}-multi", "vat", "value"
            )

    # --- all of them

    def test_each_is_exported_and_printed(self):
        self._buy()
        self._book()
        for name in REPORTS:
            report = self.report(name)
            content, _name = report._get_xlsx({"company_ids": self.company.ids})
            self.assertEqual(content[:2], b"PK", name)
            action = report.action_print({"company_ids": self.company.ids})
            html = (
                self.env["ir.actions.report"]
                .with_user(self.accountant)
                ._render_qweb_html(
                    "booking_credits.report_table", None, data=action["data"]
                )[0]
            )
            self.assertIn(self.company.name, html.decode(), name)

    def test_the_front_desk_reads_none_of_them(self):
        for name in REPORTS:
            with self.assertRaises(AccessError):
                self.report(name, self.front_desk).get_report()
