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

    # === Steps of the verbs, for bridges to extend === #

    def _prepare_same_terms(self, company=None):
        """Override: another company has its own estimates."""
        terms = super()._prepare_same_terms(company)
        if company and company != self.company_id:
            terms.pop("cohort_id", None)
        return terms
