from odoo import api, fields, models
from odoo.exceptions import UserError


class BookingCreditKeep(models.TransientModel):
    """Shows what of a payment becomes customer credit before it is done.

    Nothing is proposed silently: open invoices of the customer are named first.
    """

    _name = "booking.credit.keep"
    _inherit = ["booking.credit.dialog"]
    _description = "Keep as Customer Credit"

    payment_ids = fields.Many2many(
        comodel_name="account.payment", string="Payments", readonly=True
    )
    company_id = fields.Many2one(related="payment_ids.company_id", related_sudo=False)
    currency_id = fields.Many2one(related="company_id.currency_id", related_sudo=False)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        help="Who may use the credit; empty: each payment's customer.",
    )
    amount = fields.Monetary(
        string="Customer Credit",
        compute="_compute_amount",
        help="Matched with no invoice. What pays an invoice is not touched.",
    )
    open_invoices = fields.Char(compute="_compute_amount")

    @api.depends("payment_ids")
    def _compute_partner_id(self):
        for wizard in self:
            payers = wizard.payment_ids.partner_id
            wizard.partner_id = payers if len(payers) == 1 else False

    @api.depends("payment_ids")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = sum(wizard.payment_ids.mapped("booking_credit_keepable"))
            wizard.open_invoices = ", ".join(
                f"{invoice.name} ({invoice.currency_id.format(invoice.amount_residual)})"
                for invoice in wizard._get_open_invoices()
            )

    def action_keep(self):
        """Keep the money as credit and open it.

        :raise UserError: if nothing is left to keep
        """
        self.ensure_one()
        if self.currency_id.is_zero(self.amount):
            raise UserError(
                self.env._(
                    "Nothing is left to keep of %s: it is matched with invoices, or "
                    "is customer credit already.",
                    ", ".join(self.payment_ids.mapped("name")),
                )
            )
        self.payment_ids.keep_as_customer_credit(self.partner_id)
        return self.payment_ids.action_view_booking_credits()

    def _get_open_invoices(self):
        payers = self.payment_ids.partner_id.commercial_partner_id
        return self.env["account.move"].search(
            [
                ("move_type", "in", ("out_invoice", "out_receipt")),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("commercial_partner_id", "in", payers.ids),
                ("company_id", "in", self.payment_ids.company_id.ids),
            ],
            order="invoice_date_due, id",
        )
