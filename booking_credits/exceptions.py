"""What can go wrong, by name, so that a bridge can catch exactly that."""

from odoo.exceptions import UserError


class InsufficientCreditsError(UserError):
    """Fewer credits can be used than were asked for."""


class LedgerImmutableError(UserError):
    """Somebody tried to change or delete what the ledger has recorded."""


class IdempotencyConflictError(UserError):
    """A key that was used for one request came back with another request."""


class CreditsMovedError(UserError):
    """A document cannot be undone because credits that it gave were used."""


class MissingSetupError(UserError):
    """The company has no account or journal for credits yet."""


class PackLimitError(UserError):
    """A pack is sold out, or its limits do not allow this sale."""


class UnpaidBookingError(InsufficientCreditsError):
    """A booking must be paid before it is confirmed, and is not."""
