from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...ledger import as_decimal

#: What was left on each lot at the end of a day, by whatever the report groups by.
#: Uses of passes are counted, not owed.
LEFT = """
    WITH owed AS (
        SELECT entry.company_id, entry.lot_id,
               sum(entry.quantity) AS units, sum(entry.value) AS value
          FROM booking_credit_entry entry
         WHERE entry.company_id = ANY(%(companies)s) AND entry.date <= %(day)s
      GROUP BY entry.company_id, entry.lot_id
        HAVING sum(entry.quantity) <> 0 OR sum(entry.value) <> 0
    )
    SELECT owed.company_id, lot.liability_account_id, {group}, lot.measure,
           sum(CASE WHEN lot.unlimited THEN 0 ELSE owed.units END),
           sum(owed.value), count(*)
      FROM owed
      JOIN booking_credit_lot lot ON lot.id = owed.lot_id
      {join}
  GROUP BY owed.company_id, lot.liability_account_id, {group}, lot.measure
"""

#: Adds ``former`` to the lots whose last day was changed after a day: the one that they
#: had at the end of that day.
JOIN_FORMER = """
     LEFT JOIN (SELECT DISTINCT ON (lot_id) lot_id, valid_until
                  FROM booking_credit_lot_end
                 WHERE date > %(day)s
              ORDER BY lot_id, id) former ON former.lot_id = lot.id
"""

#: The last day of use of a lot, as it was at the end of the day of the report.
LAST_DAY = """
    CASE WHEN former.lot_id IS NULL THEN lot.valid_until ELSE former.valid_until END
"""


class BookingCreditOwed(models.AbstractModel):
    """What is owed at the end of any day: the base of liability and aging.

    Sums of movements that are never edited: the figures of a past day stay.
    """

    _name = "booking.credit.owed"
    _inherit = ["booking.credit.report"]
    _description = "Credits Owed"

    @api.model
    def _get_group(self):
        """Return the SQL expression that the report groups lots by."""
        raise self._get_no_report_error()

    @api.model
    def _get_join(self):
        """Return the SQL of what that expression needs beside ``owed`` and ``lot``."""
        return ""

    @api.model
    def _read_left(self, options):
        """Return what was left, by ``(company, account)`` and group.

        :return: dict of dicts of cells: units by measure, ``value`` and ``lots``
        """
        self.env.flush_all()
        query = LEFT.format(group=self._get_group(), join=self._get_join())
        sections = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        for (
            company_id,
            account_id,
            group,
            measure,
            units,
            value,
            count,
        ) in self.env.execute_query(
            SQL(query, companies=options["companies"].ids, day=options["date_to"])
        ):
            cells = sections[company_id, account_id][group]
            cells[measure] += as_decimal(units or 0)
            cells["value"] += as_decimal(value or 0)
            cells["lots"] += count
        return sections

    @api.model
    def _get_owed_columns(self, sections):
        measures = {
            name
            for groups in sections.values()
            for cells in groups.values()
            for name in cells
        }
        return [
            {"name": "lots", "label": self.env._("Batches"), "type": "count"},
            *self._get_unit_columns(measures),
            {"name": "value", "label": self.env._("Value"), "type": "value"},
        ]

    @api.model
    def _get_owed_section(self, key, rows):
        """Return one section with its total."""
        company = self.env["res.company"].browse(key[0])
        account = self.env["account.account"].browse(key[1])
        total = defaultdict(int)
        for row in rows:
            for name, number in row["cells"].items():
                total[name] += number
            row["links"] = list(row["cells"])
        rows.append(
            self._row(
                "total",
                self.env._("Total"),
                total,
                "total",
                links=list(total),
                sums=True,
            )
        )
        title = self._get_account_title(account, company)
        return self._section(f"{key[0]}-{key[1] or 0}", title, company, rows)

    @api.model
    def _get_cell_domain(self, options, section, row, column):
        """Return the domain of the movements up to the day; their sum is the figure."""
        company_id, account_id = map(int, section.split("-"))
        domain = Domain("company_id", "=", company_id)
        domain &= Domain("lot_id.liability_account_id", "=", account_id or False)
        domain &= Domain("date", "<=", options["date_to"])
        if column not in ("value", "lots"):
            domain &= Domain("lot_id.measure", "=", column)
            domain &= Domain("lot_id.unlimited", "!=", True)
        if row != "total":
            domain &= self._get_group_domain(options, row)
        return domain

    @api.model
    def _get_group_domain(self, options, row):
        """Return the domain of the movements of one group."""
        raise self._get_no_report_error()

    @api.model
    def action_open_cell(self, options, section, row, column):
        """Open the movements behind one figure, by batch of credits."""
        action = super().action_open_cell(options, section, row, column)
        context = {**action["context"], "search_default_group_lot": 1}
        return {**action, "context": context}


class BookingCreditAging(models.AbstractModel):
    """What is owed, by how long it can still be used (from a given day on)."""

    _name = "booking.credit.aging"
    _inherit = ["booking.credit.owed"]
    _description = "Aging of Credits by Expiry"

    #: last day of each bucket, in days after the day of the report
    BUCKETS = ((30, "d30"), (90, "d90"), (180, "d180"), (365, "d365"))

    @api.model
    def _get_bucket_labels(self):
        _ = self.env._
        return {
            "expired": _("Expired, not written off yet"),
            "d30": _("Up to 30 days"),
            "d90": _("31 to 90 days"),
            "d180": _("91 to 180 days"),
            "d365": _("181 to 365 days"),
            "later": _("More than 365 days"),
            "never": _("Never expires"),
        }

    @api.model
    def _get_group(self):
        """Return the SQL expression of a lot's bucket.

        The last day of use counts: what ends on the day of the report can still be
        used on it. Extended later, it is aged as if that had not happened.
        """
        parts = " ".join(
            f"WHEN ({LAST_DAY}) - %(day)s::date <= {days} THEN '{name}'"
            for days, name in self.BUCKETS
        )
        return (
            f"CASE WHEN ({LAST_DAY}) IS NULL THEN 'never' "
            f"WHEN ({LAST_DAY}) < %(day)s THEN 'expired' "
            f"{parts} ELSE 'later' END"
        )

    @api.model
    def _get_join(self):
        return JOIN_FORMER

    @api.model
    def _get_table(self, options):
        """Return the aging: a section for each account, a row for each bucket."""
        sections = self._read_left(options)
        labels = self._get_bucket_labels()
        parts = []
        for key, groups in sorted(
            sections.items(), key=lambda item: (item[0][0], item[0][1] or 0)
        ):
            rows = [
                self._row(bucket, label, dict(groups.get(bucket, {})))
                for bucket, label in labels.items()
            ]
            section = self._get_owed_section(key, rows)
            section["rows"] += self._get_term_rows(groups)
            parts.append(section)
        return {
            "title": self.env._("Aging by Expiry"),
            "subtitles": self._get_subtitles(options),
            "columns": self._get_owed_columns(sections),
            "sections": parts,
            "notes": [
                self.env._(
                    "By the last day of use as it was set on that day. What can be "
                    "used within 365 days is current; what never expires counts as "
                    "current too, since the customer may ask for it at any time."
                )
            ],
        }

    @api.model
    def _get_term_rows(self, groups):
        """Return what is current and what is not, for the balance sheet."""
        later = groups.get("later", {}).get("value", 0)
        total = sum(cells["value"] for cells in groups.values())
        return [
            self._row(
                "current", self.env._("Current"), {"value": total - later}, "note"
            ),
            self._row("long", self.env._("Non-current"), {"value": later}, "note"),
        ]

    @api.model
    def _get_group_domain(self, options, row):
        """Return the domain of the movements on lots of one bucket.

        Lots whose end was changed later are few, and named one by one.
        """
        later = [("date", ">", options["date_to"])]
        return (
            Domain("lot_id.end_ids", "not any", later)
            & self._get_bucket_domain(options["date_to"], row)
        ) | Domain("lot_id", "in", self._get_changed_lot_ids(options, row))

    @api.model
    def _get_bucket_domain(self, day, row):
        """Return the domain of one bucket, by the last day as it is now."""
        name = "lot_id.valid_until"
        if row == "never":
            return Domain(name, "=", False)
        if row == "expired":
            return Domain(name, "<", day)
        limits = [(-1, "expired"), *self.BUCKETS, (None, "later")]
        for (before, _name), (until, bucket) in pairwise(limits):
            if bucket == row:
                domain = Domain(name, ">", day + timedelta(days=before))
                if until is not None:
                    domain &= Domain(name, "<=", day + timedelta(days=until))
                return domain
        return Domain.FALSE

    @api.model
    def _get_changed_lot_ids(self, options, row):
        """Return the ids of the lots of one bucket whose end was changed later."""
        query = f"""
            SELECT lot.id FROM booking_credit_lot lot {self._get_join()}
             WHERE former.lot_id IS NOT NULL AND lot.company_id = ANY(%(companies)s)
               AND {self._get_group()} = %(bucket)s
        """
        values = {
            "companies": options["companies"].ids,
            "day": options["date_to"],
            "bucket": row,
        }
        self.env.flush_all()
        return [lot_id for (lot_id,) in self.env.execute_query(SQL(query, **values))]

    @api.model
    def _get_cell_title(self, options, section, row, column):
        labels = self._get_bucket_labels()
        return labels.get(row, self.env._("Aging by Expiry"))


class BookingCreditLiability(models.AbstractModel):
    """What is owed to each customer at the end of a day."""

    _name = "booking.credit.liability"
    _inherit = ["booking.credit.owed"]
    _description = "Liability by Customer"

    #: customers on the screen for each account; workbook and PDF have all
    SCREEN_LIMIT = 500

    @api.model
    def _get_group(self):
        return "lot.partner_id"

    @api.model
    def get_report(self, options=None):
        """Return the table for the screen: the customers who are owed most.

        :raise AccessError: for others than accountants and managers
        """
        return super(
            BookingCreditLiability, self.with_context(booking_credit_screen=True)
        ).get_report(options)

    @api.model
    def _get_table(self, options):
        """Return a section for each account, a row for each customer."""
        sections = self._read_left(options)
        partners = self.env["res.partner"].browse(
            {group for groups in sections.values() for group in groups}
        )
        # sudo: names of customers whose debts the reader may read
        names = dict(partners.sudo().mapped(lambda p: (p.id, p.display_name)))
        parts = []
        for key, groups in sorted(
            sections.items(), key=lambda item: (item[0][0], item[0][1] or 0)
        ):
            rows = [
                self._row(str(partner), names[partner], dict(cells))
                for partner, cells in groups.items()
            ]
            section = self._get_owed_section(key, rows)
            section["rows"] = self._sort_customers(section["rows"])
            parts.append(section)
        return {
            "title": self.env._("Liability by Customer"),
            "subtitles": self._get_subtitles(options),
            "columns": self._get_owed_columns(sections),
            "sections": parts,
            "notes": [],
        }

    @api.model
    def _sort_customers(self, rows):
        """Return the rows by value, the total last; on the screen only the first."""
        *customers, total = rows
        customers.sort(key=lambda row: (-row["cells"].get("value", 0), row["label"]))
        limit = self.SCREEN_LIMIT
        if self.env.context.get("booking_credit_screen") and len(customers) > limit:
            rest = self._row(
                "rest",
                self.env._(
                    "%s more customers: see the workbook", len(customers) - limit
                ),
                {},
                "note",
                links=[],
            )
            customers = [*customers[:limit], rest]
        return [*customers, total]

    @api.model
    def _get_group_domain(self, options, row):
        return Domain("lot_id.partner_id", "=", int(row))

    @api.model
    def _get_cell_title(self, options, section, row, column):
        if row.isdigit():
            return self.env["res.partner"].browse(int(row)).sudo().display_name
        return self.env._("Liability by Customer")
