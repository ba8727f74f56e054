from odoo import models


class PaymentTransaction(models.Model):
    """Frees packs and credits as soon as a payment has failed (S1-08).

    The job does the same for payments that are never heard of again.
    """

    _inherit = "payment.transaction"

    def _set_canceled(self, *args, **kwargs):
        """Override of `payment` to free what waited for this payment."""
        transactions = super()._set_canceled(*args, **kwargs)
        self._release_given_up_orders()
        return transactions

    def _set_error(self, *args, **kwargs):
        """Override of `payment` to free what waited for this payment."""
        transactions = super()._set_error(*args, **kwargs)
        self._release_given_up_orders()
        return transactions

    def _release_given_up_orders(self):
        failed = self.filtered(lambda tx: tx.state in ("cancel", "error"))
        for order in failed.sale_order_ids:
            if order.state in ("draft", "sent"):
                order._release_given_up()
