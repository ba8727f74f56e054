from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack import SECRET, AttackCase, Row
from odoo.addons.booking_credits.tests.attack_routes import AttackRoutesCase

from .common import ShopCommon

METHODS = {}
FIELDS = {}

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
    "/shop/cart/update": Row(odoo=True),
    "/shop/express_checkout": Row(odoo=True),
    "/shop/payment": Row(
        "own",
        "test_cart.TestCart.test_credits_that_come_later_pay_the_cart_as_well",
    ),
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
class TestAttackShopMethods(AttackShopCase):
    """The server decides: whoever calls what, with whatever."""

    def test_public_methods(self):
        self.assertHeld(self._attack_methods(METHODS))

    def test_fields(self):
        self.assertHeld(self._attack_fields(FIELDS))

    def test_what_is_allowed_is_proven(self):
        for table in (METHODS, FIELDS, ROUTES):
            self.assertHeld(self._check_proofs(table))

    def test_dialogs_read_as_their_user(self):
        self.assertHeld(self._attack_dialogs())


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

    def test_routes(self):
        self.assertHeld(self._attack_routes(ROUTES))
