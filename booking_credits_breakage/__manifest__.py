{
    "name": "Booking Credits: Breakage Estimates",
    "summary": "Income from credits that will never be used, in proportion to use (IFRS 15.B46)",
    "version": "19.0.1.0.0",
    "category": "Sales/Booking Credits",
    "author": "Booking Credits contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["booking_credits"],
    "data": [
        "security/ir.model.access.csv",
        "security/booking_credits_breakage_security.xml",
        "data/cohort_data.xml",
        "wizard/booking_credit_cohort_recognise_views.xml",
        "views/booking_credit_cohort_views.xml",
        "views/res_config_settings_views.xml",
    ],
}
