from odoo import models


class SaleOrderLineMail(models.Model):
    """Tells customers what came back for the bookings that they gave up."""

    _inherit = "sale.order.line"

    def _cancel_booking(self, *args, **kwargs):
        """Override to let the customers hear of it, once this is committed.

        Where the business cancels, its own mail says all.
        """
        entries = super()._cancel_booking(*args, **kwargs)
        if not self.env.context.get("booking_credits_provider_cancels"):
            self.env["booking.credit.notice"].sudo()._queue_cancelled(
                entries.operation_id
            )
        return entries
