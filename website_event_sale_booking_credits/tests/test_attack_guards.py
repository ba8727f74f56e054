from odoo.http import request
from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack_guards import ODOO, AttackGuardsCase

from .test_booking import TestBooking
from .test_rubbish import TestRubbish
from .test_schedule import TestSchedule
from .test_waiting_list import TestWaitingList

MODELS = "odoo.addons.website_event_sale_booking_credits.models"
SCHEDULE_PAGE = "odoo.addons.website_event_sale_booking_credits.controllers.schedule.BookingSchedule"
PORTAL = (
    "odoo.addons.website_event_sale_booking_credits.controllers.waiting"
    ".BookingWaitingPortal"
)

#: each guard of what is booked in one step, and the test that is its attack
BOOKING = {
    ("event.event", "_check_form_token"): ("test_a_window_from_before_the_desk_booked"),
    ("sale.order", "_find_by_form_token"): (
        "test_sent_twice_books_once",
        lambda orders, *_args: orders.browse(),
    ),
    ("sale.order", "_check_same_seats"): "test_one_more_seat_on_purpose",
    ("event.event", "_check_bookable"): "test_more_than_one_may_book",
    ("event.event", "_check_answers"): "test_answers_that_a_class_needs",
    ("sale.order", "_check_class_is_paid"): "test_too_few_credits",
}

#: Each guard of what a browser sends that no form of ours does. Whose seat it is, Odoo
#: decides as well: it is not here.
RUBBISH = {
    f"{SCHEDULE_PAGE}._check_slot": "test_rubbish_by_jsonrpc",
    f"{SCHEDULE_PAGE}._check_id": "test_rubbish_by_jsonrpc",
    f"{SCHEDULE_PAGE}._read_number": (
        "test_rubbish_by_jsonrpc",
        lambda _page, _event, value: value,
    ),
    f"{SCHEDULE_PAGE}.registration_tickets": ("test_rubbish_by_jsonrpc", ODOO),
    f"{SCHEDULE_PAGE}._check_questions": "test_rubbish_is_refused_with_a_sentence",
    f"{SCHEDULE_PAGE}._process_attendees_form": (
        "test_a_name_with_a_zero_byte",
        ODOO,
    ),
    f"{MODELS}.sale_order.SaleOrder._cart_add": (
        "test_the_cart_reads_ids_or_refuses",
        ODOO,
    ),
    f"{MODELS}.sale_order.SaleOrder._get_cart_refusals": (
        "test_a_seat_that_is_due_to_others_is_not_paid_by_card",
        ODOO,
    ),
}

#: each guard of what pays a class
SCHEDULE = {
    f"{MODELS}.sale_order.SaleOrder._verify_updated_quantity": (
        "test_credits_only_refuses_money",
        ODOO,
    ),
    f"{SCHEDULE_PAGE}._choose_money": "test_money_goes_to_the_checkout",
}

#: each guard of whose place on a list it is; the last attack ends as somebody else
WAITING = {
    ("event.event", "_get_own_waiting"): (
        "test_twice",
        lambda event: event.env["event.waiting"].sudo(),
    ),
    f"{PORTAL}._get_own_entry": (
        "test_others_neither_read_nor_leave",
        lambda _page, entry_id: (
            request.env["event.waiting"].sudo().browse(entry_id).exists()
        ),
    ),
}


@tagged("post_install", "-at_install")
class TestAttackBookingGuards(AttackGuardsCase, TestBooking):
    """What keeps a form from booking twice, more, or without what pays it."""

    def test_guards(self):
        self.assertNeeded(BOOKING)


@tagged("post_install", "-at_install")
class TestAttackRubbishGuards(AttackGuardsCase, TestRubbish):
    """What keeps rubbish out."""

    def test_guards(self):
        self.assertNeeded(RUBBISH)


@tagged("post_install", "-at_install")
class TestAttackScheduleGuards(AttackGuardsCase, TestSchedule):
    """What keeps money and credits apart."""

    def test_guards(self):
        self.assertNeeded(SCHEDULE)


@tagged("post_install", "-at_install")
class TestAttackListGuards(AttackGuardsCase, TestWaitingList):
    """What keeps a place on a list to whose it is."""

    def test_guards(self):
        self.assertNeeded(WAITING)
