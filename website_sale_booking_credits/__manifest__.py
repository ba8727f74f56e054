{
    "name": "Booking Credits for eCommerce",
    "summary": "Credit packs in the shop, credits at the checkout",
    "version": "19.0.1.1.0",
    "category": "Website/Website",
    "author": "Booking Credits contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["website_sale", "booking_credits"],
    "data": [
        "views/booking_credit_setup_views.xml",
        "views/product_templates.xml",
        "views/cart_templates.xml",
        "views/checkout_templates.xml",
        "views/header_templates.xml",
    ],
    "demo": ["demo/product_demo.xml"],
    "assets": {
        "web.assets_frontend": [
            "website_sale_booking_credits/static/src/scss/shop.scss",
            "website_sale_booking_credits/static/src/interactions/**/*",
        ],
        "web.assets_tests": ["website_sale_booking_credits/static/tests/tours/**/*"],
    },
    "post_init_hook": "post_init_hook",
    "auto_install": True,
}
