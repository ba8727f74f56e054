from odoo.http import request, route

from odoo.addons.sale.controllers.portal import CustomerPortal
from odoo.addons.website_sale.controllers.main import WebsiteSale
from odoo.addons.website_sale.controllers.payment import PaymentPortal

#: what the payment form knows of the amount
FORM = ("amount", "providers_sudo", "payment_methods_sudo", "tokens_sudo")


class BookingPaymentPage(WebsiteSale):
    """Asks on the payment page what the rules ask now, and says what is left."""

    def _get_shop_payment_values(self, order, **kwargs):
        """Override of `website_sale`: a deposit, unless the shopper pays all at once."""
        values = super()._get_shop_payment_values(order, **kwargs)
        asked = order._get_amount_asked()
        later = order.currency_id.round(order.amount_total - asked)
        if order.currency_id.compare_amounts(later, 0) <= 0:
            return values
        pays_all = not asked or request.params.get("pay_all") == "1"
        amount = order.amount_total if pays_all else asked
        values |= {
            "booking_asked": asked,
            "booking_later": later,
            "booking_pays_all": pays_all,
            "submit_button_label": request.env._(
                "Pay %s now", order.currency_id.format(amount)
            ),
        }
        if pays_all:
            return values
        # providers are chosen for the amount that is asked
        form = CustomerPortal._get_payment_values(
            self,
            order,
            is_down_payment=True,
            payment_amount=asked,
            website_id=request.website.id,
        )
        return {**form, **values, **{key: form[key] for key in FORM if key in form}}


class BookingShopPayment(PaymentPortal):
    """Takes a deposit on the shop's own route, under its lock and its checks."""

    @route()
    def shop_payment_transaction(self, order_id, access_token=None, **kwargs):
        """Override of `website_sale`: what is asked now, or all.

        :raise ValidationError: for another amount, naming the amounts
        """
        order = self._document_check_access("sale.order", order_id, access_token)
        if order._has_own_lines() and kwargs.get("amount"):
            order._check_amount_offered(kwargs["amount"])
            # kept with the request: neither arguments nor context of a client reach it
            request.booking_amount = kwargs["amount"]
            kwargs["amount"] = order.amount_total
        return super().shop_payment_transaction(order_id, access_token, **kwargs)

    def _create_transaction(self, *args, **kwargs):
        """Override of `payment` to take the amount that was checked."""
        amount = getattr(request, "booking_amount", None)
        if amount is not None:
            kwargs["amount"] = float(amount)
        return super()._create_transaction(*args, **kwargs)
