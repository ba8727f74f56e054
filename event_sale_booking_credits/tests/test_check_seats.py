from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ClassCommon


@tagged("post_install", "-at_install")
class TestCheckSeats(ClassCommon):
    """No seat without what pays it: each state is made by SQL, and found."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yoga_class.booking_payment = "credit_only"
        cls.checker = cls.env["booking.credit.lot"].sudo()

    def setUp(self):
        super().setUp()
        self._buy()
        self.order = self._take()
        self.line = self._line(self.order)
        self.seat_taken = self._seats()

    def assertFound(self, query, *params, named=()):
        """Break the database, see what is said of it, and mend it."""
        self.env.flush_all()
        point = self.env.cr.savepoint()
        self.env.cr.execute(query, params)
        self.env.invalidate_all(flush=False)
        text = "\n".join(self.checker._check_bookings(self.company))
        point.rollback()
        point.close(rollback=False)
        self.env.invalidate_all(flush=False)
        for word in named:
            self.assertIn(word, text)

    def test_a_seat_without_its_order(self):
        query = (
            "UPDATE event_registration SET sale_order_id = NULL, "
            "sale_order_line_id = NULL WHERE id = %s"
        )
        named = (str(self.seat_taken.id), self.yoga_class.name, "no order pays it")
        self.assertFound(query, self.seat_taken.id, named=named)
        self.yoga_class.booking_payment = "both"
        self.yoga_class.event_ticket_ids.price = 0
        self.assertFound(query, self.seat_taken.id, named=named)

    def test_a_seat_put_in(self):
        self.assertFound(
            "INSERT INTO event_registration (event_id, event_ticket_id, company_id, "
            "name, state, active, barcode) SELECT event_id, event_ticket_id, "
            "company_id, 'Eve', 'open', TRUE, 'eve' FROM event_registration "
            "WHERE id = %s",
            self.seat_taken.id,
            named=("Eve", self.yoga_class.name),
        )

    def test_more_seats_than_the_order_pays(self):
        self.assertFound(
            "UPDATE sale_order_line SET product_uom_qty = 0 WHERE id = %s",
            self.line.id,
            named=(self.order.name, "pays 0 seats", "1 are taken"),
        )

    def test_a_seat_of_an_order_that_does_not_stand(self):
        for change in (
            "state = 'draft'",
            "booking_cancel_date = now(), booking_cancel_by = 'customer'",
        ):
            with self.subTest(change=change):
                self.assertFound(
                    f"UPDATE sale_order_line SET {change} WHERE id = %s",
                    self.line.id,
                    named=(self.order.name, "pays 0 seats", "1 are taken"),
                )

    def test_a_seat_in_another_class(self):
        other = self._create_class("Better")
        self.assertFound(
            "UPDATE event_registration SET event_id = %s WHERE id = %s",
            other.id,
            self.seat_taken.id,
            named=(self.order.name, "1 of its seats are elsewhere"),
        )

    def test_what_is_allowed_is_not_reported(self):
        """Guests, also those from before; who did not come, or came in the end."""
        self.assertFalse(self.checker._check_bookings(self.company))
        talk = self._create_class("Talk", booking_payment="both")
        seats = self.env["event.registration"].with_user(self.desk)
        guest = seats.create(
            {
                "event_id": talk.id,
                "event_ticket_id": talk.event_ticket_ids.id,
                "name": "Guest",
            }
        )
        self.assertTrue(guest.booking_guest)
        talk.booking_payment = "credit_only"
        self.line._cancel_booking(by="no_show")
        self.assertFalse(self.checker._check_bookings(self.company))
        self.seat_taken.with_user(self.desk).action_set_done()
        self.assertFalse(self.checker._check_bookings(self.company))

    def test_who_is_a_guest_is_not_entered(self):
        for seats in (self.env["event.registration"], self.seat_taken):
            seats = seats.with_user(self.desk)
            for context in ({}, {"default_booking_guest": True}):
                if seats and context:
                    continue
                with self.assertRaises(AccessError), self.cr.savepoint():
                    if seats:
                        seats.booking_guest = True
                    else:
                        vals = {} if context else {"booking_guest": True}
                        event = self._create_class("Talk", booking_payment="money")
                        seats.with_context(**context).create(
                            {"event_id": event.id, "name": "Eve", **vals}
                        )
