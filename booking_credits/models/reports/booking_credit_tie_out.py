from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...bulk import insert_rows
from ...exceptions import LedgerImmutableError

#: why a line of one ledger has no equal in the other -> whether that explains it
REASONS = [
    ("manual", "Posted by hand"),
    ("draft", "Back to draft or cancelled"),
    ("amount", "Amount differs"),
    ("account", "Account differs"),
    ("partner", "Customer differs"),
    ("stamp", "Journal item lost its credits"),
    ("exchange", "Exchange difference"),
    ("unknown", "Not explained"),
    ("pending", "Waiting to be posted"),
    ("unpaid", "Invoiced, not given yet"),
    ("period", "In another period"),
    ("gift", "Bought for somebody else"),
    ("cash_basis", "Cash-basis pair"),
]


class BookingCreditTieOut(models.Model):
    """Evidence: the ledger of credits against the general ledger, as of a day.

    Both are joined line by line; each difference has a reason. The result is green when
    every difference is explained, and stays as it was found.
    """

    _name = "booking.credit.tie.out"
    _description = "Tie-Out of Credits"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="As Of",
        required=True,
        readonly=True,
        help="Last day that counts, of movements and of journal items.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Run By",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    run_on = fields.Datetime(required=True, readonly=True)
    result = fields.Selection(
        selection=[("green", "Tied out"), ("red", "To explain")],
        required=True,
        readonly=True,
    )
    ledger = fields.Monetary(
        string="Ledger of Credits",
        readonly=True,
        help="Value of all credits by the day of their movements.",
    )
    books = fields.Monetary(
        string="General Ledger",
        readonly=True,
        help="Balance of the liability accounts, as what is owed.",
    )
    explained = fields.Monetary(
        readonly=True, help="Part of the difference that has a good reason."
    )
    unexplained = fields.Monetary(
        readonly=True, help="Part of the difference that somebody must look at."
    )
    unexplained_count = fields.Integer(
        string="To Explain", readonly=True, help="Differences to look at."
    )
    pair_count = fields.Integer(
        string="Lines Compared", readonly=True, help="Lines of both ledgers compared."
    )
    account_ids = fields.One2many(
        comodel_name="booking.credit.tie.out.account",
        inverse_name="run_id",
        string="Accounts",
        readonly=True,
    )
    line_ids = fields.One2many(
        comodel_name="booking.credit.tie.out.line",
        inverse_name="run_id",
        string="Differences",
        readonly=True,
    )

    @api.depends("company_id", "date")
    def _compute_name(self):
        for run in self:
            run.name = self.env._(
                "%(company)s as of %(day)s",
                company=run.company_id.name,
                day=format_date(self.env, run.date),
            )

    @api.depends("name")
    def _compute_display_name(self):
        for run in self:
            run.display_name = run.name

    def write(self, vals):  # pylint: disable=method-required-super
        """Override to refuse: evidence stays as it was found.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(self._get_evidence_error())

    def copy(self, default=None):  # pylint: disable=method-required-super
        """Override to refuse: a tie-out is run.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(self._get_evidence_error())

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Override to refuse: a tie-out is run, not written.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(self._get_evidence_error())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise LedgerImmutableError(self._get_evidence_error())

    def _get_evidence_error(self):
        return self.env._(
            "The result of a tie-out is evidence: it cannot be made by hand, changed or "
            "deleted. Run the tie-out again instead."
        )

    # === Actions === #

    @api.model
    def action_run(self, day=None, companies=None):
        """Run the tie-out of each company, and open the results.

        :param day: last day that counts; today if not given
        :param companies: those that the user works in, if not given
        :raise AccessError: for others than accountants and managers
        """
        self.env["booking.credit.report"]._check_may_report()
        companies = self.env["booking.credit.lot"]._to_records(
            "res.company", companies or self.env.companies
        )
        if companies - self.env.companies:
            raise UserError(self.env._("Choose among the companies you work in."))
        runs, day = self.browse(), self.env["booking.credit.lot"]._to_day(day)
        for company in companies:
            runs |= self._run(company, day)
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Tie-Out"),
            "res_model": self._name,
        }
        if len(runs) == 1:
            return {**action, "view_mode": "form", "res_id": runs.id}
        return {**action, "view_mode": "list,form", "domain": [("id", "in", runs.ids)]}

    def action_run_again(self):
        """Run the same tie-out once more: after a correction."""
        self.ensure_one()
        return self.action_run(self.date, self.company_id)

    def action_xlsx(self):
        """Return the action that downloads the workbook of this run."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/booking_credits/report/{self._name}.xlsx"
            f'?options={{"run_id": {self.id}}}',
            "target": "download",
        }

    def action_open_lines(self):
        """Open the differences of this run, to be filtered and grouped."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Differences: %s", self.name),
            "res_model": "booking.credit.tie.out.line",
            "view_mode": "list,pivot",
            "domain": [("run_id", "=", self.id)],
            "context": {"search_default_group_reason": 1},
        }

    # === Business verbs === #

    @api.model
    def _run(self, company, day=None):
        """Compare both ledgers of ``company``; keep and return the result.

        :param date day: last day that counts; today if not given
        """
        day = day or company._booking_credit_today()
        # sudo: the proof covers all credits and journal items, whoever asks for it.
        found = self.sudo()._compare(company, day)
        run = insert_rows(self.sudo(), [self._prepare_run_row(company, day, found)])
        accounts = self.env["booking.credit.tie.out.account"].sudo()
        lines = self.env["booking.credit.tie.out.line"].sudo()
        for model, rows in ((accounts, found["accounts"]), (lines, found["lines"])):
            if rows:
                insert_rows(model, [{"run_id": run.id, **row} for row in rows])
        return run.with_env(self.env)

    @api.model
    def _prepare_run_row(self, company, day, found):
        lines, accounts = found["lines"], found["accounts"]
        unexplained = [line for line in lines if not line["explained"]]
        off = any(row["stamped"] != row["posted"] for row in accounts)
        return {
            "company_id": company.id,
            "date": day,
            "user_id": self.env.uid,
            "run_on": self.env.cr.now().replace(microsecond=0),
            "result": "red" if unexplained or off else "green",
            "ledger": sum(row["ledger"] for row in accounts),
            "books": sum(row["books"] for row in accounts),
            "explained": sum(row["explained"] for row in accounts),
            "unexplained": sum(row["unexplained"] for row in accounts),
            "unexplained_count": len(unexplained),
            "pair_count": found["pairs"],
        }

    # === Jobs === #

    @api.model
    def _cron_run(self):
        """Run the tie-out of every company that wants it each night."""
        companies = self.env["res.company"]._get_booking_credit_companies()
        self.env["booking.credit.job"]._run(
            "tie-out",
            (
                (company, lambda company=company: self.sudo()._run(company))
                for company in companies.filtered("booking_credit_tie_out_nightly")
            ),
        )


class BookingCreditTieOutAccount(models.Model):
    """Sums of one account in one tie-out, in company currency."""

    _name = "booking.credit.tie.out.account"
    _description = "Tie-Out of One Account"
    _order = "run_id, id"

    run_id = fields.Many2one(
        comodel_name="booking.credit.tie.out",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(related="run_id.currency_id")
    account_id = fields.Many2one(
        comodel_name="account.account",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    ledger = fields.Monetary(string="Ledger of Credits", readonly=True)
    books = fields.Monetary(string="General Ledger", readonly=True)
    difference = fields.Monetary(readonly=True)
    explained = fields.Monetary(readonly=True)
    unexplained = fields.Monetary(readonly=True)
    posted = fields.Monetary(
        string="Ledger, Posted",
        readonly=True,
        help="Value of all movements that say they are in the books, of any day.",
    )
    stamped = fields.Monetary(
        string="Journal Items of Credits",
        readonly=True,
        help="Balance of all journal items that name their credits, of any day: a "
        "second, independent total that must be the same.",
    )

    def write(self, vals):  # pylint: disable=method-required-super
        """Override to refuse: evidence stays as it was found."""
        raise LedgerImmutableError(self.run_id._get_evidence_error())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise LedgerImmutableError(self.run_id._get_evidence_error())


class BookingCreditTieOutLine(models.Model):
    """One difference between the two ledgers, with its reason and who made it."""

    _name = "booking.credit.tie.out.line"
    _description = "Tie-Out Difference"
    _order = "run_id desc, explained, id"

    run_id = fields.Many2one(
        comodel_name="booking.credit.tie.out",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="run_id.company_id")
    currency_id = fields.Many2one(related="run_id.currency_id")
    reason = fields.Selection(selection=REASONS, required=True, readonly=True)
    explained = fields.Boolean(readonly=True)
    account_id = fields.Many2one(
        comodel_name="account.account", readonly=True, ondelete="restrict"
    )
    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        string="Credits",
        readonly=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
        ondelete="set null",
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Journal Item",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Journal Entry")
    document = fields.Char(
        readonly=True, help="Name of the document, kept even if that is deleted."
    )
    user_name = fields.Char(
        string="Who", readonly=True, help="Who made, and who last changed, it."
    )
    event_date = fields.Date(
        string="Movement On", readonly=True, help="Day of the last movement of credits."
    )
    books_date = fields.Date(string="Accounting Date", readonly=True)
    count = fields.Integer(string="Movements", readonly=True)
    ledger = fields.Monetary(string="Ledger of Credits", readonly=True)
    books = fields.Monetary(string="General Ledger", readonly=True)
    difference = fields.Monetary(
        readonly=True, help="General ledger less ledger of credits."
    )
    note = fields.Char(readonly=True, help="What to do about it.")

    def write(self, vals):  # pylint: disable=method-required-super
        """Override to refuse: evidence stays as it was found."""
        raise LedgerImmutableError(self.run_id._get_evidence_error())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise LedgerImmutableError(self.run_id._get_evidence_error())

    def action_open_document(self):
        """Open the journal entry of this difference, or the credits behind it."""
        self.ensure_one()
        self.check_access("read")
        record = self.move_id or self.lot_id
        if not record:
            raise UserError(self.env._("%s no longer exists.", self.document or ""))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }
