import re

from odoo.exceptions import UserError
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import ScheduleCommon

#: how a browser can write the id of a ticket without writing it
DISGUISES = ("+{}", " {}", "{} ", "0{}", "\t{}", "\u0661{}", "{}\n")
#: what is no id at all
RUBBISH = (
    "",
    "x",
    "²",
    "-1",
    "1.0",
    "1e3",
    "[1]",
    "99999999999999999999",
    "2147483648",
    "\0",
    "1\0",
    "None",
    "Ⅷ",
)


@tagged("post_install", "-at_install")
class TestRubbish(ScheduleCommon):
    """What a browser can send that no form of ours does: refused, never a way in."""

    def authenticate(self, user, password, **kwargs):
        self.token = None
        return super().authenticate(user, password, **kwargs)

    def _post(self, path, **data):
        """Override: one token for all forms of a session, and no page after them."""
        if not getattr(self, "token", None):
            page = self.url_open("/shop")
            self.token = re.search(r'csrf_token: "([^"]+)"', page.text)[1]
        data = {"csrf_token": self.token, **data}
        return self.url_open(path, data=data, allow_redirects=False)

    def _underscored(self, number):
        text = str(number)
        return f"{text[0]}_{text[1:]}" if len(text) > 1 else f"0_{text}"

    def test_no_free_seat_by_another_spelling(self):
        """C3: credits only, anonymous and signed in, whatever the id looks like."""
        spellings = [text.format(self.ticket.id) for text in DISGUISES]
        spellings.append(self._underscored(self.ticket.id))
        for price, payment in ((0, "both"), (0, "credit_only"), (20, "session_only")):
            self.ticket.price = price
            self.yoga_class.booking_payment = payment
            for user in (None, self.shopper):
                self.authenticate(user and user.login, user and user.login)
                for spelling in spellings:
                    with self.subTest(payment=payment, user=user, spelling=spelling):
                        form = self._attendees("Eve")
                        form["1-event_ticket_id"] = spelling
                        answer = self._post(self._url("registration/confirm"), **form)
                        self.assertLess(answer.status_code, 500)
                        self.assertNotIn("/success", answer.headers["Location"])
        self.assertFalse(self.yoga_class.registration_ids)

    def test_no_free_seat_beside_a_free_one(self):
        """Two tickets in one form: the free one does not open the other."""
        product = self.env["product.product"].create(
            {
                "name": "Watch",
                "type": "service",
                "service_tracking": "event",
                "list_price": 0.0,
            }
        )
        free = self.env["event.event.ticket"].create(
            {
                "name": "Watch",
                "event_id": self.yoga_class.id,
                "product_id": product.id,
                "price": 0,
            }
        )
        self.yoga_class.booking_payment = "credit_only"
        self.authenticate(None, None)
        form = self._attendees("Eve", "Mallory", ticket=free)
        form["2-event_ticket_id"] = f"+{self.ticket.id}"
        self._post(self._url("registration/confirm"), **form)
        self.assertIn("is paid with credits only", self._page(self._url()))
        self.assertFalse(self.yoga_class.registration_ids)
        form = self._attendees("Eve", ticket=free)
        self._post(self._url("registration/confirm"), **form)
        self.assertEqual(self._seats().event_ticket_id, free, "what is free stays so")

    def test_rubbish_is_refused_with_a_sentence(self):
        """L3: no number where one should be: on every form of a class."""
        self._buy()
        self._sign_in()
        event = self._create_course()
        slot = event.event_slot_ids[0]
        for rubbish in RUBBISH:
            for path, form in (
                (self._url("credits"), {"pack": rubbish}),
                (self._url("waiting/join"), {"ticket": rubbish}),
                (self._url("waiting/join", event), {"slot": rubbish}),
                *[
                    (self._url(f"registration/{way}", target), form)
                    for way in ("confirm", "credits")
                    for target, form in (
                        (self.yoga_class, {"1-event_ticket_id": rubbish}),
                        (
                            event,
                            {
                                "1-event_ticket_id": event.event_ticket_ids.id,
                                "1-event_slot_id": rubbish,
                            },
                        ),
                        (
                            self.yoga_class,
                            {**self._attendees("A"), f"1-text_box-{rubbish}": "x"},
                        ),
                        (
                            self.yoga_class,
                            {**self._attendees("A"), "1-simple_choice-1": rubbish},
                        ),
                        (
                            self.yoga_class,
                            {**self._attendees("A"), "1-simple_choice-999": "1"},
                        ),
                        (
                            self.yoga_class,
                            {**self._attendees("A"), f"{rubbish}-name-1": "x"},
                        ),
                        (
                            self.yoga_class,
                            {"1-name-1": "without a ticket"},
                        ),
                        (
                            event,
                            {**self._attendees("A", event=event)},
                        ),
                    )
                ],
            ):
                with self.subTest(rubbish=rubbish, path=path, form=form):
                    answer = self._post(path, **form)
                    self.assertLess(answer.status_code, 500)
        self.assertTrue(slot)
        self.assertFalse(self._entries())
        self.assertFalse(self._seats(event))

    def test_a_name_with_a_zero_byte(self):
        self._buy()
        self._sign_in()
        self._book_online("An\0na")
        self.assertEqual(self._seats().name, "Anna")

    def test_whose_seat_it_is_cannot_be_typed(self):
        """Odoo's page takes the customer from the form: here it is who is signed in."""
        self._buy()
        self._sign_in()
        form = self._attendees("Anna")
        form["1-partner_id"] = self.ben.id
        self._post(self._url("registration/confirm"), **form)
        self.assertEqual(self.yoga_class.registration_ids.partner_id, self.anna)

    def test_rubbish_by_jsonrpc(self):
        """The steps before the form: a sentence, no error in Python."""
        event = self._create_course()
        other = self._create_course()
        key = f"nb_register-{self.ticket.id}"
        with mute_logger("odoo.http"):
            for path, params in (
                *[
                    (self._url("registration/new"), {key: rubbish})
                    for rubbish in (*RUBBISH[1:], -1, [1], {"a": 1}, 10**20)
                ],
                *[
                    (self._url("registration/new"), {f"nb_register-{rubbish}": "1"})
                    for rubbish in RUBBISH
                ],
                *[
                    (
                        self._url("registration/new", event),
                        {
                            f"nb_register-{event.event_ticket_ids.id}": "1",
                            "event_slot_id": rubbish,
                        },
                    )
                    for rubbish in (*RUBBISH[1:], other.event_slot_ids[0].id, [1])
                ],
                (
                    self._url(
                        f"registration/slot/{other.event_slot_ids[0].id}/tickets", event
                    ),
                    {},
                ),
                (self._url("registration/slot/99999999999/tickets", event), {}),
            ):
                with (
                    self.subTest(path=path, params=params),
                    self.assertRaisesRegex(JsonRpcException, "UserError"),
                ):
                    self.make_jsonrpc_request(path, params)

    def test_the_cart_reads_ids_or_refuses(self):
        """Tickets and slots by the address of the cart: other types, other classes."""
        self.seat.is_published = True
        self._sign_in()
        event = self._create_course()
        slot = event.event_slot_ids[0]
        good = {"event_ticket_id": event.event_ticket_ids.id, "event_slot_id": slot.id}
        foreign = self._create_course().event_slot_ids[0].id
        with mute_logger("odoo.http"):
            for changes in (
                *[{"event_ticket_id": rubbish} for rubbish in (*RUBBISH, [1], {}, 1.5)],
                *[{"event_slot_id": rubbish} for rubbish in (*RUBBISH, [1], foreign)],
                {"event_ticket_id": [event.event_ticket_ids.id]},
                {"event_ticket_id": True},
            ):
                with (
                    self.subTest(changes=changes),
                    self.assertRaisesRegex(JsonRpcException, "UserError|Validation"),
                ):
                    self._add(self.seat, **{**good, **changes}, booking_start=None)
        self._add(self.seat, **good, booking_start=None)
        line = self._cart().order_line
        self.assertEqual((line.event_slot_id, line.product_uom_qty), (slot, 1))

    def test_ids_beyond_the_database(self):
        self._sign_in()
        for number in (2**31, 2**63, 10**20):
            for path in (
                f"/my/waiting/{number}/leave",
                f"/my/waiting/{number}/accept",
            ):
                self.assertLess(self._post(path).status_code, 500, path)
            answer = self.url_open(self._url(f"booked/{number}"))
            self.assertLess(answer.status_code, 500)

    def test_a_seat_that_is_due_to_others_is_not_paid_by_card(self):
        """The cart says so before the payment: nobody pays for a seat that is kept."""
        self._buy()
        self._sign_in()
        order = self._fill()
        self._join()
        order.order_line.filtered("event_id").registration_ids[0].action_cancel()
        self._sign_in(self.other)
        self._post(self._url("registration/confirm"), **self._attendees("Ben"))
        cart = self._cart(self.other)
        self.assertEqual(cart.order_line.event_id, self.yoga_class)
        self.assertIn("join the waiting list", " ".join(cart._get_cart_refusals()))
        with self.assertRaisesRegex(UserError, "join the waiting list"):
            cart.with_user(self.other).sudo()._check_cart_is_ready_to_be_paid()
