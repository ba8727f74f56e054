"""Where things are, and how to run Odoo and PostgreSQL. Used by the other tools.

The environment (PGHOST, ODOO_RC, PATH...) is set by the commands in ``bin/``.
"""

import ast
import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / ".run"
FILESTORE = RUN / "data" / "filestore"


#: modules of Odoo that an add-on does not need, but is tried and shown with
COMPANIONS = {
    "booking_credits": ["l10n_fr_account"],
    "booking_credits_breakage": ["l10n_fr_account"],
    "website_sale_booking_credits": ["payment_demo", "website_sale_loyalty"],
}


class Failure(Exception):
    """What went wrong, for the person who typed the command."""


def say(text):
    """Print a line with the time, at once."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


# --- add-ons ---------------------------------------------------------------------------


def manifest(addon):
    """Return the manifest of one of the project's add-ons as a dict."""
    return ast.literal_eval((ROOT / addon / "__manifest__.py").read_text())


def addons():
    """Return the names of the project's add-ons that can be installed, sorted."""
    names = sorted(path.parent.name for path in ROOT.glob("*/__manifest__.py"))
    return [name for name in names if manifest(name).get("installable", True)]


def dependencies(names):
    """Return these add-ons and what they need, of ours and, at first hand, of others."""
    ours, seen, todo = set(addons()), set(), list(names)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += manifest(name).get("depends", []) if name in ours else []
    return seen


def foreign_dependencies(names):
    """Return the modules of others that these add-ons need, sorted."""
    needed = dependencies(names) - set(addons())
    return sorted(needed | set(companions(names))) or ["base"]


def own_dependencies(name):
    """Return this add-on and those of the project that it needs, sorted."""
    return sorted(dependencies([name]) & set(addons()))


def companions(names):
    """Return the modules of Odoo that these add-ons are tried with, sorted."""
    return sorted({module for name in names for module in COMPANIONS.get(name, [])})


def tree_hash(paths, without=""):
    """Return a short hash of the content of all files below ``paths``.

    Folders named ``without`` do not count.
    """
    digest = hashlib.sha256()
    skipped = {"__pycache__", without}
    for path in sorted(p for base in paths for p in base.rglob("*") if p.is_file()):
        if not skipped & set(path.relative_to(ROOT).parts):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:10]


# --- Odoo ------------------------------------------------------------------------------


def free_port():
    """Return a TCP port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def foreign_paths():
    """Return the option that hides the project's add-ons from Odoo."""
    source = Path(os.environ["ODOO_SRC"])
    folder = source / "addons"
    paths = folder if (folder / "sale").is_dir() else source / "odoo" / "addons"
    return ["--addons-path", str(paths)]


def odoo_command(*args):
    """Return the command line of Odoo with these arguments."""
    return [sys.executable, "-m", "odoo", *map(str, args)]


def odoo_once(database, *args):
    """Return the command line that does something to a database, and stops."""
    options = ["-d", database, "--stop-after-init", "--http-port", free_port()]
    return odoo_command(*options, "--max-cron-threads", 0, *args)


def odoo_tests(database, tags):
    """Return the command line that runs tests where the add-ons are installed."""
    times = ["--log-handler", "odoo.tests.stats:DEBUG"]
    return odoo_once(database, "--test-tags", tags, *times)


#: the thread that waits for each process that runs (by its id), and the processor
#: seconds of all processes that each thread has waited for
children, spent = {}, defaultdict(float)


def run_logged(command, log, **kwargs):
    """Run a command with its output in a file; return the exit code."""
    log.parent.mkdir(parents=True, exist_ok=True)
    kwargs = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT} | kwargs
    with log.open("ab") as file:
        process = subprocess.Popen(command, stdout=file, **kwargs)
    return wait(process)


def wait(process):
    """Wait for a process, note what it cost, and return the exit code."""
    thread = threading.get_ident()
    children[process.pid] = thread
    try:
        _pid, status, usage = os.wait4(process.pid, 0)
    finally:
        del children[process.pid]
    process.returncode = os.waitstatus_to_exitcode(status)
    spent[thread] += usage.ru_utime + usage.ru_stime
    return process.returncode


# --- databases -------------------------------------------------------------------------


@contextmanager
def cursor(database="postgres"):
    """Open a cursor in autocommit mode; the connection's details are in PG*."""
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def exists(database):
    """Tell whether there is a database of this name."""
    with cursor() as cr:
        cr.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        return bool(cr.fetchone())


def drop(database):
    """Remove a database and its files, if it exists."""
    with cursor() as cr:
        cr.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    shutil.rmtree(FILESTORE / database, ignore_errors=True)


def copy(source, target):
    """Copy a database and its files, over an older ``target`` if there is one."""
    drop(target)
    with cursor() as cr:
        cr.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
    if (FILESTORE / source).is_dir():
        # Odoo never changes a file of the store, so a hard link is a copy
        shutil.copytree(FILESTORE / source, FILESTORE / target, copy_function=os.link)


def rename(source, target):
    """Rename a database and its files."""
    with cursor() as cr:
        cr.execute(f'ALTER DATABASE "{source}" RENAME TO "{target}"')
    # files of a database of that name on another server, or of one that was lost
    shutil.rmtree(FILESTORE / target, ignore_errors=True)
    if (FILESTORE / source).is_dir():
        (FILESTORE / source).rename(FILESTORE / target)


@contextmanager
def locked(name):
    """Let only one process at a time do what ``name`` stands for."""
    with (RUN / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
