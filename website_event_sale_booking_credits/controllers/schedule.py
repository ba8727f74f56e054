from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.http import request, route
from odoo.tools import lazy

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError
from odoo.addons.booking_credits.typed import read_id
from odoo.addons.website_event_sale.controllers.main import WebsiteEventSaleController

#: values of a registration that the page may set, besides the answers to questions
TYPED = {
    "name",
    "email",
    "phone",
    "company_name",
    "event_slot_id",
    "event_ticket_id",
    "registration_answer_ids",
}


class BookingSchedule(WebsiteEventSaleController):
    """The page of a class: prices, balance, terms, and booking with credits."""

    # === Overrides of `website_event` === #

    def _prepare_event_register_values(self, event, **post):
        """Override of `website_event` to say what the class costs in credits."""
        values = super()._prepare_event_register_values(event, **post)
        said = request.session.get("booking_message") or {}
        if said.get("event") != event.id:
            said = {}
        else:
            request.session.pop("booking_message")
        return {
            **values,
            "booking": lazy(lambda: event._get_booking_page(request.website)),
            "booking_said": said,
            "booking_packs": self._get_missing_packs(event, said),
        }

    def _process_tickets_form(self, event, form_details):
        """Override of `website_event` to read numbers, or refuse what is none.

        :raise UserError: naming the class
        """
        numbers = {}
        for key, value in form_details.items():
            if key.count("nb_register-") == 1:
                ticket = key.split("nb_register-")[1]
                if ticket != "0":
                    self._check_id(event, ticket)
                numbers[key] = self._read_number(event, value)
        if slot := form_details.get("event_slot_id"):
            self._check_slot(event, slot)
        return super()._process_tickets_form(event, {**form_details, **numbers})

    def _process_attendees_form(self, event, form_details):
        """Override of `website_event`: what people type, and nothing but that.

        Odoo takes customer and class from the form too, and stops with an error in
        Python where there should be a number.

        :raise UserError: naming the class
        """
        typed = {
            key: value.replace("\0", "") if isinstance(value, str) else ""
            for key, value in form_details.items()
        }
        try:
            attendees = super()._process_attendees_form(event, typed)
        except ValueError as error:
            raise UserError(self._get_choose_text(event)) from error
        attendees = [
            {key: value for key, value in values.items() if key in TYPED}
            for values in attendees
        ]
        for values in attendees:
            ticket_id = values.setdefault("event_ticket_id", False)
            if bool(event.event_ticket_ids) != bool(ticket_id):
                raise UserError(self._get_choose_text(event))
            if bool(values.get("event_slot_id")) != event.is_multi_slots:
                raise UserError(self._get_choose_text(event))
            if event.is_multi_slots:
                self._check_slot(event, values["event_slot_id"])
            self._check_questions(event, values.get("registration_answer_ids", []))
        return attendees

    @route()
    def registration_tickets(self, event, slot_id):
        """Override of `website_event`: only of a slot of this class."""
        self._check_slot(event, slot_id)
        return super().registration_tickets(event, slot_id)

    @route()
    def registration_confirm(self, event, **post):
        """Override of `website_event_sale`: money pays what takes money (S1-24).

        Whoever goes to the payment pays with money, unless the cart says otherwise:
        its credits are neither spent nor planned for this class without being asked.
        """
        try:
            attendees = self._process_attendees_form(event, post)
            if not attendees:
                return self._say(event, self._get_choose_text(event))
            tickets = self._get_chosen_tickets(event, attendees)
            company = event.company_id or request.website.company_id
            for ticket in tickets:
                if ticket._takes_credits_only(company):
                    return self._say(event, ticket._get_credits_only_text())
            if any(
                ticket.sudo()._get_seat_payment(company) != "money"
                for ticket in tickets
            ):
                user = request.env.user
                partner = user.browse() if user._is_public() else user.partner_id
                event._check_answers(attendees, partner.id)
            self._choose_money(tickets)
            # all or nothing: a refusal leaves neither seat nor line
            with request.env.cr.savepoint():
                return super().registration_confirm(event, **post)
        except UserError as error:
            return self._say(event, str(error))

    # === Booking at once === #

    @route(
        '/event/<model("event.event"):event>/registration/credits',
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def registration_credits(self, event, booking_token="", **post):
        """Book these seats with the customer's credits, in one step (S1-03, S1-04)."""
        try:
            request.env["ir.http"]._verify_request_recaptcha_token(
                "website_event_registration"
            )
            # all or nothing: a refusal leaves neither order nor seat
            with request.env.cr.savepoint():
                order = event._book_with_credits(
                    self._process_attendees_form(event, post),
                    str(booking_token).replace("\0", "")[:64],
                    self._prepare_class_order_vals(),
                )
        except InsufficientCreditsError as error:
            return self._say(event, str(error), tickets=self._count_chosen(event, post))
        except UserError as error:  # a ValidationError as well: the last seat
            return self._say(event, str(error))
        return request.redirect(f"/event/{event.id}/booked/{order.id}")

    @route(
        '/event/<model("event.event"):event>/booked/<int:order_id>',
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def event_booked(self, event, order_id, **_kwargs):
        """Say what was booked and paid, what is left, and under which terms."""
        order = self._find_own_order(event, order_id)
        if not order:
            return request.redirect("/my/credits/bookings")
        lines = order.order_line.filtered(lambda line: line.event_id == event)
        attendees = lines._get_seats().sorted("id")
        return request.render(
            "website_event_sale_booking_credits.event_booked",
            {
                **self._get_registration_confirm_values(event, attendees),
                "main_object": event,
                "order": order,
                "lines": lines,
                "balance": request.env.user._get_booking_balance_text(),
            },
        )

    def _find_own_order(self, event, order_id):
        """Return the user's own confirmed order for this class; else none."""
        # sudo: the customer's own order only, see the domain
        return (
            request.env["sale.order"]
            .sudo()
            .search(
                [
                    ("id", "=", order_id),
                    ("partner_id", "=", request.env.user.partner_id.id),
                    ("order_line.event_id", "=", event.id),
                    ("state", "=", "sale"),
                ]
            )
        )

    @route(
        '/event/<model("event.event"):event>/credits',
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def event_credits(self, event, pack="", **_kwargs):
        """Buy a pack in a cart of its own, and come back to the class (S0-18)."""
        # searched: a pack that the shopper may not see is not there
        product = request.env["product.product"].search(
            [
                ("id", "=", read_id(pack)),
                ("booking_credit_pack", "=", True),
            ]
        )
        if not product or not product._is_add_to_cart_allowed():
            return self._say(
                event, request.env._("This pack is not for sale any more.")
            )
        # read now: the cart of a request is looked up when it is first used
        waiting = request.cart
        # a pack that was begun before is not what waits, but its bookings may
        waiting = waiting and (waiting.booking_waiting_cart_id or waiting)
        order = request.website._create_cart()
        if waiting.state == "draft" and waiting.order_line:
            order.booking_waiting_cart_id = waiting.id
        order.booking_waiting_event_id = event.id
        order._cart_add(product_id=product.id, quantity=1)
        return request.redirect("/shop/checkout?try_skip_step=true")

    # === Steps, for bridges to extend === #

    def _prepare_class_order_vals(self):
        """Return the values of an order of the user on this website."""
        return request.website._prepare_sale_order_values(request.env.user.partner_id)

    def _get_chosen_tickets(self, event, attendees):
        """Return the tickets of this class that the attendees of a form take."""
        chosen = {values["event_ticket_id"] for values in attendees}
        return event.event_ticket_ids.filtered(lambda ticket: ticket.id in chosen)

    def _count_chosen(self, event, post):
        """Return how many seats the form asks for: number by id of the ticket."""
        counts = {}
        for values in self._process_attendees_form(event, post):
            ticket = values["event_ticket_id"]
            counts[str(ticket)] = counts.get(str(ticket), 0) + 1
        return counts

    def _choose_money(self, tickets):
        """Let money pay these tickets; what credits pay in the cart stays as it is."""
        if request.env.user._is_public() or not any(tickets.mapped("price")):
            return
        order = request.cart or request.website._create_cart()
        if not order._get_shopper_lots():
            return
        others = order.order_line - order.order_line._get_credit_lines()
        if others.filtered(lambda line: line.event_ticket_id not in tickets):
            order.booking_money_ticket_ids = [
                Command.link(ticket.id) for ticket in tickets
            ]
        else:
            order._choose_cart_credits(False)

    def _get_choose_text(self, event):
        return request.env._("Choose a ticket and a time of “%s”.", event.name)

    def _check_slot(self, event, slot_id):
        """Refuse a slot that is not of this class."""
        if read_id(slot_id) not in event.event_slot_ids.ids:
            raise UserError(self._get_choose_text(event))

    def _check_id(self, event, ticket_id):
        """Refuse a ticket that is no id, or not of this class."""
        if read_id(ticket_id) not in event.event_ticket_ids.ids:
            raise UserError(self._get_choose_text(event))

    def _read_number(self, event, value):
        """Return the number of seats in ``value``, as Odoo reads it; 0 at least."""
        number = read_id(value) or (0 if str(value).strip() in ("0", "") else None)
        if number is None:
            raise UserError(
                request.env._(
                    "“%(number)s” is no number of seats in “%(event)s”.",
                    number=str(value)[:20],
                    event=event.name,
                )
            )
        return number

    def _check_questions(self, event, commands):
        """Refuse answers to questions of other classes, and answers of other questions."""
        questions = {question.id: question for question in event.sudo().question_ids}
        for *_command, answer in commands:
            question = questions.get(answer["question_id"])
            value = answer.get("value_answer_id")
            if not question or (value and value not in question.answer_ids.ids):
                raise UserError(
                    request.env._(
                        "The questions of “%s” have changed: answer them again.",
                        event.name,
                    )
                )

    def _get_missing_packs(self, event, said):
        """Return the packs that would pay what could not be booked or waited for."""
        counts = said.get("tickets") or {}
        tickets = [
            {"ticket": ticket, "quantity": counts[str(ticket.id)]}
            for ticket in event.event_ticket_ids
            if str(ticket.id) in counts
        ]
        if not tickets:
            return request.env["product.template"]
        slot_id = event.event_slot_ids[:1].id
        return event._get_registration_offer(tickets, slot_id, request.website)["packs"]

    def _say(self, event, text, tickets=None, kind="warning"):
        """Go back to the class with a message; nothing was taken.

        :param dict tickets: seats that credits did not pay, number by id of the ticket
        """
        request.session["booking_message"] = {
            "event": event.id,
            "text": text,
            "kind": kind,
            "tickets": tickets or {},
        }
        return request.redirect(f"/event/{event.id}/register")
