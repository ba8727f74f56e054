from odoo import api, fields, models
from odoo.exceptions import AccessError


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

    @api.depends("order_id", "line_ids", "give_all_back")
    def _compute_effects(self):
        for wizard in self:
            if wizard.line_ids:
                sentences = [
                    line._get_booking_cancel_text(wizard.give_all_back)
                    for line in wizard.line_ids
                ]
            else:
                sentences = wizard.order_id._get_booking_credit_effects(
                    wizard.give_all_back
                )
            wizard.effects = "\n".join(sentences)

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
