import json
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...const import MEASURES
from ...table_xlsx import write_workbook
from ...words import format_units

#: who reads the reports of accountants
REPORT_GROUPS = (
    "booking_credits.booking_credits_group_accountant",
    "booking_credits.booking_credits_group_manager",
)


class BookingCreditReport(models.AbstractModel):
    """A table for accountants: on the screen, as PDF, and as Excel workbook.

    A report says what it shows (`_get_table`) and what stands behind each of its
    figures (`_get_cell_domain`). Screen, PDF and workbook show the same table, so they
    cannot differ.
    """

    _name = "booking.credit.report"
    _description = "Booking Credits Report"

    # === Actions === #

    @api.model
    def get_report(self, options=None):
        """Return the table for the screen, with formatted texts.

        :param dict options: what the reader chose; see `_get_filters`
        :raise AccessError: for others than accountants and managers
        :raise UserError: for dates that make no period
        """
        self._check_may_report()
        options = self._read_options(options)
        table = self._get_table(options)
        table["filters"] = self._get_filters(options)
        table["options"] = self._write_options(options)
        return self._format_table(table)

    @api.model
    def action_open_cell(self, options, section, row, column):
        """Open the movements behind one figure.

        :param str section: key of the section
        :param str row: key of the row
        :param str column: name of the column
        :raise AccessError: for others than accountants and managers
        """
        self._check_may_report()
        options = self._read_options(options)
        domain = Domain("company_id", "in", options["companies"].ids)
        try:
            domain &= Domain(self._get_cell_domain(options, section, row, column))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise UserError(
                self.env._(
                    "This figure is not in the report any more. Open the report again."
                )
            )
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_entry_action"
        )
        return {
            **action,
            "name": self._get_cell_title(options, section, row, column),
            "domain": list(domain),
            "context": {"create": False},
        }

    @api.model
    def action_print(self, options=None):
        """Return the action that prints the table."""
        self._check_may_report()
        options = self._write_options(self._read_options(options))
        report = self.env.ref("booking_credits.booking_credit_report_action_print")
        return report.report_action(
            None, data={"model": self._name, "options": json.dumps(options)}
        )

    @api.model
    def action_xlsx(self, options=None):
        """Return the action that downloads the workbook."""
        self._check_may_report()
        options = json.dumps(self._write_options(self._read_options(options)))
        return {
            "type": "ir.actions.act_url",
            "url": f"/booking_credits/report/{self._name}.xlsx?options={options}",
            "target": "download",
        }

    # === Steps, for other reports and for bridges === #

    @api.model
    def _get_table(self, options):
        """Return what the report shows.

        :param dict options: see `_read_options`
        :return: dict of ``title``, ``subtitles``, ``columns`` (dicts of ``name``,
            ``label`` and ``type``: text, date, units, value, count or percent),
            ``sections`` (dicts of ``key``, ``title``, ``company``, ``currency`` and
            ``rows``) and ``notes``; see `_row` for a row
        """
        raise self._get_no_report_error()

    @api.model
    def _get_cell_domain(self, options, section, row, column):
        """Return the domain of the movements whose sum is this figure."""
        raise self._get_no_report_error()

    @api.model
    def _get_no_report_error(self):
        """Return what is said of what several reports share, and is none itself."""
        return UserError(
            self.env._(
                "“%s” is not a report: choose one from the Reporting menu.",
                self._description,
            )
        )

    @api.model
    def _get_cell_title(self, options, section, row, column):
        return self.env._("Movements of Credits")

    @api.model
    def _get_filters(self, options):
        """Return what the reader can choose: dicts of ``name``, ``label``, ``type``."""
        return [
            {"name": "date_to", "label": self.env._("As of"), "type": "date"},
        ]

    @api.model
    def _get_default_options(self):
        return {"date_to": self.env.company._booking_credit_today()}

    @api.model
    def _check_may_report(self):
        """Refuse who may not read what the business owes.

        :raise AccessError: for others than accountants and managers
        """
        user = self.env.user
        if not self.env.su and not any(map(user.has_group, REPORT_GROUPS)):
            raise AccessError(
                self.env._(
                    "Only accountants and managers of booking credits may read this "
                    "report."
                )
            )

    @api.model
    def _read_options(self, options):
        """Return what was asked for, checked: dates as dates, companies as records."""
        self._check_options(options)
        asked = {**self._get_default_options(), **(options or {})}
        companies = self.env["res.company"].browse(asked.pop("company_ids", None))
        asked["companies"] = companies or self.env.companies
        if not self.env.su and asked["companies"] - self.env.user.company_ids:
            raise AccessError(self.env._("This company is not one of yours."))
        for name, value in asked.items():
            if name.startswith("date_") and value:
                asked[name] = self.env["booking.credit.lot"]._to_day(value)
        self._check_report_period(asked.get("date_from"), asked["date_to"])
        return asked

    @api.model
    def _check_report_period(self, first, last):
        """Refuse a report without a last day, or with a first day after it.

        :raise UserError: naming the days
        """
        if not last:
            raise UserError(self.env._("Choose the last day of the report."))
        if first and first > last:
            raise UserError(
                self.env._(
                    "The period from %(first)s to %(last)s has no day: choose a first "
                    "day before the last one.",
                    first=format_date(self.env, first),
                    last=format_date(self.env, last),
                )
            )

    @api.model
    def _check_options(self, options):
        """Refuse options that no screen of ours has sent.

        :raise UserError: saying what to do instead
        """
        known = options is None or isinstance(options, dict)
        if known and options:
            ids = options.get("company_ids") or []
            known = isinstance(ids, (list, tuple)) and all(type(i) is int for i in ids)
            defaults = self._get_default_options()
            known = known and all(
                isinstance(options[name], str)
                for name, value in defaults.items()
                if name in options and isinstance(value, str)
            )
        if not known:
            raise UserError(
                self.env._("This report cannot be read that way: open it again.")
            )

    @api.model
    def _write_options(self, options):
        """Return ``options`` as plain values, to be sent back by the screen."""
        plain = {**options, "company_ids": options["companies"].ids}
        del plain["companies"]
        for name, value in plain.items():
            if isinstance(value, date):
                plain[name] = fields.Date.to_string(value)
        return plain

    @api.model
    def _row(self, key, label, cells, kind="plain", **more):
        """Return one row.

        :param dict cells: numbers by name of column; what is missing stays empty
        :param str kind: ``plain``, ``opening``, ``total``, ``note``, ``head``, ``good``
            or ``bad``
        :param more: ``links`` (names of the columns that open their movements) and
            ``sums`` (whether the figures are the sums of the rows above)
        """
        return {"key": key, "label": label, "cells": cells, "kind": kind, **more}

    @api.model
    def _section(self, key, title, company, rows):
        """Return one section of rows, all in the currency of ``company``."""
        return {
            "key": key,
            "title": title,
            "company": company.name,
            "company_id": company.id,
            "decimal_places": company.currency_id.decimal_places,
            "rows": rows,
        }

    @api.model
    def _get_subtitles(self, options):
        """Say for whom, when and by whom the report is made."""
        companies = options["companies"]
        now = fields.Datetime.context_timestamp(self, fields.Datetime.now())
        lines = [
            self.env._(
                "%(companies)s (%(currencies)s)",
                companies=", ".join(companies.mapped("name")),
                currencies=", ".join(companies.currency_id.mapped("name")),
            )
        ]
        last = format_date(self.env, options["date_to"])
        if options.get("date_from"):
            first = format_date(self.env, options["date_from"])
            lines.append(
                self.env._("From %(first)s to %(last)s", first=first, last=last)
            )
        else:
            lines.append(self.env._("As of %s", last))
        lines.append(
            self.env._(
                "Made on %(moment)s by %(user)s",
                moment=now.strftime("%Y-%m-%d %H:%M"),
                user=self.env.user.name,
            )
        )
        return lines

    @api.model
    def _get_account_title(self, account, company):
        if not account:
            return self.env._("Free credits (worth nothing in the books)")
        return account.sudo().with_company(company).display_name

    @api.model
    def _get_unit_columns(self, measures):
        """Return one column of units for each of ``measures``, in their usual order."""
        labels = dict(
            self.env["booking.credit.lot"]
            ._fields["measure"]
            ._description_selection(self.env)
        )
        return [
            {"name": measure, "label": labels[measure], "type": "units"}
            for measure in dict(MEASURES)
            if measure in measures
        ]

    @api.model
    def _format_table(self, table):
        """Add the texts that people read to each row; make all values plain."""
        for section in table["sections"]:
            company = self.env["res.company"].browse(section["company_id"])
            # sudo: the currency of a company that the reader works in
            currency = company.sudo().currency_id
            for row in section["rows"]:
                self._format_row(row, table["columns"], currency)
        return table

    @api.model
    def _format_row(self, row, columns, currency):
        """Add the texts that people read to ``row``; make its values plain."""
        row["texts"] = {
            column["name"]: self._format_cell(
                row["cells"].get(column["name"]), column["type"], currency
            )
            for column in columns
        }
        row["links"] = [name for name in row.get("links", ()) if row["cells"].get(name)]
        row["cells"] = {
            name: float(value)
            for name, value in row["cells"].items()
            if value is not None and not isinstance(value, str | date)
        }

    @api.model
    def _format_cell(self, value, kind, currency):
        if value is None or value is False:
            return ""
        if kind == "date":
            return format_date(self.env, value)
        if kind == "text":
            return value
        if kind == "value":
            return currency.format(float(value))
        if kind == "percent":
            return self.env._("%s %%", format_units(self.env, float(value) * 100))
        return format_units(self.env, value)

    # === Excel === #

    @api.model
    def _get_xlsx(self, options=None):
        """Return the workbook's bytes and its file name.

        :raise AccessError: for others than accountants and managers
        """
        self._check_may_report()
        options = self._read_options(options)
        table = self._get_table(options)
        name = f"{table['title']} {options['date_to']}.xlsx"
        return self._write_xlsx(table), name

    @api.model
    def _write_xlsx(self, table):
        return write_workbook(
            table,
            {
                "company": self.env._("Company"),
                "section": self.env._("Account"),
                "label": self.env._("Line"),
            },
        )
