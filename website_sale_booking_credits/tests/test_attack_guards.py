from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack_guards import ODOO, AttackGuardsCase

from .test_attack_shop import TestAttackShop
from .test_cart import TestCart
from .test_checkout import TestCheckout
from .test_express import TestExpress
from .test_safety import TestSafety
from .test_shop import TestRestricted

MODELS = "odoo.addons.website_sale_booking_credits.models"
CONTROLLERS = "odoo.addons.website_sale_booking_credits.controllers"

#: Each guard of what is put into a cart, and the test that is its attack. What two guards
#: hold is not here: `_cart_update_line_quantity`, `_may_resume`, `_is_reorder_allowed`
#: (see `TestAttackQuantities`), `_get_local_start_refusal` beyond the horizon.
CART = {
    ("product.product", "_get_quantity_refusal"): ("test_a_shopper_buys_whole_packs"),
    ("sale.order", "_read_cart_number"): (
        "test_a_shopper_buys_whole_packs",
        lambda _order, _product, quantity: float(quantity),
    ),
    f"{MODELS}.sale_order_cart.SaleOrder._cart_add": (
        "test_a_shopper_does_not_choose_the_unit",
        ODOO,
    ),
    f"{MODELS}.sale_order_cart.SaleOrder._verify_updated_quantity": (
        "test_limits_of_packs_in_the_cart",
        ODOO,
    ),
    ("sale.order", "_count_packs_allowed"): (
        "test_limits_of_packs_in_the_cart",
        (float("inf"), ""),
    ),
    ("product.template", "_get_local_start_refusal"): (
        "test_bookings_begin_on_the_grid_and_while_it_is_open"
    ),
    f"{MODELS}.sale_order_credits.SaleOrder._plan_money_payment": (
        "test_customer_credit_is_not_bought_with_itself",
        ODOO,
    ),
}

#: each guard of whose credits and packs they are
WHOSE = {
    ("sale.order", "_may_use_credits"): (
        "test_the_link_to_a_cart_gives_no_credits_to_a_visitor",
        True,
    ),
    f"{MODELS}.product_product.ProductProduct._is_add_to_cart_allowed": (
        "test_nobody_else_finds_it",
        ODOO,
    ),
    f"{CONTROLLERS}.cart.BookingCart._prepare_order_history": (
        "test_an_old_order_does_not_sell_it_again",
        ODOO,
    ),
    f"{MODELS}.sale_order.SaleOrder._get_packs_that_would_do": (
        "test_a_refusal_names_no_pack_that_is_not_in_the_shop",
        ODOO,
    ),
}

#: each guard between the cart and what is booked
PAID = {
    ("sale.order", "_get_cart_refusals"): (
        "test_who_loses_the_tag_cannot_pay_what_is_in_the_cart",
        [],
    ),
    ("sale.order", "_check_may_be_paid_here"): ("test_a_guest_neither_buys_nor_books"),
    f"{CONTROLLERS}.checkout.BookingCheckout._check_cart": (
        "test_a_guest_neither_buys_nor_books",
        ODOO,
    ),
    f"{CONTROLLERS}.checkout.BookingCheckout.process_express_checkout": (
        "test_a_visitor_needs_an_account_first",
        ODOO,
    ),
    f"{CONTROLLERS}.checkout.BookingCheckout.shop_payment_validate": (
        "test_a_link_alone_books_nothing",
        ODOO,
    ),
    f"{CONTROLLERS}.checkout.BookingCheckout._get_shop_payment_errors": (
        "test_credits_only_offers_packs_and_comes_back",
        ODOO,
    ),
    ("sale.order", "_may_pay_express"): (
        "test_no_wallet_for_what_takes_credits_only",
        True,
    ),
}


@tagged("post_install", "-at_install")
class TestAttackCartGuards(AttackGuardsCase, TestAttackShop, TestCart):
    """What keeps a shopper from choosing what a cart costs."""

    def test_guards(self):
        self.assertNeeded(CART)


@tagged("post_install", "-at_install")
class TestAttackWhoseGuards(
    AttackGuardsCase, TestAttackShop, TestSafety, TestRestricted
):
    """What keeps credits and packs to those whose they are."""

    def test_guards(self):
        self.assertNeeded(WHOSE)


@tagged("post_install", "-at_install")
class TestAttackPaidGuards(
    AttackGuardsCase, TestSafety, TestExpress, TestCheckout, TestRestricted
):
    """What keeps a cart from being booked before it is paid."""

    def test_guards(self):
        self.assertNeeded(PAID)
