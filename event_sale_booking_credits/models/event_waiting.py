from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_datetime

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError

from ..const import ACTIVE_STATES, WAITING_MODES


class EventWaiting(models.Model):
    """Somebody who waits for a seat in a full class (S1-07 … S1-10).

    With automatic enrolment a quotation with the seat and its credit lines stands
    behind the entry, and the credits are held on it: what is enrolled later is what
    was agreed, and nobody else can spend those credits.
    """

    _name = "event.waiting"
    _description = "Waiting List Entry"
    _inherit = ["mail.thread"]
    _order = "event_id, sequence, id"
    _rec_name = "partner_id"
    _check_company_auto = True

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
    order_id = fields.Many2one(
        comodel_name="sale.order",
        string="Quotation",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="With automatic enrolment: the seat, and the credits that are set aside.",
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
                raise ValidationError(
                    self.env._(
                        "%(customer)s waits for “%(event)s”: choose a slot and a ticket "
                        "of that class.",
                        customer=entry.partner_id.display_name,
                        event=event.name,
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override to join the list as customers do: with credits set aside.

        :raise UserError: if the class has no list or is not full
        :raise InsufficientCreditsError: with automatic enrolment, if credits do not
            pay the seat
        """
        events = self.env["event.event"].browse(
            [vals["event_id"] for vals in vals_list if vals.get("event_id")]
        )
        for vals, event in zip(vals_list, events, strict=True):
            vals["mode"] = event.booking_waiting_mode or "none"
            vals["company_id"] = (event.company_id or self.env.company).id
            if not vals.get("event_ticket_id"):
                vals["event_ticket_id"] = event.event_ticket_ids[:1].id
            self._check_not_waiting(vals, event)
        entries = super().create(vals_list)
        for entry in entries:
            entry._check_joinable()
            if entry.mode == "auto":
                entry._set_credits_aside()
        return entries

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
        self._enrol()

    def action_accept(self):
        """Take the seat that is offered to this customer.

        :raise UserError: if the offer has lapsed, or credits do not pay the seat
        """
        self.ensure_one()
        if self.state != "offered" or self.offer_until < fields.Datetime.now():
            raise UserError(
                self.env._(
                    "The offer of a seat in “%s” has lapsed. You keep your place on "
                    "the list: we tell you when the next seat is free.",
                    self.event_id.name,
                )
            )
        self._enrol()

    def action_view_order(self):
        """Open the quotation or order of this seat."""
        self.ensure_one()
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
        order._hold_booking_credits()
        self.order_id = order

    def _create_order(self):
        """Return a new quotation for this seat, wholly paid with credits.

        :raise InsufficientCreditsError: if credits do not pay it
        """
        # sudo: customers who join have no rights on orders; credits are their own.
        order = self.env["sale.order"].sudo().create(self._prepare_order_vals())
        order._pay_with_booking_credits()
        if not order.order_line.filtered("event_id")._is_paid_with_booking_credits():
            raise InsufficientCreditsError(order._get_booking_credit_refusal())
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

        :raise UserError: if there is no seat, or credits do not pay it any more
        """
        self.ensure_one()
        order = self.order_id.sudo() or self._create_order()
        # what the class costs or takes may have changed since
        if not order.order_line.filtered("event_id")._is_paid_with_booking_credits():
            raise InsufficientCreditsError(order._get_booking_credit_refusal())
        # before the seat is counted: it is kept for this entry
        self.write(
            {
                "state": "enrolled",
                "order_id": order.id,
                "refusal": False,
                "offer_until": False,
            }
        )
        self.flush_recordset(["state"])
        order.with_context(booking_waiting_entry=self.id).action_confirm()
        self._give_time_to_decline(order)
        self._drop_overlapping()
        self._send("enrolled")

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
        active.write({"state": state, "offer_until": False})
        orders.with_context(booking_credits_confirmed=True)._action_cancel()
        active.event_id._wake_waiting()

    # === Steps, for bridges to extend === #

    @api.model
    def _check_not_waiting(self, vals, event):
        """Refuse to wait twice for the same class or slot.

        :raise UserError: naming the customer and the class
        """
        # sudo: customers see their own entries only.
        entries = self.sudo().search(
            [
                ("event_id", "=", event.id),
                ("event_slot_id", "=", vals.get("event_slot_id", False)),
                ("partner_id", "=", vals.get("partner_id")),
                ("state", "in", ACTIVE_STATES),
            ],
            limit=1,
        )
        if entries:
            raise UserError(
                self.env._(
                    "%(customer)s is on the waiting list of “%(event)s” already.",
                    customer=entries.partner_id.name,
                    event=event.name,
                )
            )

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
        if not event._is_full(
            self.event_slot_id, self.event_ticket_id, besides=self.sudo()
        ):
            raise UserError(self.env._("“%s” still has seats: book one.", event.name))
        seats = self.env["event.registration"].sudo()
        if seats.search_count(
            [
                ("event_id", "=", event.id),
                ("event_slot_id", "=", self.event_slot_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("state", "in", ("open", "done")),
            ],
            limit=1,
        ):
            raise UserError(
                self.env._(
                    "%(customer)s has a seat in “%(event)s” already.",
                    customer=self.partner_id.name,
                    event=event.name,
                )
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
