"""What a verb tells the steps that it calls, so that no caller from outside can say it.

A step that refuses a change (a *guard*) has to know that its own verb makes the change.
The verb says so with ``tell``; the guard asks with ``told``. Both use one key of the
context, whose value is an object: a context that comes by RPC holds JSON only, and so
can never hold what a guard listens to. No guard may read another key of the context.

Fields that decide money, credits or terms are declared once by their model, in
``_booking_guarded``: field → verb that changes it. ``check_guarded`` refuses them to
everybody else, whatever form, import or RPC they come from.
"""

from odoo.exceptions import AccessError
from odoo.tools import frozendict

KEY = "booking_credits_inside"


class Inside:
    """Facts, by name, that verbs told the steps below them; values are hashable."""

    __slots__ = ("facts",)

    def __init__(self, facts):
        self.facts = frozendict(facts)

    def __eq__(self, other):
        return type(other) is Inside and self.facts == other.facts

    def __hash__(self):
        return hash(self.facts)

    def __repr__(self):
        return f"Inside({dict(self.facts)})"


def tell(records, **facts):
    """Return ``records`` in an environment whose guards know ``facts``.

    :param facts: hashable values by name; they add to what was told before
    """
    before = records.env.context.get(KEY)
    known = before.facts if type(before) is Inside else {}
    return records.with_context(**{KEY: Inside({**known, **facts})})


def told(records, fact, default=None):
    """Return what a verb above told of ``fact``, or ``default``."""
    inside = records.env.context.get(KEY)
    return inside.facts.get(fact, default) if type(inside) is Inside else default


def tell_fields(records, *names):
    """Return ``records`` in an environment that may write these guarded fields."""
    return tell(records, fields=told(records, "fields", frozenset()) | {*names})


def get_guarded(records):
    """Return the guarded fields of the model: dict from field to its verb.

    Each add-on declares its own in ``_booking_guarded``.
    """
    guarded = {}
    for klass in type(records).__mro__:
        guarded.update(klass.__dict__.get("_booking_guarded", {}))
    return guarded


def check_guarded(records, vals_list):
    """Refuse values of guarded fields that come from outside their verbs.

    To be called first in ``write``, and in ``create`` with ``self.browse()``: no
    records. The superuser is the server itself: no client ever is.

    :param list vals_list: dicts of values, as given to ``create`` or ``write``
    :raise AccessError: naming the records, the field and what to do instead
    """
    if records.env.su:
        return
    if records:  # nothing may be written to no records: `button_cancel` of no invoice
        records.check_access("write")  # before a name is said
    closed = get_guarded(records).keys() - told(records, "fields", frozenset())
    defaults = {
        name: records.env.context[f"default_{name}"]
        for name in closed
        if not records and f"default_{name}" in records.env.context
    }
    for vals in vals_list:
        vals = {**defaults, **vals}
        for name in closed & vals.keys():
            if records:
                changes = any(
                    not is_same(record, name, vals[name]) for record in records
                )
            else:
                changes = bool(vals[name])
            if changes:
                raise AccessError(
                    records.env._(
                        "“%(field)s” of %(record)s follows from what was booked and "
                        "paid, and cannot be entered: use the buttons of the form.",
                        field=records._fields[name]._description_string(records.env),
                        record=", ".join(records.mapped("display_name"))
                        or records._description,
                    )
                )


def is_same(record, name, value):
    """Return whether ``value``, as given to ``write``, changes nothing."""
    field = record._fields[name]
    if field.type in ("one2many", "many2many"):
        return False
    new = field.convert_to_cache(value, record, validate=False)
    return new == field.convert_to_cache(record[name], record, validate=False)
