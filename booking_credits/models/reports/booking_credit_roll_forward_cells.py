from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .roll_forward_query import CATEGORY, JOIN_LATE, ORIGINS, TYPES

#: transfers that take: of a pass no unit goes, but its value
LEAVES = Domain("quantity", "<", 0) | Domain("value", "<", 0)


class BookingCreditRollForward(models.AbstractModel):
    """What stands behind each figure of the roll-forward."""

    _inherit = "booking.credit.roll.forward"

    @api.model
    def action_open_cell(self, options, section, row, column):
        """Open the movements behind one figure; those of the books are journal items.

        A difference opens a new tie-out, which says where it comes from.
        """
        if row not in ("books", "difference", "unpaid"):
            return super().action_open_cell(options, section, row, column)
        self._check_may_report()
        options = self._read_options(options)
        company_id, account_id = map(int, section.split("-"))
        company = options["companies"].filtered(lambda c: c.id == company_id)
        if row == "difference":
            return self.env["booking.credit.tie.out"].action_run(
                options["date_to"], company
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal Items"),
            "res_model": "account.move.line",
            "view_mode": "list,form",
            "domain": self._get_items_domain(options, company, account_id, row),
            "context": {"create": False},
        }

    @api.model
    def _get_items_domain(self, options, company, account_id, row):
        """Return the domain of the journal items of an account, or those not given."""
        domain = [
            ("company_id", "=", company.id),
            ("account_id", "=", account_id),
            ("parent_state", "=", "posted"),
            ("date", "<=", options["date_to"]),
        ]
        if row != "unpaid":
            return domain
        of_sales = ("out_invoice", "out_refund", "out_receipt")
        return [
            *domain,
            ("product_id.booking_credit_pack", "=", True),
            ("move_id.move_type", "in", of_sales),
            *self._get_not_given_domain(options),
        ]

    @api.model
    def _get_not_given_domain(self, options):
        """Return the domain of the journal items whose credits are not given yet.

        By accounting date, what is given later counts as sold on the invoice's date.
        """
        never = [("booking_credit_lot_id", "=", False)]
        if options["basis"] == "books":
            return never
        given = [("type", "=", "grant"), ("date", "<=", options["date_to"])]
        later = ("booking_credit_lot_id.entry_ids", "not any", given)
        return ["|", *never, later]

    @api.model
    def _get_cell_domain(self, options, section, row, column):
        """Return the domain of the movements whose sum is this figure."""
        company_id, account_id = map(int, section.split("-"))
        domain = Domain("company_id", "=", company_id)
        domain &= Domain("lot_id.liability_account_id", "=", account_id or False)
        if column != "value":
            domain &= Domain("lot_id.measure", "=", column)
            domain &= Domain("lot_id.unlimited", "!=", True)
            domain &= Domain("quantity", "!=", 0)
        elif account_id:
            domain &= Domain("value", "!=", 0)
        first, last = options["date_from"], options["date_to"]
        days = self._get_days_domain
        if row in ("pending", "later", "earlier", "unpaid", "late_out", "late_in"):
            return domain & self._get_bridge_domain(row, first, last)
        if row == "opening":
            return domain & days(options, None, first - timedelta(days=1))
        if row == "closing":
            return domain & days(options, None, last)
        return (
            domain
            & days(options, first, last)
            & self._get_category_domain(options, row)
        )

    @api.model
    def _get_days_domain(self, options, first, last):
        """Return the domain of the movements from ``first`` to ``last``."""

        def between(name):
            domain = Domain(name, "<=", last)
            return domain & Domain(name, ">=", first) if first else domain

        if options["basis"] == "event":
            return between("date")
        return self._get_posted_domain() & between("move_id.date") | (
            Domain("move_line_id", "=", False)
            & Domain("posting_state", "!=", "pending")
            & between("date")
        )

    @api.model
    def _get_posted_domain(self):
        return Domain("move_id.state", "=", "posted")

    @api.model
    def _get_bridge_domain(self, row, first, last):
        waiting = Domain("posting_state", "=", "pending") | (
            Domain("move_line_id", "!=", False) & ~self._get_posted_domain()
        )
        posted = self._get_posted_domain()
        late = waiting | (posted & Domain("move_id.date", ">", last))
        in_period = Domain("date", ">=", first) & Domain("date", "<=", last)
        early = posted & Domain("move_id.date", "<=", last) & Domain("date", ">", last)
        sold = Domain("type", "=", "grant")
        return {
            "pending": Domain("date", "<=", last) & waiting,
            "later": Domain("date", "<=", last)
            & posted
            & Domain("move_id.date", ">", last),
            "earlier": early & ~sold,
            "unpaid": early & sold,
            "late_out": in_period & late,
            "late_in": posted
            & Domain("move_id.date", ">=", first)
            & Domain("move_id.date", "<=", last)
            & Domain("date", "<", first),
        }[row]

    @api.model
    def _get_category_domain(self, options, row):
        """Return the domain of the movements of one row."""
        if row in ("fee", "no_show"):
            domain = Domain("id", "in", self._get_no_show_ids(options))
            if row == "fee":
                domain = ~domain
            return Domain("type", "in", TYPES[row]) & domain
        if row in ("sold", "kept", "imported"):
            return Domain("type", "=", "grant") & Domain(
                "lot_id.origin", "in", ORIGINS[row]
            )
        if row == "granted":
            others = [origin for origins in ORIGINS.values() for origin in origins]
            return Domain("type", "=", "grant") & Domain(
                "lot_id.origin", "not in", others
            )
        if row == "transfer_in":
            return (Domain("type", "=", "transfer") & ~LEAVES) | (
                Domain("type", "=", "grant") & Domain("lot_id.origin", "=", "transfer")
            )
        if row == "transfer_out":
            return Domain("type", "=", "transfer") & LEAVES
        if row == "adjusted":
            known = {kind for kinds in TYPES.values() for kind in kinds} | {"grant"}
            return Domain("type", "not in", list(known))
        return Domain("type", "in", TYPES[row])

    @api.model
    def _get_no_show_ids(self, options):
        """Return the ids of the fees that were kept after the booking had begun."""
        query = f"""
            SELECT entry.id FROM booking_credit_entry entry
              JOIN booking_credit_lot lot ON lot.id = entry.lot_id
              {JOIN_LATE}
             WHERE entry.company_id = ANY(%s) AND entry.type = 'fee'
               AND {CATEGORY} = 'no_show'
        """
        rows = self.env.execute_query(SQL(query, options["companies"].ids))
        return [entry_id for (entry_id,) in rows]

    @api.model
    def _get_cell_title(self, options, section, row, column):
        labels = {**self._get_row_labels(), "opening": self.env._("Opening")}
        return labels.get(row, self.env._("Movements of Credits"))
