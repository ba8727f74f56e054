from odoo import api, fields, models
from odoo.tools import SQL, date_utils

from odoo.addons.booking_credits.ledger import as_decimal

#: what was recognised in advance by month of sale, and the estimates, weighted
RECOGNISED = """
    WITH recognised AS (
        SELECT cohort_id, sum(amount) AS amount
          FROM booking_credit_cohort_step
         WHERE company_id = ANY(%(companies)s) AND date <= %(last)s
      GROUP BY cohort_id
    ), sold AS (
        SELECT lot.cohort_id, sum(entry.value) AS amount
          FROM booking_credit_lot lot
          JOIN booking_credit_entry entry ON entry.lot_id = lot.id
         WHERE lot.company_id = ANY(%(companies)s) AND lot.cohort_id IS NOT NULL
           AND entry.type = 'grant' AND entry.date <= %(last)s
      GROUP BY lot.cohort_id
    )
    SELECT cohort.company_id, cohort.month, COALESCE(sum(recognised.amount), 0),
           sum(cohort.percent / 100 * sold.amount) / sum(sold.amount)
      FROM booking_credit_cohort cohort
      JOIN sold ON sold.cohort_id = cohort.id
 LEFT JOIN recognised ON recognised.cohort_id = cohort.id
     WHERE cohort.company_id = ANY(%(companies)s)
       AND cohort.month BETWEEN %(first)s AND %(last)s AND sold.amount > 0
  GROUP BY cohort.company_id, cohort.month
"""


class BookingCreditBreakage(models.AbstractModel):
    """The estimates beside what became of the packs, where there are any."""

    _inherit = "booking.credit.breakage"

    @api.model
    def _get_table(self, options):
        """Override to add what was estimated, and recognised in advance."""
        table = super()._get_table(options)
        estimates = self._read_estimates(options)
        if not estimates:
            return table
        _ = self.env._
        table["columns"].append(
            {"name": "estimate", "label": _("Estimate"), "type": "percent"}
        )
        if options["of"] == "value":
            table["columns"] += [
                {
                    "name": "recognised",
                    "label": _("In advance"),
                    "type": "value",
                },
                {"name": "carrying", "label": _("Owed, net"), "type": "value"},
            ]
        for section in table["sections"]:
            self._add_estimates(section, estimates)
        return table

    @api.model
    def _read_estimates(self, options):
        """Return ``(recognised, estimate)`` by company and month of sale."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                RECOGNISED,
                companies=options["companies"].ids,
                first=date_utils.start_of(options["date_from"], "month"),
                last=options["date_to"],
            )
        )
        return {
            (company_id, str(month)): (as_decimal(amount), rate)
            for company_id, month, amount, rate in rows
        }

    @api.model
    def _add_estimates(self, section, estimates):
        """Add the cells of the estimates to the rows of one company."""
        total = 0
        for row in section["rows"]:
            key = section["company_id"], row["key"]
            amount, rate = estimates.get(key, (0, None))
            if row["key"] == "total":
                amount = total
            total += amount
            row["cells"].update(
                recognised=amount, carrying=row["cells"]["left"] - amount, estimate=rate
            )
            row["links"].append("recognised")

    @api.model
    def action_open_cell(self, options, section, row, column):
        """Override to open what was recognised in advance, step by step."""
        if column != "recognised":
            return super().action_open_cell(options, section, row, column)
        self._check_may_report()
        options = self._read_options(options)
        first = date_utils.start_of(options["date_from"], "month")
        last = options["date_to"]
        if row != "total":
            first, last = date_utils.get_month(fields.Date.to_date(row))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Breakage Recognised in Advance"),
            "res_model": "booking.credit.cohort.step",
            "view_mode": "list,form",
            "domain": [
                ("company_id", "=", int(section)),
                ("cohort_id.month", ">=", first),
                ("cohort_id.month", "<=", last),
                ("date", "<=", options["date_to"]),
            ],
        }
