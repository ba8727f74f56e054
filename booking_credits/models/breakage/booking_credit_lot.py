from odoo import fields, models


class BookingCreditLot(models.Model):
    """The packs with which a lot was sold, for estimates of what stays unused."""

    _inherit = "booking.credit.lot"

    # copied: what is transferred stays with the packs it was sold with
    cohort_id = fields.Many2one(
        comodel_name="booking.credit.cohort",
        string="Breakage Estimate",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    breakage_method = fields.Selection(
        selection_add=[("proportional", "In proportion to use, by estimate")]
    )

    _cohort_todo_index = models.Index(
        "(company_id, id) WHERE breakage_method = 'proportional' AND cohort_id IS NULL"
    )
