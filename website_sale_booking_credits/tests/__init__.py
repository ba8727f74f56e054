from . import test_cart, test_checkout, test_loyalty, test_safety, test_shop, test_tours
