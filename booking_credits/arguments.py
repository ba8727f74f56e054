"""What public methods take: a client can send anything in the place of anything.

``takes`` names the kind of each argument of a public method. What is not of its kind is
refused with a sentence, before the method sees it::

    @takes(quantity=number, product=records, reason=text)
    def redeem(self, quantity, product, reason=None): ...

An argument that may be left out may be None as well.
"""

import functools
import inspect
import math
from datetime import date, datetime

from odoo import fields, models
from odoo.exceptions import UserError

from .const import YEARS

#: largest id of a record, and largest number that any sum of ours can hold
MAX_ID, MAX_NUMBER = 2**31 - 1, 1e12
#: longest text, in signs: what fits on a screen of reasons
MAX_TEXT = 2000


def number(value):
    """Return a finite number of at most 10¹²; text is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(value)
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise ValueError(value)
    return value


def whole(value):
    """Return a whole number of at most 10¹²."""
    if number(value) != int(value):
        raise ValueError(value)
    return int(value)


def text(value):
    """Return text without signs that no database keeps."""
    if not isinstance(value, str) or "\x00" in value or len(value) > MAX_TEXT:
        raise ValueError(value)
    return value


def day(value):
    """Return a date of a year in which a booking can take place."""
    if isinstance(value, str):
        value = fields.Date.to_date(value)
    if not isinstance(value, date) or value.year not in YEARS:
        raise ValueError(value)
    return value


def moment(value):
    """Return a naive datetime, in UTC."""
    if isinstance(value, str):
        value = fields.Datetime.to_datetime(value)
    if not isinstance(value, datetime) or value.year not in YEARS:
        raise ValueError(value)
    return value


def records(value):
    """Return records, or ids that records can have: one, or a list."""
    if isinstance(value, models.BaseModel):
        return value
    ids = value if isinstance(value, (list, tuple)) else [value]
    for record_id in ids:
        if whole(record_id) < 1 or record_id > MAX_ID:
            raise ValueError(value)
    return value


def mapping(value):
    """Return a dict whose keys are text."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError(value)
    return value


def _name_kinds(env):
    _ = env._
    return {
        number: _("a number"),
        whole: _("a whole number"),
        text: _("text"),
        day: _("a day"),
        moment: _("a day and a time"),
        records: _("a record that exists"),
        mapping: _("names with values"),
    }


def takes(**kinds):
    """Check the arguments of a public method; see the module.

    :param kinds: by argument, what reads it: one of the functions above, or any that
        raises ``TypeError`` or ``ValueError``
    :raise UserError: (the method) naming the argument, its value and what it takes
    """

    def decorate(method):
        signature = inspect.signature(method)

        @functools.wraps(method)
        def checked(self, *args, **kwargs):
            bound = signature.bind(self, *args, **kwargs)
            for name, kind in kinds.items():
                value = bound.arguments.get(name)
                optional = signature.parameters[name].default in (None, False)
                if name not in bound.arguments or (
                    optional and (value is None or value is False)
                ):
                    continue
                try:
                    bound.arguments[name] = kind(value)
                except (TypeError, ValueError, OverflowError):
                    raise UserError(
                        self.env._(
                            "“%(value)s” cannot be taken as %(name)s: give %(kind)s.",
                            value=str(value)[:40].replace("\x00", "?"),
                            name=name,
                            kind=_name_kinds(self.env).get(kind, kind.__doc__),
                        )
                    )
            return method(*bound.args, **bound.kwargs)

        return checked

    return decorate
