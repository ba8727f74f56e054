from . import (
    account_move,
    account_move_line,
    booking_credit_breakage,
    booking_credit_cohort,
    booking_credit_cohort_run,
    booking_credit_cohort_step,
    booking_credit_lot,
    booking_credit_posting,
    booking_credit_tie_out,
    res_company,
    res_config_settings,
)
