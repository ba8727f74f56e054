from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError


class EventWalkIn(models.TransientModel):
    """Adds somebody who just came in: booked, paid with credits, present (S1-30)."""

    _name = "event.walk.in"
    _description = "Walk-in"

    event_id = fields.Many2one(
        comodel_name="event.event", string="Class", required=True
    )
    is_multi_slots = fields.Boolean(
        related="event_id.is_multi_slots", related_sudo=False
    )
    event_slot_id = fields.Many2one(
        comodel_name="event.slot",
        string="Slot",
        compute="_compute_event_slot_id",
        store=True,
        readonly=False,
        domain="[('event_id', '=', event_id)]",
    )
    event_ticket_id = fields.Many2one(
        comodel_name="event.event.ticket",
        string="Ticket",
        compute="_compute_event_ticket_id",
        store=True,
        readonly=False,
        domain="[('event_id', '=', event_id)]",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", required=True
    )
    payment = fields.Selection(
        selection=[("credits", "Credits"), ("money", "Money")],
        required=True,
        default="credits",
        help="Credits are taken at once. Money: the order is opened, to be paid.",
    )
    attended = fields.Boolean(
        string="Is Here", default=True, help="Mark the attendance at once."
    )
    seats_text = fields.Char(string="Seats", compute="_compute_texts")
    credit_text = fields.Text(string="Credits", compute="_compute_texts")
    can_pay = fields.Boolean(compute="_compute_texts")

    @api.model
    def default_get(self, fields_list):
        """Override to propose the class that runs now, or is next."""
        values = super().default_get(fields_list)
        if "event_id" in fields_list and not values.get("event_id"):
            soon = self.env["event.event"].search(
                [
                    ("date_end", ">=", fields.Datetime.now()),
                    ("kanban_state", "!=", "cancel"),
                    ("event_ticket_ids", "!=", False),
                ],
                order="date_begin, id",
                limit=1,
            )
            values["event_id"] = soon.id
        return values

    # one method each: what is given for one of them must not keep the other from it

    @api.depends("event_id")
    def _compute_event_slot_id(self):
        now = fields.Datetime.now()
        for wizard in self:
            event = wizard.event_id
            coming = event.event_slot_ids.filtered(
                lambda slot: slot.end_datetime >= now and not slot.booking_cancelled
            ).sorted("start_datetime")
            wizard.event_slot_id = coming[:1]

    @api.depends("event_id")
    def _compute_event_ticket_id(self):
        for wizard in self:
            wizard.event_ticket_id = wizard.event_id.event_ticket_ids[:1]

    @api.depends("event_id", "event_slot_id", "event_ticket_id", "partner_id")
    @api.depends_context("lang")
    def _compute_texts(self):
        for wizard in self:
            wizard.seats_text = wizard._get_seats_text()
            wizard.can_pay, wizard.credit_text = wizard._get_credit_text()

    @api.model_create_multi
    def create(self, vals_list):
        """Override: what the texts of this dialog say is read with sudo.

        :raise AccessError: for a class or a customer that the user may not see
        """
        wizards = super().create(vals_list)
        wizards.event_id.check_access("read")
        wizards.partner_id.check_access("read")
        return wizards

    # === Actions === #

    def action_add(self):
        """Book the seat, take the credits and mark the attendance, in one transaction.

        :raise AccessError: for others than the front desk
        :raise InsufficientCreditsError: saying what is missing, and why
        :raise ValidationError: if there is no seat
        """
        self.ensure_one()
        self.env["booking.credit.lot"]._check_may("user")
        self.check_access("read")
        self._check_ticket()
        order = self.env["sale.order"].create(self._prepare_order_vals())
        line = order.order_line
        if self.payment == "money":
            return {
                "type": "ir.actions.act_window",
                "res_model": "sale.order",
                "res_id": order.id,
                "view_mode": "form",
            }
        self._book_seat(order, line)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self._get_done_text(line),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _book_seat(self, order, line):
        """Pay ``order`` with credits, confirm it, and mark who has the seat as there.

        :raise InsufficientCreditsError: saying what is missing, and why
        """
        order._pay_with_booking_credits()
        if not line._is_paid_with_booking_credits():
            raise InsufficientCreditsError(order._get_booking_credit_refusal())
        order.action_confirm()
        if self.attended:
            line._get_seats().action_set_done()

    def action_add_next(self):
        """Add this customer, and open the dialog for the next one."""
        self.action_add()
        return {
            **self.event_id.action_walk_in(),
            "context": {
                "default_event_id": self.event_id.id,
                "default_event_slot_id": self.event_slot_id.id,
                "default_event_ticket_id": self.event_ticket_id.id,
            },
        }

    # === Steps === #

    def _check_ticket(self):
        """Refuse a class that sells no ticket.

        :raise UserError: naming the class and the remedy
        """
        if not self.event_ticket_id:
            raise UserError(
                self.env._(
                    "“%s” has no ticket: add one on the class, with its price in "
                    "credits.",
                    self.event_id.name,
                )
            )

    def _prepare_order_vals(self):
        seat = {(self.event_slot_id, self.event_ticket_id): 1}
        return {
            **self.event_id._prepare_seat_order_vals(seat),
            "partner_id": self.partner_id.id,
            "company_id": (self.event_id.company_id or self.env.company).id,
            "origin": self.env._("Walk-in"),
        }

    def _get_seats_text(self):
        """Say how many seats are left, and who waits for them."""
        _ = self.env._
        event = self.event_id
        if not event:
            return False
        left = event._get_seats_availability(
            [(self.event_slot_id, self.event_ticket_id)]
        )[0]
        texts = [
            _("No limit")
            if left is None
            else _("1 seat left")
            if left == 1
            else _("%s seats left", max(left, 0))
        ]
        if event.booking_waiting_count:
            texts.append(_("%s on the waiting list", event.booking_waiting_count))
        return ", ".join(texts)

    def _get_credit_text(self):
        """Say what the seat costs and which credits will pay, or why they cannot.

        :return: whether they can, and the text
        """
        if not self.partner_id or not self.event_ticket_id:
            return False, False
        order = self.env["sale.order"].new(self._prepare_order_vals())
        line = order.order_line
        payments = order._plan_bookings(order._get_usable_booking_lots())
        if line._get_booking_unpaid_quantity() and payments:
            lots = [
                self.env._(
                    "%(credits)s of %(lot)s",
                    credits=lot._count_in_words(payment.measure, float(units)),
                    lot=lot.name,
                )
                for payment in payments
                for lot, units in payment.slices
            ]
            return True, ", ".join(lots)
        return False, order._get_booking_credit_refusal()

    def _get_done_text(self, line):
        return self.env._(
            "%(customer)s is in “%(event)s”: %(paid)s.",
            customer=self.partner_id.name,
            event=self.event_id.name,
            paid=line.booking_paid_text,
        )
