import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import format_date

from odoo.addons.booking_credits.exceptions import LedgerImmutableError

from ..sheet_reader import SheetError, read_rows

#: columns of the file, in the order of the template; the first row names them
COLUMNS = (
    "customer",
    "pack",
    "quantity",
    "value",
    "valid_until",
    "sold_on",
    "reference",
)

#: what follows from checking and loading
KEPT = ("state", "file_hash", "line_ids", "lot_ids", "move_id", "undo_move_id",
        "user_id", "done_on")  # fmt: skip


class BookingCreditImport(models.Model):
    """Loads the credits that customers have when Booking Credits is taken into use.

    First a check that changes nothing and says line by line what would happen; then
    the credits, with one journal entry, and a certificate. It can be undone as long as
    none of the credits has moved.
    """

    _name = "booking.credit.import"
    _description = "Opening Balances of Credits"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="Opening Date",
        required=True,
        default=lambda self: self.env.company._booking_credit_today(),
        help="Accounting date of the opening entry.",
    )
    account_id = fields.Many2one(
        comodel_name="account.account",
        string="Counterpart",
        required=True,
        check_company=True,
        domain="[('account_type', 'not in', ('asset_receivable', 'liability_payable'))]",
        help="Account from which the debt comes: where the old program's balance is in "
        "the books, or an account for opening entries.",
    )
    file = fields.Binary(attachment=True, required=True)
    file_name = fields.Char()
    file_hash = fields.Char(
        string="SHA-256", readonly=True, copy=False, help="Fingerprint of the file."
    )
    state = fields.Selection(
        selection=[
            ("draft", "New"),
            ("checked", "Checked"),
            ("done", "Loaded"),
            ("undone", "Undone"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    line_ids = fields.One2many(
        comodel_name="booking.credit.import.line",
        inverse_name="import_id",
        string="Lines",
        readonly=True,
        copy=False,
    )
    lot_ids = fields.One2many(
        comodel_name="booking.credit.lot",
        inverse_name="import_id",
        string="Credits",
        readonly=True,
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Opening Entry",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    undo_move_id = fields.Many2one(
        comodel_name="account.move",
        string="Reversal",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    line_count = fields.Integer(compute="_compute_totals", store=True)
    error_count = fields.Integer(string="Errors", compute="_compute_totals", store=True)
    value = fields.Monetary(compute="_compute_totals", store=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="Loaded By", readonly=True, copy=False
    )
    done_on = fields.Datetime(string="Loaded On", readonly=True, copy=False)

    @api.depends("file_name", "date")
    def _compute_name(self):
        for record in self:
            record.name = record.file_name or self.env._("Opening balances")

    @api.depends("line_ids.value", "line_ids.error")
    def _compute_totals(self):
        for record in self:
            record.line_count = len(record.line_ids)
            record.error_count = len(record.line_ids.filtered("error"))
            record.value = sum(record.line_ids.mapped("value"))

    @api.model_create_multi
    def create(self, vals_list):
        """Override to let nobody say that something was loaded."""
        self._check_kept(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Override to keep what was loaded, and to check a new file anew."""
        self._check_kept(vals)
        asked = {"file", "date", "account_id", "company_id"} & vals.keys()
        if asked and self.filtered(lambda r: r.state in ("done", "undone")):
            raise UserError(
                self.env._("These credits have been loaded. Undo it, or start anew.")
            )
        if asked:
            vals = {**vals, "state": "draft"}
        return super().write(vals)

    @api.model
    def _check_kept(self, *vals_list):
        """Refuse to enter by hand what follows from checking and loading.

        :raise LedgerImmutableError: naming the fields
        """
        names = {name for vals in vals_list for name in vals} & set(KEPT)
        if names and not self.env.su:
            raise LedgerImmutableError(
                self.env._(
                    "This follows from checking and loading, and cannot be entered by "
                    "hand: %s",
                    ", ".join(sorted(names)),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_loaded(self):
        if loaded := self.filtered("move_id") | self.filtered("lot_ids"):
            raise UserError(
                self.env._(
                    "%s has given credits and is kept as evidence.",
                    ", ".join(loaded.mapped("name")),
                )
            )

    # === Actions === #

    def action_check(self):
        """Say line by line what loading this file would do; change nothing else.

        :raise UserError: if the file cannot be read
        """
        self.ensure_one()
        self._check_may_load()
        content, rows = self._read_file()
        lines = self.env["booking.credit.import.line"]._prepare_lines(self, rows)
        self.sudo().line_ids.unlink()
        # sudo: nobody writes what was read by hand
        super(BookingCreditImport, self.sudo()).write(
            {
                "file_hash": hashlib.sha256(content).hexdigest(),
                "line_ids": [Command.create(line) for line in lines],
                "state": "checked",
            }
        )
        return True

    def action_load(self):
        """Give the credits, with one journal entry. The file is checked once more.

        :raise UserError: if a line has an error, or the file was loaded already
        """
        self.ensure_one()
        self._check_may_load()
        if self.state not in ("draft", "checked"):
            raise UserError(self.env._("%s has been loaded already.", self.name))
        self.action_check()
        self._check_same_file()
        if self.error_count or not self.line_ids:
            raise UserError(
                self.env._(
                    "%(errors)s of %(lines)s lines have errors. Correct the file, and "
                    "check it again.",
                    errors=self.error_count,
                    lines=self.line_count,
                )
            )
        self._load()
        return True

    def action_undo(self):
        """Take the credits back, and reverse the journal entry.

        :raise CreditsMovedError: if some of them have moved since
        """
        self.ensure_one()
        self._check_may_load()
        if self.state != "done":
            raise UserError(self.env._("%s has not been loaded.", self.name))
        self._undo()
        return True

    def action_template(self):
        """Download an empty spreadsheet with the columns to fill in."""
        return {
            "type": "ir.actions.act_url",
            "url": f"/booking_credits/report/{self._name}.xlsx?options={{}}",
            "target": "download",
        }

    def action_view_lots(self):
        """Open the credits that were loaded."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_lot_action"
        )
        return {**action, "domain": [("import_id", "=", self.id)], "context": {}}

    # === Steps === #

    def _read_file(self):
        """Return the bytes of the file, and its rows.

        :raise UserError: if it cannot be read
        """
        content = base64.b64decode(self.file or b"")
        try:
            return content, read_rows(content, self.file_name or "")
        except SheetError:
            raise UserError(
                self.env._(
                    "“%s” is no spreadsheet that can be read. Save it as Excel workbook "
                    "(xlsx) or as text (csv).",
                    self.file_name or self.env._("The file"),
                )
            )

    def _check_same_file(self):
        """Refuse a file that was loaded before.

        :raise UserError: naming who loaded it, and when
        """
        done = self.sudo().search(
            [
                ("file_hash", "=", self.file_hash),
                ("state", "=", "done"),
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if done:
            raise UserError(
                self.env._(
                    "This very file was loaded on %(day)s by %(user)s (%(name)s). Undo "
                    "that first, if it was wrong.",
                    day=format_date(self.env, done.done_on),
                    user=done.user_id.name,
                    name=done.name,
                )
            )

    @api.model
    def _check_may_load(self):
        """Refuse who may not post.

        :raise AccessError: for others than accountants
        """
        if not self.env.su and not self.env.user.has_group(
            "booking_credits.booking_credits_group_accountant"
        ):
            raise AccessError(
                self.env._("Only accountants may load opening balances of credits.")
            )
        self.check_access("write")

    @api.model
    def _get_column_labels(self):
        _ = self.env._
        return {
            "customer": _("Customer"),
            "pack": _("Pack or measure"),
            "quantity": _("Quantity"),
            "value": _("Value"),
            "valid_until": _("Valid until"),
            "sold_on": _("Sold on"),
            "reference": _("Reference"),
        }
