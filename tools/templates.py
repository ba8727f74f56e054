"""Databases to copy: built when they are first needed, one on another, and kept.

A file in ``.run/templates`` tells of each what it is, what Odoo complained about while
it was built and, by its own time, when somebody last used it.
"""

import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import odoo_log
import progress
import project
from project import RUN, Failure, say

MARKS = RUN / "templates"
#: how long (seconds) a template stays unused when there is a newer one of its kind
SUPERSEDED = 2 * 3600
#: and when there is none
FORGOTTEN = 14 * 24 * 3600
#: class and variable of booking_credits/tests/prepared.py
PREPARE = "booking_credits_prepare"
WISH = "BOOKING_CREDITS_PREPARE"

#: what could not be built by this process is not tried again for each of its jobs
_failed = {}


@dataclass(frozen=True)
class Recipe:
    """How a template is made: an Odoo command, in a copy of a parent."""

    label: str
    key: str
    options: tuple
    parent: str | None = None
    is_test: bool = False

    @property
    def name(self):
        """Return the name of the database."""
        parts = (odoo_identity(), project.ROOT, self.label, self.key, self.parent)
        return f"tpl_{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"

    @property
    def building(self):
        """Return the name of the database while it is made."""
        return f"{self.name}_building"

    @property
    def log(self):
        """Return the log of making it."""
        return RUN / "log" / f"{self.name}.log"


def odoo_identity():
    """Return what tells one Odoo source from another."""
    source = Path(os.environ["ODOO_SRC"])
    release = (source / "odoo" / "release.py").read_bytes()
    head = source / ".git" / "logs" / "HEAD"
    return f"{source}{release}{head.read_bytes()[-300:] if head.exists() else ''}"


# --- what there is ---------------------------------------------------------------------


def template(modules, *, demo=False, options=(), key="", parent=None, there=()):
    """Return a database with these modules installed.

    Work in a copy of it. ``key`` tells states of the modules' sources apart; ``there``
    are those that the database ``parent`` has already.
    """
    label = ", ".join(sorted(modules)) + (" with demo data" if demo else "")
    missing = ",".join(sorted(set(modules) - set(there)))
    flags = ["--with-demo"] if demo else []
    return kept(Recipe(label, key, ("-i", missing, *flags, *options), parent))


def foreign(addons, *, demo=False):
    """Return a database with the modules of others that our add-ons need."""
    return _chained(frozenset(project.foreign_dependencies(addons)), demo)


def _chained(modules, demo):
    """Return a database with modules of others, built on one with fewer of them."""
    names = project.addons()
    sets = [[name] for name in names] + [names]
    known = {frozenset(project.foreign_dependencies(each)) for each in sets}
    known |= {frozenset(project.dependencies(each) - set(names)) for each in sets}
    fewer = [each for each in known if each and each < modules]
    there = max(fewer, key=lambda each: (len(each), sorted(each)), default=())
    parent = _chained(there, demo) if there else None
    options = project.foreign_paths()
    return template(modules, demo=demo, options=options, parent=parent, there=there)


def installed(addons, *, demo=False):
    """Return a database with our add-ons, as their sources are now."""
    ours = project.dependencies(addons) & set(project.addons())
    key = project.tree_hash([project.ROOT / name for name in ours], without="tests")
    return template(addons, demo=demo, key=key, parent=foreign(addons, demo=demo))


def prepared(addons):
    """Return a database with our add-ons, and with what all tests make (today)."""
    folder = project.ROOT / "booking_credits" / "tests"
    names = ("common.py", "prepared.py", "test_prepared.py")
    sources = [(folder / name).read_text() for name in names]
    label = f"{', '.join(addons)}, ready for tests"
    key = repr((time.strftime("%Y-%m-%d", time.gmtime()), sources))
    options = ("--test-tags", PREPARE)
    return kept(Recipe(label, key, options, installed(addons), is_test=True))


# --- keeping them ----------------------------------------------------------------------


def kept(recipe):
    """Return the name of a template, which is built if it is not there."""
    mark = MARKS / f"{recipe.name}.json"
    with project.locked(recipe.name):
        if recipe.name in _failed:
            raise _failed[recipe.name]
        if not (problems(recipe.name) is not None and project.exists(recipe.name)):
            MARKS.mkdir(exist_ok=True)
            mark.write_text(json.dumps({"label": recipe.label}))
            forget(recipe)
            found = build(recipe)
            mark.write_text(json.dumps({"label": recipe.label, "problems": found}))
        mark.touch()
    (RUN / f"{recipe.name}.lock").unlink(missing_ok=True)
    return recipe.name


def problems(name):
    """Return what Odoo complained about in building a template; None if there is none."""
    try:
        return json.loads((MARKS / f"{name}.json").read_text()).get("problems")
    except (OSError, ValueError):
        return None


def build(recipe):
    """Make a template, which gets its name when all went well; return the problems."""
    say(f"building a template database: {recipe.label}")
    start = time.time()
    if recipe.parent:
        project.copy(recipe.parent, recipe.building)
    else:
        project.drop(recipe.building)
    code, result = run(recipe)
    if code or (recipe.is_test and not result.started):
        why = f"could not prepare {recipe.label}: see {recipe.log}"
        _failed[recipe.name] = Failure(why)
        raise _failed[recipe.name]
    project.drop(recipe.name)
    project.rename(recipe.building, recipe.name)
    say(f"template ready after {time.time() - start:.0f} s: {recipe.label}")
    return [f"{p.level} {p.logger}: {p.text}" for p in result.problems]


def run(recipe):
    """Let Odoo make a template; return its exit code, and what it logged."""
    recipe.log.unlink(missing_ok=True)
    command = project.odoo_once(recipe.building, *recipe.options)
    environment = {**os.environ, WISH: recipe.building} if recipe.is_test else None
    with progress.loading(recipe.label, recipe.log):
        code = project.run_logged(command, recipe.log, env=environment)
    return code, odoo_log.read(recipe.log)


def forget(recipe):
    """Remove templates that nobody used for long, sooner where a new one follows."""
    for mark in MARKS.glob("tpl_*.json"):
        try:
            label = json.loads(mark.read_text()).get("label")
            age = time.time() - mark.stat().st_mtime
        except (OSError, ValueError):
            continue
        limit = SUPERSEDED if label == recipe.label else FORGOTTEN
        if mark.stem != recipe.name and age > limit:
            project.drop(mark.stem)
            project.drop(f"{mark.stem}_building")
            mark.unlink(missing_ok=True)
