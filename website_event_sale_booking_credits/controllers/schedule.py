from psycopg2.errors import UniqueViolation

from odoo.exceptions import ConcurrencyError, UserError
from odoo.http import request, route
from odoo.tools import lazy

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError
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

    @route()
    def registration_confirm(self, event, **post):
        """Override of `website_event_sale`: money pays what takes money (S1-24).

        Whoever goes to the payment pays with money, unless the cart says otherwise:
        its credits are neither spent nor planned without being asked.
        """
        tickets = self._get_chosen_tickets(event, post)
        company = event.company_id or request.website.company_id
        for ticket in tickets:
            if ticket._takes_credits_only(company):
                return self._say(event, ticket._get_credits_only_text())
        if not request.env.user._is_public() and any(tickets.mapped("price")):
            order = request.cart or request.website._create_cart()
            if order._get_shopper_lots():
                order._choose_cart_credits(False)
        return super().registration_confirm(event, **post)

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
                    self._get_typed_attendees(event, post),
                    booking_token[:64],
                    self._prepare_class_order_vals(),
                )
        except UniqueViolation as error:
            # sent twice at the same time: the second one is done again, and finds it
            raise ConcurrencyError("this form was sent twice") from error
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
        # sudo: the customer's own order only, see the domain
        order = (
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
        if not order:
            return request.redirect("/my/bookings")
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
                ("id", "=", int(pack) if pack.isdigit() else 0),
                ("booking_credit_pack", "=", True),
            ]
        )
        if not product or not product._is_add_to_cart_allowed():
            return self._say(
                event, request.env._("This pack is not for sale any more.")
            )
        # read now: the cart of a request is looked up when it is first used
        waiting = request.cart
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

    def _get_typed_attendees(self, event, post):
        """Return the attendees of the form, and nothing but what people type."""
        return [
            {key: value for key, value in values.items() if key in TYPED}
            for values in self._process_attendees_form(event, post)
        ]

    def _get_chosen_tickets(self, event, post):
        """Return the tickets of this class that the form names."""
        chosen = {
            int(value)
            for key, value in post.items()
            if key.endswith("-event_ticket_id") and str(value).isdigit()
        }
        return event.event_ticket_ids.filtered(lambda ticket: ticket.id in chosen)

    def _count_chosen(self, event, post):
        """Return how many seats the form asks for: number by id of the ticket."""
        counts = {}
        for values in self._get_typed_attendees(event, post):
            ticket = values.get("event_ticket_id")
            counts[str(ticket)] = counts.get(str(ticket), 0) + 1
        return counts

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
