import logging
from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.http import Controller, content_disposition, request, route
from odoo.tools import format_date

_logger = logging.getLogger(__name__)

#: what reports are sent as; Odoo makes no PDF while it runs tests
KINDS = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}


class BookingCreditsStatement(Controller):
    """Hands customers the account of their credits."""

    @route("/my/credits/statement", type="http", auth="user", website=True)
    def portal_credit_statement(self, date_from=None, date_to=None, **_kwargs):
        """Return the statement of the user's own credits as PDF.

        :param str date_from: first day, YYYY-MM-DD; by default twelve months back
        :param str date_to: last day, YYYY-MM-DD; by default today
        """
        first, last = self._parse_day(date_from), self._parse_day(date_to)
        if first and first > (last or str(date.max)):
            first = last = None
        partner = request.env.user.partner_id
        # Record rules leave the customer's own lots only.
        lots = request.env["booking.credit.lot"].search([])
        companies = lots.company_id & request.env.user.company_ids
        content, kind = self._render(
            partner,
            {
                "company_ids": (companies or request.env.company).ids,
                "date_from": first,
                "date_to": last,
            },
        )
        today = request.env.company.sudo()._booking_credit_today()
        name = request.env._("Credit Statement %s", format_date(request.env, today))
        return request.make_response(
            content,
            headers=[
                ("Content-Type", KINDS[kind]),
                ("Content-Length", len(content)),
                (
                    "Content-Disposition",
                    content_disposition(f"{name}.{kind}", disposition_type="inline"),
                ),
            ],
        )

    def _render(self, partner, data):
        """Return the statement and its kind: a page where no PDF can be made."""
        name = "booking_credits.report_statement"
        reports = request.env["ir.actions.report"]
        try:
            return reports._render_qweb_pdf(name, partner.ids, data=data)
        except AccessError:
            raise
        except (UserError, OSError):
            _logger.warning("Booking credits: a statement could not be made as PDF")
            return reports._render_qweb_html(name, partner.ids, data=data)

    def _parse_day(self, text):
        """Return ``text`` if it is a day, else None: an address can be mistyped."""
        try:
            return str(date.fromisoformat(text)) if text else None
        except ValueError:
            return None
