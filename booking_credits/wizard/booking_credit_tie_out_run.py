from odoo import fields, models


class BookingCreditTieOutRun(models.TransientModel):
    """Asks for the day of a tie-out."""

    _name = "booking.credit.tie.out.run"
    _inherit = ["booking.credit.dialog"]
    _description = "Run a Tie-Out"

    date = fields.Date(
        string="As Of",
        required=True,
        default=lambda self: self.env.company._booking_credit_today(),
        help="Last day that counts, of movements and of journal items.",
    )
    company_ids = fields.Many2many(
        comodel_name="res.company",
        string="Companies",
        required=True,
        default=lambda self: self.env.companies,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
    )

    def action_run(self):
        """Run the tie-out and open its result."""
        self.ensure_one()
        return self.env["booking.credit.tie.out"].action_run(
            self.date, self.company_ids
        )
