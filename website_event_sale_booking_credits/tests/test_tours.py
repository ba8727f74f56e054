from odoo.tests import tagged

from .common import ScheduleCommon


@tagged("post_install", "-at_install")
class TestTours(ScheduleCommon):
    """What a customer does on the schedule, in headless Chromium."""

    def test_book_with_credits(self):
        """S1-03, S1-04, S1-16: from the schedule to the confirmation."""
        lot = self._buy()
        self.start_tour(
            "/event", "booking_schedule_book", login="anna_shop", timeout=120
        )
        self.assertEqual(lot.balance, 80)
        self.assertEqual(len(self._seats()), 2)

    def test_join_the_list_and_be_enrolled(self):
        """S1-07, S1-08: number 1; somebody cancels; enrolled."""
        lot = self._buy()
        order = self._fill()
        self.start_tour(
            self._url(), "booking_schedule_join", login="anna_shop", timeout=120
        )
        self.assertEqual(lot.held, 10)
        order.order_line.filtered("event_id").registration_ids[0].action_cancel()
        self.yoga_class._promote_waiting()
        self.start_tour(
            "/my/waiting", "booking_schedule_enrolled", login="anna_shop", timeout=120
        )
        self.assertEqual((lot.held, lot.balance), (0, 90))
