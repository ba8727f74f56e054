from . import (
    booking_credit_cohort_recognise,
)
