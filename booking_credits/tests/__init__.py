from . import (
    test_accounting,
    test_arithmetic,
    test_cancel,
    test_concurrency,
    test_ledger,
    test_order,
    test_pack,
    test_portal,
    test_security,
    test_staff,
    test_tours,
    test_verbs,
)
