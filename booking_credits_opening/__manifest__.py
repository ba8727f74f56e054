{
    "name": "Booking Credits: Opening Balances",
    "summary": "Load credits that were sold before, from a file, with their opening entry",
    "version": "19.0.1.0.0",
    "category": "Sales/Booking Credits",
    "author": "Booking Credits contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["booking_credits"],
    "data": [
        "security/ir.model.access.csv",
        "security/booking_credits_opening_security.xml",
        "report/report_import_templates.xml",
        "views/booking_credit_import_views.xml",
    ],
}
