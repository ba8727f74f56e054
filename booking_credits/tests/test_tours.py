from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestTours(BookingCreditsCommon, HttpCase):
    """What a person does in the browser, in headless Chromium."""

    def test_the_front_desk_sells_books_and_cancels(self):
        """S1-03, S1-04, S1-15, S1-35: the main job, without leaving the orders."""
        self.company.booking_horizon_days = 36500
        customer = self.env["res.partner"].create({"name": "Tour Customer"})
        self._create_pack("Tour Pack", credits=100, price=90.0)
        self._create_service("Tour Yoga", credits=10, price=10.0)
        new_test_user(
            self.env,
            "tour_staff",
            groups="booking_credits.booking_credits_group_user,"
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.start_tour(
            "/odoo/action-sale.action_quotations_with_onboarding",
            "booking_credits_front_desk",
            login="tour_staff",
            timeout=180,
        )
        lot = customer.booking_credit_lot_ids
        self.assertEqual(
            lot.entry_ids.sorted("id").mapped("type"), ["grant", "redeem", "restore"]
        )
        self.assertEqual((lot.balance, lot.value), (100, 90))
