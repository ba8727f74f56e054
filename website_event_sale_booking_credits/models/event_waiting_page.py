from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Datetime

from odoo.addons.event_sale_booking_credits.const import ACTIVE_STATES


class EventEvent(models.Model):
    """What the public page of a class says about its waiting list."""

    _inherit = "event.event"

    # === Business verbs === #

    def _join_waiting(self, slot_id, ticket_id, payment=None):
        """Put the user on the waiting list of this class (S1-08).

        :param str payment: ``credits`` or ``money``; credits, where they are taken,
            when not given
        :return: the ``event.waiting``; the one that is there, if they wait already
        :raise UserError: if that seat is not of this class, or cannot be waited for
        :raise InsufficientCreditsError: if credits do not pay it
        """
        self.ensure_one()
        slot = self.event_slot_ids.filtered(lambda slot: slot.id == slot_id)
        ticket = self.event_ticket_ids.filtered(lambda ticket: ticket.id == ticket_id)
        if bool(slot) != self.is_multi_slots or (
            self.event_ticket_ids and (not ticket or ticket.is_expired)
        ):
            raise UserError(
                self.env._("Choose a ticket and a time of “%s”.", self.name)
            )
        waits = self._get_own_waiting().filtered(
            lambda entry: entry.event_slot_id == slot
        )
        if waits:
            return waits  # pressed twice
        # asked before: an entry that exists already counts as one who waits
        if not self._is_full(slot, ticket):
            raise UserError(self.env._("“%s” still has seats: book one.", self.name))
        return self._create_waiting(
            slot, ticket, "money" if payment == "money" else "credits"
        )

    def _create_waiting(self, slot, ticket, payment):
        """Return the new place of the user on the list; pressed twice it is one."""
        # sudo: customers join for themselves, and have no rights on the list.
        entries = self.env["event.waiting"].sudo()
        vals = {
            "event_id": self.id,
            "event_slot_id": slot.id,
            "event_ticket_id": ticket.id,
            "partner_id": self.env.user.partner_id.id,
            "payment": payment,
        }
        try:
            return entries.create(vals)
        except UniqueViolation as error:
            # pressed twice at the same time: run again by Odoo, the place is found
            raise ConcurrencyError("this form was sent twice") from error

    # === What shoppers read === #

    def _get_waiting_page(self, company):
        """Return the customer's places on the list, and what can be waited for.

        :return: dict of ``entries`` (the user's own), ``joins`` (dicts of ``slot``,
            ``ticket``, ``name`` and ``terms``) and ``all_full`` (nothing can be booked)
        """
        self.ensure_one()
        entries = self._get_own_waiting()
        full, all_full = self._get_full_seats()
        if self.is_multi_slots:
            waits = entries.event_slot_id
            full = [(slot, ticket) for slot, ticket in full if slot not in waits]
        elif entries:
            full = []
        joins = [
            {
                "slot": slot,
                "ticket": ticket,
                "payment": payment,
                "name": ", ".join(
                    filter(None, [slot.display_name if slot else "", ticket.name])
                ),
                "terms": self._get_waiting_terms_text(ticket, company, payment),
            }
            for slot, ticket in full
            for payment in self._get_waiting_payments(ticket, company)
        ]
        return {"entries": entries, "joins": joins, "all_full": all_full}

    def _get_waiting_payments(self, ticket, company):
        """Return what those may pay with who wait for ``ticket``; credits first."""
        self.ensure_one()
        if not ticket or self.booking_waiting_mode == "notify":
            # a seat that nobody can pay with credits is not taken for anybody
            return [] if self.booking_waiting_mode == "auto" else ["credits"]
        payments = []
        if ticket.sudo()._get_seat_payment(company) != "money":
            payments.append("credits")
        if not ticket._takes_credits_only(company):
            payments.append("money")
        return payments

    def _get_waiting_terms_text(self, ticket, company, payment="credits"):
        """Say what happens to those who wait, before they join (S1-08, S1-10)."""
        self.ensure_one()
        _ = self.env._
        if payment == "money":
            return _(
                "When a seat becomes free it is kept for you for %s minutes, and we "
                "send "
                "you a link to pay it. If you do not pay, it goes to the next one. "
                "Nothing is "
                "set aside.",
                company.sudo().booking_waiting_offer_minutes,
            )
        if self.booking_waiting_mode == "auto":
            return _(
                "Set aside while you wait: %s. When a seat becomes free you are "
                "enrolled, "
                "and told. Leave the list whenever you like: nothing is taken.",
                ticket._get_credit_price_text(),
            )
        if self.booking_waiting_mode == "offer":
            return _(
                "When a seat becomes free it is offered to one after the other, for %s "
                "minutes each. Nothing is set aside.",
                company.sudo().booking_waiting_offer_minutes,
            )
        return _(
            "We tell everybody on the list when a seat becomes free; who books first "
            "has "
            "it. Nothing is set aside."
        )

    # === Steps, for bridges to extend === #

    def _get_own_waiting(self):
        """Return the active entries of the user on the list of this class."""
        # sudo: the user's own places only
        entries = self.env["event.waiting"].sudo()
        if self.env.user._is_public():
            return entries
        return entries.search(
            [
                ("event_id", "=", self.id),
                ("partner_id", "=", self.env.user.partner_id.id),
                ("state", "in", ACTIVE_STATES),
            ]
        )

    def _get_full_seats(self):
        """Return what nobody can book any more, but wait for.

        :return: list of slot and ticket (either may be empty), and whether that is all
            that there is
        """
        self.ensure_one()
        now = Datetime.now()
        if (
            self.booking_waiting_mode in ("none", False)
            or self.kanban_state == "cancel"
            or (not self.is_multi_slots and self.date_begin <= now)
        ):
            return [], False
        seats = self._get_seats_on_sale(now)
        due = self._count_seats_due()
        available = self._get_seats_availability(seats)
        full = [
            (slot, ticket)
            for (slot, ticket), number in zip(seats, available, strict=True)
            if number is not None and number <= due.get(slot.id, 0)
        ]
        return full, bool(full) and len(full) == len(seats)

    def _get_seats_on_sale(self, now):
        """Return each slot that is to come with each ticket that is on sale.

        :return: list of slot and ticket; either may be empty
        """
        slots = [self.env["event.slot"]]
        if self.is_multi_slots:
            slots = self.event_slot_ids.filtered(
                lambda slot: slot.start_datetime > now and not slot.booking_cancelled
            )
        tickets = [self.env["event.event.ticket"]]
        if self.event_ticket_ids:
            tickets = self.event_ticket_ids.filtered(
                lambda ticket: ticket.is_launched and not ticket.is_expired
            )
        return [(slot, ticket) for slot in slots for ticket in tickets]

    def _count_seats_due(self):
        """Return how many seats are due to those who wait, by id of the slot."""
        # sudo: shoppers are told that others wait, not who.
        waiting = self.env["event.waiting"].sudo()
        groups = waiting._read_group(
            [("event_id", "=", self.id), ("state", "in", ACTIVE_STATES)],
            ["event_slot_id"],
        )
        return {
            slot.id: len(self._get_waiting_before(slot).sudo()) for (slot,) in groups
        }
