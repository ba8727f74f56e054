from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestCancelTours(BookingCreditsCommon, HttpCase):
    """Cancelling as the front desk does it in the browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new_test_user(
            cls.env,
            "tour_desk",
            groups="booking_credits.booking_credits_group_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.yoga.booking_cancellation_policy_id = cls.policy

    def test_the_front_desk_cancels_late_and_reads_the_fee(self):
        """S1-22, S1-35: 5 of 10 credits, said before and shown after."""
        lot = self._buy()
        self._book(hours=5)
        self.start_tour(
            "/odoo/action-booking_credits.sale_order_line_action_booking",
            "booking_credits_cancel_late",
            login="tour_desk",
        )
        self.assertRecordValues(lot, [{"balance": 95, "value": 85.5}])

    def test_the_front_desk_cancels_a_class_of_12(self):
        """S2-03: twelve bookings, one dialog; credits live a week longer."""
        start = fields.Datetime.now() + timedelta(hours=3)
        lots = self.env["booking.credit.lot"]
        for number in range(12):
            guest = self.env["res.partner"].create(
                {"name": f"Guest {number}", "email": f"guest{number}@example.com"}
            )
            lots |= self._buy(partner=guest)
            order = self._create_order(self.yoga, partner=guest, start=start)
            order.action_booking_credit_pay()
            order.action_confirm()
        ends = lots.mapped("valid_until")
        self.start_tour(
            "/odoo/action-booking_credits.sale_order_line_action_booking",
            "booking_credits_cancel_class",
            login="tour_desk",
        )
        self.assertEqual(lots.mapped("balance"), [100] * 12)
        self.assertEqual(
            lots.mapped("valid_until"), [end + timedelta(days=7) for end in ends]
        )
