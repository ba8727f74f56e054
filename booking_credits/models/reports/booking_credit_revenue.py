from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...ledger import as_decimal
from .roll_forward_query import BOOKS_DAY, CATEGORY, JOIN_LATE, TYPES

#: kinds of movements that are income, in order
KINDS = ("used", "no_show", "fee", "expired", "reactivated")

#: What was released by kind and service. VAT was declared on some of it when it was
#: sold; out of the rest it comes when it is used.
RELEASED = """
    WITH moved AS (
        SELECT entry.company_id, {category} AS category, lot.vat_kind,
               COALESCE(booking.product_id, act.product_id) AS product_id,
               {distribution} AS distribution,
               CASE WHEN lot.unlimited THEN 0 ELSE entry.quantity END AS units,
               entry.value, {day} AS day
          FROM booking_credit_entry entry
          JOIN booking_credit_lot lot ON lot.id = entry.lot_id
          JOIN booking_credit_operation act ON act.id = entry.operation_id
     LEFT JOIN sale_order_line booking ON booking.id = act.order_line_id
     LEFT JOIN account_move move ON move.id = entry.move_id
     {late}
         WHERE entry.company_id = ANY(%(companies)s) AND entry.type = ANY(%(types)s)
    )
    SELECT company_id, category, product_id, distribution, vat_kind, -sum(units),
           -sum(value), count(*)
      FROM moved
     WHERE day BETWEEN %(first)s AND %(last)s
  GROUP BY company_id, category, product_id, distribution, vat_kind
"""


class BookingCreditRevenue(models.AbstractModel):
    """What credits brought in, by kind of event and by service."""

    _name = "booking.credit.revenue"
    _inherit = ["booking.credit.roll.forward"]
    _description = "Revenue From Credits"

    @api.model
    def _get_table(self, options):
        """Return a section for each company and kind, a row for each service."""
        return {
            "title": self.env._("Revenue From Credits"),
            "subtitles": self._get_subtitles(options),
            "columns": self._get_released_columns(),
            "sections": self._get_released_sections(options),
            "notes": self._get_notes(options),
        }

    @api.model
    def _get_released_columns(self):
        """Return the columns of what was released; those of VAT are parts of it."""
        _ = self.env._
        return [
            {"name": "count", "label": _("Movements"), "type": "count"},
            {"name": "units", "label": _("Units"), "type": "units"},
            {"name": "single", "label": _("Net, VAT paid at sale"), "type": "value"},
            {"name": "multi", "label": _("Gross, VAT due at use"), "type": "value"},
            {"name": "value", "label": _("Released"), "type": "value"},
        ]

    @api.model
    def _get_released_sections(self, options):
        """Return a section for each company and kind that released something."""
        sections = self._read_released(options)
        names = self._get_row_names(
            options, {key for rows in sections.values() for key in rows}
        )
        labels = self._get_row_labels()
        parts = []
        for company_id, kind in sorted(
            sections, key=lambda key: (key[0], KINDS.index(key[1]))
        ):
            rows = self._get_released_rows(sections[company_id, kind], names)
            company = self.env["res.company"].browse(company_id)
            parts.append(
                self._section(f"{company_id}-{kind}", labels[kind], company, rows)
            )
        return parts

    @api.model
    def _get_released_rows(self, cells_by_row, names):
        """Return the rows of one section, the largest first, and their total."""
        rows = [
            self._row(key, names[key], dict(cells), links=list(cells))
            for key, cells in sorted(
                cells_by_row.items(), key=lambda row: -row[1]["value"]
            )
        ]
        total = defaultdict(int)
        for row in rows:
            for name, number in row["cells"].items():
                total[name] += number
        label = self.env._("Total")
        links = list(total)
        return [
            *rows,
            self._row("total", label, total, "total", links=links, sums=True),
        ]

    @api.model
    def _get_notes(self, options):
        return self._get_place_notes() if self._is_by_place(options) else []

    @api.model
    def _get_row_names(self, options, keys):
        """Return the label of each row by its key."""
        if options["by"] == "service":
            return self._get_service_names(keys)
        return self._get_place_names(options, keys)

    @api.model
    def _get_service_names(self, keys):
        products = self.env["product.product"].browse({int(key) for key in keys} - {0})
        names = {"0": self.env._("No service")}
        # sudo: names of services that may belong to a restricted list
        for product in products.sudo().with_context(active_test=False):
            names[str(product.id)] = product.display_name
        return names

    @api.model
    def _get_distribution_sql(self, options):
        """Return SQL of the analytic distribution; nothing where it is not asked for."""
        by_place = self._is_by_place(options)
        return "booking.analytic_distribution" if by_place else "NULL::jsonb"

    @api.model
    def _split(self, options, company_id, product_id, distribution, numbers):
        """Yield ``(key of the row, numbers)`` for one sum of movements.

        :param dict distribution: percentages by analytic accounts
        :param dict numbers: ``count``, ``units`` and ``value``
        """
        if self._is_by_place(options):
            return self._split_among_places(
                options, company_id, product_id, distribution, numbers
            )
        return [(str(product_id or 0), numbers)]

    @api.model
    def _read_released(self, options):
        """Return cells by row, by company and kind."""
        self.env.flush_all()
        sections = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        report = self._with_places(options)
        for (
            company_id,
            category,
            product_id,
            distribution,
            vat_kind,
            units,
            value,
            count,
        ) in self.env.execute_query(self._get_released_query(options)):
            numbers = {
                "count": count,
                "units": as_decimal(units or 0),
                "value": as_decimal(value or 0),
            }
            for key, part in report._split(
                options, company_id, product_id, distribution, numbers
            ):
                cells = sections[company_id, category][key]
                for name, number in {**part, vat_kind: part["value"]}.items():
                    cells[name] += number
        return sections

    @api.model
    def _get_released_query(self, options):
        """Return the query of what was released in the period, by the chosen day."""
        day = BOOKS_DAY if options["basis"] == "books" else "entry.date"
        return SQL(
            RELEASED.format(
                category=CATEGORY,
                day=day,
                late=JOIN_LATE,
                distribution=self._get_distribution_sql(options),
            ),
            companies=options["companies"].ids,
            types=list({t for kind in KINDS for t in TYPES[kind]}),
            first=options["date_from"],
            last=options["date_to"],
        )

    @api.model
    def _get_cell_domain(self, options, section, row, column):
        """Return the domain of the movements whose sum is this figure."""
        company_id, kind = section.split("-")
        domain = Domain("company_id", "=", int(company_id))
        domain &= self._get_category_domain(options, kind)
        domain &= self._get_days_domain(
            options, options["date_from"], options["date_to"]
        )
        if column in ("single", "multi"):
            domain &= Domain("lot_id.vat_kind", "=", column)
        return domain & self._get_row_domain(options, row)

    @api.model
    def _get_row_domain(self, options, row):
        """Return the domain of the movements of one row."""
        if self._is_by_place(options):
            return self._get_place_row_domain(options, row)
        return self._get_service_row_domain(row)

    @api.model
    def _get_service_row_domain(self, row):
        if row == "total":
            return Domain.TRUE
        line, act = "operation_id.order_line_id", "operation_id.product_id"
        if row == "0":
            return Domain(f"{line}.product_id", "=", False) & Domain(act, "=", False)
        return Domain(f"{line}.product_id", "=", int(row)) | (
            Domain(line, "=", False) & Domain(act, "=", int(row))
        )

    @api.model
    def _get_cell_title(self, options, section, row, column):
        return self._get_row_labels()[section.split("-")[1]]


class BookingCreditVatBridge(models.AbstractModel):
    """Why the turnover of credits is not the turnover on the VAT return.

    VAT paid at sale: declared base = revenue + increase of what is owed. VAT due at
    use: declared base = revenue without what expired. Both sides are taken from
    different records: the ledger of credits, and the journal items with taxes.
    """

    _name = "booking.credit.vat.bridge"
    _inherit = ["booking.credit.roll.forward"]
    _description = "From Turnover to Declared VAT"

    #: base of VAT on packs sold, and VAT on credits used, as they were posted
    DECLARED = """
        SELECT line.company_id, line.account_id,
               -sum(line.balance) FILTER (WHERE line.product_id IS NOT NULL),
               -sum(line.balance) FILTER (WHERE line.product_id IS NOT NULL
                                            AND line.booking_credit_lot_id IS NULL)
          FROM account_move_line line
          JOIN account_move move ON move.id = line.move_id
     LEFT JOIN booking_credit_lot lot ON lot.id = line.booking_credit_lot_id
     LEFT JOIN product_product product ON product.id = line.product_id
     LEFT JOIN product_template pack ON pack.id = product.product_tmpl_id
         WHERE line.company_id = ANY(%(companies)s)
           AND line.account_id = ANY(%(accounts)s) AND line.parent_state = 'posted'
           AND line.date BETWEEN %(first)s AND %(last)s
           AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
           AND COALESCE(lot.vat_kind, pack.booking_credit_vat_kind, 'single') = 'single'
      GROUP BY line.company_id, line.account_id
    """
    USED = """
        SELECT line.company_id,
               -sum(line.balance) FILTER (WHERE line.tax_line_id IS NOT NULL),
               -sum(line.balance) FILTER (
                   WHERE line.tax_line_id IS NULL
                     AND EXISTS (SELECT FROM account_move_line_account_tax_rel rel
                                  WHERE rel.account_move_line_id = line.id))
          FROM account_move_line line
          JOIN res_company company ON company.id = line.company_id
         WHERE line.company_id = ANY(%(companies)s) AND line.parent_state = 'posted'
           AND line.date BETWEEN %(first)s AND %(last)s
           AND line.journal_id = company.booking_credit_journal_id
      GROUP BY line.company_id
    """

    @api.model
    def _get_default_options(self):
        return {**super()._get_default_options(), "basis": "books"}

    @api.model
    def _get_cell_domain(self, options, section, row, column):
        """Override to refuse: these figures are sums of other reports'."""
        raise UserError(
            self.env._("See the reports Roll-Forward and Revenue for the movements.")
        )

    @api.model
    def _get_filters(self, options):
        return [row for row in super()._get_filters(options) if row["type"] == "date"]

    @api.model
    def _get_table(self, options):
        """Return one section for each company and kind of VAT."""
        _ = self.env._
        options = {**options, "basis": "books"}
        groups, _measures = self._read_movements(options)
        declared, used = self._read_declared(options)
        return {
            "title": _("Turnover to VAT"),
            "subtitles": self._get_subtitles(options),
            "columns": [{"name": "value", "label": _("Value"), "type": "value"}],
            "sections": [
                section
                for company in options["companies"]
                for section in self._get_vat_sections(company, groups, declared, used)
            ],
            "notes": [
                _(
                    "By accounting date. Credit in money pays customer invoices, which "
                    "declare their own VAT."
                )
            ],
        }

    @api.model
    def _get_vat_sections(self, company, groups, declared, used):
        """Return the sections of ``company``, one for each kind of VAT."""
        _ = self.env._
        keys = [key for key in groups if key[0] == company.id]
        single = [key for key in keys if key[1] > 0]
        multi = [key for key in keys if key[1] < 0]
        posted = [declared.get(key, (0, 0)) for key in single]
        at_sale = self._get_single_rows(
            self._sum_groups(groups, single),
            *(sum(row[part] for row in posted) for part in (0, 1)),
        )
        at_use = self._get_multi_rows(
            self._sum_groups(groups, multi), *used.get(company.id, (0, 0))
        )
        parts = (
            ("single", _("VAT paid when credits are sold"), at_sale),
            ("multi", _("VAT due when credits are used"), at_use),
        )
        return [
            self._section(f"{company.id}-{kind}", title, company, rows)
            for kind, title, rows in parts
        ]

    @api.model
    def _get_account_sql(self):
        """Override to tell the lots whose VAT is due at use: their accounts are negative.

        By the lots themselves: one account may carry both kinds, and another one may
        have been chosen since.
        """
        account = super()._get_account_sql()
        return f"CASE lot.vat_kind WHEN 'multi' THEN -{account} ELSE {account} END"

    @api.model
    def _read_declared(self, options):
        """Return what was posted of packs by account, and VAT and base of uses.

        Of packs whose VAT is paid at sale: what was posted in all, and what gave no
        credits (yet).
        """
        values = {
            "companies": options["companies"].ids,
            "accounts": options["companies"]._get_booking_credit_owed_accounts().ids,
            "first": options["date_from"],
            "last": options["date_to"],
        }
        base = {
            (company_id, account_id): (
                as_decimal(amount or 0),
                as_decimal(waiting or 0),
            )
            for company_id, account_id, amount, waiting in self.env.execute_query(
                SQL(self.DECLARED, **values)
            )
        }
        used = {
            company_id: (as_decimal(tax or 0), as_decimal(net or 0))
            for company_id, tax, net in self.env.execute_query(SQL(self.USED, **values))
        }
        return base, used

    @api.model
    def _sum_groups(self, groups, keys):
        """Return the value of each row of movements, over some accounts."""
        total = defaultdict(int)
        for key in keys:
            for name, cells in groups.get(key, self._new_group())["rows"].items():
                total[name] += cells["value"]
        return total

    @api.model
    def _get_single_rows(self, moved, declared, waiting):
        """Return the way from revenue to the base that was declared at sale."""
        _ = self.env._
        other = sum(moved.values()) - sum(
            moved[name] for name in (*KINDS, "sold", "refunded")
        )
        revenue = -sum(moved[name] for name in KINDS)
        increase = sum(moved.values())
        base = revenue + increase - other + waiting
        return self._get_value_rows(
            ("revenue", _("Revenue from credits"), revenue, "plain"),
            ("increase", _("Increase of what is owed"), increase, "plain"),
            ("other", _("Other movements, no sale"), -other, "plain"),
            ("waiting", _("Invoiced, not paid: no credits yet"), waiting, "plain"),
            ("base", _("Base of VAT at sale"), base, "total"),
            ("declared", _("Posted on invoices and credit notes"), declared, "plain"),
            difference=declared - base,
        )

    @api.model
    def _get_multi_rows(self, moved, tax, net):
        """Return the way from what was used to the base that was declared at use."""
        _ = self.env._
        gross = -(moved["used"] + moved["no_show"] + moved["fee"])
        breakage = -(moved["expired"] + moved["reactivated"])
        return self._get_value_rows(
            ("gross", _("Released by use, no-show and fee"), gross, "plain"),
            ("untaxed", _("Of which without VAT, or paying invoices"),
             net + tax - gross, "plain"),
            ("vat", _("VAT posted on it"), -tax, "plain"),
            ("base", _("Base of VAT at use"), net, "total"),
            ("breakage", _("Expired, without VAT"), breakage, "plain"),
            ("turnover", _("Turnover"), gross - tax + breakage, "plain"),
        )  # fmt: skip

    @api.model
    def _get_value_rows(self, *rows, difference=None):
        result = [
            self._row(key, label, {"value": value}, kind)
            for key, label, value, kind in rows
        ]
        if difference is not None:
            result.append(
                self._row(
                    "difference",
                    self.env._("Difference"),
                    {"value": difference},
                    "bad" if difference else "good",
                )
            )
        return result
