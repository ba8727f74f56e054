from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Override of `base` to carry the credits of all merged customers over.

        A customer has one lot per allowance; the merge moves rows by SQL and would
        stumble over the second.
        """
        # sudo: whoever merges contacts need not be allowed to move credits.
        lots = self.env["booking.credit.lot"].sudo()
        lots._join_allowances(dst_partner | src_partners)
        return super()._update_foreign_keys(src_partners, dst_partner)
