"""What may fail beside money: a mail, a PDF, a printer.

What was paid, granted or booked stays, whatever happens to the paper about it. Whoever
works with the record reads that it failed and why, and does it again from there.
"""

import logging
from contextlib import contextmanager
from types import SimpleNamespace

from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


@contextmanager
def safely(record, what):
    """Run the block in a savepoint; if it fails, note it on ``record`` and go on.

    A lost race is none of these failures: the whole request is run again.

    :param record: one record with a chatter, on which staff look; where it has
        activities too, its responsible gets one
    :param str what: what was to be done, for people: “Mail with the voucher”
    :return: an object that says afterwards whether it ``failed``
    """
    outcome = SimpleNamespace(failed=False)
    # what was written before fails as itself, not as a mail
    record.env.flush_all()
    try:
        with record.env.cr.savepoint():
            yield outcome
    except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError):
        raise
    except Exception as error:
        outcome.failed = True
        _logger.warning(
            "Booking credits: “%s” failed for %s, and the rest went on",
            what,
            record,
            exc_info=True,
        )
        _tell_failure(record, what, error)


def _tell_failure(record, what, error):
    """Note on ``record`` that ``what`` failed; a note that fails is only logged."""
    # sudo: who pays or books may be a customer.
    record = record.sudo()
    lines = str(error).strip().splitlines()
    text = record.env._(
        "%(what)s failed: %(error)s. Nothing else was undone. Try again from here.",
        what=what,
        error=(lines[0] if lines else type(error).__name__)[:250].rstrip("."),
    )
    try:
        with record.env.cr.savepoint():
            record._message_log(body=text)
            if hasattr(record, "activity_schedule"):
                record.activity_schedule(
                    "mail.mail_activity_data_warning",
                    note=text,
                    user_id=_get_reader(record),
                )
    except Exception:
        _logger.warning("Booking credits: %s could not be noted", what, exc_info=True)


def _get_reader(record):
    """Return the id of who looks after ``record``: the seller, else who acts."""
    for name in ("user_id", "invoice_user_id"):
        if name in record._fields and record[name]:
            return record[name].id
    user = record.env.user
    return user.id if user._is_internal() else record.env.ref("base.user_admin").id
