import base64
from datetime import date

from odoo.tests import freeze_time, tagged

from odoo.addons.booking_credits.tests.common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestTieOutOpening(BookingCreditsCommon):
    """An opening balance explains a difference between its two days."""

    def _tie_out(self, day=None):
        return self.env["booking.credit.tie.out"]._run(self.company, day)

    def test_an_opening_balance_that_was_loaded_later(self):
        """Dated when the business began, loaded weeks after: explained in between.

        Acceptance test 22 of research.
        """
        suspense = self.env["account.account"].create(
            {"name": "Opening", "code": "580099", "account_type": "asset_current"}
        )
        text = "Customer;Pack or measure;Quantity;Value\nAnna;sessions;3;45.5"
        with freeze_time("2026-03-10 09:00:00"):
            loaded = self.env["booking.credit.import"].create(
                {
                    "file": base64.b64encode(text.encode()),
                    "file_name": "old.csv",
                    "date": "2026-01-01",
                    "account_id": suspense.id,
                    "company_id": self.company.id,
                }
            )
            loaded.with_user(self.accountant).action_load()
        run = self._tie_out(date(2026, 1, 31))
        self.assertEqual((run.result, run.ledger, run.books), ("green", 0.0, 45.5))
        self.assertRecordValues(
            run.line_ids,
            [
                {
                    "reason": "opening",
                    "explained": True,
                    "difference": 45.5,
                    "document": loaded.sudo().move_id.name,
                    "lot_id": loaded.sudo().lot_ids.id,
                }
            ],
        )
        later = self._tie_out(date(2026, 3, 10))
        self.assertFalse(later.line_ids)
        self.assertEqual((later.ledger, later.books), (45.5, 45.5))
