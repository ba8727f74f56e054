from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_total_of_quantities(self, quantities):
        """Return what these quantities of lines of this invoice cost, taxes included.

        Computed as for the invoice itself, so that a credit note of these quantities
        has this total.

        :param dict quantities: by invoice line
        """
        self.ensure_one()
        account_tax = self.env["account.tax"]
        base_lines = []
        for line, quantity in quantities.items():
            base_line = self._prepare_product_base_line_for_taxes_computation(line)
            base_lines.append({**base_line, "quantity": quantity})
        account_tax._add_tax_details_in_base_lines(base_lines, self.company_id)
        account_tax._round_base_lines_tax_details(base_lines, self.company_id)
        totals = account_tax._get_tax_totals_summary(
            base_lines, self.currency_id, self.company_id
        )
        return totals["total_amount_currency"]
