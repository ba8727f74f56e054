from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.booking_credits.typed import read_id
from odoo.addons.website_sale.controllers.cart import Cart

#: pages on which a shopper decides about credits
BACK = ("/shop/cart", "/shop/payment")


class BookingCart(Cart):
    """Uses credits, or does not, and buys those that are missing."""

    @route()
    def cart(self, *args, **kwargs):
        """Override of `website_sale` to count credits that have come meanwhile."""
        if request.cart:
            request.cart._refresh_cart_credits()
        return super().cart(*args, **kwargs)

    @route()
    def update_cart(self, *args, **kwargs):
        """Override of `website_sale`: what is to do next follows the cart as well."""
        values = super().update_cart(*args, **kwargs)
        order = request.cart
        if order and order._concerns_credits():
            values["website_sale.shorter_cart_summary"] = request.env[
                "ir.ui.view"
            ]._render_template(
                "website_sale.shorter_cart_summary",
                {
                    "website_sale_order": order,
                    "show_shorter_cart_summary": True,
                    **self._get_express_shop_payment_values(order),
                    **request.website._get_checkout_step_values(),
                },
            )
        return values

    def _get_express_shop_payment_values(self, order, **kwargs):
        """Override of `website_sale`: no express buttons for what they cannot pay."""
        values = super()._get_express_shop_payment_values(order, **kwargs)
        if not order._may_pay_express():
            values["providers_sudo"] = request.env["payment.provider"]
        return values

    def _prepare_order_history(self):
        """Override of `website_sale`: only what this shopper may order again.

        Neither packs that are not offered any more, nor bookings without a new date.
        """
        values = super()._prepare_order_history()
        groups = [
            {
                **group,
                "lines": group["lines"].filtered(lambda line: line._may_order_again()),
            }
            for group in values["order_history"]
        ]
        return {**values, "order_history": [g for g in groups if g["lines"]]}

    @route(
        "/shop/cart/credits",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def cart_credits(self, use="best", back="/shop/cart", **_kwargs):
        """Use the best credits (``best``), none (``none``), or the chosen ones."""
        order = request.cart
        if order and order._may_use_credits():
            lot_ids = None
            if use == "chosen":
                chosen = request.httprequest.form.getlist("lot")
                lot_ids = {int(lot_id) for lot_id in chosen if lot_id.isdecimal()}
            order._choose_cart_credits(use != "none", lot_ids)
        return request.redirect(back if back in BACK else BACK[0])

    @route(
        "/shop/cart/top_up",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def cart_top_up(self, product_id="", **_kwargs):
        """Buy a pack in a cart of its own; the bookings wait in theirs (S0-18)."""
        # read now: the cart of a request is looked up when it is first used
        waiting = request.cart and (
            request.cart.booking_waiting_cart_id or request.cart
        )
        waiting_id = waiting.id if waiting and waiting.state == "draft" else False
        product = request.env["product.product"].browse(read_id(product_id)).exists()
        if not product or not product._is_add_to_cart_allowed():
            raise UserError(request.env._("This pack is not for sale any more."))
        order = request.website._create_cart()
        order.booking_waiting_cart_id = waiting_id
        order._cart_add(product_id=product.id, quantity=1)
        return request.redirect("/shop/checkout?try_skip_step=true")

    @route(
        "/shop/cart/resume",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def cart_resume(self, **_kwargs):
        """Go back to the bookings that wait, without buying credits for them."""
        waiting = request.cart.booking_waiting_cart_id
        if waiting._may_resume():
            request.session["sale_order_id"] = waiting.id
            request.session["website_sale_cart_quantity"] = waiting.cart_quantity
        return request.redirect("/shop/cart")
