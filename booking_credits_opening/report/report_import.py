from odoo import api, models


class ReportBookingCreditsOpeningReportImport(models.AbstractModel):
    """Prints the certificate of opening balances."""

    _name = "report.booking_credits_opening.report_import"
    _inherit = ["report.booking_credits.report_table"]
    _description = "Certificate of Opening Balances"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Override to print what was loaded, for those who may read it."""
        records = self.env["booking.credit.import"].browse(docids)
        return self._prepare_values([r._get_printed_table() for r in records])
