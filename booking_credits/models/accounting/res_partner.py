from odoo import api, fields, models


class ResPartner(models.Model):
    """Customers who need an invoice for each use of credits.

    Tells billing staff that money of a customer waits to be used.
    """

    _inherit = "res.partner"

    booking_credit_invoice_uses = fields.Boolean(
        string="Invoices for Credits Used",
        company_dependent=True,
        groups="account.group_account_invoice,"
        "booking_credits.booking_credits_group_manager",
        help="Where VAT is due when credits are used, this customer receives an invoice "
        "for it, paid with the credits. For companies that deduct VAT.",
    )

    booking_credit_unmatched = fields.Monetary(
        string="Not Matched",
        compute="_compute_booking_credit_unmatched",
        groups="account.group_account_invoice",
        help="Paid by this customer and matched with no invoice.",
    )

    @api.depends_context("company")
    def _compute_booking_credit_unmatched(self):
        lines = self.env["account.move.line"].search(
            self._get_unmatched_payment_domain()
        )
        by_customer = lines.grouped(lambda line: line.partner_id.commercial_partner_id)
        for partner in self:
            mine = by_customer.get(partner.commercial_partner_id, lines.browse())
            partner.booking_credit_unmatched = mine._get_keepable_amount()

    def action_keep_as_customer_credit(self):
        """Open the dialog that keeps what this customer paid too much (S2-23)."""
        self.ensure_one()
        lines = self.env["account.move.line"].search(
            self._get_unmatched_payment_domain()
        )
        action = lines.payment_id.action_keep_as_customer_credit()
        action["context"]["default_partner_id"] = self.id
        return action

    def _get_unmatched_payment_domain(self):
        """Return the domain of open receivable lines of these customers' payments."""
        return [
            ("partner_id", "child_of", self.commercial_partner_id.ids),
            ("company_id", "=", self.env.company.id),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("amount_residual", "<", 0),
            ("payment_id.payment_type", "=", "inbound"),
            ("payment_id.partner_type", "=", "customer"),
        ]
