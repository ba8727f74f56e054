from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestPostDue(BookingCreditsCommon):
    """The dialog that posts what is due says first what that is."""

    def _open(self, user=None):
        wizard = self.env["booking.credit.post.due"]
        return Form(wizard.with_user(user or self.accountant))

    def test_it_shows_what_is_due_and_posts_that(self):
        self._buy()
        line = self._book(hours=2).order_line[0]
        form = self._open()
        self.assertEqual((form.due_count, form.waiting_count), (0, 1))
        with freeze_time(line.booking_end + timedelta(minutes=1)):
            form = self._open()
            self.assertEqual((form.due_count, form.waiting_count), (1, 0))
            self.assertEqual(form.due_value, 9.0)
            self.assertEqual(form.first_day, line.booking_start.date())
            action = form.save().action_post()
            moves = self.env["account.move"].search(action["domain"])
            self.assertEqual(moves.state, "posted")
            self.assertEqual(self._open().due_count, 0)

    def test_it_is_for_accountants(self):
        with self.assertRaises(AccessError):
            self._open(self.front_desk)

    def test_the_pause_dialog_says_the_new_end(self):
        """A pass that rests ten days ends ten days later."""
        pack = self._create_pack(
            "Pass",
            10,
            100.0,
            booking_credit_unlimited=True,
            booking_credit_limit_dates=True,
        )
        lot = self._buy(pack)
        lot.sudo().valid_until = lot.valid_from + timedelta(days=89)
        form = Form(
            self.env["booking.credit.pause"].with_context(default_lot_id=lot.id)
        )
        form.first_day = lot.valid_from + timedelta(days=5)
        form.last_day = lot.valid_from + timedelta(days=14)
        self.assertEqual(form.day_count, 10)
        self.assertEqual(form.new_until, lot.valid_until + timedelta(days=10))
        form.reason = "holidays"
        wanted = form.new_until
        form.save().action_apply()
        self.assertEqual(lot.valid_until, wanted)
