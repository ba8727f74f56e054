from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack_guards import AttackGuardsCase

from .test_guards import TestClassGuards, TestSeatGuards, TestWaitingGuards
from .test_seat import TestSeat
from .test_waiting import TestWaiting
from .test_waiting_money import TestWaitingMoney

MODELS = "odoo.addons.event_sale_booking_credits.models"


#: Each guard, and the test that is its attack. What two guards hold, or the database as
#: well, is not here: `_waits_for_confirmation`, `_drop_surplus_seats`,
#: `_check_seat_kept`, `_check_not_waiting`, `_check_classes`.
SEATS = {
    ("event.registration", "_check_seats_are_paid"): (
        "test_nobody_takes_a_seat_for_nothing"
    ),
    ("event.registration", "_get_unpaid_refusal"): (
        "test_a_price_in_credits_and_none_in_money_is_credits_only"
    ),
    ("event.registration", "_check_line_pays_seats"): (
        "test_an_order_pays_no_more_seats_than_it_has"
    ),
    f"{MODELS}.event_registration.check_guarded": (
        "test_a_paid_seat_stays_where_it_was_paid"
    ),
    ("event.event.ticket", "_takes_credits_only"): (
        "test_nobody_takes_a_seat_for_nothing",
        False,
    ),
    ("event.event", "_takes_credits_only"): (
        "test_nobody_takes_a_seat_for_nothing",
        False,
    ),
}
WAITING = {
    f"{MODELS}.event_waiting.check_guarded": ("test_entries_change_by_verbs_only"),
    ("event.event", "_check_desk"): "test_every_button_asks_for_rights_first",
}
CLASSES = {
    ("event.registration", "_check_slot_takes_place"): (
        "test_a_slot_that_we_cancelled_is_not_on_sale_again"
    ),
    f"{MODELS}.event_slot.check_guarded": (
        "test_cancelled_slots_and_sessions_change_by_their_buttons"
    ),
    f"{MODELS}.event_course_session.check_guarded": (
        "test_cancelled_slots_and_sessions_change_by_their_buttons"
    ),
}
SEAT_RULES = {
    ("event.registration", "_check_seats_are_booked"): (
        "test_a_cancelled_seat_does_not_come_back_unpaid"
    ),
    ("event.registration", "_unlink_except_booked"): (
        "test_paid_seats_are_not_deleted"
    ),
}
WAITING_RULES = {
    ("event.waiting", "_check_joinable"): ("test_nobody_waits_for_a_class_with_seats"),
    ("event.registration", "_check_seats_availability"): (
        "test_who_books_now_does_not_pass_who_waits"
    ),
}
OFFERS = {
    ("sale.order", "_check_offer_stands"): "test_not_paid_it_goes_to_the_next",
    ("sale.order", "_get_lapsed_offers"): (
        "test_not_paid_it_goes_to_the_next",
        (),
    ),
}


@tagged("post_install", "-at_install")
class TestAttackSeatGuards(AttackGuardsCase, TestSeatGuards):
    """What keeps seats from being taken for nothing."""

    def test_guards(self):
        self.assertNeeded(SEATS)


@tagged("post_install", "-at_install")
class TestAttackWaitingGuards(AttackGuardsCase, TestWaitingGuards):
    """What keeps waiting lists as they were agreed."""

    def test_guards(self):
        self.assertNeeded(WAITING)


@tagged("post_install", "-at_install")
class TestAttackClassGuards(AttackGuardsCase, TestClassGuards):
    """What keeps slots and sessions."""

    def test_guards(self):
        self.assertNeeded(CLASSES)


@tagged("post_install", "-at_install")
class TestAttackSeatRules(AttackGuardsCase, TestSeat):
    """What keeps a seat that was given back from coming back."""

    def test_guards(self):
        self.assertNeeded(SEAT_RULES)


@tagged("post_install", "-at_install")
class TestAttackWaitingRules(AttackGuardsCase, TestWaiting):
    """Who may wait, and who comes first."""

    def test_guards(self):
        self.assertNeeded(WAITING_RULES)


@tagged("post_install", "-at_install")
class TestAttackOffers(AttackGuardsCase, TestWaitingMoney):
    """Who pays for a seat, and when."""

    def test_guards(self):
        self.assertNeeded(OFFERS)
