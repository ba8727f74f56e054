from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class BookingCancel(models.TransientModel):
    """Shows what a cancellation does to credits, before it is done (S1-35, S2-22)."""

    _name = "booking.cancel"
    _description = "Cancel Bookings"

    order_id = fields.Many2one(
        comodel_name="sale.order", required=True, readonly=True, ondelete="cascade"
    )
    line_ids = fields.Many2many(
        comodel_name="sale.order.line",
        string="Bookings",
        readonly=True,
        help="Empty: the whole order is cancelled.",
    )
    give_all_back = fields.Boolean(
        string="Give Everything Back",
        help="Set the cancellation terms aside, in the customer's favour.",
    )
    reason = fields.Char()
    effects = fields.Text(compute="_compute_effects")
    provider_effects = fields.Text(
        string="If We Cancel", compute="_compute_effects", help="Nothing is lost."
    )
    can_give_back = fields.Boolean(compute="_compute_effects")
    gives_back = fields.Boolean(compute="_compute_effects")

    @api.depends("order_id", "line_ids", "give_all_back")
    def _compute_effects(self):
        for wizard in self:
            order, lines = wizard.order_id, wizard.line_ids
            if lines:
                spent = lines.filtered(lambda line: line._get_booking_spent_entries())
                sentences = [
                    line._get_booking_cancel_text(wizard.give_all_back)
                    for line in spent
                ]
            else:
                sentences = order._get_booking_credit_effects(wizard.give_all_back)
            wizard.gives_back = bool(sentences)
            wizard.can_give_back = wizard.gives_back or not lines
            sentences += [
                self.env._(
                    "%s is paid in money: no credits come back, the invoice stays.",
                    line.product_id.display_name,
                )
                for line in (lines or order.order_line)._get_bookings_invoiced()
            ]
            wizard.effects = "\n".join(sentences)
            wizard.provider_effects = "\n".join(
                order._get_provider_cancel_effects(lines)
            )

    def action_cancel_bookings(self):
        """Cancel what the dialog shows.

        :raise AccessError: if somebody below manager sets the terms aside
        """
        self.ensure_one()
        self.order_id.check_access("write")
        if self.give_all_back and not self.env.user.has_group(
            "booking_credits.booking_credits_group_manager"
        ):
            raise AccessError(
                self.env._(
                    "Only managers of booking credits may set the cancellation terms "
                    "aside."
                )
            )
        lines = self.line_ids or self.order_id.order_line
        lines._cancel_booking(self.give_all_back, self.reason)
        if not self.line_ids:
            self.order_id.with_context(booking_credits_confirmed=True).action_cancel()
        return {"type": "ir.actions.act_window_close"}

    def action_cancel_by_provider(self):
        """Cancel for reasons of ours: the customer loses nothing (S2-03).

        :raise AccessError: for others than the front desk
        :raise UserError: without a reason
        """
        self.ensure_one()
        self.order_id.check_access("write")
        self.env["booking.credit.lot"]._check_may("user")
        if not (self.reason or "").strip():
            raise UserError(
                self.env._(
                    "Say why %s is cancelled by us: the customer is told.",
                    self.order_id.name,
                )
            )
        self.order_id._cancel_by_provider(self.line_ids, self.reason)
        return {"type": "ir.actions.act_window_close"}
