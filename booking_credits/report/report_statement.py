from odoo import api, models


class ReportBookingCreditsReportStatement(models.AbstractModel):
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
        asked = self.env.context.get("booking_credit_statement")
        asked = {**(asked if isinstance(asked, dict) else {}), **(data or {})}
        partners = self._read_records("res.partner", docids or asked.get("partner_ids"))
        companies = self._read_records("res.company", asked.get("company_ids"))
        companies = companies or self.env.company
        partners._check_booking_credit_statement(companies)
        read_day = self.env["booking.credit.lot"]._to_day
        return {
            "doc_ids": partners.ids,
            "doc_model": partners._name,
            "docs": partners,
            "statements": [
                partner._get_booking_credit_statement(
                    company,
                    read_day(asked.get("date_from")),
                    read_day(asked.get("date_to")),
                )
                for partner in partners
                for company in companies
            ],
        }

    @api.model
    def _read_records(self, model, ids):
        """Return the records that an address or a mail asks for.

        :raise UserError: for what are no ids
        """
        if isinstance(ids, str):
            # an address has text only
            parts = ids.strip("[] ").split(",")
            ids = [int(part) if part.strip().isdecimal() else 0 for part in parts]
        return self.env["booking.credit.lot"]._to_records(model, ids)
