from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack import AttackTests, Row
from odoo.addons.booking_credits.tests.attack_routes import AttackRoutesCase
from odoo.addons.event_sale_booking_credits.tests.test_attack_events import (
    AttackEventsCase,
)
from odoo.addons.website_sale_booking_credits.tests.common import ShopCommon

EVENT = '/event/<model("event.event"):event>'
ROUTES = {
    "/my/waiting": Row(),
    "/my/waiting/<int:entry_id>/accept": Row(
        "own", "test_waiting_list.TestWaitingList.test_take_an_offer"
    ),
    "/my/waiting/<int:entry_id>/leave": Row(
        "own",
        "test_waiting_list.TestWaitingList.test_leave_on_the_page_and_in_the_account",
    ),
    f"{EVENT}/booked/<int:order_id>": Row(),
    # a cart with a pack, of whoever asks
    f"{EVENT}/credits": Row(
        "own other desk manager2",
        "test_booking.TestBooking.test_only_packs_are_bought_on_the_way",
    ),
    # a seat that is to be paid, in a cart of whoever asks
    f"{EVENT}/registration/confirm": Row(
        "own other desk", "test_schedule.TestSchedule.test_money_goes_to_the_checkout"
    ),
    f"{EVENT}/registration/credits": Row(),
    f"{EVENT}/registration/slot/<int:slot_id>/tickets": Row(),
    f"{EVENT}/waiting/join": Row(),
}


class AttackScheduleCase(AttackEventsCase, ShopCommon):
    """Anna's seats on the public schedule."""

    addon = "website_event_sale_booking_credits"

    def _create_records(self):
        """Override: all classes are published."""
        records = super()._create_records()
        self.env["event.event"].search(
            [("company_id", "=", self.company.id)]
        ).website_published = True
        return records


@tagged("post_install", "-at_install")
class TestAttackScheduleMethods(AttackTests, AttackScheduleCase):
    """The server decides: whoever calls what, with whatever."""

    routes = ROUTES


@tagged("post_install", "-at_install")
class TestAttackSchedule(AttackScheduleCase, AttackRoutesCase):
    """What can be asked for without a client of ours."""

    def _get_good_texts(self):
        """Override: what the forms of a class send."""
        return {
            **super()._get_good_texts(),
            "event": str(self.entry.event_id.id),
            "slot_id": str(self.own_company_records["event.slot"].id),
            "slot": "",
            "ticket": str(self.entry.event_ticket_id.id),
            "payment": "credits",
            "pack": str(self.pack.id),
            "booking_token": "x",
            "order_id": str(self.seat_order.id),
            "entry_id": str(self.entry.id),
            "back": "class",
            "1-event_ticket_id": str(self.entry.event_ticket_id.id),
            "1-event_slot_id": "",
            "1-name-0": "Eve",
        }

    def _get_posted_names(self, url):
        """Override: who comes."""
        if url.endswith(("/confirm", "/registration/credits")):
            return ["1-event_ticket_id", "1-event_slot_id", "1-name-0"]
        return []

    def test_routes(self):
        self.assertHeld(self._attack_routes(ROUTES))
