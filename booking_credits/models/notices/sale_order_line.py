from odoo import models

from ...inside import told
from ...words import format_units


class SaleOrderLine(models.Model):
    """Tells customers what came back for the bookings that they gave up."""

    _inherit = "sale.order.line"

    # === Steps, for bridges to extend === #

    def _tell_cancelled(self, entries):
        """Let the customers hear of it, once this is committed.

        Where the business cancels, its own mail says all.
        """
        if not told(self, "provider_cancels"):
            self.env["booking.credit.notice"].sudo()._queue_cancelled(
                entries.operation_id
            )

    def _get_booking_mail_row(self):
        """Return ``title``, ``when`` and ``price`` for the mail of its order.

        The price is in credits, money or both, as the company shows it (S0-12, S1-16).
        """
        self.ensure_one()
        number = format_units(self.env, self.product_uom_qty)
        title = self._get_booking_title()
        return {
            "title": title if number == "1" else f"{number} × {title}",
            "when": self._get_booking_start_text(),
            "price": self._get_booking_mail_price(),
        }

    def _get_booking_mail_price(self):
        """Return the price of this line in credits, money or both."""
        money = self.currency_id.format(self.price_total)
        if not self.booking_ok:
            return money
        template = self.product_id.product_tmpl_id
        display = template._get_booking_price_display(self.company_id)
        credits = display != "money" and self._get_booking_price_in_credits()
        if not credits:
            return money
        if display == "credits":
            return credits
        return self.env._("%(money)s or %(credits)s", money=money, credits=credits)
