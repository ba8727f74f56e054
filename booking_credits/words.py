"""How numbers of credits are written for people."""

from datetime import time

from babel.dates import format_skeleton

from odoo.tools import float_round, format_time
from odoo.tools.misc import babel_locale_parse, formatLang, get_lang


def format_units(env, number):
    """Write a number of units as the reader's language does: “1.5”, “1,5”, “1 000”.

    >>> format_units(env, 1.5)  # doctest: +SKIP
    '1.5'

    :param number: float or ``Decimal``; digits beyond those of credits are dropped
    """
    digits = env["decimal.precision"].precision_get("Booking Credits")
    number = float_round(float(number), precision_digits=digits)
    text = formatLang(env, number, digits=digits)
    if digits:
        text = text.rstrip("0").rstrip(get_lang(env).decimal_point)
    return text


def is_singular(env, number):
    """Return whether ``number`` units take the singular in the reader's language.

    In French everything below two does.
    """
    if get_lang(env).code.startswith(("fr", "pt_BR")):
        return abs(number) < 2
    return abs(number) == 1


def format_hours(env, hours):
    """Write a number of hours: “24 h”, “1 h 30 min”, “30 min”."""
    whole, minutes = divmod(round(float(hours) * 60), 60)
    if not minutes:
        return env._("%s h", whole)
    if not whole:
        return env._("%s min", minutes)
    return env._("%(hours)s h %(minutes)s min", hours=whole, minutes=minutes)


def format_day(env, day):
    """Write a day near today, without its year: “June 30”, “30 juin”."""
    return format_skeleton("MMMMd", day, locale=babel_locale_parse(get_lang(env).code))


def format_clock(env, hours):
    """Write a time of day, in hours, as the language does: 17.5 → “17:30”."""
    minutes = round(hours * 60)
    if minutes >= 24 * 60:
        return env._("midnight")
    return format_time(env, time(minutes // 60, minutes % 60), time_format="short")
