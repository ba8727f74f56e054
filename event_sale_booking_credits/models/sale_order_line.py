from decimal import Decimal

from odoo import api, fields, models


class SaleOrderLine(models.Model):
    """A seat in a class is a booking: its time, its price in credits, its terms."""

    _inherit = "sale.order.line"

    booking_start = fields.Datetime(
        compute="_compute_booking_start", store=True, readonly=False, precompute=True
    )

    @api.depends("event_id", "event_slot_id")
    def _compute_booking_start(self):
        """The start of a class; what staff typed for other services stays.

        Not the dates of the class: whoever moves a class moves its bookings with
        :meth:`_move_by_business`, which keeps what was paid.
        """
        for line in self:
            start = line._get_class_times()[0]
            line.booking_start = start or line.booking_start

    @api.depends("event_id", "event_slot_id")
    def _compute_booking_end(self):
        """Override to end a booking with its class."""
        super()._compute_booking_end()
        for line in self.filtered("event_id"):
            line.booking_end = line._get_class_times()[1] or line.booking_end

    @api.depends(
        "event_ticket_id.booking_credit_price", "event_id.booking_credit_price"
    )
    def _compute_booking_credit_price(self):
        """Override to charge what the ticket or its class costs (S1-25)."""
        super()._compute_booking_credit_price()
        for line in self.filtered("event_ticket_id"):
            line.booking_credit_price = line.event_ticket_id._get_booking_credit_price()

    # === CRUD === #

    def write(self, vals):
        """Override to free the seats of bookings that are cancelled."""
        res = super().write(vals)
        if vals.get("booking_cancel_date"):
            gone = self.filtered(lambda line: line.booking_cancel_by != "no_show")
            gone._get_seats()._cancel_with_booking()
        return res

    # === Business verbs === #

    def _tell_class_moved(self):
        """Tell each customer once that a class of theirs is moved."""
        template = self.env.ref("event_sale_booking_credits.mail_template_moved")
        told = set()
        for line in self:
            key = line.order_partner_id.id, line.event_id.id, line.event_slot_id.id
            if key not in told:
                told.add(key)
                template.sudo().send_mail(line.id)

    # === Steps, for bridges to extend === #

    def _get_booking_title(self):
        """Override to name the class, not the product of its ticket."""
        # sudo: customers read what they booked, also after it is published no more.
        return self.sudo().event_id.name or super()._get_booking_title()

    def _get_class_times(self):
        """Return start and end of the class or slot of this line, in UTC."""
        self.ensure_one()
        slot, event = self.event_slot_id, self.event_id
        if slot:
            return slot.start_datetime, slot.end_datetime
        if event and not event.is_multi_slots:
            return event.date_begin, event.date_end
        return False, False

    def _get_seats(self):
        """Return the registrations of these lines that take or will take a seat."""
        # sudo: who books and cancels need not read registrations.
        registrations = self.sudo().registration_ids
        return registrations.filtered(lambda seat: seat.state != "cancel")

    def _lower_places(self, places):
        """Override to free the seats of the places that are cancelled."""
        res = super()._lower_places(places)
        seats = self._get_seats().sorted("id", reverse=True)
        chosen = seats.browse(self.env.context.get("booking_cancel_seats", []))
        chosen &= self.sudo().registration_ids
        # what was cancelled before its booking is counted
        left = int(places) - len(chosen - seats)
        ((chosen & seats) | seats)[: max(left, 0)]._cancel_with_booking()
        return res

    def _init_registrations(self):
        """Override of `event_sale`: seats that credits pay are taken at once (S1-03).

        Bookings that are booked again get seats again.
        """
        res = super()._init_registrations()
        bookings = self.filtered(
            lambda line: line.service_tracking == "event"
            and line.booking_credit_line_ids
        )
        missing = []
        for line in bookings:
            lacking = int(line.product_uom_qty) - len(line._get_seats())
            missing += [
                {"sale_order_line_id": line.id, "sale_order_id": line.order_id.id}
            ] * max(lacking, 0)
        if missing:
            # sudo: as in the method that is extended
            self.env["event.registration"].sudo().create(
                [dict(vals) for vals in missing]
            )
        paid = bookings.filtered(lambda line: line._is_paid_with_booking_credits())
        drafts = paid._get_seats().filtered(lambda seat: seat.state == "draft")
        drafts.write({"state": "open"})
        return res

    def _get_booking_policy(self):
        """Override: a class may have terms of its own."""
        # sudo: shoppers read terms, not the settings of a class.
        policy = self.event_id.sudo().booking_cancellation_policy_id
        return policy or super()._get_booking_policy()

    def _get_booking_payment(self):
        """Override: the ticket or its class may say what it takes."""
        if not self.event_ticket_id or not self.product_id.booking_ok:
            return super()._get_booking_payment()
        payment = self.event_ticket_id._get_booking_payment(self.order_id.company_id)
        # entry cards are no money, and the core has no word for them
        return "credit_only" if payment == "session_only" else payment

    def _takes_entry_cards_only(self):
        """Return whether only sessions pay this seat (S1-24)."""
        self.ensure_one()
        ticket = self.event_ticket_id
        return bool(
            ticket
            and ticket._get_booking_payment(self.order_id.company_id) == "session_only"
        )

    def _get_booking_unpaid_quantity(self):
        """Override: a ticket may take money only."""
        unpaid = super()._get_booking_unpaid_quantity()
        if not unpaid or not self.event_ticket_id:
            return unpaid
        if self._get_booking_payment() == "money":
            return Decimal(0)
        if not self.order_id.company_id.sudo().booking_guests:
            return min(unpaid, self._get_own_seat_unpaid())
        return unpaid

    def _get_own_seat_unpaid(self):
        """Return 1 if this line has the customer's own seat and nothing pays it; else 0."""
        seats = self.order_id.order_line.filtered(
            lambda line: line.event_id == self.event_id
            and line.event_slot_id == self.event_slot_id
        )
        paid = bool(seats.booking_credit_line_ids)
        return Decimal(self == seats[:1] and not paid)

    def _filter_usable_lots(self, lots):
        """Override: a ticket may take entry cards only."""
        lots = super()._filter_usable_lots(lots)
        if not self.booking_credit_measure and self._takes_entry_cards_only():
            lots = lots.filtered(lambda lot: lot.measure == "session")
        return lots

    def _get_booking_document(self):
        """Override to name the class: “S00012 – Yoga on Monday”."""
        if not self.event_id:
            return super()._get_booking_document()
        return f"{self.order_id.name} – {self.event_id.name}"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_lines_paid_by(self, pack, missing):
        """Override: credits do not pay what takes entry cards only."""
        if pack.booking_credit_measure != "session":
            missing = {
                line: units
                for line, units in missing.items()
                if not line._takes_entry_cards_only()
            }
        return super()._get_lines_paid_by(pack, missing)
