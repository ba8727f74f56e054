from odoo import api, models


class ReportBookingCreditsReportVoucher(models.AbstractModel):
    """Prints gift vouchers for those who may read them."""

    _name = "report.booking_credits.report_voucher"
    _description = "Gift Voucher"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Override to check who prints what: a code is as good as money.

        :raise AccessError: for who may not read the lots
        :raise UserError: for what is no gift voucher, or was claimed already
        """
        lots = self.env["booking.credit.lot"].browse(docids)
        lots._check_vouchers()
        return {"doc_ids": docids, "doc_model": lots._name, "docs": lots}
