from . import (
    test_attack_events,
    test_concurrency,
    test_course,
    test_day,
    test_guards,
    test_moving,
    test_seat,
    test_tours,
    test_waiting,
    test_waiting_money,
    test_walk_in,
)
