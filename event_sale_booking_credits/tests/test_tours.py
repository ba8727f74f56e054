from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import ClassCommon


@tagged("post_install", "-at_install")
class TestClassTours(ClassCommon, HttpCase):
    """The day of a class, as the front desk lives it in the browser."""

    def test_the_front_desk_adds_a_walk_in(self):
        """S1-30, S1-31: one dialog; debited, and present."""
        new_test_user(
            self.env,
            "tour_desk",
            groups="booking_credits.booking_credits_group_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        lot = self._buy()
        self.start_tour(
            f"/odoo/event.event/{self.yoga_class.id}",
            "event_booking_credits_walk_in",
            login="tour_desk",
        )
        self.assertEqual(lot.balance, 90)
        self.assertRecordValues(
            self._seats(state="done"), [{"partner_id": self.anna.id}]
        )
