"""Install, update and uninstall an add-on, and look for what it leaves behind."""

import os

import odoo_log
import project

# Everything below must be after an uninstall as it was before the install.
TRACES = {
    "column": """SELECT table_name || '.' || column_name
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraint": """SELECT conrelid::regclass || ': ' || conname FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "index": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "function": """SELECT proname FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace""",
    "sequence": "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'",
    "model": "SELECT model FROM ir_model",
    "field": "SELECT model || '.' || name FROM ir_model_fields",
    "access": "SELECT name FROM ir_model_access",
    "rule": "SELECT name FROM ir_rule",
    "view": "SELECT name FROM ir_ui_view WHERE type != 'qweb' OR key IS NOT NULL",
    "menu": "SELECT name->>'en_US' FROM ir_ui_menu",
    "action": "SELECT type || ' ' || (name->>'en_US') FROM ir_actions",
    "cron": "SELECT cron_name FROM ir_cron",
    "parameter": "SELECT key FROM ir_config_parameter",
    "group": "SELECT name->>'en_US' FROM res_groups",
}


def traces(database):
    """Return what is in a database: a set of strings."""
    found = set()
    with project.cursor(database) as cr:
        for kind, query in TRACES.items():
            cr.execute(query)
            found |= {f"{kind} {name}" for (name,) in cr.fetchall()}
    return found


def leftovers(database, addons, before):
    """Return what the add-ons left, as text; empty if nothing."""
    found = sorted(traces(database) - before)
    with project.cursor(database) as cr:
        cr.execute(
            "SELECT model || ' ' || name FROM ir_model_data WHERE module = ANY(%s)",
            [addons],
        )
        found += [f"external id {name}" for (name,) in cr.fetchall()]
        cr.execute(
            "SELECT name || ' ' || state FROM ir_module_module "
            "WHERE name = ANY(%s) AND state != 'uninstalled'",
            [addons],
        )
        found += [f"state of {state}" for (state,) in cr.fetchall()]
    return "\n".join(found)


def steps(addon, database, demo):
    """Return what to run: (name, command line).

    What an add-on needs of ours goes with it: it was not there before.
    """
    once = project.odoo_once
    flags = ["--with-demo"] if demo else []
    names = project.own_dependencies(addon)
    uninstall = project.odoo_command("module", "uninstall", "-d", database, *names)
    return [
        ("install", once(database, "-i", addon, *flags)),
        ("update", once(database, "-u", addon)),
        ("uninstall", uninstall),
        ("start without it", once(database)),
    ]


def check(addon, base, logs, *, demo, keep):
    """Yield (name, complaint) for each step; the complaint is empty if all is well."""
    suffix = "with demo data" if demo else "without demo data"
    database = f"test_{os.getpid()}_life_{addon}{'_demo' if demo else ''}"
    project.copy(base, database)
    before = traces(database)
    for name, command in steps(addon, database, demo):
        log = logs / f"{addon}-{name.replace(' ', '-')}-{suffix.replace(' ', '-')}.log"
        complaint = run_step(command, log)
        yield f"{name}, {suffix}", complaint
        if complaint and name == "install":
            break
        if name == "uninstall":
            yield (
                f"nothing left, {suffix}",
                leftovers(database, project.own_dependencies(addon), before),
            )
    if not keep:
        project.drop(database)


def run_step(command, log):
    """Run one step; return what is wrong with it."""
    code = project.run_logged(command, log)
    complaints = [f"exit code {code}, see {log}"] if code else []
    problems = odoo_log.read(log).problems
    complaints += [f"{p.level} {p.logger}: {p.text}" for p in problems]
    return "\n".join(complaints)
