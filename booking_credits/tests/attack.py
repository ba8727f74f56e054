"""A world to attack, who attacks it, and how it is seen that nothing was given away.

Each add-on's ``test_attack_*.py`` has the tables of what is allowed; the harness finds
by itself what there is to attack: public methods, fields, dialogs and routes of the
add-on. What is new and in no table fails.
"""

import inspect
import math
import re
from contextlib import contextmanager, suppress

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import call_kw, get_public_method
from odoo.tests import new_test_user
from odoo.tools import SQL, mute_logger

from .common import BookingCreditsCommon

#: part of names that only the customer and the studio's own people may read
SECRET = "Zq7secret"

#: what a client may send instead of anything
BAD = (
    None,
    -1,
    0,
    0.5,
    2**40,
    1e300,
    math.nan,
    math.inf,
    "abc",
    "1\x00",
    "0001-01-01",
    "9999-12-31",
    [1],
    {"a": 1},
)

#: what steps of ours once read from the context, and what Odoo's own steps read
BAD_CONTEXT = {
    "booking_credits_changing": [1, 2, 3],
    "booking_credits_cancelling": True,
    "booking_credits_confirmed": True,
    "booking_credits_provider_cancels": True,
    "booking_credits_cap_later": True,
    "booking_credits_inside": {"fields": ["booking_policy"], "cancelling": True},
    "booking_moved_by_business": True,
    "booking_prepayment_later": True,
    "booking_credit_uses": {},
    "booking_credit_refund": {"line_id": 1},
    "booking_credit_receivable_id": 1,
    "booking_cancel_seats": [1],
    "booking_seats_follow": True,
    "booking_waiting_entry": 1,
    "booking_session_seat": 1,
    "install_mode": True,
    "import_file": True,
    "tracking_disable": True,
}

#: methods of Odoo that everybody may call; their values are attacked field by field
CRUD = {
    "create",
    "write",
    "unlink",
    "copy",
    "copy_data",
    "default_get",
    "name_search",
    "get_empty_list_help",
    "init",
}

#: columns that say nothing of money, credits or terms
NOISE = {
    "write_date",
    "write_uid",
    "access_token",
    "message_main_attachment_id",
    "activity_date_deadline",
}

#: tables in which an attack would show
WATCHED = (
    "booking.credit.lot",
    "booking.credit.entry",
    "sale.order",
    "sale.order.line",
    "account.move",
    "account.move.line",
    "account.payment",
    "product.template",
    "res.company",
    "res.partner",
    "booking.cancellation.policy",
    "booking.prepayment.rule",
)


@contextmanager
def taken_back(env):
    """Take back what is done here, and forget what the ORM remembers of it."""
    point = env.cr.savepoint()
    try:
        yield
    finally:
        env.invalidate_all(flush=False)
        env.transaction.clear()
        point.rollback()
        point.close(rollback=False)


class Row:
    """What the table of an add-on allows a public method to do.

    :param str may: roles, space-separated, that may change something with it
    :param str proof: the test that proves the change is right: ``module.Class.test``
    :param bool odoo: whether Odoo's own method, which this one extends, answers a call
        without records in its own way; or its own route what it does not expect with
        an error in Python
    """

    def __init__(self, may="", proof="", odoo=False):
        self.may, self.proof, self.odoo = set(may.split()), proof, odoo


class AttackCase(BookingCreditsCommon):
    """Anna's credits and bookings, and six people who should not touch them."""

    #: add-on whose methods, fields, dialogs and routes are attacked
    addon = "booking_credits"
    #: models in which a change shows, beyond those of the core
    watched = ()

    def setUp(self):
        super().setUp()
        self.users = self._create_attackers()
        self.anna = self.users["own"].partner_id
        self.anna.write({"name": f"Anna {SECRET}", "company_id": self.company.id})
        self.policy.company_id = self.company
        (self.pack | self.yoga).product_tmpl_id.company_id = self.company
        self.lot = self._buy(partner=self.anna)
        self.order = self._book(partner=self.anna)
        self.order.order_line[0].name = f"Yoga for Anna {SECRET}"
        self.quotation = self._create_order(self.yoga, partner=self.anna)
        self.own_company_records = self._create_records()
        #: what changed something at all, with whom: see :meth:`_get_idle`
        self.effects = set()
        #: as it is before each attack, since each is taken back
        self.untouched = self._fingerprint()

    def _create_attackers(self):
        """Return the users by role; every company has its own staff."""
        other = self.env["res.company"].create({"name": "Other Studio"})
        other.account_fiscal_country_id = self.company.account_fiscal_country_id
        self.other_company = other
        desk = "booking_credits.booking_credits_group_user"
        groups = {
            "public": ("base.group_public", self.company),
            "own": ("base.group_portal", self.company),
            "other": ("base.group_portal", self.company),
            "desk": (desk, self.company),
            "till": (f"{desk},account.group_account_invoice", self.company),
            "manager2": ("booking_credits.booking_credits_group_manager", other),
        }
        return {
            role: new_test_user(
                self.env,
                f"attack_{role}",
                groups=names,
                company_id=company.id,
                company_ids=[Command.set(company.ids)],
            )
            for role, (names, company) in groups.items()
        }

    def _create_records(self):
        """Return what is attacked: one record of each model that has some, by name."""
        records = (
            self.lot,
            self.lot.entry_ids[:1],
            self.lot.entry_ids.operation_id[:1],
            self.order,
            self.order.order_line[:1],
            self.anna,
            self.pack,
            self.pack.product_tmpl_id,
            self.lot.source_move_id,
            self.lot.source_line_id,
            self.policy,
            self.company,
            self.env["booking.prepayment.rule"].create(
                {
                    "name": "All ahead",
                    "kind": "full",
                    "company_id": self.company.id,
                    "date_from": "2027-06-01",
                }
            ),
            self.env["booking.credit.tie.out"]._run(self.company, None),
        )
        return {record._name: record for record in records}

    # --- what there is to attack

    def _get_own_classes(self, model):
        prefix = f"odoo.addons.{self.addon}."
        return [
            klass
            for klass in type(model).__mro__
            if klass.__module__.startswith(prefix)
        ]

    def _get_public_methods(self):
        """Return ``(model, method)`` of every method of the add-on that RPC can call."""
        found = set()
        for name in self.env.registry:
            model = self.env[name]
            for klass in self._get_own_classes(model):
                for attribute, value in vars(klass).items():
                    if (
                        attribute.startswith("_")
                        or not inspect.isfunction(value)
                        or attribute in CRUD
                    ):
                        continue
                    try:
                        get_public_method(model, attribute)
                    except Exception:  # private: not callable
                        continue
                    found.add((name, attribute))
        return sorted(found)

    def _get_own_fields(self):
        """Return the stored fields of the add-on, by model name."""
        return {
            name: fields
            for name in self.env.registry
            if not self.env[name]._transient
            and not self.env[name]._abstract
            and self.env[name]._auto
            and (
                fields := [
                    field.name
                    for field in self.env[name]._fields.values()
                    if field._module == self.addon
                    and (field.store or field.inverse)
                    and not (field.related and not field.store)
                    and field.name not in ("id", "display_name")
                    and field.name not in ("create_uid", "create_date")
                    and field.name not in ("write_uid", "write_date")
                    and not field.name.startswith(("message_", "activity_"))
                ]
            )
        }

    # --- attacking

    def _get_target(self, model, role):
        """Return the record of ``model`` that is attacked, as ``role`` sees it."""
        attacker = self.env[model].with_user(self.users[role]).sudo(False)
        attacker = attacker.with_context({})
        if not self.env[model]._transient:
            record = self.own_company_records.get(model)
            return attacker.browse(record.ids if record else [])
        return self._open_dialog(attacker)

    def _open_dialog(self, model):
        """Create a dialog of ``model`` on the attacked records, as a client does."""
        return model.create(self._prepare_dialog_vals(model))

    def _prepare_dialog_vals(self, model):
        """Return what a client of good will enters into a dialog of ``model``."""
        vals = {}
        for field in model._fields.values():
            record = self.own_company_records.get(field.comodel_name)
            if record and field.store and not field.compute:
                if field.type == "many2one":
                    vals[field.name] = record.id
                elif field.type == "many2many":
                    vals[field.name] = [Command.set(record.ids)]
            elif field.required and not field.default:
                vals[field.name] = self._get_good_value(field)
        return vals

    def _get_good_value(self, field):
        if field.type == "selection":
            return field.get_values(self.env)[0]
        if field.type == "many2one":
            return self.env[field.comodel_name].sudo().search([], limit=1).id
        good = {"integer": 1, "float": 1.0, "monetary": 1.0, "date": "2026-12-31"}
        return good.get(field.type, "x")

    #: what a caller of good will gives, by the name of the parameter
    def _get_good_arguments(self, method):
        good = {
            "quantity": 1,
            "level": 5,
            "product": self.yoga.id,
            "partner": self.users["other"].partner_id.id,
            "reason": "attack",
            "valid_until": "2027-06-30",
            "days": 5,
            "amount": 1.0,
            "code": "AAAABBBBCCCC",
            "options": {},
            "key": None,
        }
        parameters = list(inspect.signature(method).parameters.values())[1:]
        return {
            p.name: good.get(p.name)
            for p in parameters
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
            and (p.default is p.empty or p.name in good)
        }

    def _call(self, target, method, arguments, context=None):
        """Call as RPC does and take everything back; see :meth:`_try`."""
        model = target.with_context(context or {}).browse()
        is_model = getattr(getattr(type(target), method), "_api_model", False)
        args = [] if is_model else [target.ids]
        if method == "create":
            args, arguments = [[arguments]], {}
        return self._try(lambda: call_kw(model, method, args, arguments))

    def _write(self, target, name, value, context):
        """Write a field as RPC does and take everything back; see :meth:`_try`."""
        model = target.with_context(context).browse()
        args = [target.ids, {name: value}]
        return self._try(lambda: call_kw(model, "write", args, {}))

    def _try(self, call):
        """Make a call and take everything back.

        :param call: a function without arguments
        :return: ``(error or None, result as text, what changed)``
        """
        text = ""
        try:
            with taken_back(self.env):
                text = repr(call())
                self.env.flush_all()
                return None, text, self._get_changed()
        except Exception as error:  # judged by the caller
            return error, text, set()

    def _get_changed(self):
        now = self._fingerprint()
        return {name for name in now if now[name] != self.untouched[name]}

    def _fingerprint(self):
        """Return a sum of what is in each watched table, by model."""
        if not hasattr(self, "_columns"):
            self._columns = {
                name: [
                    field.name
                    for field in self.env[name]._fields.values()
                    if field.store and field.column_type and field.name not in NOISE
                ]
                for name in {*WATCHED, *self.watched}
                if name in self.env
            }
        self.env.flush_all()
        sums = {}
        for name, columns in self._columns.items():
            row = SQL(", ").join(map(SQL.identifier, columns))
            [[sums[name]]] = self.env.execute_query(
                SQL(
                    "SELECT md5(string_agg(ROW(%s)::text, '|' ORDER BY id)) FROM %s",
                    row,
                    SQL.identifier(self.env[name]._table),
                )
            )
        return sums

    # --- judging

    def _judge(self, what, role, outcome, may=()):
        """Return what is wrong with the outcome of an attack; empty if nothing is."""
        error, text, changed = outcome
        wrong = []
        if changed:
            self.effects.add((re.split(r"[( ]", what)[0], role))
        # what the database refuses, Odoo turns into the sentence of the constraint
        clear = (UserError, IntegrityError, type(None))
        if not isinstance(error, clear) and not _is_call_of_nothing(error):
            wrong.append(f"{type(error).__name__}: {str(error)[:150]}")
        if changed and role not in may:
            wrong.append(f"changed {', '.join(sorted(changed))}")
        said = f"{error or ''} {text}"
        if role in ("public", "other", "manager2") and SECRET in said:
            wrong.append(f"said {said[:150]}")
        return [f"{what} as {role}: {sentence}" for sentence in wrong]

    @mute_logger("odoo.models", "odoo.sql_db", "odoo.addons.base.models.ir_rule")
    def _attack_methods(self, table, models=None):
        """Attack every public method of the add-on with everything.

        :param dict table: ``Row`` by ``(model, method)``
        :return: list of what went wrong
        """
        methods = self._get_public_methods()
        wrong = [f"{m}: no row in the table" for m in methods if m not in table]
        for model, method in methods:
            row = table.get((model, method), Row())
            if row.odoo:
                continue
            for role in self.users:
                wrong += self._attack_method(model, method, role, row)
        # what stands differently on what is not confirmed yet
        self.own_company_records["sale.order"] = self.quotation
        self.own_company_records["sale.order.line"] = self.quotation.order_line
        for model, method in methods:
            row = table.get((model, method), Row())
            if model in ("sale.order", "sale.order.line") and not row.odoo:
                for role in self.users:
                    wrong += self._attack_method(model, method, role, row)
        return wrong

    def _attack_method(self, model, method, role, row):
        with taken_back(self.env):
            try:
                target = self._get_target(model, role)
            except UserError as error:
                return self._judge(f"{model} opened", role, (error, "", set()))
            except Exception as error:  # judged like any other
                return [f"{model} opened as {role}: {type(error).__name__} {error}"]
            return self._attack_target(target, method, role, row)

    def _attack_target(self, target, method, role, row):
        """Call ``method`` of a record with everything; return what went wrong."""
        wrong, what = [], f"{target._name}.{method}"
        function = getattr(type(target), method)
        good = self._get_good_arguments(function)
        first = self._call(target, method, good)
        wrong += self._judge(what, role, first, row.may)
        refused = isinstance(first[0], UserError)
        bad = BAD[:2] if refused and not row.may else BAD
        for name in inspect.signature(function).parameters:
            if name == "self":
                continue
            for value in bad:
                outcome = self._call(target, method, {**good, name: value})
                text = f"{what}({name}={str(value)[:20]!r})"
                wrong += self._judge(text, role, outcome, row.may)
        outcome = self._call(target, method, good, BAD_CONTEXT)
        wrong += self._judge(f"{what} in another context", role, outcome, row.may)
        if not target._transient:
            outcome = self._call(target.browse(), method, good)
            wrong += self._judge(f"{what} of nothing", role, outcome, row.may)
            outcome = self._call(target.browse([2**31 - 1]), method, good)
            wrong += self._judge(f"{what} of no record", role, outcome, row.may)
        return wrong

    @mute_logger("odoo.models", "odoo.sql_db", "odoo.addons.base.models.ir_rule")
    def _attack_fields(self, table):
        """Write every field of the add-on, as every role, in every kind of context.

        :param dict table: ``Row`` by ``(model, field)``
        :return: list of what went wrong
        """
        wrong = []
        for model, names in self._get_own_fields().items():
            if not self.own_company_records.get(model):
                continue
            for role in self.users:
                target = self._get_target(model, role)
                for name in names:
                    value = self._get_other_value(target, name)
                    for context in ({}, BAD_CONTEXT):
                        outcome = self._write(target, name, value, context)
                        wrong += self._judge(
                            f"{model}.{name} = {value!r}",
                            role,
                            outcome,
                            table.get((model, name), Row()).may,
                        )
        return wrong

    @mute_logger("odoo.models", "odoo.sql_db", "odoo.addons.base.models.ir_rule")
    def _attack_create(self, model, vals, names, may=""):
        """Create a record of ``model`` as every role, with anything in ``names``.

        :param dict vals: what a client of good will gives
        :param str may: roles that may create it
        :return: list of what went wrong
        """
        wrong = []
        for role, user in self.users.items():
            target = self.env[model].with_user(user).sudo(False).with_context({})
            # a good one first: whom it refuses needs no other
            outcome = self._call(target, "create", vals)
            wrong += self._judge(f"{model}.create", role, outcome, may.split())
            bad = BAD[:2] if isinstance(outcome[0], UserError) else BAD
            for name in names:
                for value in bad:
                    outcome = self._call(target, "create", {**vals, name: value})
                    what = f"{model}.create({name}={str(value)[:20]!r})"
                    wrong += self._judge(what, role, outcome, may.split())
        return wrong

    def _get_other_value(self, target, name):
        """Return another value than the record has, as a client would send it."""
        field = target._fields[name]
        record = target.sudo()
        now = record[name] if record else None
        if field.type == "boolean":
            return not now
        if field.type in ("integer", "float", "monetary"):
            return (now or 0) + 3
        if field.type == "selection":
            keys = [key for key in field.get_values(record.env) if key != now]
            return keys[0] if keys else now
        if field.type == "date":
            return "2027-01-05"
        if field.type == "datetime":
            return "2027-01-05 10:00:00"
        if field.type == "many2one":
            others = record.env[field.comodel_name].search(
                [("id", "!=", now.id if now else 0)], limit=1
            )
            return others.id
        if field.type in ("one2many", "many2many"):
            if now:
                return [Command.clear()]
            return [Command.set(record.env[field.comodel_name].search([], limit=1).ids)]
        if field.type == "json":
            return {"tiers": [[0, 100.0]]}
        return "attacked"

    @mute_logger("odoo.sql_db")
    def _attack_dialogs(self):
        """Return the dialogs of the add-on that read more than their user may.

        A related field that is read as the superuser shows whatever record a client
        names; a dialog opened on a record of another company says its name.
        """
        wrong = []
        for name in self.env.registry:
            model = self.env[name]
            if not model._transient or model._original_module != self.addon:
                continue
            wrong += [
                f"{name}.{field.name} is read as the superuser"
                for field in model._fields.values()
                if field._module == self.addon and field.related and field.compute_sudo
            ]
            # refused, or a line of a dialog
            with suppress(UserError, IntegrityError), taken_back(self.env):
                dialog = self._get_target(name, "manager2")
                text = str(dialog.web_read({f: {} for f in dialog._fields}))
                if SECRET in text:
                    wrong.append(f"{name} says what it must not")
                elif any(
                    dialog[field.name] & self.own_company_records[field.comodel_name]
                    for field in dialog._fields.values()
                    if field.comodel_name in ("sale.order", "booking.credit.lot")
                ):
                    wrong.append(f"{name} opens on records of another company")
        return wrong

    def assertHeld(self, wrong):
        """Fail with the first of what went wrong."""
        more = f"\n… {len(wrong)} in all" if len(wrong) > 50 else ""
        self.assertFalse(wrong, "\n".join(wrong[:50]) + more)

    def _get_idle(self, table):
        """Return what the table allows and no attack has done: rows that are too wide.

        An attack that never does anything proves nothing about those who may not.
        """
        return [
            f"{'.'.join(what)} as {role} changes nothing: may it?"
            for what, row in table.items()
            for role in sorted(row.may)
            if (".".join(what), role) not in self.effects
        ]

    def _check_proofs(self, table):
        """Return the rows whose proof names no test that there is."""
        missing = []
        for what, row in table.items():
            if row.may and not row.proof:
                missing.append(f"{what}: what may change something names its test")
            if row.proof:
                module, klass, test = row.proof.split(".")
                path = f"odoo.addons.{self.addon}.tests.{module}"
                cls = getattr(__import__(path, fromlist=["x"]), klass, None)
                if not hasattr(cls, test):
                    missing.append(f"{what}: there is no test {row.proof}")
        return missing


class AttackTests:
    """The tests of an add-on's tables, to be mixed in before its ``AttackCase``."""

    #: Odoo runs no tests that a class inherits, but for this
    allow_inherited_tests_method = True
    #: ``Row`` by ``(model, method)``, by ``(model, field)`` and by address
    methods, fields, routes = {}, {}, {}

    def test_public_methods(self):
        self.assertHeld(self._attack_methods(self.methods))

    def test_fields(self):
        self.assertHeld(self._attack_fields(self.fields))

    def test_what_is_allowed_is_proven(self):
        for table in (self.methods, self.fields, self.routes):
            self.assertHeld(self._check_proofs(table))

    def test_dialogs_read_as_their_user(self):
        self.assertHeld(self._attack_dialogs())


def _is_call_of_nothing(error):
    """Tell what Odoo says of a call with too few, too many or no records.

    A client that calls so has no person in front of it.
    """
    text = str(error)
    return (
        isinstance(error, TypeError)
        and ("positional argument" in text or "keyword argument" in text)
    ) or (isinstance(error, ValueError) and "Expected singleton" in text)
