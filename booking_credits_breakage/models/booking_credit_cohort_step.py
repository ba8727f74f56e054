from odoo import api, fields, models

from odoo.addons.booking_credits.exceptions import LedgerImmutableError


class BookingCreditCohortStep(models.Model):
    """One time that breakage of a cohort was recognised, with what it rested on.

    The ledger beside the contra account: its sum is the balance of that account.
    """

    _name = "booking.credit.cohort.step"
    _description = "Breakage Recognised in Advance"
    _order = "date desc, id desc"

    cohort_id = fields.Many2one(
        comodel_name="booking.credit.cohort",
        string="Packs",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    number = fields.Integer(required=True, readonly=True)
    date = fields.Date(
        string="As Of",
        required=True,
        readonly=True,
        help="Last day of use that counted; the books may have it later, if this day "
        "was locked.",
    )
    percent = fields.Float(
        string="Never Used %", digits=(5, 2), readonly=True, aggregator=None
    )
    sold = fields.Monetary(readonly=True, aggregator=None)
    used = fields.Monetary(readonly=True, aggregator=None)
    expired = fields.Monetary(readonly=True, aggregator=None)
    amount = fields.Monetary(
        string="Recognised",
        readonly=True,
        help="Income added (+) or taken back (-), catch-up included.",
    )
    catch_up = fields.Monetary(
        string="Of Which Catch-Up",
        readonly=True,
        help="Part that follows from another estimate, not from use.",
    )
    account_id = fields.Many2one(
        comodel_name="account.account",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Journal Item",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Journal Entry")
    posted_date = fields.Date(related="move_line_id.date", string="Posted On")
    user_id = fields.Many2one(
        comodel_name="res.users", string="By", readonly=True, ondelete="restrict"
    )

    _number_unique = models.Constraint(
        "UNIQUE(cohort_id, number)",
        "Somebody else has just recognised the breakage of these packs.",
    )

    @api.depends("cohort_id", "number")
    def _compute_display_name(self):
        for step in self:
            step.display_name = f"{step.cohort_id.display_name} / {step.number}"

    def write(self, vals):  # pylint: disable=method-required-super
        """Override to refuse, for everyone.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(self._get_immutable_error())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise LedgerImmutableError(self._get_immutable_error())

    def _get_immutable_error(self):
        return self.env._(
            "What was recognised cannot be changed: change the estimate, and the next "
            "run catches up with it."
        )

    @api.model
    def _get_amounts(self, cohorts, day=None):
        """Return what was recognised of ``cohorts`` as of ``day``, by their id."""
        domain = [("cohort_id", "in", cohorts.ids)]
        if day:
            domain.append(("date", "<=", day))
        groups = self._read_group(domain, ["cohort_id"], ["amount:sum"])
        return {cohort.id: amount for cohort, amount in groups}
