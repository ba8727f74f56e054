from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError
from odoo.addons.booking_credits.inside import tell

from .common import ClassCommon


@tagged("post_install", "-at_install")
class TestSeat(ClassCommon):
    """A seat in a class, paid with credits."""

    def test_credits_are_taken_at_the_booking(self):
        """S1-03, S1-04: 500 credits, a class for 170: 330 at once, no payment step."""
        pack = self._create_pack("500 credits", credits=500, price=450.0)
        self.yoga_class.booking_credit_price = 170
        lot = self._buy(pack)
        order = self._take()
        self.assertEqual(lot.balance, 330)
        self.assertFalse(order.transaction_ids)
        seat = self._seats()
        self.assertRecordValues(seat, [{"sale_status": "sold", "state": "open"}])
        self.assertEqual(seat.booking_credit_quantity, 170)
        self.assertEqual(seat.booking_paid_text, "170 credits")

    def test_the_mail_names_the_class(self):
        """S0-12: class, its time, its price; not the product of the ticket."""
        self._buy()
        self.yoga_class.booking_credit_price = 20
        order = self._take(seats=2)
        self.assertEqual(
            order._get_confirmation_template(),
            self.env.ref("booking_credits.mail_template_booked"),
        )
        [row] = order._get_booking_mail_rows()
        self.assertEqual(row["title"], f"2 × {self.yoga_class.name}")
        self.assertEqual(row["when"], self._line(order)._get_booking_start_text())
        # and so does the history on the portal
        used = self.anna.booking_credit_lot_ids.entry_ids.filtered(
            lambda entry: entry.type == "redeem"
        )
        self.assertEqual(used._get_portal_title(), f"Paid for {self.yoga_class.name}")

    def test_one_wallet_pays_classes_courses_and_workshops(self):
        """S1-02: the same credits, whatever the event is."""
        lot = self._buy()
        start = self.yoga_class.date_begin
        course = self._create_class(
            "Course", date_end=start + timedelta(days=21), booking_credit_price=40
        )
        slots = self._create_class(
            "Workshop",
            date_begin=start.replace(hour=0),
            date_end=start + timedelta(days=3),
            is_multi_slots=True,
            event_slot_ids=[
                Command.create(
                    {
                        "date": (start + timedelta(days=1)).date(),
                        "start_hour": 10.0,
                        "end_hour": 12.0,
                    }
                )
            ],
        )
        slot = slots.event_slot_ids
        self._take()
        self._take(course)
        workshop = self._take(slots, event_slot_id=slot.id)
        self.assertEqual(lot.balance, 100 - 10 - 40 - 10)
        self.assertRecordValues(
            self._line(workshop),
            [{"booking_start": slot.start_datetime, "booking_end": slot.end_datetime}],
        )

    def test_the_price_is_that_of_the_ticket_the_class_or_the_product(self):
        """S1-25: set on the class, its template or the ticket."""
        event = self.yoga_class
        line = self._line(self._quote())
        self.assertEqual(line.booking_credit_price, 10)
        event.booking_credit_price = 12
        self.assertEqual(line.booking_credit_price, 12)
        event.event_ticket_ids.booking_credit_price = 15
        self.assertEqual(line.booking_credit_price, 15)
        self.assertEqual(line._get_booking_cost("session"), 1)

    def test_a_template_hands_down_what_it_says(self):
        """S1-25: the template of a class says what its seats cost and take."""
        policy = self.policy
        kind = self.env["event.type"].create(
            {
                "name": "Class",
                "booking_credit_price": 7,
                "booking_payment": "credit_only",
                "booking_cancellation_policy_id": policy.id,
                "booking_waiting_mode": "auto",
                "event_type_ticket_ids": [
                    Command.create(
                        {
                            "name": "Early",
                            "product_id": self.seat.id,
                            "booking_credit_price": 6,
                        }
                    )
                ],
            }
        )
        event = self.env["event.event"].create(
            {
                "name": "From template",
                "event_type_id": kind.id,
                "company_id": self.company.id,
                "date_begin": self.yoga_class.date_begin,
                "date_end": self.yoga_class.date_end,
            }
        )
        self.assertRecordValues(
            event,
            [
                {
                    "booking_credit_price": 7,
                    "booking_payment": "credit_only",
                    "booking_cancellation_policy_id": policy.id,
                    "booking_waiting_mode": "auto",
                }
            ],
        )
        self.assertEqual(event.event_ticket_ids.booking_credit_price, 6)
        other = event.create(
            {
                "name": "Money too",
                "event_type_id": kind.id,
                "date_begin": event.date_begin,
                "date_end": event.date_end,
                "booking_payment": "both",
            }
        )
        self.assertEqual(other.booking_credit_price, 7)

    def test_a_price_on_a_ticket_lets_credits_pay_its_product(self):
        product = self.env["product.product"].create(
            {"name": "Event", "type": "service", "service_tracking": "event"}
        )
        event = self._create_class("New", product=product)
        self.assertFalse(product.booking_ok)
        event.event_ticket_ids.booking_credit_price = 8
        self.assertTrue(product.booking_ok)
        self._buy()
        self._take(event)
        self.assertEqual(len(self._seats(event)), 1)

    def test_a_class_may_take_credits_only_or_entry_cards_only(self):
        """S1-24: no money; with entry cards only, no credits either."""
        self.yoga_class.booking_payment = "credit_only"
        order = self._quote()
        self.assertTrue(self._line(order)._is_credit_only())
        self.yoga_class.booking_payment = "session_only"
        lot = self._buy()
        card = self._buy(
            self._create_pack(
                "Card", credits=10, price=80.0, booking_credit_measure="session"
            )
        )
        self._take()
        self.assertRecordValues(lot | card, [{"balance": 100}, {"balance": 9}])

    def test_credits_do_not_pay_what_takes_entry_cards_only(self):
        """S1-24: credits are refused, and the packs offered are entry cards."""
        self._buy()
        card = self._create_pack(
            "Card", credits=10, price=80.0, booking_credit_measure="session"
        )
        self.yoga_class.booking_payment = "session_only"
        order = self._quote()
        with self.assertRaises(InsufficientCreditsError):
            order.action_booking_credit_pay()
        self.assertEqual(order._get_packs_that_would_do(), card.product_tmpl_id)

    def test_a_ticket_may_take_money_only(self):
        self._buy()
        self.yoga_class.event_ticket_ids.booking_payment = "money"
        order = self._quote()
        with self.assertRaises(InsufficientCreditsError):
            order.action_booking_credit_pay()
        self.assertFalse(order.order_line._get_credit_lines())

    def test_guests_on_own_credits_by_setting(self):
        lot = self._buy()
        self.company.booking_guests = False
        order = self._quote(seats=2)
        order._pay_with_booking_credits()
        credit_line = order.order_line._get_credit_lines()
        self.assertEqual(credit_line.product_uom_qty, 1)
        self.assertFalse(self._line(order)._is_paid_with_booking_credits())
        order._pay_with_booking_credits()
        self.assertEqual(order.order_line._get_credit_lines(), credit_line)
        self.company.booking_guests = True
        self._take(seats=2)
        self.assertEqual(lot.balance, 80)

    def test_a_quotation_takes_no_seat(self):
        """A total of zero because of credits is no free order."""
        self._buy()
        order = self._quote()
        order.action_booking_credit_pay()
        seat = self.env["event.registration"].create(
            {"event_id": self.yoga_class.id, "sale_order_line_id": self._line(order).id}
        )
        self.assertEqual(order.amount_total, 0)
        self.assertRecordValues(seat, [{"state": "draft", "sale_status": "to_pay"}])
        self.assertEqual(self.yoga_class.seats_available, 2)
        order.action_confirm()
        self.assertRecordValues(seat, [{"state": "open", "sale_status": "sold"}])
        self.assertEqual(self.yoga_class.seats_available, 1)

    def test_without_a_seat_no_credits_are_taken(self):
        lot = self._buy()
        self._take(seats=2)
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self._take()
        self.assertEqual(lot.balance, 80)

    def test_the_booking_starts_and_ends_with_its_class(self):
        self._buy()
        order = self._take()
        self.assertRecordValues(
            self._line(order),
            [
                {
                    "booking_start": self.yoga_class.date_begin,
                    "booking_end": self.yoga_class.date_end,
                }
            ],
        )
        with freeze_time(self.yoga_class.date_end + timedelta(minutes=1)):
            self.env["booking.credit.posting"]._post_due(self.company)
        entry = self._line(order)._get_booking_spent_entries()
        self.assertEqual(entry.move_line_id.balance, 9.0)
        self.assertEqual(entry.due_date, self.yoga_class.date_end.date())

    def test_mails_of_classes_go_after_the_booking(self):
        """Odoo's mails of events commit; they must not in the middle of a booking."""
        template = self.env.ref("event.event_subscription")
        self.yoga_class.event_mail_ids = [
            Command.create(
                {
                    "interval_type": "after_sub",
                    "template_ref": f"mail.template,{template.id}",
                }
            )
        ]
        self._buy()
        mails = self.env["mail.mail"].search_count([])
        self._take()
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertFalse(self.yoga_class.event_mail_ids.mail_count_done)

    # --- cancelling

    def test_cancelling_a_booking_frees_its_seat(self):
        """S1-11: credits and seat come back in the transaction of the cancellation."""
        lot = self._buy()
        order = self._take()
        self._line(order)._cancel_booking_as_customer()
        self.assertEqual(lot.balance, 100)
        self.assertEqual(len(self._seats(state="cancel")), 1)
        self.assertEqual(self.yoga_class.seats_available, 2)

    def test_cancelling_one_of_two_places_frees_one_seat(self):
        lot = self._buy()
        order = self._take(seats=2)
        line = self._line(order)
        order._cancel_for_customer(line, places=1.0)
        self.assertEqual(lot.balance, 90)
        self.assertEqual(len(self._seats()), 1)
        self.assertEqual(line.product_uom_qty, 1)

    def test_cancelling_a_seat_gives_credits_back_under_the_terms(self):
        """S1-12: 4 h 01 before all comes back, 3 h 59 before a part; at the desk."""
        self.yoga_class.booking_cancellation_policy_id = self.env[
            "booking.cancellation.policy"
        ].create(
            {
                "name": "4 hours",
                "tier_ids": [
                    Command.create({"hours": 4, "percent": 100}),
                    Command.create({"hours": 0, "percent": 50}),
                ],
            }
        )
        lot = self._buy()
        self._take(partner=self.anna)
        self._take(partner=self.anna)
        first, second = self._seats()
        start = self.yoga_class.date_begin
        with freeze_time(start - timedelta(hours=4, minutes=1)):
            first.with_user(self.desk).write({"state": "cancel"})
        self.assertEqual(lot.balance, 90)
        with freeze_time(start - timedelta(hours=3, minutes=59)):
            second.with_user(self.desk).write({"state": "cancel"})
        self.assertEqual(lot.balance, 95)
        self.assertEqual(
            self._seats(state="cancel"), first | second, "each seat is cancelled once"
        )

    def test_the_seat_that_is_cancelled_is_the_one_that_goes(self):
        lot = self._buy()
        order = self._take(seats=2)
        first, second = self._seats()
        first.with_user(self.desk).action_cancel()
        self.assertRecordValues(
            first | second, [{"state": "cancel"}, {"state": "open"}]
        )
        self.assertEqual(self._line(order).product_uom_qty, 1)
        self.assertEqual(lot.balance, 90)

    def test_the_front_desk_reads_what_comes_back_first(self):
        """S1-35: the button on a seat opens the dialog of its booking."""
        self._buy()
        order = self._take()
        action = self._seats().with_user(self.front_desk).action_cancel()
        self.assertEqual(action["res_model"], "booking.cancel")
        wizard = self.env["booking.cancel"].browse(action["res_id"])
        self.assertEqual(wizard.line_ids, self._line(order))
        self.assertIn("10 of 10 credits come back", wizard.effects)

    def test_paid_seats_are_not_deleted(self):
        self._buy()
        self._take()
        with self.assertRaisesRegex(UserError, "Cancel them"):
            self._seats().unlink()

    def test_an_archived_seat_gives_its_credits_back(self):
        lot = self._buy()
        self._take()
        self._seats().write({"active": False})
        self.assertEqual(lot.balance, 100)

    def test_a_cancelled_seat_does_not_come_back_unpaid(self):
        self._buy()
        self._take()
        seat = self._seats()
        seat.write({"state": "cancel"})
        with self.assertRaisesRegex(UserError, "Book anew"):
            seat.action_confirm()

    def test_a_cancelled_order_that_is_booked_again_has_seats(self):
        lot = self._buy()
        order = self._take()
        tell(order, confirmed=True).action_cancel()
        self.assertEqual(self.yoga_class.seats_available, 2)
        order.action_draft()
        order.action_confirm()
        self.assertEqual(self.yoga_class.seats_available, 1)
        self.assertEqual(lot.balance, 90)

    def test_terms_are_those_of_the_class(self):
        """S1-20, S1-21: kept with the booking, and written for everybody."""
        strict = self.env["booking.cancellation.policy"].create(
            {
                "name": "Strict",
                "tier_ids": [Command.create({"hours": 72, "percent": 100})],
            }
        )
        self.yoga_class.booking_cancellation_policy_id = strict
        self.assertIn("72 h", self.yoga_class.booking_policy_text)
        self._buy()
        line = self._line(self._take())
        self.yoga_class.booking_cancellation_policy_id = False
        self.assertEqual(line._get_booking_cancel_quote().percent, 0)

    def test_a_class_that_is_cancelled_takes_no_bookings(self):
        self._buy()
        order = self._quote()
        order.action_booking_credit_pay()
        self.yoga_class.kanban_state = "cancel"
        with self.assertRaisesRegex(UserError, "is cancelled"):
            order.action_confirm()
