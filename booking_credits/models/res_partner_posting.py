from odoo import fields, models


class ResPartner(models.Model):
    """Customers who need an invoice for each use of credits."""

    _inherit = "res.partner"

    booking_credit_invoice_uses = fields.Boolean(
        string="Invoices for Credits Used",
        company_dependent=True,
        groups="account.group_account_invoice,"
        "booking_credits.booking_credits_group_manager",
        help="Where VAT is due when credits are used, this customer receives an invoice "
        "for it, paid with the credits. For companies that deduct VAT.",
    )
