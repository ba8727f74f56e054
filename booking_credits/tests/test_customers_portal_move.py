from datetime import timedelta

from odoo import fields
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestPortalMove(BookingCreditsCommon, HttpCase):
    """Customers change the date of a booking, under the terms of cancelling."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yoga.booking_cancellation_policy_id = cls.policy
        cls.yoga.booking_grid = 1
        cls.company.booking_move = "free"
        cls.shopper, cls.stranger = (
            new_test_user(
                cls.env,
                login,
                groups="base.group_portal",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for login in ("anna_move", "other_move")
        )
        cls.customer = cls.shopper.partner_id

    def _book_for_shopper(self, hours=200):
        self.lot = self._buy(partner=self.customer)
        order = self._book(partner=self.customer, hours=hours)
        return order.order_line._get_portal_bookings()

    def _move(self, line, start, login="anna_move", csrf=True, **data):
        """Send the form of the page; ``start`` is on the clock of the studio, UTC."""
        self.authenticate(login, login)
        if csrf:
            data["csrf_token"] = Request.csrf_token(self)
        if not isinstance(start, str):
            start = start.strftime("%Y-%m-%dT%H:%M")
        return self.url_open(
            f"/my/orders/{line.order_id.id}/bookings/{line.id}/move",
            data={"booking_start": start, **data},
        )

    def _page(self, login="anna_move"):
        self.authenticate(login, login)
        return self.url_open("/my/credits/bookings").text

    def test_another_date_costs_nothing_while_cancelling_is_free(self):
        """S1-35: said before; what is paid stays paid, and both dates are kept."""
        line = self._book_for_shopper()
        self.assertIn("Changing the date costs nothing", self._page())
        start = (line.booking_start + timedelta(days=3)).replace(second=0)
        for _press in range(2):
            answer = self._move(line, start)
            self.assertIn("The date is changed.", answer.text)
        self.assertEqual(line.booking_start, start)
        self.assertEqual(self.lot.balance, 90)
        moved = line.order_id.message_ids.filtered(
            lambda message: "moved by the customer" in (message.body or "")
        )
        self.assertEqual(len(moved), 1, "sent twice, moved once")
        self.assertEqual(moved.author_id, self.customer)

    def test_a_late_change_is_refused_like_a_free_cancellation(self):
        """S1-35: whoever would pay for cancelling does not move for free."""
        line = self._book_for_shopper(hours=5)
        before = line.booking_start
        self.assertIn("too late to change the date for free", self._page())
        answer = self._move(line, before + timedelta(days=3))
        self.assertIn("too late to change the date for free", answer.text)
        self.assertEqual(line.booking_start, before)

    def test_a_late_change_until_the_start_keeps_the_terms(self):
        """S1-35: moving away and cancelling then is not cheaper than cancelling."""
        self.company.booking_move = "always"
        line = self._book_for_shopper(hours=5)
        quote = line._get_booking_cancel_quote().measures
        self.assertIn("no more comes back than now", self._page())
        self._move(line, line.booking_start + timedelta(days=9))
        self.assertEqual(line._get_booking_cancel_quote().measures, quote)

    def test_credits_that_do_not_pay_the_new_day_leave_it_as_it_was(self):
        """S0-26, S0-27: dates within the validity of the credits."""
        line = self._book_for_shopper()
        self.lot.sudo().limit_dates = True
        before = line.booking_start
        answer = self._move(line, before + timedelta(days=400))
        self.assertIn("stays as it was", answer.text)
        self.assertEqual((line.booking_start, self.lot.balance), (before, 90))

    def test_past_or_no_dates_are_refused(self):
        """S0-26: whatever the browser sends."""
        line = self._book_for_shopper()
        before = line.booking_start
        for start in ("", "tomorrow", fields.Datetime.now() - timedelta(days=1)):
            self._move(line, start)
            self.assertEqual(line.booking_start, before)

    def test_not_offered_where_the_studio_says_no(self):
        """The default: customers ask; started and cancelled bookings stay as well."""
        self.company.booking_move = "no"
        line = self._book_for_shopper()
        before = line.booking_start
        self.assertNotIn("Change the date", self._page())
        self._move(line, before + timedelta(days=3))
        self.assertEqual(line.booking_start, before)
        self.company.booking_move = "always"
        line._cancel_booking_as_customer()
        self._move(line, before + timedelta(days=3))
        self.assertEqual(line.booking_start, before)

    @mute_logger("odoo.http")
    def test_nobody_moves_the_booking_of_another(self):
        """Another customer, a visitor, a link alone, a form of another site."""
        line = self._book_for_shopper()
        before, later = line.booking_start, line.booking_start + timedelta(days=3)
        self._move(line, later, login="other_move")
        self.assertEqual(line.booking_start, before)
        answer = self._move(line, later, csrf=False)
        self.assertEqual(answer.status_code, 400)
        path = f"/my/orders/{line.order_id.id}/bookings/{line.id}/move"
        self.url_open(f"{path}?booking_start={later:%Y-%m-%dT%H:%M}")
        self.authenticate(None, None)
        data = {
            "csrf_token": Request.csrf_token(self),
            "booking_start": f"{later:%Y-%m-%dT%H:%M}",
        }
        self.url_open(path, data=data)
        self.assertEqual(line.booking_start, before)

    def test_a_refusal_is_not_put_on_a_page_by_a_link(self):
        """Words in an address are never shown."""
        line = self._book_for_shopper()
        self.authenticate("anna_move", "anna_move")
        page = self.url_open(
            f"/my/orders/{line.order_id.id}?message=booking_not_moved"
            f"&booking={line.id}&text=Call+555"
        ).text
        self.assertNotIn("Call 555", page)

    def test_move_in_the_browser(self):
        """S1-35: from the page of bookings, in headless Chromium."""
        self.company.booking_horizon_days = 36500
        line = self._book_for_shopper()
        self.start_tour(
            "/my/credits/bookings",
            "booking_portal_move",
            login="anna_move",
            timeout=120,
        )
        self.assertEqual(f"{line.booking_start:%Y-%m-%d %H:%M}", "2031-07-01 18:00")
