from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, date_utils, format_date

from ...ledger import as_decimal

#: months after the sale with a column of their own
MONTHS = 12

#: What became of the packs that were sold in each month, by months since the sale.
TRIANGLE = """
    WITH sold AS (
        SELECT id, lot_id, company_id, date_trunc('month', date)::date AS cohort,
               value, quantity
          FROM booking_credit_entry
         WHERE company_id = ANY(%(companies)s) AND type = 'grant'
           AND date BETWEEN %(first)s AND %(last)s AND value > 0
    ), cohorts AS (
        SELECT DISTINCT ON (sold.lot_id) sold.lot_id, sold.company_id, sold.cohort
          FROM sold JOIN booking_credit_lot lot ON lot.id = sold.lot_id
         WHERE lot.origin = 'purchase' AND lot.unlimited IS NOT TRUE
      ORDER BY sold.lot_id, sold.id
    )
    SELECT cohorts.company_id, cohorts.cohort,
           CASE WHEN entry.type = 'grant' THEN 'sold'
                WHEN entry.type IN ('redeem', 'restore', 'fee') THEN 'used'
                WHEN entry.type IN ('expire', 'reactivate') THEN 'expired'
                ELSE 'other' END AS kind,
           LEAST(%(months)s,
                 (extract(year FROM entry.date) - extract(year FROM cohorts.cohort))
                 * 12 + extract(month FROM entry.date)
                 - extract(month FROM cohorts.cohort))::int AS age,
           sum(entry.{column})
      FROM cohorts JOIN booking_credit_entry entry USING (lot_id)
     WHERE entry.date <= %(last)s
  GROUP BY 1, 2, 3, 4
"""


class BookingCreditBreakage(models.AbstractModel):
    """What became of the packs sold in each month: used, expired, left.

    The triangle on which an estimate of breakage rests: a row for each month of sale,
    a column for each month after it.
    """

    _name = "booking.credit.breakage"
    _inherit = ["booking.credit.report"]
    _description = "Breakage by Month of Sale"

    @api.model
    def _get_default_options(self):
        today = self.env.company._booking_credit_today()
        first = date_utils.subtract(date_utils.start_of(today, "month"), months=11)
        return {"date_from": first, "date_to": today, "of": "value"}

    @api.model
    def _get_filters(self, options):
        _ = self.env._
        return [
            {"name": "date_from", "label": _("Sold From"), "type": "date"},
            {"name": "date_to", "label": _("To"), "type": "date"},
            {
                "name": "of",
                "label": _("In"),
                "type": "select",
                "choices": [["value", _("Value")], ["quantity", _("Units")]],
            },
        ]

    @api.model
    def _get_table(self, options):
        """Return a row for each month of sale."""
        _ = self.env._
        companies = self._read_triangle(options)
        sections = [
            self._section(
                str(company_id),
                self.env["res.company"].browse(company_id).name,
                self.env["res.company"].browse(company_id),
                self._get_cohort_rows(cohorts),
            )
            for company_id, cohorts in sorted(companies.items())
        ]
        return {
            "title": _("Breakage"),
            "subtitles": self._get_subtitles(options),
            "columns": self._get_triangle_columns(options, companies),
            "sections": sections,
            "notes": [
                _(
                    "Packs by the month of their sale; month 0 is that month. Used "
                    "includes fees and no-shows. Other: refunded, transferred, "
                    "corrected."
                )
            ],
        }

    @api.model
    def _get_triangle_columns(self, options, companies):
        """Return a column for each month of use, and those of the sums."""
        _ = self.env._
        kind = "value" if options["of"] == "value" else "units"
        columns = [{"name": "sold", "label": _("Sold"), "type": kind}]
        for age in range(self._get_oldest_use(companies) + 1):
            label = _("Month %s", age) if age < MONTHS else _("Month %s on", age)
            columns.append({"name": f"used{age}", "label": label, "type": kind})
        return [
            *columns,
            {"name": "used", "label": _("Used"), "type": kind},
            {"name": "expired", "label": _("Expired"), "type": kind},
            {"name": "other", "label": _("Other"), "type": kind},
            {"name": "left", "label": _("Left"), "type": kind},
            {"name": "used_rate", "label": _("Used %"), "type": "percent"},
            {"name": "expired_rate", "label": _("Expired %"), "type": "percent"},
        ]

    @api.model
    def _get_oldest_use(self, companies):
        """Return how many months after the sale something was used, at most."""
        ages = [
            age
            for cohorts in companies.values()
            for cells in cohorts.values()
            for (name, age), number in cells.items()
            if name == "used" and number
        ]
        return max(ages, default=0)

    @api.model
    def _read_triangle(self, options):
        """Return the sums by company and month of sale, and by kind and age."""
        self.env.flush_all()
        column = "value" if options["of"] == "value" else "quantity"
        companies = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        for company_id, cohort, kind, age, number in self.env.execute_query(
            SQL(
                TRIANGLE.format(column=column),
                companies=options["companies"].ids,
                first=date_utils.start_of(options["date_from"], "month"),
                last=options["date_to"],
                months=MONTHS,
            )
        ):
            companies[company_id][cohort][kind, age] += as_decimal(number)
        return companies

    @api.model
    def _get_cohort_rows(self, cohorts):
        """Return the rows of one company, and their total."""
        rows, total = [], defaultdict(int)
        for cohort, numbers in sorted(cohorts.items()):
            cells = defaultdict(int)
            for (kind, age), number in numbers.items():
                if kind == "used":
                    cells[f"used{age}"] -= number
                sign = 1 if kind in ("sold", "other") else -1
                cells[kind] += sign * number
            for name, number in cells.items():
                total[name] += number
            label = format_date(self.env, cohort, date_format="MMMM yyyy")
            rows.append(self._get_cohort_row(str(cohort), label, cells))
        rows.append(self._get_cohort_row("total", self.env._("Total"), total, "total"))
        return rows

    @api.model
    def _get_cohort_row(self, key, label, cells, kind="plain"):
        sold, used, expired = cells["sold"], cells["used"], cells["expired"]
        cells["left"] = sold - used - expired + cells["other"]
        if sold:
            cells["used_rate"] = float(used) / float(sold)
            cells["expired_rate"] = float(expired) / float(sold)
        links = [
            name
            for name in cells
            if name in ("sold", "used", "expired", "other", "left")
        ]
        return self._row(key, label, dict(cells), kind, links=links)

    @api.model
    def _get_cell_domain(self, options, section, row, column):
        """Return the domain of the movements on the packs of one month of sale."""
        last = options["date_to"]
        cohort = self._get_cohort_domain(options, row)
        kinds = {
            "sold": ("grant",),
            "used": ("redeem", "restore", "fee"),
            "expired": ("expire", "reactivate"),
        }
        domain = Domain("company_id", "=", int(section)) & Domain("date", "<=", last)
        domain &= Domain("lot_id", "any", cohort)
        if column in kinds:
            domain &= Domain("type", "in", kinds[column])
        elif column == "other":
            known = [kind for group in kinds.values() for kind in group]
            domain &= Domain("type", "not in", known)
        return domain & (Domain("value", "!=", 0) | Domain("quantity", "!=", 0))

    @api.model
    def _get_cohort_domain(self, options, row):
        """Return the domain of the lots that were sold in the month of ``row``."""
        first = date_utils.start_of(options["date_from"], "month")
        last = options["date_to"]
        if row != "total":
            first, end = date_utils.get_month(fields.Date.to_date(row))
            last = min(last, end)
        sold = (
            Domain("type", "=", "grant")
            & Domain("date", ">=", first)
            & Domain("date", "<=", last)
            & Domain("value", ">", 0)
        )
        return (
            Domain("origin", "=", "purchase")
            & Domain("unlimited", "!=", True)
            & Domain("entry_ids", "any", sold)
        )
