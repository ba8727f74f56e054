# What extends a method comes after what defines it: tests/test_import_order.py.
from . import (
    product_product,
    product_template,
    product_template_saving,
    product_template_shop,
    res_users,
    sale_order,
    sale_order_cart,
    sale_order_credits,
    sale_order_line,
)
