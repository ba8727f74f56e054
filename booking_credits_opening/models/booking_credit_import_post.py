from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_date

from odoo.addons.booking_credits.exceptions import CreditsMovedError
from odoo.addons.booking_credits.table_xlsx import write_template

from .booking_credit_import import COLUMNS


class BookingCreditImport(models.Model):
    """Opening balances, put in both ledgers and taken out again.

    The certificate of what was loaded, and the empty file to fill in.
    """

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
        labels = {**self._get_column_labels(), "credits": _("Credits")}
        columns = ("pack", "valid_until", "reference", "credits", "quantity", "value")
        types = {"quantity": "units", "value": "value", "valid_until": "date"}
        rows = [self._get_certificate_row(report, line) for line in self.line_ids]
        total = {"quantity": sum(self.line_ids.mapped("quantity")), "value": self.value}
        rows.append(report._row("total", _("Total"), total, "total", sums=True))
        return {
            "title": _("Certificate of Opening Balances"),
            "subtitles": self._get_certificate_subtitles(),
            "columns": [
                {"name": name, "label": labels[name], "type": types.get(name, "text")}
                for name in columns
            ],
            "sections": [report._section("lines", "", self.company_id, rows)],
            "notes": [],
        }

    def _get_certificate_row(self, report, line):
        return report._row(
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

    def _get_certificate_subtitles(self):
        """Return what was loaded, from which file, by whom, against which account."""
        _ = self.env._
        account = self.account_id.sudo().with_company(self.company_id)
        states = dict(self._fields["state"]._description_selection(self.env))
        return [
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
        ]  # fmt: skip

    # === Steps === #

    def _post_opening(self, lots, values, sign):
        """Post what ``lots`` are worth against the counterpart; return item by lot."""
        liabilities = [
            lot._prepare_opening_line(-sign * value)
            for lot, value in zip(lots, values, strict=True)
            if value
        ]
        if not liabilities:
            return {}
        total = -sum(line["balance"] for line in liabilities)
        counterpart = {
            "name": self.name,
            "account_id": self.account_id.id,
            "balance": self.currency_id.round(total),
        }
        day = self.date if sign > 0 else self.company_id._booking_credit_today()
        move = self.env["account.move"].with_context(tracking_disable=True)
        move = move.create(
            self._prepare_opening_move_vals(day, [*liabilities, counterpart])
        )
        move._post(soft=False)
        return {
            line.booking_credit_lot_id: line
            for line in move.line_ids
            if line.booking_credit_lot_id
        }

    def _prepare_opening_move_vals(self, day, lines):
        return {
            "move_type": "entry",
            "journal_id": self.company_id.booking_credit_journal_id.id,
            "company_id": self.company_id.id,
            "date": day,
            "ref": self.env._("Opening balances of credits: %s", self.name),
            "line_ids": [Command.create(vals) for vals in lines],
        }

    # === Business verbs === #

    def _load(self):
        """Create the lots, the opening entry, and the first movement of each lot."""
        # sudo: lots are made by nobody by hand; the caller has checked who may load.
        record = self.sudo().with_company(self.company_id)
        lines = record.line_ids
        lots = record.env["booking.credit.lot"].with_context(mail_create_nolog=True)
        lots = lots.create([line._prepare_lot_vals() for line in lines])
        for line, lot in zip(lines, lots, strict=True):
            line.lot_id = lot
        items = record._post_opening(lots, lines.mapped("value"), 1)
        lots._post(
            "grant",
            [
                {
                    "type": "grant",
                    "lot": line.lot_id,
                    "quantity": line.quantity,
                    "value": line.value,
                    "move_line": items.get(line.lot_id),
                }
                for line in lines
            ],
            key=f"import:{record.id}",
            document=record.name,
            reason=record.env._("Opening balance"),
        )
        record._set_done(items)

    def _set_done(self, items):
        """Note who loaded, when, and with which journal entry."""
        move = next(iter(items.values())).move_id if items else False
        super().write(
            {
                "state": "done",
                "move_id": move.id if move else False,
                "user_id": self.env.uid,
                "done_on": fields.Datetime.now(),
            }
        )

    def _undo(self):
        """Take back what was loaded, with the mirror of the opening entry."""
        record = self.sudo().with_company(self.company_id)
        lots = record.lot_ids
        record._check_not_moved()
        values = {lot: lot.value for lot in lots}
        items = record._post_opening(lots, list(values.values()), -1)
        lots._post(
            "adjust",
            [
                {
                    "type": "adjust",
                    "lot": lot,
                    "quantity": -lot.balance,
                    "value": -value,
                    "move_line": items.get(lot),
                }
                for lot, value in values.items()
            ],
            key=f"import-undo:{record.id}",
            document=record.name,
            reason=record.env._("Opening balance undone"),
        )
        # the same credits may be loaded again
        lots.external_reference = False
        move = next(iter(items.values())).move_id if items else False
        super(BookingCreditImport, record).write(
            {"state": "undone", "undo_move_id": move.id if move else False}
        )

    def _check_not_moved(self):
        """Refuse to undo what has moved since.

        :raise CreditsMovedError: naming the credits and the remedy
        """
        if moved := self.lot_ids.filtered(
            lambda lot: lot.last_sequence != 1 or lot.held
        ):
            raise CreditsMovedError(
                self.env._(
                    "%(name)s cannot be undone: these credits have moved since: "
                    "%(lots)s. Correct single batches instead.",
                    name=self.name,
                    lots=", ".join(moved[:10].mapped("name")),
                )
            )
