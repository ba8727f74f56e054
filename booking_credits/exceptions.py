"""What can go wrong, by name, so that a bridge can catch exactly that."""

from odoo.exceptions import UserError


class BookingCreditsError(UserError):
    """A refusal of ours; the person reads its sentence.

    Odoo's clients choose the dialog by the name of the class and know only their own
    names: any other is "Oops" with a traceback. The context that goes with an error
    may name a class that they know (`web`: ``error_handlers.js``).
    """

    context = {"exception_class": "odoo.exceptions.UserError"}


class InsufficientCreditsError(BookingCreditsError):
    """Fewer credits can be used than were asked for."""


class LedgerImmutableError(BookingCreditsError):
    """Somebody tried to change or delete what the ledger has recorded."""


class IdempotencyConflictError(BookingCreditsError):
    """A key that was used for one request came back with another request."""


class CreditsMovedError(BookingCreditsError):
    """A document cannot be undone because credits that it gave were used."""


class MissingSetupError(BookingCreditsError):
    """The company has no account or journal for credits yet."""


class PackLimitError(BookingCreditsError):
    """A pack is sold out, or its limits do not allow this sale."""


class UnknownVoucherError(BookingCreditsError):
    """There is no gift voucher with the code that somebody typed."""


class UnpaidBookingError(InsufficientCreditsError):
    """A booking must be paid before it is confirmed, and is not."""
