"""Write down what the add-ons make of Odoo, to compare before and after a move of code.

usage: . tools/env.sh; use_setup; python tools/registry_dump.py [--code] > FILE

Installs all add-ons in a new database and prints, sorted: models, fields with their
attributes, methods, records with an XML-id (access, rules, views, crons, actions), and
the schema. With ``--code`` each method shows a hash of each of its bodies, in the order
in which they run. Two dumps that are equal mean that nothing was lost or shadowed.
"""

import argparse
import ast
import hashlib
import inspect
import sys
import textwrap

import project

#: models whose records are described, with the fields that matter
RECORDS = {
    "ir.model.access": ("group_id", "perm_read", "perm_write", "perm_create",
                        "perm_unlink", "model_id"),
    "ir.rule": ("domain_force", "groups", "perm_read", "perm_write", "perm_create",
                "perm_unlink", "model_id"),
    "ir.ui.view": ("arch_db", "inherit_id", "model", "priority"),
    "ir.cron": ("code", "interval_number", "interval_type", "active"),
    "ir.actions.server": ("code", "state", "model_id"),
    "ir.actions.act_window": ("res_model", "domain", "context", "view_mode"),
    "ir.ui.menu": ("action", "parent_id", "sequence"),
    "mail.template": ("subject", "body_html"),
}  # fmt: skip
ATTRIBUTES = (
    "type", "comodel_name", "inverse_name", "relation", "compute", "inverse", "search",
    "related", "store", "readonly", "required", "copy", "index", "company_dependent",
    "groups", "string", "help", "tracking", "compute_sudo", "precompute", "ondelete",
)  # fmt: skip
SCHEMA = {
    "column": """
        SELECT table_name || '.' || column_name, data_type || ' ' || is_nullable
          FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraint": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": """
        SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
          FROM pg_trigger WHERE NOT tgisinternal""",
}


def short(text):
    """Return a hash of ``text`` that a reader can compare."""
    return hashlib.sha256(str(text).encode()).hexdigest()[:8]


def body_hash(function):
    """Return the hash of what a function does: without docstring and comments."""
    function = inspect.unwrap(getattr(function, "__func__", function))
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    node = tree.body[0]
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:] or [ast.Pass()]
    return short(ast.dump(node))


def our_classes(model, names):
    """Yield the classes of a model that our add-ons define, in the order they run."""
    for cls in type(model).__mro__:
        parts = cls.__module__.split(".")
        if parts[:2] == ["odoo", "addons"] and parts[2] in names:
            yield parts[2], cls


def field_lines(model, names):
    """Yield a line for each field that an add-on of ours declares or extends."""
    for name, field in sorted(model._fields.items()):
        if names & set(field._modules):
            values = [f"{a}={getattr(field, a, None)!r}" for a in ATTRIBUTES]
            if field.type == "selection" and isinstance(field.selection, list):
                values.append(f"selection={field.selection}")
            yield f"field {model._name}.{name} {' '.join(values)}"


def method_lines(model, names, code):
    """Yield a line for each method that an add-on of ours defines."""
    found = {}
    for addon, cls in our_classes(model, names):
        for name, value in vars(cls).items():
            if inspect.isroutine(value):
                found.setdefault(name, []).append((addon, value))
    for name, bodies in sorted(found.items()):
        places = sorted({addon for addon, _value in bodies})
        if code:
            places = [f"{addon}:{body_hash(value)}" for addon, value in bodies]
        yield f"method {model._name}.{name} {' '.join(places)}"


def record_lines(env, names):
    """Yield a line for each record with an XML-id that can be compared."""
    data = env["ir.model.data"].search([("module", "in", sorted(names))])
    for row in data.sorted(lambda row: (row.model, row.name)):
        record = env[row.model].browse(row.res_id)
        fields = RECORDS.get(row.model, ())
        values = [f"{f}={describe(record[f])}" for f in fields if f in record]
        if row.model not in {"ir.model", "ir.model.fields", "ir.model.constraint"}:
            yield f"record {row.model} {row.name} {' '.join(values)}"


def describe(value):
    """Return a value as text that is the same in each database."""
    if hasattr(value, "_name"):
        return ",".join(sorted(filter(None, value.get_external_id().values())))
    return short(value) if isinstance(value, str) and len(value) > 60 else repr(value)


def schema_lines(env):
    """Yield a line for each column, constraint, index and trigger."""
    for kind, query in SCHEMA.items():
        env.cr.execute(query)
        for name, text in sorted(env.cr.fetchall()):
            yield f"{kind} {name} {text}"


def lines(env, code):
    """Yield all lines."""
    names = set(project.addons())
    for _name, model in sorted(env.items()):
        if any(our_classes(model, names)):
            yield from field_lines(model, names)
            yield from method_lines(model, names, code)
    yield from record_lines(env, names)
    yield from schema_lines(env)


def main(argv):
    """Print the dump; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--code", action="store_true", help="with the hash of each body"
    )
    options = parser.parse_args(argv)
    sys.path.insert(0, str(project.ROOT / "benchmarks"))
    import bench

    with bench.database(project.addons()) as name, bench.environment(name) as env:
        for line in lines(env, options.code):
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
