"""What credits are, and every movement of them: lots, operations, entries, holds.

Knows no pack, order or account; `_post` is the one door to the ledger.

Outlets: ``_keep_accounting_terms``, ``_earn_before_new_end``, ``_restart_accruals``,
``_earn_ended_passes``, ``_wake``, ``_post_entries``, ``_post_restored``,
``_check_books``, ``_check_accounts``, ``_forget_packs_bought``,
``_prepare_booking_credit_lot_vals``, ``_check_bookings``, ``_get_refusal``,
``_get_booking_document``, ``_remind_again``, ``_tell_received``.
"""

from . import (
    booking_credit_dialog,
    booking_credit_entry,
    booking_credit_job,
    booking_credit_lot,
    booking_credit_lot_check,
    booking_credit_lot_end,
    booking_credit_lot_expiry,
    booking_credit_lot_extend,
    booking_credit_lot_grant,
    booking_credit_lot_hold,
    booking_credit_lot_move,
    booking_credit_lot_redeem,
    booking_credit_lot_verbs,
    booking_credit_lot_words,
    booking_credit_operation,
    mail_message,
    res_company,
)
