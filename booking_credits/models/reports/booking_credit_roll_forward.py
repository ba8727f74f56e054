from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL, date_utils

from ...ledger import as_decimal
from .roll_forward_query import BOOKS, MOVEMENTS

#: rows that are always shown, in order; the others only when they have figures
ALWAYS = ("sold", "used", "no_show", "fee", "refunded", "expired")


class BookingCreditRollForward(models.AbstractModel):
    """What was owed at first, what came and went, and what is owed at last.

    For each company and liability account, in units of each measure and in value.
    Below it the way from the last figure to the balance of the account: what waits to
    be posted, what the books have in another period, and packs that were invoiced
    but are not given yet. Computed in two statements, whatever the size.
    """

    _name = "booking.credit.roll.forward"
    _inherit = ["booking.credit.report"]
    _description = "Roll-Forward of Credits"

    @api.model
    def _get_default_options(self):
        today = self.env.company._booking_credit_today()
        return {
            "date_from": date_utils.start_of(today, "month"),
            "date_to": date_utils.end_of(today, "month"),
            "basis": "event",
        }

    @api.model
    def _get_filters(self, options):
        _ = self.env._
        return [
            {"name": "date_from", "label": _("From"), "type": "date"},
            {"name": "date_to", "label": _("To"), "type": "date"},
            {
                "name": "basis",
                "label": _("By"),
                "type": "select",
                "choices": [
                    ["event", _("Day of the movement")],
                    ["books", _("Accounting date")],
                ],
            },
        ]

    @api.model
    def _get_row_labels(self):
        """Return the label of each row of movements, in order."""
        _ = self.env._
        return {
            "sold": _("Sold"),
            "kept": _("Money kept as credit"),
            "imported": _("Opening balances loaded"),
            "granted": _("Given free"),
            "used": _("Used"),
            "no_show": _("Kept for no-shows"),
            "fee": _("Kept as cancellation fees"),
            "refunded": _("Refunded"),
            "expired": _("Expired"),
            "reactivated": _("Reactivated"),
            "transfer_in": _("Transferred in"),
            "transfer_out": _("Transferred out"),
            "adjusted": _("Corrected and reset"),
        }

    # === The table === #

    @api.model
    def _get_table(self, options):
        """Return the roll-forward, one section for each company and account."""
        _ = self.env._
        groups, measures = self._read_movements(options)
        basis = (
            _("By accounting date")
            if options["basis"] == "books"
            else _("By day of the movement")
        )
        return {
            "title": _("Roll-Forward"),
            "subtitles": [*self._get_subtitles(options), basis],
            "columns": [
                *self._get_unit_columns(measures),
                {"name": "value", "label": _("Value"), "type": "value"},
            ],
            "sections": self._get_account_sections(options, groups),
            "notes": [],
        }

    @api.model
    def _get_account_sections(self, options, groups):
        """Return a section for each company and account that moved or has a balance."""
        books = self._read_books(options)
        for key in books:
            groups.setdefault(key, self._new_group())
        sections = []
        for (company_id, account_id), group in sorted(
            groups.items(), key=lambda item: (item[0][0], item[0][1] or 0)
        ):
            company = self.env["res.company"].browse(company_id)
            account = self.env["account.account"].browse(account_id)
            rows = self._get_movement_rows(group)
            if account:
                balance, unpaid = books.get((company_id, account_id), (0, 0))
                rows += self._get_bridge_rows(options, group, balance, unpaid)
            key = f"{company_id}-{account_id or 0}"
            title = self._get_account_title(account, company)
            sections.append(self._section(key, title, company, rows))
        return sections

    @api.model
    def _new_group(self):
        return {
            "opening": defaultdict(int),
            "rows": defaultdict(lambda: defaultdict(int)),
            "bridge": defaultdict(int),
        }

    @api.model
    def _read_movements(self, options):
        """Return the sums of the ledger by company and account, and its measures."""
        self.env.flush_all()
        groups, measures = defaultdict(self._new_group), set()
        for (
            company_id,
            account_id,
            measure,
            category,
            opening_units,
            opening_value,
            units,
            value,
            *bridge,
        ) in self.env.execute_query(self._get_movements_query(options)):
            group = groups[company_id, account_id]
            group["opening"][measure] += as_decimal(opening_units or 0)
            group["opening"]["value"] += as_decimal(opening_value or 0)
            if units is not None or value is not None:
                group["rows"][category][measure] += as_decimal(units or 0)
                group["rows"][category]["value"] += as_decimal(value or 0)
            self._add_to_bridge(group["bridge"], category, bridge)
            measures.add(measure)
        return groups, measures

    def _add_to_bridge(self, sums, category, numbers):
        """Add to what stands between the ledger and the books, by reason.

        :param list numbers: the last columns of the query of movements
        """
        # what is sold is in the books before it is given: it is not paid yet
        early = "unpaid" if category in ("sold", "kept") else "earlier"
        names = ("pending", "later", early, "late_out", "late_in")
        for name, number in zip(names, numbers, strict=True):
            sums[name] += as_decimal(number or 0)

    @api.model
    def _get_account_sql(self):
        """Return SQL of what movements are grouped by beside their company."""
        return "lot.liability_account_id"

    @api.model
    def _get_movements_query(self, options):
        day = "books" if options["basis"] == "books" else "event"
        return SQL(
            MOVEMENTS.format(day=day, account=self._get_account_sql()),
            companies=options["companies"].ids,
            first=options["date_from"],
            last=options["date_to"],
        )

    @api.model
    def _read_books(self, options):
        """Return ``(balance, unpaid)`` of the accounts, by company and account."""
        rows = self.env.execute_query(
            SQL(
                BOOKS,
                companies=options["companies"].ids,
                accounts=options["companies"]._get_booking_credit_owed_accounts().ids,
                last=options["date_to"],
            )
        )
        return {
            (company_id, account_id): (
                as_decimal(balance or 0),
                as_decimal(unpaid or 0),
            )
            for company_id, account_id, balance, unpaid in rows
        }

    @api.model
    def _get_movement_rows(self, group):
        """Return the rows from opening to closing."""
        _ = self.env._
        links = [*group["opening"], "value"]
        rows = [
            self._row("opening", _("Opening"), group["opening"], "opening", links=links)
        ]
        closing = defaultdict(int, group["opening"])
        for category, label in self._get_row_labels().items():
            cells = group["rows"].get(category, {})
            for name, number in cells.items():
                closing[name] += number
            if category in ALWAYS or any(cells.values()):
                rows.append(self._row(category, label, cells, links=list(cells)))
        rows.append(
            self._row("closing", _("Closing"), closing, "total", links=links, sums=True)
        )
        return rows

    @api.model
    def _get_bridge_rows(self, options, group, balance, unpaid):
        """Return the rows from closing to the balance in the books."""
        value = group["opening"]["value"] + sum(
            cells["value"] for cells in group["rows"].values()
        )
        labels = self._get_bridge_labels(options)
        bridge = group["bridge"]
        if options["basis"] == "books":
            bridge = {**bridge, "unpaid": 0}
        parts = {name: bridge.get(name, 0) for name in labels}
        parts["unpaid"] += unpaid
        rows = [
            self._row(name, label, {"value": parts[name]}, "note", links=["value"])
            for name, label in labels.items()
            if parts[name] or name == "unpaid"
        ]
        return [
            *rows,
            *self._get_difference_rows(value + sum(parts.values()), balance),
            *self._get_late_rows(group["bridge"]),
        ]

    @api.model
    def _get_bridge_labels(self, options):
        """Return the labels of what stands between closing and the books, by name."""
        _ = self.env._
        labels = {"unpaid": _("Packs invoiced but not given yet")}
        if options["basis"] != "books":
            labels |= {
                "pending": _("Waiting to be posted"),
                "later": _("In the books after this period"),
                "earlier": _("In the books before the movement"),
            }
        return labels

    @api.model
    def _get_difference_rows(self, expected, balance):
        """Return the rows that compare what is expected with the books."""
        _ = self.env._
        difference = balance - expected
        return [
            self._row("expected", _("Expected in the books"), {"value": expected}),
            self._row(
                "books", _("General ledger"), {"value": balance}, links=["value"]
            ),
            self._row(
                "difference",
                _("Difference"),
                {"value": difference},
                "bad" if difference else "good",
                links=["value"],
            ),
        ]

    @api.model
    def _get_late_rows(self, bridge):
        """Return the rows of what is in the books of another period."""
        _ = self.env._
        labels = {
            "late_out": _("Of this period, but not in its books"),
            "late_in": _("Of earlier periods, in the books of this one"),
        }
        return [
            self._row(name, label, {"value": bridge[name]}, "note", links=["value"])
            for name, label in labels.items()
            if bridge.get(name)
        ]
