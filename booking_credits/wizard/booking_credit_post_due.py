from odoo import api, fields, models
from odoo.fields import Domain


class BookingCreditPostDue(models.TransientModel):
    """Shows what is due before it is posted, and what still waits for its day."""

    _name = "booking.credit.post.due"
    _inherit = ["booking.credit.dialog"]
    _description = "Post Credits Used"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
    )
    currency_id = fields.Many2one(related="company_id.currency_id", related_sudo=False)
    mode = fields.Selection(
        related="company_id.booking_credit_posting_mode", related_sudo=False
    )
    due_count = fields.Integer(string="Movements Due", compute="_compute_due")
    due_value = fields.Monetary(
        string="Released",
        compute="_compute_due",
        help="Value that leaves the accounts of unused credits, VAT included where it "
        "is due at use.",
    )
    first_day = fields.Date(string="From", compute="_compute_due")
    last_day = fields.Date(string="To", compute="_compute_due")
    waiting_count = fields.Integer(
        string="Not Delivered Yet",
        compute="_compute_due",
        help="Bookings to come: they are posted when they are over.",
    )

    @api.depends("company_id")
    def _compute_due(self):
        # sudo: accountants read the ledger, not the orders behind it
        entries = self.env["booking.credit.entry"].sudo()
        due_domain = self.env["booking.credit.posting"]._get_due_domain()
        for wizard in self:
            wizard._check_own(wizard.company_id)
            pending = Domain("company_id", "=", wizard.company_id.id)
            pending &= Domain("posting_state", "=", "pending")
            aggregates = [
                "__count",
                "value:sum",
                "service_date:min",
                "service_date:max",
            ]
            count, value, first, last = entries._read_group(
                pending & due_domain, [], aggregates
            )[0]
            wizard.due_count = count
            wizard.due_value = -(value or 0.0)
            wizard.first_day, wizard.last_day = first, last
            wizard.waiting_count = entries.search_count(pending) - count

    def action_post(self):
        """Post it, and open the journal entries.

        :raise AccessError: for others than accountants
        """
        self.ensure_one()
        entries = self.env["booking.credit.entry"]
        return entries.with_context(
            allowed_company_ids=self.company_id.ids
        ).action_post_all_due()
