from odoo.tests import freeze_time, tagged

from odoo.addons.booking_credits.tests.test_accounting_example_table import (
    ExampleCommon,
)


@tagged("post_install", "-at_install")
class TestPostingWithEstimates(ExampleCommon):
    """Estimates beside what else posts credits."""

    def test_uses_of_customers_with_invoices_are_posted_beside_an_estimate(self):
        """House 5.1: an invoice and its payment are several entries; none is lost."""
        self.company.booking_credit_breakage_method = "proportional"
        self.company.booking_credit_breakage_percent = 20.0
        cohorts = self.env["booking.credit.cohort"].with_user(self.accountant)
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        firm.with_company(self.company).booking_credit_invoice_uses = True
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(self.packs["multi"], partner=firm)
        lot.sudo().valid_until = "2026-12-31"
        cohorts._assign_lots(self.company)
        for month in (2, 3):
            with freeze_time(f"2026-{month:02}-10 08:00:00"):
                self._book(hours=2, partner=firm)
            with freeze_time(f"2026-{month:02}-10 22:00:00"):
                posted = self.env["booking.credit.posting"]._post_due(self.company)
                self.assertEqual(posted.mapped("posting_state"), ["posted"])
                cohorts.search([]).recognise(f"2026-{month:02}-10")
        self.assertTrue(lot.cohort_id.step_ids)
