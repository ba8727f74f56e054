from odoo import fields, models


class BookingConfirmUnpaid(models.TransientModel):
    """Asks managers why an order is confirmed although its bookings are unpaid."""

    _name = "booking.confirm.unpaid"
    _inherit = "booking.credit.dialog"
    _description = "Confirm Unpaid Bookings"

    order_id = fields.Many2one(
        comodel_name="sale.order", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="order_id.currency_id", related_sudo=False)
    due = fields.Monetary(
        related="order_id.booking_payment_due", related_sudo=False, string="Unpaid"
    )
    reason = fields.Char(
        required=True, help="It is kept on the order, where everybody reads it."
    )

    def action_confirm(self):
        """Confirm the order, and keep the reason."""
        self.ensure_one()
        self.order_id.confirm_unpaid(self.reason)
        return {"type": "ir.actions.act_window_close"}
