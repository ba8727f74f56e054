{
    "name": "Booking Credits for Online Events",
    "summary": "The public schedule: book classes with credits, join waiting lists",
    "version": "19.0.1.0.0",
    "category": "Marketing/Events",
    "author": "Booking Credits contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": [
        "website_event_sale",
        "event_sale_booking_credits",
        "website_sale_booking_credits",
    ],
    "data": [
        "views/credit_templates.xml",
        "views/event_templates.xml",
        "views/registration_templates.xml",
        "views/booked_templates.xml",
        "views/portal_waiting_templates.xml",
    ],
    "demo": ["demo/event_demo.xml"],
    "assets": {
        "web.assets_frontend": [
            "website_event_sale_booking_credits/static/src/interactions/**/*",
        ],
        "web.assets_tests": [
            "website_event_sale_booking_credits/static/tests/tours/**/*"
        ],
    },
    "auto_install": True,
}
