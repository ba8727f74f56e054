import json

from werkzeug.exceptions import BadRequest

from odoo import http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BookingCreditsReport(http.Controller):
    """Downloads of the accountants' reports."""

    @http.route(
        "/booking_credits/report/<string:model>.xlsx",
        type="http",
        auth="user",
        readonly=True,
    )
    def booking_credit_report_xlsx(self, model, options="{}", **_kwargs):
        """Send a report as Excel workbook.

        The report itself refuses who may not read it.
        """
        if model not in request.env or not hasattr(request.env[model], "_get_xlsx"):
            raise request.not_found()
        try:
            asked = json.loads(options)
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            raise BadRequest(request.env._("Open the report again."))
        content, name = request.env[model]._get_xlsx(asked)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX),
                ("Content-Disposition", content_disposition(name)),
            ],
        )
