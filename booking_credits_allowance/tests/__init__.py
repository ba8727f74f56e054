from . import (
    test_allowance,
    test_attack,
)
