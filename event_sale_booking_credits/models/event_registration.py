from odoo import api, fields, models
from odoo.exceptions import UserError


class EventRegistration(models.Model):
    """A seat that credits pay: open once the order is confirmed, cancelled with it."""

    _inherit = "event.registration"

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
            lambda seat: seat.sale_order_id
            and seat.sale_order_id._is_waiting_for_credits()
            and seat.state in (False, "draft")
        )
        super()._compute_registration_status()
        waiting.state = "draft"
        waiting.sale_status = "to_pay"
        for order, seats in self.grouped("sale_order_id").items():
            if order.state == "sale" and order.order_line._get_credit_lines():
                seats.filtered(lambda seat: seat.state != "cancel").sale_status = "sold"

    # === CRUD === #

    def write(self, vals):
        """Override to give credits back when seats are cancelled (S1-11).

        :raise UserError: if a cancelled seat is opened again that nothing pays
        """
        state = vals.get("state")
        if state in ("open", "done", "draft"):
            self._check_seats_are_booked()
        leaving = self.browse()
        if state == "cancel" or vals.get("active") is False:
            leaving = self._get_seats_to_give_back()
        res = super().write(vals)
        leaving._cancel_bookings()
        if state == "done":
            # sudo: who marks attendance need not sell.
            missed = self.sudo().sale_order_line_id
            missed.filtered(
                lambda line: line.booking_cancel_by == "no_show"
            )._undo_no_show()
        return res

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
        seats = self.with_context(booking_seats_follow=True).sudo()
        seats.filtered(lambda seat: seat.state != "cancel").write({"state": "cancel"})

    def _cancel_bookings(self):
        """Cancel the bookings of these seats under their terms."""
        for line, seats in self.grouped("sale_order_line_id").items():
            # sudo: who runs the desk of a class need not sell; the terms decide.
            order = line.order_id.sudo()
            whole = len(seats) >= line.sudo().product_uom_qty
            order._cancel_for_customer(
                line.sudo().with_context(booking_cancel_seats=seats.ids),
                reason=self.env._("Seat cancelled by %s", self.env.user.name),
                places=None if whole else float(len(seats)),
            )

    # === Steps, for bridges to extend === #

    def _get_seats_to_give_back(self):
        """Return the seats among these whose bookings stand, and are not following."""
        if self.env.context.get("booking_seats_follow"):
            return self.browse()
        # sudo: who runs the desk of a class need not read orders.
        return self.filtered(
            lambda seat: seat.state != "cancel"
            and seat.sudo().sale_order_line_id.booking_credit_line_ids
            and seat.sudo().sale_order_line_id._get_bookings_to_cancel()
        )

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
