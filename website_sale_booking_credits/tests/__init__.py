from . import (
    test_attack_shop,
    test_cart,
    test_checkout,
    test_concurrency_shop,
    test_express,
    test_goods,
    test_loyalty,
    test_prices,
    test_safety,
    test_shop,
    test_tours,
    test_websites,
)
