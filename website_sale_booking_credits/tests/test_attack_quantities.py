from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack_guards import ODOO, AttackGuardsCase
from odoo.addons.booking_credits.tests.test_attack_quantities import QuantitiesCase

from .common import ShopCommon
from .test_express import ADDRESS

MODELS = "odoo.addons.website_sale_booking_credits.models"


@tagged("post_install", "-at_install")
class TestAttackCartQuantities(QuantitiesCase, ShopCommon):
    """Ways to a number that are not the form of a product: again, quickly, by a wallet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._need_card()
        cls.provider.allow_express_checkout = True

    def setUp(self):
        super().setUp()
        self._sign_in()

    # --- ordering again

    def test_ordering_again_orders_what_is_sold_now(self):
        """Five packs of last year, three of them today; no booking without a date."""
        self._buy()
        old = self._create_order(self.pack, product_uom_qty=5)
        old.action_confirm()
        old.order_line.copy({"order_id": old.id, "product_id": self.yoga.id})
        booked = self._book()
        self.company.booking_max_quantity = 3
        for number in (-1, 0, 0.5, 1e300):
            answer = self._send(
                "/my/orders/reorder",
                order_id=old.id,
                quantity=number,
                product_uom_qty=number,
            )
            self.assertNotIn("error", answer)
            line = self._cart().order_line
            self.assertEqual(line.product_id, self.pack)
            self.assertEqual(line.product_uom_qty, 3)
            line.unlink()
        answer = self._send("/my/orders/reorder", order_id=booked.id)
        self.assertRefused(answer, "Nothing can be reordered")

    def test_nobody_orders_what_another_did_again(self):
        old = self._create_order(self.pack)
        old.action_confirm()
        self._sign_in(self.other)
        for token in ({}, {"access_token": "x"}):
            self._send("/my/orders/reorder", order_id=old.id, **token)
            self.assertFalse(self._cart(self.other).order_line)

    def test_quick_orders_are_whole_and_within_the_limit(self):
        """The history of orders beside the cart adds by a number that it sends."""
        params = {
            "product_template_id": self.pack.product_tmpl_id.id,
            "product_id": self.pack.id,
        }
        for number in (-1, 0, 0.5, -(2**40)):
            self._send("/shop/cart/quick_add", quantity=number, **params)
            self.assertFalse(self._cart().order_line)
        for number in (5000, 2**40):
            self._send("/shop/cart/quick_add", quantity=number, **params)
            self.assertEqual(self._cart().order_line.product_uom_qty, 99)
        answer = self._send("/shop/cart/quick_add", quantity=1e300, **params)
        self.assertRefused(answer, "whole number")

    # --- a wallet

    def _express(self, address=(), **params):
        """Confirm in the wallet, with whatever it sends along."""
        billing = {**ADDRESS, **dict(address)}
        return self._send("/shop/express_checkout", billing_address=billing, **params)

    def test_a_wallet_chooses_no_number(self):
        """What it sends along changes neither the cart nor what is asked."""
        self._add(self.pack)
        order = self._cart()
        line = order.order_line
        for number in (-1, 0.01, 2**40, 1e300):
            tampered = {
                "quantity": number,
                "product_uom_qty": number,
                "amount_total": number,
                "order_line": [[1, line.id, {"product_uom_qty": number}]],
            }
            self._express(tampered, **tampered)
            self.assertEqual((line.product_uom_qty, order.amount_total), (1, 90))
            answer = self._send(
                f"/shop/payment/transaction/{order.id}",
                access_token=order._portal_ensure_token(),
                provider_id=self.provider.id,
                payment_method_id=self.provider.payment_method_ids[:1].id,
                token_id=None,
                amount=number,
                flow="direct",
                tokenization_requested=False,
                landing_route="/shop/payment/validate",
            )
            self.assertRefused(answer, "cart has been updated|are asked")
        self.assertFalse(order.transaction_ids)

    def test_a_wallet_pays_nothing_that_is_not_sold_any_more(self):
        """Two packs in a cart of last week, one for each order today."""
        self._add(self.pack, quantity=2)
        self.pack.booking_credit_max_order = 1
        self.assertRefused(self._express(), "too many for one order")
        self.assertFalse(self._cart().transaction_ids)


#: each guard of these ways, and the test that is its attack
GUARDS = {
    f"{MODELS}.sale_order_line.SaleOrderLine._is_reorder_allowed": (
        "test_ordering_again_orders_what_is_sold_now",
        ODOO,
    ),
    f"{MODELS}.sale_order_cart.SaleOrder._verify_updated_quantity": (
        "test_ordering_again_orders_what_is_sold_now",
        ODOO,
    ),
    ("sale.order", "_read_cart_number"): (
        "test_quick_orders_are_whole_and_within_the_limit",
        lambda _order, _product, _quantity: 1.0,
    ),
    ("sale.order", "_get_cart_refusals"): (
        "test_a_wallet_pays_nothing_that_is_not_sold_any_more",
        [],
    ),
}


@tagged("post_install", "-at_install")
class TestAttackCartQuantityGuards(AttackGuardsCase, TestAttackCartQuantities):
    """Each guard of these ways is needed: without it an attack succeeds."""

    def test_guards(self):
        self.assertNeeded(GUARDS)
