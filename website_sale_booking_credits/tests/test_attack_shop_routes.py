from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack import (
    SECRET,
    AttackCase,
    AttackTests,
    Row,
)
from odoo.addons.booking_credits.tests.attack_routes import AttackRoutesCase

from .common import ShopCommon

ROUTES = {
    # credits that came meanwhile are planned for the cart
    "/shop/cart": Row(
        "own",
        "test_cart.TestCart.test_credits_that_come_later_pay_the_cart_as_well",
    ),
    "/shop/cart/book": Row(
        "own", "test_checkout.TestCheckout.test_booking_twice_by_accident_books_once"
    ),
    "/shop/cart/credits": Row(
        "own",
        "test_cart.TestCart.test_the_best_credits_pay_and_others_can_be_chosen",
    ),
    "/shop/cart/resume": Row(),
    # a cart of whoever asks
    "/shop/cart/top_up": Row(
        "own other desk manager2",
        "test_checkout.TestCheckout.test_credits_only_offers_packs_and_comes_back",
    ),
    # Odoo reads the number with int(), and stops with an error in Python at what is none;
    # what numbers do is in `TestAttackCartQuantities`
    "/shop/cart/update": Row(odoo=True),
    # Odoo's method wants an address, and stops with an error in Python without one
    "/shop/express_checkout": Row(odoo=True),
    "/shop/payment": Row(
        "own",
        "test_cart.TestCart.test_credits_that_come_later_pay_the_cart_as_well",
    ),
    "/shop/payment/transaction/<int:order_id>": Row(),
    # Odoo asserts that the order is the one that was paid
    "/shop/payment/validate": Row(odoo=True),
}


class AttackShopCase(AttackCase, ShopCommon):
    """Anna's cart with a booking, which waits for her."""

    addon = "website_sale_booking_credits"

    def _create_attackers(self):
        """Override: the shop is that of Anna's company."""
        users = super()._create_attackers()
        for role in ("own", "other"):
            users[role].email = f"{role}@example.com"
        return users

    def _create_records(self):
        """Override: and a cart of Anna on the website."""
        cart = self._create_order(self.yoga, partner=self.anna)
        cart.write({"website_id": self.website.id})
        cart.order_line.name = f"Yoga for Anna {SECRET}"
        self.cart_order = cart
        return super()._create_records()


@tagged("post_install", "-at_install")
class TestAttackShopMethods(AttackTests, AttackShopCase):
    """The server decides: whoever calls what, with whatever."""

    routes = ROUTES


@tagged("post_install", "-at_install")
class TestAttackShopRoutes(AttackShopCase, AttackRoutesCase):
    """What can be asked for without a client of ours."""

    def _get_good_texts(self):
        """Override: what the forms of the shop send."""
        return {
            **super()._get_good_texts(),
            "use": "chosen",
            "back": "/shop/cart",
            "product_id": str(self.pack.id),
            "sale_order_id": str(self.cart_order.id),
            "line_id": str(self.cart_order.order_line.id),
            "quantity": "1",
        }

    def _get_posted_names(self, url):
        """Override: what the page of the cart sends."""
        return ["line_id", "quantity"] if url == "/shop/cart/update" else []

    def test_routes(self):
        self.assertHeld(self._attack_routes(ROUTES))
