from . import (
    test_attack,
    test_import,
    test_tie_out,
)
