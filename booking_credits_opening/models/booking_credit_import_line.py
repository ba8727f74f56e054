from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, get_lang

from odoo.addons.booking_credits.const import MAX_UNITS, MEASURES
from odoo.addons.booking_credits.words import format_units

from ..sheet_reader import as_date, as_number, as_text
from .booking_credit_import import COLUMNS

#: other headings of columns that are understood, in lower case
SYNONYMS = {
    "customer": ("client", "kunde", "e-mail", "email"),
    "pack": ("pack", "measure", "product"),
    "quantity": ("units", "credits", "left", "balance"),
    "value": ("amount",),
    "valid_until": ("expires", "expiry", "expiry date", "valid_until"),
    "sold_on": ("date", "sold", "purchase date", "sold_on"),
    "reference": ("external reference", "id", "number"),
}


class BookingCreditImportLine(models.Model):
    """One row of the file: what was read, what it means, and what is wrong with it."""

    _name = "booking.credit.import.line"
    _description = "Opening Balance of Credits"
    _order = "import_id, number, id"

    import_id = fields.Many2one(
        comodel_name="booking.credit.import",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="import_id.company_id")
    currency_id = fields.Many2one(related="import_id.currency_id")
    number = fields.Integer(string="Row")
    customer = fields.Char(string="Customer (as Read)")
    pack = fields.Char(string="Pack (as Read)")
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer")
    product_id = fields.Many2one(comodel_name="product.product", string="Pack")
    measure = fields.Selection(selection=MEASURES)
    quantity = fields.Float(digits="Booking Credits")
    value = fields.Monetary()
    valid_until = fields.Date()
    sold_on = fields.Date()
    reference = fields.Char()
    error = fields.Char()
    outcome = fields.Char(compute="_compute_outcome", help="What loading it does.")
    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot", string="Credits", ondelete="restrict"
    )

    @api.depends("error", "lot_id", "quantity", "measure", "partner_id")
    def _compute_outcome(self):
        for line in self:
            if line.error:
                line.outcome = line.error
            elif line.lot_id:
                line.outcome = self.env._("Loaded as %s", line.lot_id.name)
            else:
                lot = self.env["booking.credit.lot"].new({"measure": line.measure})
                lot.company_id = line.company_id
                line.outcome = self.env._(
                    "%(units)s for %(customer)s",
                    units=lot._in_words(line.quantity),
                    customer=line.partner_id.display_name,
                )

    # === Reading === #

    @api.model
    def _prepare_lines(self, record, rows):
        """Return the values of one line for each row of the file below its head.

        Takes the same number of statements for any number of rows.

        :raise UserError: if a column that is needed is missing
        """
        head, *rows = rows or [[]]
        columns = self._find_columns(head)
        lines = [
            self._read_row(
                number, {n: row[i] for n, i in columns.items() if i < len(row)}
            )
            for number, row in enumerate(rows, start=2)
        ]
        self._match_customers(record, lines)
        self._match_packs(record, lines)
        self._find_duplicates(record, lines)
        for line in lines:
            self._check_line(record, line)
            line["error"] = " ".join(line.pop("errors")) or False
        return lines

    @api.model
    def _find_columns(self, head):
        """Return the place of each column.

        :raise UserError: naming the columns that are missing
        """
        labels = self.env["booking.credit.import"]._get_column_labels()
        titles = [as_text(title).lower() for title in head]
        columns = {}
        for name in COLUMNS:
            known = {labels[name].lower(), name.replace("_", " "), *SYNONYMS[name]}
            places = [i for i, title in enumerate(titles) if title in known]
            if places:
                columns[name] = places[0]
        missing = {"customer", "pack", "quantity"} - columns.keys()
        if missing:
            raise UserError(
                self.env._(
                    "The first row of the file must name the columns; missing: "
                    "%(missing)s. Download the template to see them all.",
                    missing=", ".join(
                        labels[name] for name in COLUMNS if name in missing
                    ),
                )
            )
        return columns

    @api.model
    def _read_row(self, number, cells):
        """Return the values of one row; what cannot be read is an error."""
        labels = self.env["booking.credit.import"]._get_column_labels()
        line = {"number": number, "errors": []}
        for name in ("customer", "pack", "reference"):
            line[name] = as_text(cells.get(name))
        formats = (get_lang(self.env).date_format,)
        for name, read in (
            ("quantity", as_number),
            ("value", as_number),
            ("valid_until", lambda cell: as_date(cell, formats)),
            ("sold_on", lambda cell: as_date(cell, formats)),
        ):
            try:
                line[name] = read(cells.get(name))
            except ValueError:
                line[name] = None
                line["errors"].append(
                    self.env._(
                        "%(column)s “%(text)s” cannot be read.",
                        column=labels[name],
                        text=as_text(cells.get(name)),
                    )
                )
        return line

    @api.model
    def _match_customers(self, record, lines):
        """Find each customer by reference, else by e-mail, else by name."""
        names = {line["customer"].lower() for line in lines if line["customer"]}
        found = {field: defaultdict(set) for field in ("ref", "email", "name")}
        asked = list({line["customer"] for line in lines if line["customer"]})
        # sudo: the customers of this company, whoever may read them
        partners = (
            self.env["res.partner"]
            .sudo()
            .search_fetch(
                Domain("company_id", "in", [False, record.company_id.id])
                & (
                    Domain("ref", "in", asked)
                    | Domain("name", "in", asked)
                    | Domain("email_normalized", "in", list(names))
                ),
                ["ref", "email_normalized", "name"],
            )
        )
        for partner in partners:
            for field, value in (
                ("ref", partner.ref),
                ("email", partner.email_normalized),
                ("name", partner.name),
            ):
                if value:
                    found[field][value.lower()].add(partner.id)
        for line in lines:
            line["partner_id"] = self._choose_customer(line, found)

    @api.model
    def _choose_customer(self, line, found):
        text = line["customer"].lower()
        if not text:
            line["errors"].append(self.env._("The customer is missing."))
            return False
        for field in ("ref", "email", "name"):
            ids = found[field].get(text, ())
            if len(ids) == 1:
                return next(iter(ids))
            if ids:
                line["errors"].append(
                    self.env._(
                        "%(count)s customers are “%(text)s”: give a reference or an "
                        "e-mail address that only one has.",
                        count=len(ids),
                        text=line["customer"],
                    )
                )
                return False
        line["errors"].append(
            self.env._("There is no customer “%s”: create it first.", line["customer"])
        )
        return False

    def _match_packs(self, record, lines):
        """Find what one unit is: a word, or the pack that these credits come from."""
        measures, found = self._get_measures_by_word(), self._find_packs(record, lines)
        for line in lines:
            text = line["pack"].lower()
            line.update(measure=measures.get(text), product_id=False)
            choice = found.get(text, ())
            if len(choice) == 1:
                self._set_pack(line, next(iter(choice)))
            elif not line["measure"]:
                line["errors"].append(
                    self.env._(
                        "“%s” is neither a pack nor credits, sessions or money.",
                        line["pack"],
                    )
                )

    @api.model
    def _get_measures_by_word(self):
        """Return the measures by their key, and by their name in the user's language."""
        selection = self.env["booking.credit.lot"]._fields["measure"]
        names = selection._description_selection(self.env)
        return {
            **{key: key for key, _label in MEASURES},
            **{label.lower(): key for key, label in names},
        }

    @api.model
    def _find_packs(self, record, lines):
        """Return the packs that ``lines`` may mean, by code and by name."""
        asked = {line["pack"] for line in lines if line["pack"]}
        # sudo: packs that are not sold any more as well
        packs = (
            self.env["product.product"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("booking_credit_pack", "=", True),
                    ("company_id", "in", [False, record.company_id.id]),
                    "|",
                    ("default_code", "in", list(asked)),
                    ("name", "in", list(asked)),
                ]
            )
        )
        found = defaultdict(set)
        for pack in packs:
            for text in {pack.default_code, pack.name} - {False}:
                found[text.lower()].add(pack)
        return found

    @api.model
    def _set_pack(self, line, pack):
        line.update(product_id=pack.id, measure=pack.booking_credit_measure)
        if pack.booking_credit_unlimited:
            line["errors"].append(
                self.env._("Passes without a number cannot be loaded.")
            )

    def _find_duplicates(self, record, lines):
        """Find references that come twice, or that were loaded before."""
        known, rows = self._get_loaded_lots(record, lines), {}
        for line in filter(lambda line: line["reference"], lines):
            reference = line["reference"]
            if reference in known:
                line["errors"].append(
                    self.env._(
                        "%(reference)s has been loaded already: %(lot)s.",
                        reference=reference,
                        lot=known[reference].name,
                    )
                )
            if reference in rows:
                line["errors"].append(
                    self.env._(
                        "%(reference)s is in row %(row)s as well.",
                        reference=reference,
                        row=rows[reference],
                    )
                )
            rows.setdefault(reference, line["number"])

    @api.model
    def _get_loaded_lots(self, record, lines):
        """Return the lots that were loaded before, by their reference."""
        lots = self.env["booking.credit.lot"].sudo()
        lots = lots.search(
            [
                ("company_id", "=", record.company_id.id),
                (
                    "external_reference",
                    "in",
                    [line["reference"] for line in lines if line["reference"]],
                ),
            ]
        )
        return {lot.external_reference: lot for lot in lots}

    @api.model
    def _check_line(self, record, line):
        """Check the numbers and days of one line; complete what follows from others."""
        _ = self.env._
        errors = line["errors"]
        if line["value"] is None and line["measure"] == "money":
            line["value"] = line["quantity"]
        line["value"] = line["value"] or 0.0
        if not line["quantity"] or line["quantity"] < 0:
            errors.append(_("The quantity must be more than zero."))
        elif line["quantity"] > MAX_UNITS or abs(line["value"]) > MAX_UNITS:
            errors.append(
                _(
                    "The quantity and the value are %s at most.",
                    format_units(self.env, MAX_UNITS),
                )
            )
        if line["value"] < 0:
            errors.append(_("The value cannot be below zero."))
        rounded = record.currency_id.round(line["value"])
        if abs(rounded - line["value"]) > 1e-9:
            errors.append(_("The value has more decimals than the currency."))
        end = line["valid_until"]
        if end and end < record.date:
            errors.append(
                _(
                    "It ended on %(end)s, before the opening date.",
                    end=format_date(self.env, end),
                )
            )
        if line["sold_on"] and line["sold_on"] > record.date:
            errors.append(_("It was sold after the opening date."))

    # === Loading === #

    def _prepare_lot_vals(self):
        """Return the terms of the lot: those of its pack, with the dates of the file."""
        self.ensure_one()
        company = self.company_id
        product = self.product_id
        if product:
            terms = product.product_tmpl_id._prepare_booking_credit_lot_vals(company)
            # what was sold elsewhere runs already, and nobody claims it by code
            terms.update(first_use_unit=False, first_use_number=0, code=False)
        else:
            kind = "multi" if self.measure == "money" else "single"
            terms = {"company_id": company.id, "vat_kind": kind}
        purpose = "multi_liability" if terms["vat_kind"] == "multi" else "liability"
        return {
            **terms,
            "partner_id": self.partner_id.id,
            "product_id": product.id,
            "measure": self.measure,
            "origin": "import",
            "valid_from": self.sold_on or self.import_id.date,
            "valid_until": self.valid_until,
            "liability_account_id": company._get_booking_credit_account(purpose).id,
            "import_id": self.import_id.id,
            "external_reference": self.reference or False,
        }
