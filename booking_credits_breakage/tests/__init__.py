from . import (
    test_attack,
    test_breakage_cohort,
    test_french_account,
    test_posting,
    test_random_postings,
)
