from datetime import timedelta

from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestPortal(BookingCreditsCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shopper = new_test_user(
            cls.env,
            "anna_portal",
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _get_page(self):
        self.authenticate("anna_portal", "anna_portal")
        return self.url_open("/my/credits").text

    def test_customers_see_their_balance_and_history(self):
        """S2-20, S2-21, S3-11: balance, conditions and every movement."""
        self._buy(partner=self.shopper.partner_id)
        order = self._book(partner=self.shopper.partner_id)
        page = self._get_page()
        self.assertIn("90 credits", page)
        self.assertIn("Valid until", page)
        self.assertIn(order.name, page)

    def test_customers_do_not_see_the_credits_of_others(self):
        lot = self._buy()
        page = self._get_page()
        self.assertIn("no credits to use", page)
        self.assertNotIn(lot.name, page)

    def test_expired_credits_stay_visible(self):
        """S1-32: greyed, with their date, and not in the usable balance."""
        lot = self._buy(partner=self.shopper.partner_id)
        with freeze_time(lot.valid_until + timedelta(days=1)):
            lot._expire()
        page = self._get_page()
        self.assertIn("o_booking_credits_closed", page)
        self.assertIn("no credits to use", page)

    def test_the_portal_home_counts_them(self):
        self._buy(partner=self.shopper.partner_id)
        self.authenticate("anna_portal", "anna_portal")
        counters = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["booking_credit_count"]}
        )
        self.assertEqual(counters["booking_credit_count"], 1)

    def test_a_guest_is_asked_to_sign_in(self):
        self.authenticate(None, None)
        response = self.url_open("/my/credits", allow_redirects=False)
        self.assertEqual(response.status_code, 303)
