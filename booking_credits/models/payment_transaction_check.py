from odoo import api, models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `payment` to take no money for what credits must pay (S0-11).

        :raise InsufficientCreditsError: naming the booking and the packs that would do
        """
        transactions = super().create(vals_list)
        orders = transactions.sale_order_ids
        orders.filtered(
            lambda order: order.state in ("draft", "sent")
        )._check_credit_only()
        return transactions
