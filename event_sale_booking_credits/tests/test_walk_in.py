from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError

from .common import ClassCommon


@tagged("post_install", "-at_install")
class TestWalkIn(ClassCommon):
    """Somebody comes in without a booking (S1-30, S1-31)."""

    def _walk_in(self, user=None, **values):
        wizard = self.env["event.walk.in"].with_user(user or self.front_desk)
        return wizard.create(
            {"event_id": self.yoga_class.id, "partner_id": self.anna.id, **values}
        )

    def test_a_walk_in_is_debited_and_present(self):
        """S1-30: the balance goes down, and the attendance is marked."""
        lot = self._buy()
        self._walk_in().action_add()
        self.assertEqual(lot.balance, 90)
        self.assertRecordValues(
            self._seats(state="done"),
            [{"partner_id": self.anna.id, "sale_status": "sold"}],
        )

    def test_the_dialog_says_what_pays_before(self):
        """S1-31: one dialog: who, which class, what pays."""
        lot = self._buy()
        form = Form(self.env["event.walk.in"].with_user(self.front_desk))
        form.event_id = self.yoga_class
        form.partner_id = self.anna
        self.assertTrue(form.can_pay)
        self.assertEqual(form.credit_text, f"10 credits of {lot.name}")
        self.assertEqual(form.seats_text, "2 seats left")

    def test_the_dialog_says_what_is_missing(self):
        form = Form(self.env["event.walk.in"].with_user(self.front_desk))
        form.event_id = self.yoga_class
        form.partner_id = self.bob
        self.assertFalse(form.can_pay)
        self.assertIn("10 are missing", form.credit_text)
        wizard = form.save()
        with self.assertRaises(InsufficientCreditsError):
            wizard.action_add()

    def test_money_opens_the_order(self):
        action = self._walk_in(payment="money").action_add()
        order = self.env["sale.order"].browse(action["res_id"])
        self.assertEqual(self._line(order).event_id, self.yoga_class)
        self.assertEqual(order.state, "draft")

    def test_a_full_class_takes_nobody(self):
        lot = self._buy()
        self._take(seats=2)
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self._walk_in().action_add()
        self.assertEqual(lot.balance, 80)

    def test_only_the_front_desk_adds(self):
        with self.assertRaises(AccessError):
            self._walk_in(user=self.desk)

    def test_the_badge_of_a_quotation_books_and_marks(self):
        """S1-30: scanning the badge of somebody who has not paid takes the credits."""
        lot = self._buy()
        order = self._quote()
        seat = self.env["event.registration"].create(
            {
                "event_id": self.yoga_class.id,
                "sale_order_line_id": self._line(order).id,
            }
        )
        self.assertEqual(seat.state, "draft")
        res = (
            self.env["event.registration"]
            .with_user(self.front_desk)
            .register_attendee(seat.barcode, self.yoga_class.id)
        )
        self.assertEqual(res["status"], "confirmed_registration")
        self.assertEqual(seat.state, "done")
        self.assertEqual(lot.balance, 90)

    def test_the_badge_of_somebody_without_credits_is_refused(self):
        order = self._quote(partner=self.bob)
        seat = self.env["event.registration"].create(
            {
                "event_id": self.yoga_class.id,
                "sale_order_line_id": self._line(order).id,
            }
        )
        res = (
            self.env["event.registration"]
            .with_user(self.front_desk)
            .register_attendee(seat.barcode, self.yoga_class.id)
        )
        self.assertEqual(res["status"], "unconfirmed_registration")
        self.assertEqual(order.state, "draft")

    def test_a_badge_that_does_not_pay_leaves_the_quotation_as_it_was(self):
        """Credits that staff chose before stay on it."""
        lot = self._buy(self._create_pack("10 credits", credits=10, price=9.0))
        order = self._quote(seats=2)
        order.action_booking_credit_pay()
        chosen = order.order_line._get_credit_lines()
        seat = self.env["event.registration"].create(
            {
                "event_id": self.yoga_class.id,
                "sale_order_line_id": self._line(order).id,
            }
        )
        self.env["event.registration"].with_user(self.front_desk).register_attendee(
            seat.barcode, self.yoga_class.id
        )
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.order_line._get_credit_lines(), chosen)
        self.assertEqual(lot.balance, 10)
