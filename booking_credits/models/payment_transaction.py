from odoo import api, models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `payment` to set packs aside before any money is paid (S0-22).

        :raise PackLimitError: if a pack is sold out or not for this customer
        """
        transactions = super().create(vals_list)
        transactions.sale_order_ids.filtered(
            lambda order: order.state in ("draft", "sent")
        )._reserve_packs()
        return transactions
