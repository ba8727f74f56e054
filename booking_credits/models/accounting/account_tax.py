from odoo import models


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _get_price_included(self):
        """Return these taxes as they are when the price includes them.

        A tax on top of the price gets a twin, once: same rate, accounts and tax grids.
        """
        taxes = self.browse()
        for tax in self:
            if tax.price_include or tax.amount_type == "fixed":
                taxes |= tax
                continue
            twin = self.sudo().search(
                [
                    ("booking_credit_excluded_tax_id", "=", tax.id),
                    ("amount", "=", tax.amount),
                ],
                limit=1,
            )
            taxes |= twin or tax.sudo().copy(
                {
                    "name": self.env._("%s (included, credits)", tax.name),
                    "price_include_override": "tax_included",
                    "booking_credit_excluded_tax_id": tax.id,
                }
            )
        return taxes
