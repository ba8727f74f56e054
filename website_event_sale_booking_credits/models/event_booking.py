from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Datetime
from odoo.tools import consteq


class EventEvent(models.Model):
    """Books seats of a class with credits, in one step."""

    _inherit = "event.event"

    # === Business verbs === #

    def _book_with_credits(self, attendees, token, order_vals):
        """Book seats in this class with the credits of a customer, at once (S1-03).

        :param list attendees: values of registrations: names, answers, and the ids in
            ``event_ticket_id`` and ``event_slot_id``
        :param str token: of the form (:meth:`_get_form_token`); the same one books once
        :param dict order_vals: of the order: ``partner_id``, ``company_id``, …
        :return: the confirmed ``sale.order``
        :raise InsufficientCreditsError: if credits do not pay all of it
        :raise UserError: if these seats cannot be booked
        """
        self.ensure_one()
        # sudo: customers have no rights on orders; the credits are their own.
        orders = self.env["sale.order"].sudo()
        counts = self._count_seats(attendees)
        done = orders._find_by_form_token(order_vals["partner_id"], token)
        if done:
            done._check_same_seats(self, counts)
            return done
        self._check_form_token(token, order_vals["partner_id"], counts)
        self._check_bookable(counts)
        self._check_answers(attendees, order_vals["partner_id"])
        order = self._create_order_of_seats(counts, token, order_vals)
        order._pay_with_booking_credits()
        order._check_class_is_paid()
        self._create_attendees(order, attendees)
        order._validate_order()
        return order

    def _create_order_of_seats(self, counts, token, order_vals):
        """Return the new order for these seats; the same ``token`` makes one."""
        # sudo: customers have no rights on orders; the credits are their own.
        orders = self.env["sale.order"].sudo()
        vals = {
            **self._prepare_seat_order_vals(counts),
            **order_vals,
            "booking_form_token": token,
        }
        try:
            return orders.create(vals)
        except UniqueViolation as error:
            # sent twice at the same time: the second one has waited here, is run again
            # by Odoo, and finds what the first one has booked
            raise ConcurrencyError("this form was sent twice") from error

    def _create_attendees(self, order, attendees):
        """Keep who comes: names and answers, as they were typed."""
        lines = {
            (line.event_slot_id.id, line.event_ticket_id.id): line
            for line in order.order_line.filtered("event_ticket_id")
        }
        # sudo: customers have no rights on registrations.
        self.env["event.registration"].sudo().create(
            [
                {
                    **values,
                    "event_id": self.id,
                    "partner_id": order.partner_id.id,
                    "sale_order_id": order.id,
                    "sale_order_line_id": lines[
                        values.get("event_slot_id") or False,
                        values["event_ticket_id"],
                    ].id,
                }
                for values in attendees
            ]
        )

    # === Steps, for bridges to extend === #

    def _check_form_token(self, token, partner_id, counts):
        """Refuse a form that was drawn before the customer's seats changed.

        :raise UserError: naming the class
        """
        partner = self.env["res.partner"].browse(partner_id)
        slots = [slot.id for slot, _ticket in counts]
        tickets = [ticket.id for _slot, ticket in counts]
        expected = self._get_form_token(partner, slots, tickets)
        if not consteq(token.encode(), expected.encode()):
            raise UserError(
                self.env._(
                    "Your bookings of “%s” have changed since this page was opened: "
                    "look at them, and book again if you want one more seat.",
                    self.name,
                )
            )

    def _check_answers(self, attendees, partner_id=None):
        """Refuse attendees without the answers that this class needs.

        What is known of a customer with an account need not be typed.

        :raise UserError: naming the question
        """
        # sudo: shoppers answer questions; who they are is their own.
        partner = self.env["res.partner"].sudo().browse(partner_id or [])
        known = {
            "name": partner.name,
            "email": partner.email,
            "phone": partner.phone,
            "company_name": partner.commercial_company_name,
        }
        for question in self.sudo().question_ids.filtered("is_mandatory_answer"):
            kind = question.question_type
            for values in attendees:
                answered = {
                    answer["question_id"]
                    for *_command, answer in values.get("registration_answer_ids", [])
                }
                if question.id in answered or values.get(kind) or known.get(kind):
                    continue
                raise UserError(
                    self.env._(
                        "Answer “%(question)s” for each seat in “%(event)s”.",
                        question=question.title,
                        event=self.name,
                    )
                )

    def _count_seats(self, attendees):
        """Return how many seats these attendees take: number by slot and ticket.

        :raise UserError: if one of them is not of this class
        """
        slots = {slot.id: slot for slot in self.event_slot_ids}
        tickets = {ticket.id: ticket for ticket in self.event_ticket_ids}
        counts = {}
        for values in attendees:
            slot_id = values.get("event_slot_id") or False
            slot = slots.get(slot_id)
            ticket = tickets.get(values.get("event_ticket_id"))
            if (
                not ticket
                or bool(slot_id) != self.is_multi_slots
                or bool(slot) != bool(slot_id)
            ):
                raise UserError(
                    self.env._("Choose a ticket and a time of “%s”.", self.name)
                )
            key = slot or self.env["event.slot"], ticket
            counts[key] = counts.get(key, 0) + 1
        return counts

    def _check_bookable(self, counts):
        """Refuse to book what is over, not on sale, or more than one may book.

        :param dict counts: as :meth:`_count_seats`
        :raise UserError: naming the class or ticket, and what to do
        """
        if not counts:
            raise UserError(
                self.env._("Choose how many seats of “%s” to book.", self.name)
            )
        self._check_takes_place_at({slot for slot, _ticket in counts})
        for (_slot, ticket), number in counts.items():
            self._check_ticket_for_sale(ticket, number)
        self._verify_seats_availability(
            [(slot, ticket, number) for (slot, ticket), number in counts.items()]
        )

    def _check_takes_place_at(self, slots):
        """Refuse slots that have begun, and what is over or cancelled.

        :raise UserError: naming the class, and what to do
        """
        now = Datetime.now()
        if self.is_finished or any(
            slot and slot.start_datetime <= now for slot in slots
        ):
            raise UserError(self.env._("“%s” is over: choose a later one.", self.name))
        if self.kanban_state == "cancel" or any(
            slot.booking_cancelled for slot in slots
        ):
            raise UserError(
                self.env._(
                    "“%s” does not take place at that time: choose another time.",
                    self.name,
                )
            )

    def _check_ticket_for_sale(self, ticket, number):
        """Refuse a ticket that is not on sale, or more of it than one may book.

        :raise UserError: naming the ticket, and what to do
        """
        _ = self.env._
        if not ticket.is_launched or ticket.is_expired:
            raise UserError(
                _("“%s” is not on sale now: choose another ticket.", ticket.name)
            )
        # one order at most: what Odoo's page allows
        limit = ticket.limit_max_per_order or self.EVENT_MAX_TICKETS
        if number > limit:
            raise UserError(
                _(
                    "At most %(limit)s seats of “%(ticket)s” at once: take fewer.",
                    limit=limit,
                    ticket=ticket.name,
                )
            )
