"""A month is closed on the real French chart, with VAT due on payment.

Needs ``l10n_fr_account``, which is installed with this add-on wherever it is tried
(``COMPANIONS`` in tools/project.py).
"""

from odoo.tests import freeze_time, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import BookingCreditsCommon
from .french_month import FrenchMonth


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestFrenchMonth(BookingCreditsCommon):
    @classmethod
    @AccountTestInvoicingCommon.setup_country("fr")
    def setUpClass(cls):
        super().setUpClass()
        cls.month = FrenchMonth(cls.env)
        cls.month.live()

    def test_the_accounts_are_those_of_the_plan_comptable(self):
        """Research 2.2: 41911x, never 4191 itself, 77x or 7588."""
        company = self.company
        self.assertEqual(company.chart_template, "fr")
        self.assertEqual(company.booking_credit_liability_account_id.code, "419110")
        self.assertEqual(
            company.booking_credit_multi_liability_account_id.code, "419120"
        )
        self.assertEqual(company.booking_credit_fee_account_id.code, "708810")
        self.assertEqual(company.booking_credit_breakage_account_id.code, "706900")
        self.assertNotEqual(company.downpayment_account_id.code, "419110")

    def test_the_roll_forward_of_the_month(self):
        """Two kinds of VAT, each to the balance of its account."""
        rows = self.month.roll_forward()
        single = {key: value for key, value in rows["419110"].items() if value}
        self.assertEqual(
            single,
            {
                "sold": 150.0,
                "used": -20.0,
                "refunded": -20.0,
                "expired": -50.0,
                "closing": 60.0,
                "unpaid": 100.0,
                "expected": 160.0,
                "books": 160.0,
            },
        )
        multi = {key: value for key, value in rows["419120"].items() if value}
        self.assertEqual(
            multi,
            {
                "sold": 120.0,
                "used": -12.0,
                "fee": -6.0,
                "closing": 102.0,
                "expected": 102.0,
                "books": 102.0,
            },
        )

    def test_the_vat_of_the_month_is_what_was_paid_and_used(self):
        """CA3, line 08: 195.00 at 20 % = 39.00; 10.00 waits for Bob's other half.

        Alice 100.00 − 20.00 refunded, Bob 50.00 of 100.00, Dan 50.00 though he never
        came, Chloé's use and fee 15.00.

        Acceptance test 6 of research.
        """
        self.assertEqual(self.month.grid("08_base"), 195.0)
        self.assertEqual(self.month.grid("08_taxe"), 39.0)
        self.assertEqual(self.month.balance("445710"), -39.0)
        self.assertEqual(self.month.balance("445800"), -10.0)

    def test_turnover_of_the_month(self):
        """706 by use, fees apart, and what Dan never used."""
        self.assertEqual(self.month.balance("706000"), -30.0)
        self.assertEqual(self.month.balance("708810"), -5.0)
        self.assertEqual(self.month.balance("706900"), -50.0)
        bridge = self.env["booking.credit.vat.bridge"].sudo()
        table = bridge.get_report(
            {
                "company_ids": self.company.ids,
                "date_from": "2026-01-01",
                "date_to": "2026-01-31",
            }
        )
        single, multi = (
            {row["key"]: row["cells"].get("value", 0.0) for row in section["rows"]}
            for section in table["sections"]
        )
        self.assertEqual((single["revenue"], multi["base"]), (70.0, 15.0))
        # one pack is invoiced and not paid: declared, and nothing to spend yet
        self.assertEqual((single["waiting"], single["difference"]), (100.0, 0.0))

    def test_the_month_is_tied_out_and_closed(self):
        """A mistake is found and put right; then the month takes nothing any more."""
        self.assertEqual(self.month.tie_out().result, "green")
        wrong = self.month.post_by_hand()
        run = self.month.tie_out()
        self.assertEqual((run.result, run.unexplained), ("red", -7.0))
        line = run.line_ids.filtered(lambda line: not line.explained)
        self.assertEqual((line.reason, line.document), ("manual", wrong.name))
        self.month.undo(wrong)
        run = self.month.tie_out()
        self.assertEqual(run.unexplained, 0.0)
        self.assertFalse(
            set(run.line_ids.mapped("reason")) - {"unpaid", "cash_basis", "manual"}
        )
        self.month.lock()
        # the rest of Bob's pack is paid in February: his credits, and his VAT
        self.month.pay("2026-02-03", self.month.half_paid)
        self.assertEqual(self.month.balance("445710"), -39.0)
        with freeze_time("2026-02-05 08:00:00"):
            self.assertEqual(self.month.lot(self.month.half_paid).value, 100.0)
