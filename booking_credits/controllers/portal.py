from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal


class BookingCreditsPortal(CustomerPortal):
    """What customers see of their credits."""

    def _prepare_home_portal_values(self, counters):
        """Override of `portal` to count the customer's batches of credits."""
        values = super()._prepare_home_portal_values(counters)
        if "booking_credit_count" in counters:
            lot = request.env["booking.credit.lot"]
            values["booking_credit_count"] = (
                lot.search_count([]) if lot.has_access("read") else 0
            )
        return values

    @http.route("/my/credits", type="http", auth="user", website=True, readonly=True)
    def portal_my_credits(self, **_kwargs):
        """Show the customer's credits: usable, expired and used up, with history."""
        values = self._prepare_portal_layout_values()
        # Record rules leave the customer's own lots only.
        lots = request.env["booking.credit.lot"].search([])
        usable = lots.filtered(lambda lot: lot.state == "usable")
        values.update(
            {
                "page_name": "booking_credits",
                "lots": lots,
                "summary": usable._in_words(),
                "entries": request.env["booking.credit.entry"].search(
                    [("lot_id", "in", lots.ids)], limit=80
                ),
            }
        )
        return request.render("booking_credits.portal_my_credits", values)
