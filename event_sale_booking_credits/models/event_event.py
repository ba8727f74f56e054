from odoo import api, fields, models

from odoo.addons.booking_credits.const import CREDIT_GROUPS

from ..const import CLASS_PAYMENTS

#: what may make seats free, or end the wait, when it changes
WAKES_WAITING = {
    "seats_max",
    "seats_limited",
    "date_begin",
    "date_end",
    "kanban_state",
    "stage_id",
}


class EventEvent(models.Model):
    """A class: what its seats cost in credits, its terms, and what it has earned."""

    _inherit = "event.event"

    booking_credit_price = fields.Float(
        string="Price in Credits",
        digits="Booking Credits",
        compute="_compute_type_price",
        store=True,
        readonly=False,
        help="Credits that one seat costs, if its ticket says nothing else.",
    )
    booking_payment = fields.Selection(
        selection=CLASS_PAYMENTS,
        string="Paid With",
        compute="_compute_type_payment",
        store=True,
        readonly=False,
        help="Empty: as the product of the ticket, or the company's bookings.",
    )
    booking_cancellation_policy_id = fields.Many2one(
        comodel_name="booking.cancellation.policy",
        string="Cancellation Policy",
        compute="_compute_type_policy",
        store=True,
        readonly=False,
        check_company=True,
        index="btree_not_null",
        help="How much comes back when a seat is cancelled. Empty: as the product of "
        "the ticket, or the company.",
    )
    booking_seat_version = fields.Integer(
        readonly=True,
        copy=False,
        help="Counts who took seats: two transactions cannot do so at the same time.",
    )
    booking_credit_quantity = fields.Float(
        string="Credits Taken",
        digits="Booking Credits",
        compute="_compute_booking_taken",
        groups=CREDIT_GROUPS,
        help="Credits and sessions that the seats of this class have cost, less what "
        "came back.",
    )
    booking_credit_value = fields.Monetary(
        string="Value of Credits",
        compute="_compute_booking_taken",
        groups=CREDIT_GROUPS,
        help="What those credits were worth to the business, in company currency: on "
        "this a teacher's pay can be based.",
    )
    booking_policy_text = fields.Text(
        string="Cancellation Terms",
        compute="_compute_booking_policy_text",
        help="Written from the policy, in the reader's language.",
    )

    _booking_credit_price_positive = models.Constraint(
        "CHECK(booking_credit_price >= 0)",
        "A price in credits cannot be negative.",
    )

    # one method each: what is given for one of them must not keep the others from it

    @api.depends("event_type_id")
    def _compute_type_price(self):
        """Take over what the template says; what was typed stays without one."""
        for event in self:
            price = event.event_type_id.booking_credit_price
            event.booking_credit_price = price or event.booking_credit_price

    @api.depends("event_type_id")
    def _compute_type_payment(self):
        for event in self:
            payment = event.event_type_id.booking_payment
            event.booking_payment = payment or event.booking_payment

    @api.depends("event_type_id")
    def _compute_type_policy(self):
        for event in self:
            policy = event.event_type_id.booking_cancellation_policy_id
            event.booking_cancellation_policy_id = (
                policy or event.booking_cancellation_policy_id
            )

    @api.depends("registration_ids.state")
    def _compute_booking_taken(self):
        """Sum the ledger, so that what came back and what was kept is counted."""
        taken = {}
        # sudo: the groups of the fields decide who reads the sums.
        groups = (
            self.env["booking.credit.entry"]
            .sudo()
            ._read_group(
                [
                    ("operation_id.order_line_id.event_id", "in", self.ids),
                    ("type", "in", ("redeem", "restore", "fee")),
                    ("lot_id.measure", "!=", "money"),
                ],
                ["operation_id"],
                ["quantity:sum", "value:sum"],
            )
        )
        for operation, quantity, value in groups:
            event = operation.order_line_id.event_id.id
            before = taken.get(event, (0.0, 0.0))
            taken[event] = (before[0] - quantity, before[1] - value)
        for event in self:
            quantity, value = taken.get(event.id, (0.0, 0.0))
            event.booking_credit_quantity = quantity
            event.booking_credit_value = value

    @api.depends("booking_cancellation_policy_id", "event_ticket_ids.product_id")
    @api.depends_context("lang")
    def _compute_booking_policy_text(self):
        policies = self.env["booking.cancellation.policy"].sudo()
        for event in self:
            policy = event.sudo()._get_booking_policy()
            event.booking_policy_text = policies._get_terms_text(policy._get_snapshot())

    # === CRUD === #

    def write(self, vals):
        """Override of `event`: bookings move with their class, and who waits is told.

        Seats are looked for when a class grows, moves or ends.
        """
        res = super().write(vals)
        if {"date_begin", "date_end"} & vals.keys():
            self.filtered(lambda event: not event.is_multi_slots)._move_bookings()
        if "booking_credit_price" in vals:
            self.event_ticket_ids._make_products_bookable()
        if WAKES_WAITING & vals.keys():
            self._wake_waiting()
        return res

    # === Actions === #

    def action_cancel_class(self):
        """Open the dialog that cancels these classes for everybody (S2-03)."""
        self._check_desk()
        action = self.env["booking.cancel.many"]._open(
            self._get_class_bookings(), "provider"
        )
        wizard = self.env["booking.cancel.many"].browse(action["res_id"])
        wizard.event_ids = self
        return {**action, "name": self.env._("Cancel Class")}

    def action_no_shows(self):
        """Open the dialog for the seats that nobody took."""
        self._check_desk()
        lines = self._get_missed_seats().sudo().sale_order_line_id.with_env(self.env)
        return self.env["booking.cancel.many"]._open(lines, "no_show")

    def action_walk_in(self):
        """Open the dialog that adds somebody who just came in (S1-30, S1-31)."""
        self.ensure_one()
        self._check_desk()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Walk-in"),
            "res_model": "event.walk.in",
            "view_mode": "form",
            "target": "new",
            "context": {"default_event_id": self.id},
        }

    def action_view_bookings(self):
        """Open the bookings of these classes."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Bookings"),
            "res_model": "sale.order.line",
            "view_mode": "list",
            "views": [
                (
                    self.env.ref(
                        "booking_credits.sale_order_line_view_list_booking"
                    ).id,
                    "list",
                )
            ],
            "domain": [
                ("event_id", "in", self.ids),
                ("booking_credit_measure", "=", False),
            ],
        }

    def _check_desk(self):
        """Refuse others than the front desk of these classes, before anything is read.

        :raise AccessError: if the user is not of the desk, or may not see a class
        """
        self.env["booking.credit.lot"]._check_may("user")
        self.check_access("read")

    # === Business verbs === #

    def _move_bookings(self, slots=None):
        """Move the bookings of these classes, or slots, to their new times.

        Whoever does not like the new time cancels for free; customers are told once,
        whatever else is moved with these classes.
        """
        # sudo: who plans classes need not sell.
        lines = self.env["sale.order.line"].sudo()
        domain = [("event_id", "in", self.ids), ("booking_cancel_date", "=", False)]
        if slots is not None:
            domain.append(("event_slot_id", "in", slots.ids))
        lines = lines.search([*domain, ("state", "!=", "cancel")])
        moved = lines.browse()
        before = {line.id: line.booking_start for line in lines}
        for times, group in lines.grouped(lambda line: line._get_class_times()).items():
            start, end = times
            if start and group.filtered("booking_ok"):
                moved |= group.filtered("booking_ok")._move_by_business(start, end)
        moved.filtered(lambda line: line.state == "sale")._tell_class_moved(before)
        waiting = moved.filtered(lambda line: line.state in ("draft", "sent"))
        waiting.order_id._get_waiting_entries()._hold_anew()
        return moved

    # === Steps, for bridges to extend === #

    def _get_booking_policy(self):
        """Return the cancellation policy of this class."""
        self.ensure_one()
        product = self.event_ticket_ids.product_id[:1].product_tmpl_id
        company = self.company_id or self.env.company
        return self.booking_cancellation_policy_id or (
            product._get_booking_policy(company)
            if product
            else company.booking_cancellation_policy_id
        )

    def _takes_credits_only(self, company):
        """Return whether no seat of this class, with any ticket, is paid in money."""
        self.ensure_one()
        # sudo: the rule holds for whoever takes a seat.
        event = self.sudo()
        if event.event_ticket_ids:
            return all(
                ticket._takes_credits_only(company) for ticket in event.event_ticket_ids
            )
        if event.booking_payment:
            return event.booking_payment in ("credit_only", "session_only")
        return bool(event.booking_credit_price)

    def _prepare_seat_order_vals(self, counts):
        """Return the lines of an order for seats in this class.

        :param dict counts: number of seats by ``(slot, ticket)``; the slot may be empty
        """
        self.ensure_one()
        return {
            "order_line": [
                fields.Command.create(
                    {
                        # sudo: customers need not read the products of tickets.
                        "product_id": ticket.sudo().product_id.id,
                        "event_id": self.id,
                        "event_slot_id": slot.id,
                        "event_ticket_id": ticket.id,
                        "product_uom_qty": number,
                    }
                )
                for (slot, ticket), number in counts.items()
            ]
        }

    def _get_class_bookings(self):
        """Return the confirmed bookings of these classes, paid with whatever."""
        return self.env["sale.order.line"].search(
            [
                ("event_id", "in", self.ids),
                ("state", "=", "sale"),
                ("booking_cancel_date", "=", False),
                ("booking_credit_measure", "=", False),
            ]
        )

    def _get_missed_seats(self):
        """Return the seats of these classes that are over and that nobody took."""
        now = fields.Datetime.now()
        return self.registration_ids.filtered(
            lambda seat: seat.state == "open"
            and seat.event_end_date <= now
            and seat.sudo().sale_order_line_id._get_bookings_to_cancel()
        )

    def _cancel_class(self):
        """Cancel these classes, whose paid bookings are cancelled already."""
        seats = self.registration_ids.filtered(lambda seat: seat.state != "cancel")
        seats.filtered(
            lambda seat: seat.state in ("draft", "open")
        )._cancel_with_booking()
        # sudo: the front desk cancels classes, and does not plan them.
        self.sudo().kanban_state = "cancel"
        for event in self:
            # sudo: whoever cancels a class need not keep its list.
            event._close_waiting(event.sudo().booking_waiting_ids)

    def _get_seats_availability(self, slot_tickets):
        """Override of `event`: nothing is left in a slot that we have cancelled."""
        res = super()._get_seats_availability(slot_tickets)
        return [
            0 if slot and slot.booking_cancelled else left
            for (slot, _ticket), left in zip(slot_tickets, res, strict=True)
        ]
