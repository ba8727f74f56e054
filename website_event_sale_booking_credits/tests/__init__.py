from . import (
    test_attack_guards,
    test_attack_schedule,
    test_booking,
    test_concurrency,
    test_rubbish,
    test_schedule,
    test_tours,
    test_waiting_list,
)
