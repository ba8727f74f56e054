from odoo import fields, http
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..typed import read_id

#: past bookings on one page
PAGE_SIZE = 20


class BookingsPortal(CustomerPortal):
    """What customers have booked: to come, and past."""

    def _prepare_home_portal_values(self, counters):
        """Override of `portal` to count the bookings to come."""
        values = super()._prepare_home_portal_values(counters)
        if "booking_credit_booking_count" in counters:
            values["booking_credit_booking_count"] = len(
                self._get_own_bookings("coming")
            )
        return values

    @http.route(
        ["/my/credits/bookings", "/my/credits/bookings/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_credit_bookings(self, page=1, **_kwargs):
        """Show the bookings to come, with what cancelling gives back, and past ones."""
        coming = self._get_own_bookings("coming")
        past = self._get_own_bookings("past")
        pager = portal_pager(
            url="/my/credits/bookings",
            total=len(past),
            page=read_id(page) or 1,
            step=PAGE_SIZE,
        )
        offset = pager["offset"]
        return request.render(
            "booking_credits.portal_my_bookings",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "bookings",
                "coming": coming if page == 1 else coming.browse(),
                "past": past[offset : offset + PAGE_SIZE],
                "pager": pager,
                "default_url": "/my/credits/bookings",
            },
        )

    # === Steps, for bridges to extend === #

    def _get_own_bookings(self, when):
        """Return the user's bookings that are ``coming`` or ``past``, in their order.

        What has no start yet is to come. Cancelled bookings are past.
        """
        now = fields.Datetime.now()
        coming = Domain("booking_cancel_date", "=", False) & (
            Domain("booking_start", "=", False) | Domain("booking_start", ">=", now)
        )
        order = "booking_start, id"
        if when == "past":
            coming, order = ~coming, "booking_start desc, id desc"
        # sudo: a service that is not sold any more is still what was booked; the
        # customer's own orders only, as in the record rule of the portal
        lines = request.env["sale.order.line"].sudo()
        return lines.search(self._get_own_bookings_domain() & coming, order=order)

    def _get_own_bookings_domain(self):
        customer = request.env.user.partner_id.commercial_partner_id
        return Domain(
            [
                ("order_id.partner_id", "child_of", customer.ids),
                ("company_id", "in", request.env.companies.ids),
                ("state", "=", "sale"),
                ("display_type", "=", False),
                ("booking_credit_measure", "=", False),
                ("product_id.booking_ok", "=", True),
            ]
        )
