{
    "name": "Booking Credits: Allowances",
    "summary": "Credits that customers receive again every week, month or year",
    "version": "19.0.1.0.0",
    "category": "Sales/Booking Credits",
    "author": "Booking Credits contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["booking_credits"],
    "data": [
        "security/ir.model.access.csv",
        "security/booking_credits_allowance_security.xml",
        "data/ir_cron_data.xml",
        "views/booking_credit_allowance_views.xml",
    ],
}
