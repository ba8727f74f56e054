from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import format_date, format_datetime


class BookingCreditTieOut(models.Model):
    """A tie-out on paper and as Excel workbook: the same table as other reports."""

    _inherit = "booking.credit.tie.out"

    @api.model
    def _get_xlsx(self, options=None):
        """Return the workbook's bytes and its file name.

        :param dict options: ``run_id`` of the tie-out
        :raise AccessError: for who may not read it
        """
        asked = (options or {}).get("run_id")
        run = self.env["booking.credit.lot"]._to_records(self._name, asked).exists()
        if not run:
            raise AccessError(self.env._("This tie-out does not exist."))
        table = run._get_table()
        name = f"{table['title']} {run.company_id.name} {run.date}.xlsx"
        return self.env["booking.credit.report"]._write_xlsx(table), name

    def _get_printed_table(self):
        return self.env["booking.credit.report"]._format_table(self._get_table())

    def _get_table(self):
        """Return this run as a table; see ``booking.credit.report``."""
        self.ensure_one()
        self.check_access("read")
        # sudo: names of users and accounts, of a run that the reader may read
        run = self.sudo()
        return {
            "title": self.env._("Tie-Out"),
            "subtitles": run._get_subtitles(),
            "columns": self._get_print_columns(),
            "sections": [run._get_account_section(row) for row in run.account_ids],
            "notes": [],
        }

    def _get_print_columns(self):
        """Return the columns: what a difference belongs to, and both ledgers."""
        _ = self.env._
        return [
            {"name": "document", "label": _("Document"), "type": "text"},
            {"name": "customer", "label": _("Customer"), "type": "text"},
            {"name": "who", "label": _("Who"), "type": "text"},
            {"name": "day", "label": _("Accounting Date"), "type": "date"},
            {"name": "ledger", "label": _("Ledger of Credits"), "type": "value"},
            {"name": "books", "label": _("General Ledger"), "type": "value"},
            {"name": "difference", "label": _("Difference"), "type": "value"},
        ]

    def _get_subtitles(self):
        _ = self.env._
        result = dict(self._fields["result"]._description_selection(self.env))
        return [
            _(
                "%(company)s (%(currency)s), as of %(day)s",
                company=self.company_id.name,
                currency=self.currency_id.name,
                day=format_date(self.env, self.date),
            ),
            _(
                "%(result)s: %(count)s lines compared, %(off)s differences to explain",
                result=result[self.result],
                count=self.pair_count,
                off=self.unexplained_count,
            ),
            _(
                "Run on %(moment)s by %(user)s (no. %(number)s)",
                moment=format_datetime(self.env, self.run_on),
                user=self.user_id.name,
                number=self.id,
            ),
        ]

    def _get_account_section(self, row):
        """Return the section of one account: its sums, then its differences."""
        report = self.env["booking.credit.report"]
        account = row.account_id.with_company(self.company_id)
        lines = self.line_ids.filtered(lambda line: line.account_id == row.account_id)
        return report._section(
            f"{row.id}",
            account.display_name,
            self.company_id,
            [
                *self._get_sum_rows(row),
                *(self._get_line_row(line) for line in lines),
            ],
        )

    def _get_sum_rows(self, row):
        _ = self.env._
        report = self.env["booking.credit.report"]
        sums = {"ledger": row.ledger, "books": row.books, "difference": row.difference}
        second = {
            "ledger": row.posted,
            "books": row.stamped,
            "difference": self.currency_id.round(row.stamped - row.posted),
        }
        return [
            report._row(f"sum-{row.id}", _("As of the day"), sums, "total"),
            report._row(
                f"second-{row.id}",
                _("Posted movements, and journal items of credits, of any day"),
                second,
                "bad" if second["difference"] else "plain",
            ),
            report._row(
                f"explained-{row.id}", _("Explained"), {"difference": row.explained}
            ),
            report._row(
                f"unexplained-{row.id}",
                _("To explain"),
                {"difference": row.unexplained},
                "bad" if row.unexplained else "good",
            ),
        ]

    def _get_line_row(self, line):
        report = self.env["booking.credit.report"]
        reasons = dict(line._fields["reason"]._description_selection(self.env))
        return report._row(
            f"line-{line.id}",
            reasons[line.reason],
            {
                "document": line.document or "",
                "customer": line.partner_id.display_name or "",
                "who": line.user_name or "",
                "day": line.books_date or line.event_date or None,
                "ledger": line.ledger,
                "books": line.books,
                "difference": line.difference,
            },
            "note" if line.explained else "bad",
        )
