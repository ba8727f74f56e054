from . import (
    accounting,
    cancelling,
    customers,
    insight,
    ledger,
    notices,
    packs,
    paying,
    prepaying,
    reports,
    settings,
)
