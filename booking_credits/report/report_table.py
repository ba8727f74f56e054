import json

from odoo import api, models
from odoo.exceptions import UserError


class ReportBookingCreditsReportTable(models.AbstractModel):
    """Prints the table of an accountant's report."""

    _name = "report.booking_credits.report_table"
    _description = "Booking Credits Report (PDF)"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Override to take the table from its report, which checks who reads it.

        :raise AccessError: for others than accountants and managers
        """
        data = data or {}
        name = data.get("model") or "booking.credit.roll.forward"
        try:
            asked = json.loads(data.get("options") or "{}")
        except (TypeError, ValueError):
            asked = None
        known = name in self.env and hasattr(self.env[name], "_check_may_report")
        if not known or not isinstance(asked, dict):
            raise UserError(
                self.env._("This report cannot be read that way: open it again.")
            )
        if name == "booking.credit.tie.out" or docids:
            run = self.env["booking.credit.lot"]._to_records(
                "booking.credit.tie.out", docids or asked.get("run_id")
            )
            tables = [record._get_printed_table() for record in run]
        else:
            report = self.env[name]
            report._check_may_report()
            options = report._read_options(asked)
            tables = [report._format_table(report._get_table(options))]
        return self._prepare_values(tables)

    @api.model
    def _prepare_values(self, tables):
        return {
            "docs": tables,
            "company": self.env.company,
            "number_types": ("units", "value", "count", "percent"),
        }
