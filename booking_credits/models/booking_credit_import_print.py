from odoo import api, models
from odoo.tools import format_date

from ..table_xlsx import write_template
from .booking_credit_import import COLUMNS


class BookingCreditImport(models.Model):
    """The certificate of what was loaded, and the empty file to fill in."""

    _inherit = "booking.credit.import"

    @api.model
    def _get_xlsx(self, options=None):
        """Return the empty spreadsheet, or the certificate of ``import_id``."""
        self.check_access("read")
        record = self.browse((options or {}).get("import_id")).exists()
        if record:
            report = self.env["booking.credit.report"]
            return report._write_xlsx(record._get_table()), f"{record.name}.xlsx"
        labels = self._get_column_labels()
        labels = [labels[name] for name in COLUMNS]
        content = write_template(self.env._("Opening balances"), labels)
        return content, "opening_balances.xlsx"

    def _get_printed_table(self):
        return self.env["booking.credit.report"]._format_table(self._get_table())

    def _get_table(self):
        """Return the certificate as a table; see ``booking.credit.report``."""
        self.ensure_one()
        self.check_access("read")
        _ = self.env._
        report = self.env["booking.credit.report"]
        labels = self._get_column_labels()
        columns = ("pack", "valid_until", "reference", "credits", "quantity", "value")
        labels["credits"] = _("Credits")
        types = {"quantity": "units", "value": "value", "valid_until": "date"}
        rows = [
            report._row(
                str(line.id),
                line.partner_id.display_name or line.customer,
                {
                    "pack": line.pack or "",
                    "valid_until": line.valid_until or None,
                    "reference": line.reference or "",
                    "credits": line.lot_id.name or "",
                    "quantity": line.quantity,
                    "value": line.value,
                },
            )
            for line in self.line_ids
        ]
        total = {"quantity": sum(self.line_ids.mapped("quantity")), "value": self.value}
        rows.append(report._row("total", _("Total"), total, "total", sums=True))
        account = self.account_id.sudo().with_company(self.company_id)
        states = dict(self._fields["state"]._description_selection(self.env))
        return {
            "title": _("Certificate of Opening Balances"),
            "subtitles": [
                _("%(company)s, opening date %(day)s: %(state)s",
                  company=self.company_id.name, day=format_date(self.env, self.date),
                  state=states[self.state]),
                _("File %(name)s, SHA-256 %(hash)s", name=self.file_name,
                  hash=self.file_hash),
                _("Loaded by %(user)s on %(moment)s UTC, journal entry %(move)s",
                  user=self.user_id.name or "–", moment=self.done_on or "–",
                  move=self.sudo().move_id.name or "–"),
                _("%(lines)s batches of credits; counterpart %(account)s",
                  lines=self.line_count, account=account.display_name),
            ],
            "columns": [
                {"name": name, "label": labels[name], "type": types.get(name, "text")}
                for name in columns
            ],
            "sections": [report._section("lines", "", self.company_id, rows)],
            "notes": [],
        }  # fmt: skip
