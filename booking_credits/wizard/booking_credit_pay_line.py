from decimal import Decimal

from odoo import api, fields, models

from ..words import format_units


class BookingCreditPayLine(models.TransientModel):
    """A booking in the dialog *Pay with Credits*: what it costs, and what pays it."""

    _name = "booking.credit.pay.line"
    _inherit = ["booking.credit.dialog"]
    _description = "Booking to Pay with Credits"
    _order = "id"

    wizard_id = fields.Many2one(
        comodel_name="booking.credit.pay", required=True, ondelete="cascade"
    )
    order_line_id = fields.Many2one(
        comodel_name="sale.order.line", required=True, ondelete="cascade"
    )
    pay = fields.Boolean(default=True, help="Pay this booking with credits.")
    product_id = fields.Many2one(
        related="order_line_id.product_id", related_sudo=False, string="Service"
    )
    booking_start = fields.Datetime(
        related="order_line_id.booking_start", related_sudo=False
    )
    currency_id = fields.Many2one(
        related="order_line_id.currency_id", related_sudo=False
    )
    price_total = fields.Monetary(
        related="order_line_id.price_total", related_sudo=False, string="In Money"
    )
    cost_text = fields.Char(string="Costs", compute="_compute_texts")
    paid_text = fields.Text(string="Paid With", compute="_compute_texts")

    @api.depends(
        "pay",
        "wizard_id.line_ids.pay",
        "wizard_id.lot_ids.use",
        "wizard_id.lot_ids.sequence",
        "wizard_id.amount",
    )
    @api.depends_context("lang")
    def _compute_texts(self):
        for wizard, rows in self.grouped("wizard_id").items():
            plan = wizard._get_plan()
            for row in rows:
                line = row.order_line_id._origin
                payments = [payment for payment in plan if payment.line == line]
                row.cost_text = row._get_cost_text(payments)
                row.paid_text = row._get_paid_text(payments, plan)

    def _get_cost_text(self, payments):
        """Write “10 credits”; in the units of what pays, if something does."""
        line = self.order_line_id._origin
        lot = self.env["booking.credit.lot"]
        costs = {}
        for payment in payments:
            cost = payment.quantity * line._get_booking_cost(payment.measure)
            costs[payment.measure] = costs.get(payment.measure, 0) + cost
        if not costs:
            unpaid = line._get_booking_unpaid_quantity()
            measure = "credit" if line.booking_credit_price else "session"
            costs[measure] = unpaid * line._get_booking_cost(measure)
        return ", ".join(
            lot._count_in_words(measure, float(units))
            for measure, units in costs.items()
        )

    def _get_paid_text(self, payments, plan):
        """Write “1 session of Massage card”, or how many bookings are paid."""
        _ = self.env._
        if not self.pay:
            return _("left to pay in money")
        if not payments and any(payment.measure == "money" for payment in plan):
            return _("customer credit")
        if not payments:
            return _("nothing here can pay it")
        texts = [
            _(
                "%(units)s of %(lot)s",
                units=lot._count_in_words(lot.measure, float(units)),
                lot=f"{lot._get_pack_name()} ({lot.name})",
            )
            for payment in payments
            for lot, units in payment.slices
        ]
        unpaid = self.order_line_id._origin._get_booking_unpaid_quantity()
        paid = sum((payment.quantity for payment in payments), Decimal(0))
        if paid == unpaid:
            return "\n".join(texts)
        return _(
            "%(paid)s of %(all)s: %(credits)s",
            paid=format_units(self.env, paid),
            all=format_units(self.env, unpaid),
            credits="\n".join(texts),
        )
