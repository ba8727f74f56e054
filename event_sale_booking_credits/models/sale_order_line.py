from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.booking_credits.inside import tell, told

#: the seat that a line pays
SEAT_FIELDS = ("event_id", "event_slot_id", "event_ticket_id")


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
        "event_ticket_id.booking_credit_price",
        "event_id.booking_credit_price",
        "booking_session_count",
        "event_id.booking_session_price",
        "event_id.booking_session_ids.begin_date",
        "event_id.booking_session_ids.cancelled",
    )
    def _compute_booking_credit_price(self):
        """Override to charge what the ticket or its class costs (S1-25).

        Of a course, each session that is to come.
        """
        super()._compute_booking_credit_price()
        for line in self.filtered("event_ticket_id"):
            line.booking_credit_price = line.event_ticket_id._get_booking_credit_price()
        for line in self.filtered("event_id"):
            line.booking_credit_price *= line._count_sessions()

    # === CRUD === #

    def write(self, vals):
        """Override to free the seats of bookings that are cancelled.

        :raise UserError: if a booking that stands is given another seat
        """
        self._check_seat_kept(vals)
        res = super().write(vals)
        if vals.get("booking_cancel_date"):
            gone = self.filtered(lambda line: line.booking_cancel_by != "no_show")
            gone._get_seats()._cancel_with_booking()
        return res

    # === Business verbs === #

    def _tell_class_moved(self, before):
        """Tell each customer once what is moved, at the end of the transaction.

        Several classes, slots or fields may be moved one after the other: what counts
        is where a booking was first, and where it is in the end.

        :param dict before: the starts that these bookings had, by id
        """
        if not self:
            return
        hooks = self.env.cr.precommit
        if "booking_class_moved" not in hooks.data:
            hooks.data["booking_class_moved"] = {}
            hooks.add(self.sudo().browse()._send_class_moved)
        for line in self:
            hooks.data["booking_class_moved"].setdefault(line.id, before[line.id])

    def _send_class_moved(self):
        """Send what :meth:`_tell_class_moved` has noted."""
        starts = self.env.cr.precommit.data.pop("booking_class_moved", {})
        template = self.env.ref("event_sale_booking_credits.mail_template_moved").sudo()
        moved = (
            self.browse(starts)
            .exists()
            .filtered(
                lambda line: line.booking_start != starts[line.id]
                and line.state == "sale"
            )
        )
        for lines in moved.sorted("booking_start").grouped("order_partner_id").values():
            tell(template, moved=tuple(lines.ids)).send_mail(lines[0].id)
        self.env.flush_all()

    # === What customers read === #

    def _get_moved_rows(self):
        """Return the classes of the mail on what is moved: dicts of name and time."""
        rows = []
        for line in self.browse(told(self, "moved", self.ids)):
            row = {
                "name": line.event_id.name,
                "when": line._get_booking_start_text(),
            }
            if row not in rows:  # several seats, booked one after the other
                rows.append(row)
        return rows

    def _get_moved_subject(self):
        """Return the subject of that mail: “Yoga is moved”."""
        names = {row["name"] for row in self._get_moved_rows()}
        if len(names) == 1:
            return self.env._("%s is moved", names.pop())
        return self.env._("%s of your classes are moved", len(names))

    # === Steps, for bridges to extend === #

    def _check_seat_kept(self, vals):
        """Refuse to give a booking that stands another class, slot or ticket.

        What was paid, the terms and the seat are those of the one that was booked.

        :raise UserError: naming the booking and the remedy
        """
        names = [name for name in SEAT_FIELDS if name in vals]
        if not names:
            return
        for line in self:
            if (
                line.booking_ok
                and line.state == "sale"
                and not line.booking_cancel_date
                and any(line[name].id != (vals[name] or False) for name in names)
            ):
                raise UserError(
                    self.env._(
                        "“%(booking)s” on %(order)s is booked: cancel it, and book "
                        "another class, time or ticket anew.",
                        booking=line._get_booking_title(),
                        order=line.order_id.name,
                    )
                )

    def _drop_surplus_seats(self):
        """Cancel the seats that a form left behind: more than these lines pay."""
        for line in self.filtered(lambda line: line.event_id and line.booking_ok):
            seats = line._get_seats().sorted("id", reverse=True)
            surplus = len(seats) - int(line.product_uom_qty)
            drafts = seats.filtered(lambda seat: seat.state == "draft")
            drafts[: max(surplus, 0)]._cancel_with_booking()

    def _is_start_chosen(self):
        """Override: the studio has chosen when its classes take place."""
        return not self.event_id and super()._is_start_chosen()

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
        """Override to free the seats of the places that are cancelled.

        First: at no time are more seats taken than the line pays.
        """
        seats = self._get_seats().sorted("id", reverse=True)
        chosen = seats.browse(told(self, "cancel_seats", ()))
        chosen &= self.sudo().registration_ids
        # what was cancelled before its booking is counted
        left = int(places) - len(chosen - seats)
        ((chosen & seats) | seats)[: max(left, 0)]._cancel_with_booking()
        return super()._lower_places(places)

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
        """Return 1 if nothing pays the customer's own seat on this line, else 0."""
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

    def _may_take_customer_credit(self):
        """Return whether customer credit may pay this line, or what is left of it.

        Neither what takes entry cards only, nor what costs no money at all.
        """
        self.ensure_one()
        return (
            not self.currency_id.is_zero(self.price_total)
            and not self._takes_entry_cards_only()
        )

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
