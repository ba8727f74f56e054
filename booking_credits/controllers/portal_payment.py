from odoo.exceptions import AccessError, MissingError
from odoo.http import route

from odoo.addons.sale.controllers.portal import PaymentPortal


class BookingPaymentPortal(PaymentPortal):
    """Takes from customers what their order asks, and no other amount."""

    @route()
    def portal_order_transaction(self, order_id, access_token=None, **kwargs):
        """Override of `sale`: what is asked, or the whole rest; one payment at a time.

        :raise ValidationError: for another amount
        :raise UserError: while another payment is being made
        """
        try:
            order = self._document_check_access("sale.order", order_id, access_token)
        except (AccessError, MissingError):
            order = None  # Odoo says so
        if order and order._has_own_lines():
            order._lock_to_pay()
            order._check_amount_offered(kwargs.get("amount"))
        return super().portal_order_transaction(order_id, access_token, **kwargs)
