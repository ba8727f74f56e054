from odoo.http import request, route

from odoo.addons.website_sale.controllers.main import WebsiteSale


class BookingCheckout(WebsiteSale):
    """Signs customers in, and skips what a cart paid with credits does not need."""

    # === Overrides of `website_sale` === #

    def _check_cart(self, order_sudo):
        """Override of `website_sale`: credits need an account (S1-28)."""
        if redirection := super()._check_cart(order_sudo):
            return redirection
        if request.env.user._is_public() and order_sudo._needs_customer_account():
            return request.redirect("/web/login?redirect=/shop/cart")
        if order_sudo._get_cart_refusals():
            return request.redirect("/shop/cart")
        return None

    def _check_addresses(self, order_sudo):
        """Override of `website_sale`: without an invoice no address is needed."""
        if order_sudo._is_paid_with_credits_only():
            return None
        return super()._check_addresses(order_sudo)

    def _get_shop_payment_errors(self, order):
        """Override of `website_sale`: no card form for what credits pay (S0-11)."""
        errors = super()._get_shop_payment_errors(order)
        if must := order._get_credit_only_unpaid_lines():
            errors.append(
                (
                    request.env._("These bookings are paid with credits only"),
                    request.env._(
                        "Credits are missing for %s. Go back to the cart to choose a "
                        "pack: your booking waits there.",
                        ", ".join(must.product_id.mapped("name")),
                    ),
                )
            )
        return errors

    @route()
    def shop_payment(self, **post):
        """Override of `website_sale` to count credits as they are now."""
        if request.cart:
            request.cart._refresh_cart_credits()
        return super().shop_payment(**post)

    @route()
    def shop_payment_validate(self, sale_order_id=None, **post):
        """Override of `website_sale`: a link alone spends no credits.

        Only the form of the page confirms what credits pay. Whoever comes back from a
        payment has begun one.
        """
        order = request.cart
        if (
            request.httprequest.method != "POST"
            and sale_order_id is None
            and order
            and order.state == "draft"
            and order.order_line._get_credit_lines()
            and not order.get_portal_last_transaction()
        ):
            return request.redirect("/shop/payment")
        return super().shop_payment_validate(sale_order_id=sale_order_id, **post)

    @route()
    def process_express_checkout(self, *args, **kwargs):
        """Override of `website_sale` to make no customer of a wallet without account.

        :raise UserError: if the cart needs an account, or naming what must change
        """
        if request.cart:
            request.cart._check_may_be_paid_here()
        return super().process_express_checkout(*args, **kwargs)

    # === Booking at once === #

    @route(
        "/shop/cart/book",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def cart_book(self, **_kwargs):
        """Confirm a cart of which nothing is paid now: by credits, or at the visit (S0-01)."""
        order = request.cart
        if not order:
            # pressed twice: show what the first one has done
            return request.redirect("/shop/confirmation")
        # pressed twice at once: the second waits, begins anew, and finds no cart
        order._lock_cart()
        order._refresh_cart_credits()
        if redirection := self._check_cart_and_addresses(order):
            return redirection
        if order._is_paid_later():
            return self._book_to_pay_later(order)
        if not order._is_paid_with_credits_only():
            return request.redirect("/shop/checkout?try_skip_step=true")
        request.session["sale_last_order_id"] = order.id
        return self.shop_payment_validate()

    def _book_to_pay_later(self, order):
        """Confirm a cart that is paid at the visit, as its rules say (S4-01)."""
        order._check_cart_is_ready_to_be_paid()
        request.session["sale_last_order_id"] = order.id
        order._validate_order()
        request.website.sale_reset()
        return request.redirect("/shop/confirmation")
