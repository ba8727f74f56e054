"""What ``BookingCreditsCommon`` makes, made once for many runs of the tests.

``bin/test`` lets one class commit it in a new database, and runs the tests in copies.
In any other database nothing of this is found, and each class makes its own.
"""

import json
import os

from freezegun import api as freezegun

from odoo.models import BaseModel
from odoo.modules.registry import Registry
from odoo.tests.common import get_db_name

from odoo.addons.base.tests.common import BaseCommon

#: the row of ir.config_parameter that says what was made
KEY = "booking_credits.prepared_tests"
#: the environment variable that names the only database in which it may be committed
WISH = "BOOKING_CREDITS_PREPARE"
#: names that must be unique are set aside, so that other tests can take them
ASIDE = {"res.users": ("res_users", "login"), "res.company": ("res_company", "name")}
PREFIX = "prepared "

_found = {}


def found():
    """Return what was prepared in this database, as saved; None if nothing was."""
    database = get_db_name()
    if database not in _found:
        with Registry(database).cursor() as cr:
            cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", [KEY])
            row = cr.fetchone()
        _found[database] = row and json.loads(row[0])
    return _found[database]


def fits(cls, common):
    """Tell whether a class would make just what was prepared for ``common``."""
    if cls.country_code or cls.chart_template or cls.freeze_time:
        return False
    if freezegun.freeze_factories:  # it makes its data on another day
        return False
    mro, steps = cls.__mro__, common.__mro__
    begin, end = mro.index(common), mro.index(BaseCommon)
    steps = steps[: steps.index(BaseCommon) + 1]
    if mro[begin : end + 1] != steps:
        return False
    hooks = {name for step in steps for name in vars(step) if _is_hook(step, name)}
    return not any(hooks & vars(klass).keys() for klass in mro[:begin])


def _is_hook(step, name):
    """Tell whether making the data may call this name of a class."""
    value = vars(step)[name]
    return isinstance(value, classmethod | staticmethod) and name not in (
        "setUpClass",
        "tearDownClass",
    )


def load(cls):
    """Give a class what was prepared, in its own transaction."""
    saved = found()
    _rename(cls.env.cr, saved["aside"], back=True)
    cls.env = cls.env(user=saved["uid"], context=saved["context"])
    for name, value in saved["made"].items():
        setattr(cls, name, _unpack(cls.env, value))
    cls.maxDiff, cls.tax_number = None, 0


def save(cls):
    """Commit what ``cls`` has made, for others to load: in a new database only."""
    if os.environ.get(WISH) != cls.env.cr.dbname:
        raise AssertionError(
            f"{WISH} does not name this database: nothing is committed"
        )
    packed = {name: _pack(value) for name, value in vars(cls).items()}
    made = {name: value for name, value in packed.items() if value is not None}
    aside = {model: _ids(made, model) for model in ASIDE}
    aside["res.users"] = sorted({*aside["res.users"], cls.env.uid})
    saved = {
        "uid": cls.env.uid,
        "context": dict(cls.env.context),
        "aside": aside,
        "made": made,
    }
    cls.env["ir.config_parameter"].sudo().set_param(KEY, json.dumps(saved))
    cls.env.flush_all()
    _rename(cls.env.cr, aside)
    # a test's own cursor forbids it
    type(cls.cr).commit(cls.cr)
    cls.env.invalidate_all()


def _rename(cr, aside, back=False):
    """Set unique names aside, or take them back."""
    for model, ids in aside.items():
        table, column = ASIDE[model]
        value = f"substr({column}, {len(PREFIX) + 1})"
        if not back:
            value = f"'{PREFIX}' || {column}"
        cr.execute(
            f"UPDATE {table} SET {column} = {value} WHERE id IN %s", [tuple(ids)]
        )


def _pack(value):
    """Return records, and dicts of records, as JSON can hold them; None for others."""
    if isinstance(value, dict) and value:
        packed = {name: _pack(each) for name, each in value.items()}
        return None if None in packed.values() else {"dict": packed}
    if not isinstance(value, BaseModel):
        return None
    env = value.env
    return {
        "model": value._name,
        "ids": value.ids,
        "uid": env.uid,
        "su": env.su,
        "context": dict(env.context),
    }


def _unpack(env, value):
    """Return what was packed, for this environment."""
    if "dict" in value:
        return {name: _unpack(env, each) for name, each in value["dict"].items()}
    env = env(user=value["uid"], context=value["context"], su=value["su"])
    return env[value["model"]].browse(value["ids"])


def _ids(made, model):
    """Return the ids of all records of ``model`` that were made."""
    values = [each for value in made.values() for each in _flat(value)]
    return sorted({i for each in values if each["model"] == model for i in each["ids"]})


def _flat(value):
    """Yield the packed records of a value."""
    if "dict" in value:
        for each in value["dict"].values():
            yield from _flat(each)
    else:
        yield value
