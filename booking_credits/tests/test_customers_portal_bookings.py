from odoo.tests import HttpCase, new_test_user, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestPortalBookings(BookingCreditsCommon, HttpCase):
    """What customers see of their bookings on the portal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = [
            new_test_user(
                cls.env,
                login,
                groups="base.group_portal",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for login in ("booker", "stranger")
        ]
        cls.anna = users[0].partner_id
        cls.pilates = cls._create_service("Pilates", credits=15, price=15.0)

    def _read(self, login):
        self.authenticate(login, login)
        return self.url_open("/my/credits/bookings").text

    def test_coming_and_past_bookings(self):
        """S1-35, S4-07: to come with what cancelling gives back; cancelled is past."""
        self._buy()
        self._book()
        cancelled = self._book(self.pilates)
        cancelled.order_line._get_portal_bookings()._cancel_booking_as_customer()
        coming, past = self._read("booker").split("Past and cancelled")
        self.assertIn("Yoga", coming)
        self.assertIn("Cancel now: 10 of 10 credits come back.", coming)
        self.assertIn("Cancellation terms", coming)
        self.assertNotIn("Pilates", coming)
        self.assertIn("Pilates", past)
        self.assertIn("15 of 15 credits came back.", past)

    def test_nobody_sees_the_bookings_of_another(self):
        """Portal: a stranger who is signed in, and a visitor."""
        self._buy()
        self._book()
        self.assertNotIn("Yoga", self._read("stranger"))
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open("/my/credits/bookings").url)

    def test_the_home_page_counts_what_is_to_come(self):
        """S4-07: the card leads to the page only where there is something."""
        self._buy()
        self._book()
        self.authenticate("booker", "booker")
        counted = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["booking_credit_booking_count"]}
        )
        self.assertEqual(counted["booking_credit_booking_count"], 1)
