from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack import (
    SECRET,
    AttackCase,
    AttackTests,
    Row,
)

from .common import ClassCommon

#: public methods with which none of the attackers changes anything here, by model
HARMLESS = {
    "event.class.report": "action_open_class",
    "event.event": "action_cancel_class action_no_shows action_view_bookings "
    "action_view_waiting action_walk_in",
    "event.registration": "action_cancel action_miss_session",
    "event.slot": "action_cancel_slot action_put_on_sale",
    "event.waiting": "action_view_order",
}

#: somebody who just came in: booked, paid with credits and present
WALK_IN = "test_walk_in.TestWalkIn.test_a_walk_in_is_debited_and_present"
BADGE = "test_walk_in.TestWalkIn.test_the_badge_of_a_quotation_books_and_marks"
LEAVE = "test_waiting.TestWaiting.test_leaving_frees_the_credits"
MISS = "test_course.TestCourse.test_a_missed_session_comes_back_under_the_terms"

ENROL = "test_waiting_money.TestWaitingMoney.test_staff_enrol_who_has_paid"
OFFER = "test_waiting.TestWaiting.test_a_seat_is_offered_to_one_after_the_other"
CLASS = (
    "test_moving.TestMovingAndCancelling."
    "test_everybody_gets_everything_back_when_a_class_is_cancelled"
)

METHODS = {
    **{(m, name): Row() for m, names in HARMLESS.items() for name in names.split()},
    ("booking.cancel.many", "action_apply"): Row("desk till", CLASS),
    ("event.course.session", "action_cancel_session"): Row(
        "desk till", "test_course.TestCourse.test_a_session_that_we_cancel_comes_back"
    ),
    ("event.waiting", "action_enrol"): Row("desk till", ENROL),
    ("event.waiting", "action_accept"): Row("desk till", OFFER),
    ("event.miss.session", "action_miss"): Row("desk till", MISS),
    ("event.registration", "register_attendee"): Row("desk till", BADGE),
    ("event.waiting", "action_leave"): Row("desk till", LEAVE),
    ("event.walk.in", "action_add"): Row("desk till", WALK_IN),
    ("event.walk.in", "action_add_next"): Row("desk till", WALK_IN),
    ("sale.order", "action_confirm"): Row(
        "desk till", "test_seat.TestSeat.test_credits_are_taken_at_the_booking"
    ),
}

FIELDS = {
    # see there which bookings have a start that staff type
    ("sale.order.line", "booking_start"): Row(
        "desk till",
        "test_seat.TestSeat.test_the_booking_starts_and_ends_with_its_class",
    ),
    ("event.course.session", "reason"): Row(
        "desk till", "test_course.TestCourse.test_a_session_that_we_cancel_comes_back"
    ),
    ("event.waiting", "sequence"): Row(
        "desk till", "test_guards.TestWaitingGuards.test_entries_change_by_verbs_only"
    ),
}


class AttackEventsCase(AttackCase, ClassCommon):
    """Anna's seat in a course, and her place on the list of a full class."""

    addon = "event_sale_booking_credits"
    watched = (
        "event.event",
        "event.event.ticket",
        "event.slot",
        "event.registration",
        "event.waiting",
        "event.course.session",
        "event.type",
        "event.type.ticket",
    )

    def _create_records(self):
        """Override: and what Anna has booked and waits for."""
        course = self.yoga_class
        course.write(
            {
                "booking_session_price": "session",
                "booking_session_ids": [
                    Command.create(
                        {
                            "begin_date": course.date_begin,
                            "end_date": course.date_end,
                            "reason": "Snow",
                        }
                    )
                ],
            }
        )
        self.seat_order = self._take(course)
        self.anna_seat = self._seats(course)
        self.anna_seat.name = f"Anna {SECRET}"
        full = self._create_class("Full", seats=1, booking_waiting_mode="auto")
        self._buy(partner=self.carl)
        self._take(full, partner=self.carl)
        self.entry = self.env["event.waiting"].create(
            {"event_id": full.id, "partner_id": self.anna.id}
        )
        # a seat is free, and offered to Anna
        full.seats_max = 2
        until = fields.Datetime.now() + timedelta(hours=1)
        self.entry._set(state="offered", offer_until=until)
        begin = fields.Datetime.now().replace(hour=8, minute=0) + timedelta(days=3)
        slots = self._create_class(
            "Slots",
            date_begin=begin,
            date_end=begin + timedelta(hours=10),
            is_multi_slots=True,
            event_slot_ids=[
                Command.create({"date": begin.date(), "start_hour": 10, "end_hour": 11})
            ],
        )
        slots.event_slot_ids._cancel_slot("Snow")
        kind = self.env["event.type"].create(
            {
                "name": "Classes",
                "event_type_ticket_ids": [
                    Command.create({"name": "Seat", "product_id": self.seat.id})
                ],
            }
        )
        self.env.flush_all()
        records = (
            course,
            course.event_ticket_ids,
            course.booking_session_ids,
            self.anna_seat,
            self.entry,
            slots.event_slot_ids,
            kind,
            kind.event_type_ticket_ids,
            self.env["event.class.report"].search([("event_id", "=", course.id)]),
        )
        return {
            **super()._create_records(),
            **{record._name: record for record in records},
        }

    def _prepare_dialog_vals(self, model):
        """Override: say why."""
        vals = super()._prepare_dialog_vals(model)
        if "reason" in model._fields:
            vals["reason"] = "Snow"
        return vals

    def _get_good_arguments(self, method):
        """Override: the badge of Anna's seat."""
        arguments = super()._get_good_arguments(method)
        good = {"barcode": self.anna_seat.barcode, "event_id": self.yoga_class.id}
        return {**arguments, **{k: v for k, v in good.items() if k in arguments}}


@tagged("post_install", "-at_install")
class TestAttackEvents(AttackTests, AttackEventsCase):
    """The server decides: whoever calls what, with whatever."""

    methods, fields = METHODS, FIELDS

    def test_public_methods(self):
        """Override: and who may do something does it."""
        super().test_public_methods()
        self.assertHeld(self._get_idle(METHODS))

    def test_fields(self):
        """Override: and who may do something does it."""
        super().test_fields()
        self.assertHeld(self._get_idle(FIELDS))

    def test_fields_of_a_seat(self):
        """The order line of a class, which has its start from there."""
        line = self._line(self.seat_order)
        self.own_company_records["sale.order.line"] = line
        table = {k: v for k, v in FIELDS.items() if k[1] != "booking_start"}
        self.assertHeld(self._attack_fields(table))

    def test_create(self):
        """Joining a list, and planning a session, with anything."""
        full = self.entry.event_id
        full.seats_max = 1
        self._buy(partner=self.bob)
        self.untouched = self._fingerprint()
        self.assertHeld(
            self._attack_create(
                "event.waiting",
                {"event_id": full.id, "partner_id": self.bob.id},
                ("event_id", "event_slot_id", "event_ticket_id", "partner_id"),
                "desk till",
            )
        )
        self.assertIn(("event.waiting.create", "desk"), self.effects)
