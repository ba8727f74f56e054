from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class BookingCreditCohortRecognise(models.TransientModel):
    """Asks for the day as of which breakage is recognised, and shows the sum before."""

    _name = "booking.credit.cohort.recognise"
    _inherit = ["booking.credit.dialog"]
    _description = "Recognise Breakage"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
    )
    currency_id = fields.Many2one(related="company_id.currency_id", related_sudo=False)
    date = fields.Date(
        string="As Of",
        required=True,
        default=lambda self: self._get_default_date(),
        help="Uses up to this day count, and the journal entry is dated on it: the "
        "last day of a month, as a rule.",
    )
    cohort_count = fields.Integer(string="Estimates", compute="_compute_due")
    due = fields.Monetary(
        string="To Recognise",
        compute="_compute_due",
        help="Income (+), or income taken back (-).",
    )

    @api.model
    def _get_default_date(self):
        today = self.env.company._booking_credit_today()
        return today.replace(day=1) - timedelta(days=1)

    @api.depends("company_id", "date")
    def _compute_due(self):
        for wizard in self:
            wizard._check_own(wizard.company_id)
            facts = wizard._get_cohorts().sudo()._read_facts(wizard.date)
            dues = [fact["due"] for fact in facts.values() if fact["due"]]
            wizard.cohort_count = len(dues)
            wizard.due = float(sum(dues))

    def _get_cohorts(self):
        """Return the packs that were sold until the day."""
        cohorts = self.env["booking.credit.cohort"]
        if not self.company_id or not self.date:
            return cohorts
        return cohorts.search(
            [("company_id", "=", self.company_id.id), ("month", "<=", self.date)]
        )

    def action_apply(self):
        """Post it, and open the journal entry.

        :raise AccessError: for others than accountants
        :raise UserError: if nothing is to be recognised
        """
        self.ensure_one()
        self.env["booking.credit.cohort"]._assign_lots(self.company_id)
        moves = self._get_cohorts().recognise(self.date)
        if not moves:
            raise UserError(
                self.env._(
                    "%(company)s: nothing is to be recognised as of %(day)s. Change an "
                    "estimate, or choose a later day.",
                    company=self.company_id.name,
                    day=fields.Date.to_string(self.date),
                )
            )
        return self.env["booking.credit.entry"]._open_moves(moves)
