from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    _booking_guarded = {"booking_credit_cohort_id": "booking.credit.cohort._recognise"}

    booking_credit_cohort_id = fields.Many2one(
        comodel_name="booking.credit.cohort",
        string="Breakage Estimate",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The packs whose breakage this journal item recognised.",
    )
