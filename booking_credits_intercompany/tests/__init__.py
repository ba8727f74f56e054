from . import (
    test_agreement,
    test_attack,
)
