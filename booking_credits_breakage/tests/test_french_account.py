from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.booking_credits.tests.common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestFrenchAccount(BookingCreditsCommon):
    """Breakage in advance has its place in the chart of a country."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("fr")
    def setUpClass(cls):
        super().setUpClass()

    def test_the_account_is_that_of_the_plan_comptable(self):
        contra = self.company._get_booking_credit_account("breakage_contra")
        self.assertEqual(contra.code, "419119")
