from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL
from odoo.tools.sql import column_exists

from odoo.addons.booking_credits.inside import check_guarded, tell, tell_fields, told

from ..const import TAKEN_STATES

#: what decides which seat is taken, and what pays it
SEAT_FIELDS = {
    "active",
    "event_id",
    "event_slot_id",
    "event_ticket_id",
    "sale_order_id",
    "sale_order_line_id",
}

#: what pays a seat
PAID_BY = ("sale_order_id", "sale_order_line_id")
#: what makes seats free when it changes
FREES_SEATS = {"state", "active", "event_id", "event_slot_id", "event_ticket_id"}


class EventRegistration(models.Model):
    """A seat that credits pay: open once the order is confirmed, cancelled with it.

    Whatever form, import, remote call or job makes or changes a seat: where it costs
    something, it is taken with the confirmed order line that pays it, and with nothing
    else (:meth:`_check_seats_are_paid`).
    """

    _inherit = "event.registration"

    _booking_guarded = {
        # while an order line stands behind the seat; to take one, see the constraint
        **dict.fromkeys(PAID_BY, "action_confirm of the order"),
        "booking_guest": "_check_seats_are_paid",
    }

    # the check of seats, and Odoo's rule about companies, look for those of a company
    _booking_company_index = models.Index("(company_id)")

    booking_guest = fields.Boolean(
        string="Guest",
        readonly=True,
        copy=False,
        help="Was taken without an order while that was allowed: also where the class "
        "takes credits only by now.",
    )

    booking_paid_text = fields.Char(
        string="Paid With",
        compute="_compute_booking_paid_text",
        help="What paid this seat, with the other seats of the same line.",
    )
    booking_has_sessions = fields.Boolean(compute="_compute_booking_has_sessions")
    booking_credit_quantity = fields.Float(
        string="Credits Taken",
        digits="Booking Credits",
        compute="_compute_booking_paid_text",
        help="Credits and sessions that this seat has cost.",
    )

    @api.depends(
        "sale_order_line_id.booking_credit_line_ids.booking_credit_quantity",
        "sale_order_line_id.product_uom_qty",
        "state",
    )
    @api.depends_context("lang")
    def _compute_booking_paid_text(self):
        for seat in self:
            # sudo: who sees attendees sees how they paid, not the orders.
            line = seat.sudo().sale_order_line_id
            seat.booking_paid_text = (
                line.booking_paid_text if seat.state != "cancel" else False
            )
            spent = line.booking_credit_line_ids.filtered(
                lambda credit: credit.booking_credit_measure != "money"
            )
            places = line.product_uom_qty or 1.0
            seat.booking_credit_quantity = (
                0.0
                if seat.state == "cancel"
                else sum(spent.mapped("booking_credit_quantity")) / places
            )

    @api.depends("event_id.booking_session_ids")
    def _compute_booking_has_sessions(self):
        for seat in self:
            seat.booking_has_sessions = bool(seat.event_id.booking_session_ids)

    def _compute_registration_status(self):
        """Override of `event_sale`: credits that are not spent have paid nothing.

        A quotation or a cart whose total is zero because of credits is no free order:
        its seats open when it is confirmed, and the credits are spent.
        """
        waiting = self.filtered(
            lambda seat: seat.state in (False, "draft")
            and seat._waits_for_confirmation()
        )
        super()._compute_registration_status()
        waiting.state = "draft"
        waiting.sale_status = "to_pay"
        for order, seats in self.grouped("sale_order_id").items():
            if order.state == "sale" and order.order_line._get_credit_lines():
                seats.filtered(lambda seat: seat.state != "cancel").sale_status = "sold"

    @api.constrains(
        "active",
        "state",
        "event_id",
        "event_slot_id",
        "event_ticket_id",
        "sale_order_id",
        "sale_order_line_id",
    )
    def _check_seats_are_paid(self):
        """Refuse a seat that costs something and that no order line pays (S1-24).

        :raise ValidationError: naming class, seat and remedy
        """
        kept = told(self, "kept_seats", frozenset())
        # sudo: the rule holds for whoever takes a seat, and reads orders and products.
        taking = self.sudo().filtered(
            lambda seat: seat.active
            and seat.state in TAKEN_STATES
            and seat.id not in kept
        )
        taking._check_slot_takes_place()
        booked = taking.filtered(lambda seat: seat.sale_order_line_id.booking_ok)
        booked._check_line_pays_seats()
        for seat in taking - booked:
            if refusal := seat._get_unpaid_refusal():
                raise ValidationError(refusal)
        (taking - booked)._note_guests()

    # === CRUD === #

    def _auto_init(self):
        """Override: who has a seat when this field comes has it by right."""
        new = not column_exists(self.env.cr, self._table, "booking_guest")
        res = super()._auto_init()
        if new:
            self.env.cr.execute(
                "UPDATE event_registration SET booking_guest = TRUE "
                "WHERE sale_order_line_id IS NULL AND state IN ('open', 'done')"
            )
        return res

    @api.model_create_multi
    def create(self, vals_list):
        """Override: who is a guest follows from how the seat was taken."""
        check_guarded(tell_fields(self.browse(), *PAID_BY), vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Override to give credits back when seats are cancelled (S1-11).

        :raise UserError: if a cancelled seat is opened again that nothing pays
        :raise AccessError: if a seat is torn from the order that pays it
        """
        self.check_access("write")  # before anybody is named
        paid = self.filtered(lambda seat: seat.sudo().sale_order_line_id.booking_ok)
        check_guarded(paid, [vals])
        check_guarded(tell_fields(self - paid, *PAID_BY), [vals])
        state = vals.get("state")
        if state in ("open", "done", "draft"):
            self._check_seats_are_booked()
        leaving = self.browse()
        if state == "cancel" or vals.get("active") is False:
            leaving = self._get_seats_to_give_back()
        before = self.event_id if FREES_SEATS & vals.keys() else self.env["event.event"]
        seats = self
        if state in TAKEN_STATES and not SEAT_FIELDS & vals.keys():
            # who has a seat takes none when they are marked present
            kept = self.filtered(lambda seat: seat.state in TAKEN_STATES)
            seats = tell(self, kept_seats=frozenset(kept.ids))
        res = super(EventRegistration, seats).write(vals)
        leaving._cancel_bookings()
        self._undo_no_shows(state)
        if state not in ("open", "done"):
            before._wake_waiting()
        return res

    def _undo_no_shows(self, state):
        """Pay again what no-shows lost who came after all."""
        if state == "done":
            # sudo: who marks attendance need not sell.
            missed = self.sudo().sale_order_line_id
            missed.filtered(
                lambda line: line.booking_cancel_by == "no_show"
            )._undo_no_show()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_booked(self):
        """Refuse to delete a seat that credits pay: its cancellation gives them back."""
        booked = self._get_seats_to_give_back()
        if booked:
            raise UserError(
                self.env._(
                    "%(names)s: credits pay these seats. Cancel them, so that what the "
                    "terms say comes back, and archive them then.",
                    names=", ".join(booked.mapped("display_name")),
                )
            )

    # === Actions === #

    def action_cancel(self):
        """Override of `event` to show first what comes back (S1-35)."""
        self.check_access("write")
        seats = self._get_seats_to_give_back()
        lines = seats.sale_order_line_id
        if (
            len(self) != 1
            or not seats
            or lines.product_uom_qty != 1
            or not self.env.user.has_group("booking_credits.booking_credits_group_user")
        ):
            return super().action_cancel()
        return lines._open_booking_cancel(lines.order_id, lines)

    def action_miss_session(self):
        """Open the dialog that gives one session of a course back."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Miss a Session"),
            "res_model": "event.miss.session",
            "view_mode": "form",
            "target": "new",
            "context": {"default_registration_id": self.id},
        }

    # === Business verbs === #

    def _cancel_with_booking(self):
        """Cancel these seats, whose bookings are cancelled already."""
        seats = tell(self, seats_follow=True).sudo()
        seats.filtered(lambda seat: seat.state != "cancel").write({"state": "cancel"})

    def _cancel_bookings(self):
        """Cancel the bookings of these seats under their terms."""
        for line, seats in self.grouped("sale_order_line_id").items():
            # sudo: who runs the desk of a class need not sell; the terms decide.
            order = line.order_id.sudo()
            whole = len(seats) >= line.sudo().product_uom_qty
            order._cancel_for_customer(
                tell(line.sudo(), cancel_seats=tuple(seats.ids)),
                reason=self.env._("Seat cancelled by %s", self.env.user.name),
                places=None if whole else float(len(seats)),
            )

    # === Steps, for bridges to extend === #

    def _get_seats_to_give_back(self):
        """Return the seats among these whose bookings stand, and are not following."""
        if told(self, "seats_follow"):
            return self.browse()
        # sudo: who runs the desk of a class need not read orders.
        return self.filtered(
            lambda seat: seat.state != "cancel"
            and seat.sudo().sale_order_line_id.booking_credit_line_ids
            and seat.sudo().sale_order_line_id._get_bookings_to_cancel()
        )

    def _waits_for_confirmation(self):
        """Return whether this seat opens only when its quotation is confirmed.

        A quotation may cost nothing because of credits, or of a discount: neither is
        taken before it is confirmed.
        """
        self.ensure_one()
        # sudo: whoever takes a seat need not read orders and products.
        seat = self.sudo()
        order = seat.sale_order_id
        if order.state not in ("draft", "sent"):
            return False
        return order._is_waiting_for_credits() or (
            bool(seat.event_ticket_id)
            and seat.event_ticket_id._get_seat_payment(seat._get_seat_company())
            != "money"
        )

    def _note_guests(self):
        """Note that these seats were taken by right without an order that pays them.

        The ledger's check finds all others: see ``booking.credit.lot``.
        """
        if guests := self.filtered(lambda seat: not seat.booking_guest):
            self.env.cr.execute(
                SQL(
                    "UPDATE event_registration SET booking_guest = TRUE WHERE id IN %s",
                    tuple(guests.ids),
                )
            )
            guests.invalidate_recordset(["booking_guest"], flush=False)

    def _get_seat_company(self):
        self.ensure_one()
        event = self.event_id
        return event.company_id or self.sale_order_id.company_id or self.env.company

    def _check_slot_takes_place(self):
        """Refuse to take seats in slots that we have cancelled.

        :raise ValidationError: naming the slot and the class
        """
        gone = self.filtered(
            lambda seat: seat.state == "open" and seat.event_slot_id.booking_cancelled
        )
        if gone:
            slot = gone[:1].event_slot_id
            raise ValidationError(
                self.env._(
                    "%(slot)s of “%(event)s” is cancelled: choose another time.",
                    slot=slot.display_name,
                    event=slot.event_id.name,
                )
            )

    def _check_line_pays_seats(self):
        """Refuse seats that their order lines do not pay: not confirmed, elsewhere, more.

        :raise ValidationError: naming seats, order and remedy
        """
        lines = self.sale_order_line_id
        if not lines:
            return
        taken = self._count_taken(lines)
        for line, seats in self.grouped("sale_order_line_id").items():
            problem = seats._get_line_problem(line, taken.get(line, 0))
            if problem:
                raise ValidationError(problem)

    def _count_taken(self, lines):
        """Return how many seats are taken with each of ``lines``, and hold them.

        Two transactions that take the seat of one line at the same time: the second
        one fails here, is run again by Odoo, and counts the seat of the first one.
        """
        self.env.cr.execute(
            SQL(
                "UPDATE sale_order_line SET write_date = write_date WHERE id IN %s",
                tuple(sorted(lines.ids)),
            )
        )
        return dict(
            self._read_group(
                [
                    ("sale_order_line_id", "in", lines.ids),
                    ("state", "in", TAKEN_STATES),
                ],
                ["sale_order_line_id"],
                ["__count"],
            )
        )

    def _get_line_problem(self, line, taken):
        """Say why ``line`` does not pay these seats; empty if it does.

        :param int taken: how many seats are taken with that line
        """
        values = {
            "names": ", ".join(self.mapped("display_name")),
            "order": line.order_id.name,
            "event": line.event_id.name,
        }
        cancelled = line.booking_cancel_date and line.booking_cancel_by != "no_show"
        if line.order_id.state != "sale" or cancelled:
            return self.env._(
                "%(names)s: %(order)s pays no seat in “%(event)s”. Confirm it first.",
                **values,
            )
        if self._are_elsewhere(line):
            return self.env._(
                "%(names)s: %(order)s pays “%(event)s”, at the time and with "
                "the ticket that were booked. Cancel that booking, and book anew.",
                **values,
            )
        if taken > line.product_uom_qty:
            return self.env._(
                "%(names)s: %(order)s pays %(paid)s seats in “%(event)s”, not "
                "%(taken)s. Cancel a seat first, or book one more.",
                paid=int(line.product_uom_qty),
                taken=taken,
                **values,
            )
        return ""

    def _are_elsewhere(self, line):
        """Return whether a seat is in another class, slot or ticket than ``line``."""
        return any(
            seat[name] != line[name]
            for seat in self
            for name in ("event_id", "event_slot_id", "event_ticket_id")
        )

    def _get_unpaid_refusal(self):
        """Say why this seat cannot be taken without an order that pays it, or nothing.

        Where money is taken too, staff may have guests. Where credits only are taken,
        they sell the seat, or add who comes in with the walk-in.
        """
        self.ensure_one()
        company, ticket = self._get_seat_company(), self.event_ticket_id
        event = self.event_id
        if (ticket or event)._takes_credits_only(company):
            return self.env._(
                "“%(event)s” is paid with credits only: book a seat for %(name)s, or "
                "use Walk-in.",
                event=event.name,
                name=self.display_name,
            )
        if self.env.user._is_internal():
            return ""
        tickets = ticket or event.event_ticket_ids
        costs = any(
            ticket._get_seat_payment(company) != "money"
            or (ticket.price and not self.sale_order_line_id)
            for ticket in tickets
        )
        if costs:
            return self.env._(
                "A seat in “%s” is to be paid: choose a ticket, and book it.",
                event.name,
            )
        return ""

    def _check_seats_are_booked(self):
        """Refuse to open seats again whose credits were given back.

        :raise UserError: naming the seat, the order and the remedy
        """
        again = self.filtered(lambda seat: seat.state == "cancel")
        for line, seats in again.sudo().grouped("sale_order_line_id").items():
            if not line.booking_ok or line.state != "sale":
                continue
            free = line.product_uom_qty - len(line._get_seats())
            if line.booking_cancel_date or len(seats) > free:
                raise UserError(
                    self.env._(
                        "%(names)s cannot come back: %(order)s does not pay for it any "
                        "more, what it cost was given back. Book anew.",
                        names=", ".join(seats.mapped("display_name")),
                        order=line.order_id.name,
                    )
                )

    # === The desk === #

    @api.model
    def register_attendee(self, barcode, event_id):
        """Override of `event`: credits pay who has a badge and did not pay (S1-30).

        Scanning confirms the quotation behind the badge where credits pay all of it;
        else Odoo says that the registration is not confirmed.
        """
        # what a scanner reads, or another client sends: Odoo looks for a text
        barcode = str(barcode or "").replace("\0", "")
        seat = self.search([("barcode", "=", barcode)], limit=1)
        if seat.state == "draft" and self.env.user.has_group(
            "booking_credits.booking_credits_group_user"
        ):
            seat._pay_at_the_desk()
        return super().register_attendee(barcode, event_id)

    def _pay_at_the_desk(self):
        """Pay the quotation of this seat with credits, if they pay all of it."""
        self.ensure_one()
        order = self.sale_order_id
        if order.state not in ("draft", "sent"):
            return
        added = order._pay_with_booking_credits()
        if order.currency_id.is_zero(order.amount_total):
            order.action_confirm()
        else:
            added.unlink()  # what staff had chosen before stays
