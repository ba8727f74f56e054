from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import str2bool

from ...safely import safely


class PaymentTransaction(models.Model):
    """Frees packs and credits as soon as a payment has failed (S1-08).

    The job does the same for payments that are never heard of again.
    """

    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `payment` to set packs and credits aside before money is taken.

        What could not be confirmed any more, since the company's limits have changed
        meanwhile, is refused here and not after the payment.

        :raise ValidationError: naming product, order, number and remedy
        :raise PackLimitError: if a pack is sold out or not for this customer (S0-22)
        :raise InsufficientCreditsError: if the credits that pay a part of the order
            are not there any more (S1-08), or if credits must pay a booking (S0-11)
        """
        transactions = super().create(vals_list)
        orders = transactions.sale_order_ids.filtered(
            lambda order: order.state in ("draft", "sent")
        )
        orders.order_line._check_booking_rules()
        orders._reserve_packs()
        orders._hold_booking_credits()
        orders._check_credit_only()
        return transactions

    def _check_amount_and_confirm_order(self):
        """Override of `sale`: money has moved, so nothing may be refused any more.

        An order that cannot be confirmed, or of which less was paid than is asked,
        stays a quotation, with its payment, and somebody is asked to look after it.
        """
        confirmed = self.env["sale.order"]
        for transaction in self:
            try:
                with self.env.cr.savepoint():
                    confirmed |= super(
                        PaymentTransaction, transaction
                    )._check_amount_and_confirm_order()
            except UserError as error:
                transaction._report_unconfirmed_order(error)
            else:
                transaction._report_paid_too_little()
        self._invoice_sold_packs(confirmed)
        return confirmed

    def _send_invoice(self):
        """Override of `sale`: an invoice that cannot be sent is paid all the same."""
        for transaction in self:
            invoices = transaction.invoice_ids
            if not invoices:
                continue
            with safely(invoices[0], self.env._("Sending the invoice")):
                super(PaymentTransaction, transaction)._send_invoice()

    def _invoice_sold_packs(self, orders):
        """Invoice the packs among ``orders`` that these transactions have paid (S1-26).

        Their credits come with the payment of the invoice, so a customer who has paid
        online need not wait for staff, whatever the setting on automatic invoices.
        """
        parameters = self.env["ir.config_parameter"].sudo()
        if str2bool(parameters.get_param("sale.automatic_invoice")):
            return  # all orders are invoiced next
        for transaction in self.filtered(lambda tx: tx.state == "done"):
            sold = transaction.sale_order_ids & orders
            if any(sold.order_line.product_id.mapped("booking_credit_pack")):
                transaction._invoice_sale_orders()

    def _report_paid_too_little(self):
        """Ask staff to look after orders of which less was paid than is asked.

        The money stays with the order: the customer pays the rest, or gets it back.
        """
        self.ensure_one()
        for order in self.sale_order_ids:
            if order.state not in ("draft", "sent") or not order._has_own_lines():
                continue
            asked = order._get_amount_to_confirm()
            self._report_unconfirmed_order(
                self.env._(
                    "%(order)s asks %(asked)s before it is confirmed, and %(paid)s "
                    "are paid. Ask for the rest, or pay it back.",
                    paid=order.currency_id.format(order.amount_paid),
                    asked=order.currency_id.format(asked),
                    order=order.name,
                )
            )

    def _report_unconfirmed_order(self, error):
        """Ask staff to look after the paid order of this transaction."""
        self.ensure_one()
        for order in self.sale_order_ids:
            order.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._(
                    "%(amount)s are paid, but %(order)s could not be confirmed",
                    amount=self.currency_id.format(self.amount),
                    order=order.name,
                ),
                note=str(error),
                user_id=(order.user_id or order.create_uid).id,
            )

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
