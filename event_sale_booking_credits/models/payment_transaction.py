from odoo import api, models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `payment` to take no money for a seat that is offered no more.

        :raise UserError: naming the class
        """
        transactions = super().create(vals_list)
        orders = transactions.sale_order_ids
        orders.filtered(
            lambda order: order.state in ("draft", "sent")
        )._check_offer_stands()
        return transactions
