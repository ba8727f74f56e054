from odoo import api, models


class ReportStatement(models.AbstractModel):
    """Prints credit statements for those who may read them."""

    _name = "report.booking_credits.report_statement"
    _description = "Credit Statement"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Override to check who prints what, and to prepare the figures.

        Whose statement, of which company and period: from ``data`` (the dialog and the
        portal), else from the context (mails); by default the last twelve months in
        the company of the user.

        :raise AccessError: for who may not read these statements
        """
        asked = self.env.context.get("booking_credit_statement") or {}
        asked = {**asked, **(data or {})}
        partners = self.env["res.partner"].browse(docids or asked.get("partner_ids"))
        companies = self.env["res.company"].browse(asked.get("company_ids"))
        companies = companies or self.env.company
        partners._check_booking_credit_statement(companies)
        return {
            "doc_ids": partners.ids,
            "doc_model": partners._name,
            "docs": partners,
            "statements": [
                partner._get_booking_credit_statement(
                    company, asked.get("date_from"), asked.get("date_to")
                )
                for partner in partners
                for company in companies
            ],
        }
