{
    "name": "Booking Credits Between Companies",
    "summary": "Credits that one company sold and another one delivers",
    "version": "19.0.1.0.0",
    "category": "Sales/Booking Credits",
    "author": "Booking Credits contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["booking_credits"],
    "data": [
        "security/ir.model.access.csv",
        "security/booking_credits_intercompany_security.xml",
        "wizard/booking_credit_hand_over_views.xml",
        "views/booking_credit_agreement_views.xml",
    ],
}
