from odoo import api, fields, models


class BookingCreditEntry(models.Model):
    """How staff read movements: in words, whatever one unit is."""

    _inherit = "booking.credit.entry"

    amount_text = fields.Char(
        string="Change",
        compute="_compute_amount_text",
        help="What was added (+) or taken (−), held or freed.",
    )
    balance_text = fields.Char(
        string="Then Left",
        compute="_compute_amount_text",
        help="What was left of these credits after the movement.",
    )

    @api.depends("quantity", "held", "balance_after")
    @api.depends_context("lang")
    def _compute_amount_text(self):
        for entry in self:
            entry.amount_text = entry._get_portal_amount()
            entry.balance_text = entry._get_portal_balance()
