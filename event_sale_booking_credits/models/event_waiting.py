from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_datetime

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError
from odoo.addons.booking_credits.inside import check_guarded, tell, tell_fields
from odoo.addons.booking_credits.typed import read_id

from ..const import ACTIVE_STATES, WAITING_MODES, WAITING_PAYMENTS

#: what may be said of somebody who joins
JOINS = ("event_id", "event_slot_id", "event_ticket_id", "partner_id", "payment")


class EventWaiting(models.Model):
    """Somebody who waits for a seat in a full class (S1-07 … S1-10).

    With automatic enrolment a quotation with the seat and its credit lines stands
    behind the entry, and the credits are held on it: what is enrolled later is what
    was agreed, and nobody else can spend those credits.

    Who pays in money is offered the seat for some time, with a quotation to pay
    online: paid in time it enrols them, else the seat goes to the next one.
    """

    _name = "event.waiting"
    _description = "Waiting List Entry"
    _inherit = ["mail.thread"]
    _order = "event_id, sequence, id"
    _rec_name = "partner_id"
    _check_company_auto = True

    _booking_guarded = {
        "event_id": "create",
        "event_slot_id": "create",
        "event_ticket_id": "create",
        "partner_id": "create",
        "payment": "create",
        "company_id": "create",
        "mode": "create",
        "state": "action_enrol, action_leave",
        "order_id": "action_enrol, action_leave",
        "offer_until": "the job",
        "told_date": "the job",
        "refusal": "the job",
        # follow from the class: who is enrolled, and until when
        "begin_date": "event.event.write",
        "end_date": "event.event.write",
    }

    event_id = fields.Many2one(
        comodel_name="event.event",
        string="Class",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    event_slot_id = fields.Many2one(
        comodel_name="event.slot",
        string="Slot",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('event_id', '=', event_id)]",
    )
    event_ticket_id = fields.Many2one(
        comodel_name="event.event.ticket",
        string="Ticket",
        ondelete="cascade",
        domain="[('event_id', '=', event_id)]",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    sequence = fields.Integer(
        default=10, help="Who waits first; staff may let somebody pass."
    )
    position = fields.Integer(
        compute="_compute_position", help="Place in the list; 1 is next."
    )
    state = fields.Selection(
        selection=[
            ("waiting", "Waiting"),
            ("offered", "Seat Offered"),
            ("enrolled", "Enrolled"),
            ("left", "Left"),
            ("dropped", "Dropped"),
            ("closed", "Class Started"),
        ],
        default="waiting",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
        copy=False,
    )
    mode = fields.Selection(
        selection=WAITING_MODES,
        string="When a Seat Is Free",
        required=True,
        readonly=True,
        default="auto",
    )
    payment = fields.Selection(
        selection=WAITING_PAYMENTS,
        string="Pays With",
        required=True,
        default="credits",
        help="Credits: set aside while waiting, with automatic enrolment. Money: when "
        "a "
        "seat is free it is kept for some time, and a link to pay it is sent.",
    )
    order_id = fields.Many2one(
        comodel_name="sale.order",
        string="Quotation",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The seat: with the credits that are set aside, or to be paid online.",
    )
    offer_until = fields.Datetime(readonly=True, copy=False)
    told_date = fields.Datetime(
        string="Told On",
        readonly=True,
        copy=False,
        help="When this customer was last told that a seat is free.",
    )
    refusal = fields.Text(
        readonly=True,
        copy=False,
        help="Why this customer was passed over. The next ones are enrolled then.",
    )
    begin_date = fields.Datetime(
        string="Start", compute="_compute_dates", store=True, index=True
    )
    end_date = fields.Datetime(string="End", compute="_compute_dates", store=True)

    _one_place = models.UniqueIndex(
        "(event_id, COALESCE(event_slot_id, 0), partner_id) "
        "WHERE state IN ('waiting', 'offered')",
        "This customer is on the waiting list already.",
    )

    @api.depends(
        "event_id.date_begin",
        "event_id.date_end",
        "event_slot_id.start_datetime",
        "event_slot_id.end_datetime",
    )
    def _compute_dates(self):
        for entry in self:
            slot, event = entry.event_slot_id, entry.event_id
            entry.begin_date = slot.start_datetime or event.date_begin
            entry.end_date = slot.end_datetime or event.date_end

    @api.depends("state", "sequence", "event_id", "event_slot_id")
    def _compute_position(self):
        places = {}
        active = self.filtered(lambda entry: entry.state in ACTIVE_STATES)
        # sudo: customers are told how many are before them, not who.
        lists = self.sudo().search(
            [
                ("event_id", "in", active.event_id.ids),
                ("state", "in", ACTIVE_STATES),
            ],
            order="sequence, id",
        )
        counts = {}
        for entry in lists:
            key = entry.event_id.id, entry.event_slot_id.id
            counts[key] = counts.get(key, 0) + 1
            places[entry.id] = counts[key]
        for entry in self:
            entry.position = places.get(entry._origin.id, 0)

    @api.depends("partner_id", "event_id")
    def _compute_display_name(self):
        for entry in self:
            entry.display_name = f"{entry.partner_id.name} – {entry.event_id.name}"

    @api.constrains("event_id", "event_slot_id", "event_ticket_id")
    def _check_same_class(self):
        for entry in self:
            event = entry.event_id
            if (entry.event_slot_id.event_id or event) != event or (
                entry.event_ticket_id.event_id or event
            ) != event:
                raise ValidationError(self._get_other_class_text(event))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override to join the list as customers do: with credits set aside.

        :raise AccessError: for who may not, before anything is read or said
        :raise UserError: if the class has no list or is not full
        :raise InsufficientCreditsError: with automatic enrolment, if credits do not
            pay the seat
        """
        self.check_access("create")
        check_guarded(tell_fields(self.browse(), *JOINS), vals_list)
        vals_list = [self._complete_vals(vals) for vals in vals_list]
        for vals in vals_list:
            self._check_not_waiting(vals)
        entries = super().create(vals_list)
        for entry in entries:
            entry._check_joinable()
            if entry.mode == "auto":
                entry._set_credits_aside()
        return entries

    def write(self, vals):
        """Override: what decides who gets which seat changes by the verbs only.

        :raise AccessError: naming the entry and the field
        """
        self.check_access("write")
        check_guarded(self, [vals])
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_release(self):
        self._leave("left")

    # === Actions === #

    def action_leave(self):
        """Take these customers off the list, and free what was set aside."""
        self.check_access("write")
        self._leave("left")

    def action_enrol(self):
        """Enrol this customer now, before those who wait longer; for the front desk.

        :raise UserError: if there is no seat, or credits do not pay it any more
        """
        self.ensure_one()
        self.check_access("write")
        self.env["booking.credit.lot"]._check_may("user")
        self._check_active()
        self._enrol()

    def action_accept(self):
        """Take the seat that is offered to this customer.

        :raise UserError: if the offer has lapsed, or the seat is to be paid first
        """
        self.ensure_one()
        self.check_access("write")
        if not self._is_offer_open():
            raise UserError(self._get_lapsed_text())
        self._enrol()

    def action_view_order(self):
        """Open the quotation or order of this seat."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "view_mode": "form",
        }

    # === Business verbs === #

    def _set_credits_aside(self):
        """Prepare the quotation that pays this seat, and hold its credits (S1-08).

        :raise InsufficientCreditsError: naming what is missing, and why
        """
        self.ensure_one()
        order = self._create_order()
        if not order._is_class_paid():
            raise InsufficientCreditsError(order._get_booking_credit_refusal())
        order._hold_booking_credits()
        self._set(order_id=order.id)

    def _hold_anew(self):
        """Hold what is set aside for a class on its new day: caps count it there.

        Whom credits do not pay on that day keeps what is held, and reads why.
        """
        for entry in self.filtered(lambda entry: entry.mode == "auto"):
            try:
                with self.env.cr.savepoint():
                    entry.order_id._hold_booking_credits()
            except InsufficientCreditsError as error:
                entry._pass_over(str(error))

    def _set(self, **vals):
        """Change what only the verbs of this list change."""
        tell_fields(self, *vals).write(vals)

    def _create_order(self):
        """Return a new quotation for this seat, paid as well as this customer can.

        With credits, or with customer credit where the seat is paid in money.
        """
        # sudo: customers who join have no rights on orders; credits are their own.
        order = self.env["sale.order"].sudo().create(self._prepare_order_vals())
        if self.payment == "credits":
            order._pay_with_booking_credits()
            return order
        money = order._get_usable_booking_lots()
        if money := money.filtered(lambda lot: lot.measure == "money"):
            order._pay_with_booking_credits(money)
        if not order.require_payment:
            # a rule on prepayments says how much; else all of it
            order.write({"require_payment": True, "prepayment_percent": 1.0})
        order.require_signature = False
        return order

    def _prepare_order_vals(self):
        seat = {(self.event_slot_id, self.event_ticket_id): 1}
        return {
            **self.event_id._prepare_seat_order_vals(seat),
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "origin": self.env._("Waiting list of %s", self.event_id.name),
        }

    def _enrol(self):
        """Confirm the seat of this customer, and spend the credits (S1-07).

        :raise UserError: if there is no seat, or it is not paid
        """
        self.ensure_one()
        # first: of two at the same time the second one is run again, and reads anew
        self.event_id._lock_seats()
        order = self.order_id.sudo() or self._create_order()
        # what the class costs or takes may have changed since
        if not self._is_paid_by(order):
            raise InsufficientCreditsError(self._get_unpaid_text(order))
        if self.order_id != order:
            self._set(order_id=order.id)
        # enrols: see :meth:`_note_enrolled`
        order.action_confirm()

    def _is_paid_by(self, order):
        """Return whether credits, or customer credit, pay this seat wholly."""
        self.ensure_one()
        if self.payment == "credits":
            return order._is_class_paid()
        return order.currency_id.is_zero(order.amount_total)

    def _note_enrolled(self):
        """Note that the orders of these customers are being confirmed."""
        for entry in self:
            entry._set(state="enrolled", refusal=False, offer_until=False)
        self.flush_recordset(["state"])

    def _welcome(self):
        """Seat these customers, whose orders are confirmed, and tell them."""
        for entry in self:
            # Odoo leaves seats that money pays to staff, to fill in who comes
            seats = entry.order_id.order_line.filtered("event_id")._get_seats()
            drafts = seats.filtered(lambda seat: seat.state == "draft")
            drafts.write({"state": "open"})
            entry._give_time_to_decline(entry.order_id)
            entry._drop_overlapping()
            entry._send("enrolled")

    def _give_time_to_decline(self, order):
        """Let the customer out for free, also inside the penalty window."""
        hours = self.company_id.sudo().booking_waiting_decline_hours
        if not hours:
            return
        until = fields.Datetime.add(
            fields.Datetime.now(), minutes=round(float(hours) * 60)
        )
        for line in order.order_line.filtered("event_id"):
            line._let_out_free("enrolled", min(until, line.booking_start or until))

    def _drop_overlapping(self):
        """Take the customer off other lists whose classes overlap with this one."""
        self.ensure_one()
        others = self.sudo().search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("state", "in", ACTIVE_STATES),
                ("id", "!=", self.id),
                ("begin_date", "<", self.end_date),
                ("end_date", ">", self.begin_date),
            ]
        )
        others._leave("dropped")
        for entry in others:
            entry.message_post(
                body=self.env._(
                    "%(customer)s was enrolled in “%(event)s”, at the same time.",
                    customer=self.partner_id.name,
                    event=self.event_id.name,
                )
            )

    def _leave(self, state):
        """End these entries, and free the credits that were set aside (S1-09).

        Safe to run twice.
        """
        active = self.filtered(lambda entry: entry.state in ACTIVE_STATES)
        # sudo: whoever leaves has no rights on the quotation behind the entry.
        orders = active.sudo().order_id.filtered(
            lambda order: order.state in ("draft", "sent")
        )
        orders._release_booking_credits()
        active._set(state=state, offer_until=False)
        tell(orders, confirmed=True)._action_cancel()
        active.event_id._wake_waiting()

    # === Steps, for bridges to extend === #

    @api.model
    def _complete_vals(self, vals):
        """Return ``vals`` with what follows from the class; nothing is said of others.

        :raise UserError: without a class or a customer
        :raise AccessError: for a class that the user may not see
        """
        vals = {**self.default_get(list(JOINS)), **vals}
        given = {name: vals[name] for name in JOINS if vals.get(name)}
        vals |= {name: read_id(given[name]) for name in given if name != "payment"}
        event = self.env["event.event"].browse(vals.get("event_id", [])).exists()
        if not event:
            raise UserError(self.env._("Choose the class."))
        event.check_access("read")
        if not vals.get("partner_id"):
            raise UserError(
                self.env._("Choose the customer who waits for “%s”.", event.name)
            )
        slot, ticket = self._get_slot_and_ticket(event, vals, given)
        company = event.company_id or self.env.company
        return {
            **vals,
            "event_slot_id": slot.id,
            "event_ticket_id": ticket.id,
            "company_id": company.id,
            **self._get_payment_and_mode(event, ticket, company, vals.get("payment")),
        }

    @api.model
    def _get_slot_and_ticket(self, event, vals, given):
        """Return the slot and the ticket of ``event`` that are waited for.

        :param given: names of the values that were given; else there is no slot, and
            the ticket is the first one
        :raise ValidationError: if those given are of another class
        """
        ticket, slot = event.event_ticket_ids[:1], event.event_slot_ids.browse()
        if "event_ticket_id" in given:
            ticket = event.event_ticket_ids.filtered(
                lambda ticket: ticket.id == vals["event_ticket_id"]
            )
        if "event_slot_id" in given:
            slot = event.event_slot_ids.filtered(
                lambda slot: slot.id == vals["event_slot_id"]
            )
        if ("event_ticket_id" in given and not ticket) or (
            "event_slot_id" in given and not slot
        ):
            raise ValidationError(self._get_other_class_text(event))
        return slot, ticket

    @api.model
    def _get_payment_and_mode(self, event, ticket, company, payment):
        """Return how who waits will pay, and what happens when a seat is free."""
        mode = event.booking_waiting_mode or "none"
        # sudo: whoever joins need not read the products of tickets.
        payment = payment or "credits"
        if ticket and ticket.sudo()._get_seat_payment(company) == "money":
            payment = "money"  # credits have nothing to pay
        if payment == "money" and mode == "auto":
            mode = "offer"  # there is nothing to set aside
        return {"payment": payment, "mode": mode}

    @api.model
    def _get_other_class_text(self, event):
        return self.env._(
            "Who waits for “%s” waits for one of its slots and tickets: choose those.",
            event.name,
        )

    @api.model
    def _check_not_waiting(self, vals):
        """Refuse to wait twice for the same class or slot.

        :raise UserError: naming the customer and the class
        """
        # sudo: customers see their own entries only.
        entries = self.sudo().search(
            [
                ("event_id", "=", vals["event_id"]),
                ("event_slot_id", "=", vals.get("event_slot_id", False)),
                ("partner_id", "=", vals["partner_id"]),
                ("state", "in", ACTIVE_STATES),
            ],
            limit=1,
        )
        if entries:
            raise UserError(
                self.env._(
                    "%(customer)s is on the waiting list of “%(event)s” already.",
                    customer=entries.partner_id.name,
                    event=entries.event_id.name,
                )
            )

    def _check_active(self):
        """Refuse to enrol who does not wait any more.

        :raise UserError: naming the entry
        """
        self.ensure_one()
        if self.state not in ACTIVE_STATES:
            raise UserError(self.env._("%s does not wait any more.", self.display_name))

    def _check_joinable(self):
        """Refuse to wait for a class that has no list, has seats or has started.

        :raise UserError: naming the class and what to do
        """
        self.ensure_one()
        event = self.event_id
        if self.mode == "none":
            raise UserError(self.env._("“%s” has no waiting list.", event.name))
        if self.begin_date <= fields.Datetime.now():
            raise UserError(
                self.env._("“%s” has started: nobody can wait for it.", event.name)
            )
        if self.event_slot_id.booking_cancelled or event.kanban_state == "cancel":
            raise UserError(
                self.env._("“%s” does not take place: nobody can wait.", event.name)
            )
        ticket = self.event_ticket_id
        if self.payment == "money" and ticket._takes_credits_only(self.company_id):
            raise UserError(
                self.env._(
                    "“%s” is paid with credits only: wait with credits.", event.name
                )
            )
        self._check_needs_to_wait()

    def _check_needs_to_wait(self):
        """Refuse to wait where there are seats, or who has a seat.

        :raise UserError: naming the class, and the customer who has a seat
        """
        event = self.event_id
        if not event._is_full(
            self.event_slot_id, self.event_ticket_id, besides=self.sudo()
        ):
            raise UserError(self.env._("“%s” still has seats: book one.", event.name))
        seats = self.env["event.registration"].sudo()
        of_customer = [
            ("event_id", "=", event.id),
            ("event_slot_id", "=", self.event_slot_id.id),
            ("partner_id", "=", self.partner_id.id),
            ("state", "in", ("open", "done")),
        ]
        if seats.search_count(of_customer, limit=1):
            raise UserError(
                self.env._(
                    "%(customer)s has a seat in “%(event)s” already.",
                    customer=self.partner_id.name,
                    event=event.name,
                )
            )

    def _is_offer_open(self):
        """Return whether a seat is offered to this customer, and can still be taken."""
        self.ensure_one()
        return self.state == "offered" and (
            self.offer_until >= fields.Datetime.now() or self._is_being_paid()
        )

    def _is_being_paid(self):
        """Return whether a payment of this seat has begun, and may succeed."""
        self.ensure_one()
        # sudo: whoever counts seats need not see orders.
        order = self.sudo().order_id
        return (
            self.payment == "money"
            and order.state in ("draft", "sent")
            and bool(order.transaction_ids)
            and not order._is_payment_given_up()
        )

    def _send(self, what):
        """Send the mail ``what`` to these customers, after the transaction.

        :param str what: ``enrolled``, ``offer`` or ``free``
        """
        template = self.env.ref(f"event_sale_booking_credits.mail_template_{what}")
        for entry in self:
            template.sudo().send_mail(entry.id)

    # === What customers read === #

    def _get_start_text(self):
        """Write the start as it is on the clock of the class."""
        self.ensure_one()
        return format_datetime(
            self.env,
            self.begin_date,
            tz=self.event_id.date_tz,
            dt_format="EEEE d MMMM y, HH:mm",
        )

    def _get_offer_text(self):
        """Write until when the seat is offered."""
        self.ensure_one()
        return self.offer_until and format_datetime(
            self.env, self.offer_until, tz=self.event_id.date_tz, dt_format="short"
        )

    def _get_lapsed_text(self):
        self.ensure_one()
        return self.env._(
            "The offer of a seat in “%s” has lapsed. You keep your place on the list: "
            "we tell you when the next seat is free.",
            self.event_id.name,
        )

    def _get_unpaid_text(self, order):
        """Say why this customer is not enrolled yet."""
        self.ensure_one()
        if self.payment == "credits":
            return order._get_booking_credit_refusal()
        return self.env._(
            "%(amount)s are to be paid for %(order)s first: that takes the seat in "
            "“%(event)s”.",
            amount=order.currency_id.format(order.amount_total),
            order=order.name,
            event=self.event_id.name,
        )

    def _get_payment_url(self):
        """Return where this customer pays the seat that is offered, or nothing."""
        self.ensure_one()
        # sudo: the customer's own order
        order = self.sudo().order_id
        if (
            self.payment != "money"
            or order.state not in ("draft", "sent")
            or order.currency_id.is_zero(order.amount_total)
        ):
            return ""
        return order.get_portal_url()

    def _get_offer_url(self):
        """Return the address in the mail: to pay, or to take the seat."""
        self.ensure_one()
        return self.get_base_url() + (self._get_payment_url() or "/my/waiting")

    def _get_offer_price_text(self):
        """Write what is to be paid for the seat that is offered: “(20.00 €)”."""
        self.ensure_one()
        order = self.sudo().order_id
        if not self._get_payment_url():
            return ""
        return f"({order.currency_id.format(order.amount_total)})"

    def _get_paid_text(self):
        """Write what the seat has cost: “Paid with 10 credits.”"""
        self.ensure_one()
        lines = self.sudo().order_id.order_line._get_credit_lines()
        return " ".join(f"{line._get_booking_credit_line_name()}." for line in lines)

    def _get_decline_text(self):
        """Write until when the seat can be given back for free."""
        self.ensure_one()
        line = self.sudo().order_id.order_line.filtered("event_id")[:1]
        free = (line.booking_policy or {}).get("free")
        if not free:
            return ""
        return self.env._(
            "If you cannot come: until %s cancelling costs nothing.",
            format_datetime(
                self.env,
                fields.Datetime.to_datetime(free["until"]),
                tz=self.event_id.date_tz,
                dt_format="short",
            ),
        )

    def _get_waiting_text(self):
        """Write where this customer stands: “You are number 2 on the list.”"""
        self.ensure_one()
        _ = self.env._
        if self.state == "offered" and self._get_payment_url():
            return _(
                "A seat is yours until %(until)s. Pay %(amount)s to take it.",
                until=self._get_offer_text(),
                amount=self.sudo().order_id.currency_id.format(
                    self.sudo().order_id.amount_total
                ),
            )
        if self.state == "offered":
            return _("A seat is yours until %s.", self._get_offer_text())
        texts = [_("You are number %s on the waiting list.", self.position)]
        held = self.sudo().order_id.order_line._get_credit_lines()
        if self.mode == "auto" and held:
            lot = self.env["booking.credit.lot"].sudo()
            lot = lot.new({"company_id": self.company_id.id})
            texts.append(
                _(
                    "%s are set aside until you are enrolled, or leave the list.",
                    ", ".join(
                        lot._count_in_words(
                            line.booking_credit_measure, line.booking_credit_quantity
                        )
                        for line in held
                    ),
                )
            )
        return " ".join(texts)
