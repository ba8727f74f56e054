"""Run Odoo's own tests with the add-ons installed, and compare with a baseline.

The baseline, one file per module in ``tests/upstream``, was recorded without them.
Both work alike: a database with all the modules, then an update of one module with its
tests, so that the tests of both phases (at_install and post_install) run.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import odoo_log
import project
import templates
from project import say

#: modules that are installed together, the longest first
GROUPS = [
    ["sale", "sale_loyalty", "payment", "account_payment", "portal", "loyalty"],
    ["event", "website_event", "event_sale", "website_event_sale"],
    ["website_sale", "website_sale_loyalty"],
]
MODULES = [module for group in GROUPS for module in group]
BASELINE = project.ROOT / "tests" / "upstream"
LOGS = project.RUN / "log" / "upstream"


def main():
    """Read the command line, run, report, and return the exit code."""
    parser = argparse.ArgumentParser(prog="bin/test --upstream", description=__doc__)
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="module")
    parser.add_argument("--record", action="store_true", help="write the baseline")
    parser.add_argument("--keep", action="store_true", help="keep the databases")
    args = parser.parse_args()
    if unknown := set(args.modules) - set(MODULES):
        parser.error(f"no baseline is kept for {', '.join(sorted(unknown))}")
    codes = [
        run_group(group, wanted, args)
        for group in GROUPS
        if (wanted := [module for module in group if module in args.modules])
    ]
    return max(codes)


def run_group(group, modules, args):
    """Run the tests of ``modules`` where ``group`` is installed; return the exit code."""
    # without the folder of the project, Odoo cannot even see its add-ons
    options = project.foreign_paths() if args.record else []
    base = templates.template(group, options=project.foreign_paths())
    start = base if args.record else with_addons(base, group)
    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = [pool.submit(run_module, m, start, options, args) for m in modules]
        results = {m: job.result() for m, job in zip(modules, jobs, strict=True)}
    if args.record:
        return record(results)
    try:
        return compare(results, start, options)
    finally:
        if not args.keep:
            project.drop(start)


def with_addons(base, group):
    """Return a database like ``base`` with our add-ons for the modules of ``group``."""
    name = f"upstream_{os.getpid()}"
    log = LOGS / "install.log"
    log.unlink(missing_ok=True)
    project.copy(base, name)
    names = addons_for(group)
    say("installing " + ", ".join(names))
    if project.run_logged(project.odoo_once(name, "-i", ",".join(names)), log):
        raise project.Failure(f"could not install the add-ons: see {log}")
    return name


def addons_for(group):
    """Return the add-ons that extend these modules; with websites, all of them."""
    names = project.addons()
    if any(module.startswith("website") for module in group):
        return names
    return [
        name
        for name in names
        if not any(
            n.startswith(("website", "event")) for n in project.dependencies([name])
        )
    ]


def run_module(module, start, options, args):
    """Update a module with its tests in a copy of ``start``; return the result."""
    database, log = f"{start}_{module}", LOGS / f"{module}.log"
    log.unlink(missing_ok=True)
    project.copy(start, database)
    say(f"{module}: running its tests")
    begin = time.time()
    run_tests(database, log, module, f"/{module}", options)
    if not args.keep:
        project.drop(database)
    result = odoo_log.read(log)
    counts = count(result)
    say(f"{module}: {counts} after {time.time() - begin:.0f} s")
    return result


def run_tests(database, log, module, tags, options):
    """Update ``module`` with the tests that ``tags`` selects."""
    # less of the machine for us than for whoever works at it
    command = project.odoo_once(database, "-u", module, "--test-tags", tags, *options)
    project.run_logged(["nice", *command], log)


def count(result):
    """Return the numbers of one result, for people."""
    outcomes = list(result.outcomes.values())
    words = ("passed", "failed", "skipped")
    return ", ".join(f"{outcomes.count(word)} {word}" for word in words)


def record(results):
    """Write the baseline; a module that ran no test is an error."""
    BASELINE.mkdir(parents=True, exist_ok=True)
    for module, result in results.items():
        if not result.started:
            say(f"{module}: no test ran, see {LOGS / module}.log")
            return 1
        lines = [f"{outcome} {test}" for test, outcome in result.outcomes.items()]
        text = "\n".join(sorted(lines, key=lambda line: line.split(" ", 1)[1]))
        (BASELINE / f"{module}.txt").write_text(text + "\n")
        say(f"{module}: recorded {len(lines)} tests")
    return 0


def read_baseline(module):
    """Return the recorded outcomes: a dict from test to outcome."""
    path = BASELINE / f"{module}.txt"
    if not path.exists():
        raise project.Failure(f"no baseline for {module}: bin/test --upstream --record")
    lines = path.read_text().splitlines()
    return {test: outcome for outcome, test in (line.split(" ", 1) for line in lines)}


def compare(results, start, options):
    """Print what differs from the baseline, then the totals; return the exit code."""
    passed = failed = skipped = 0
    for module, result in results.items():
        wanted, got = read_baseline(module), result.outcomes
        worse = [
            test
            for test in {**wanted, **got}
            if is_worse(wanted.get(test), got.get(test))
        ]
        worse = confirm(module, worse, start, options) if worse else []
        for test in worse:
            print(f"NEW FAILURE {module}: {got.get(test, 'did not run')}: {test}")
            print(result.failures.get(test, ""))
        good = [test for test in got if test not in worse]
        passed += sum(got[test] != "skipped" for test in good)
        skipped += sum(got[test] == "skipped" for test in good)
        failed += len(worse)
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return int(bool(failed or not passed))


def is_worse(before, now):
    """Tell whether a test that was ``before`` may not be ``now`` (None: did not run)."""
    return (now == "failed" and before != "failed") or now is None or (
        now == "skipped" and before == "passed"
    )  # fmt: skip


def confirm(module, tests, start, options):
    """Return those of the tests that are also worse when run alone.

    Browser tests of Odoo now and then time out on a busy machine.
    """
    database, log = f"{start}_again", LOGS / f"{module}-again.log"
    log.unlink(missing_ok=True)
    names = [test.split(": ", 1)[1] for test in tests]
    tags = ",".join(f"/{module}:{name}" for name in names if "(" not in name)
    if not tags:
        return tests
    say(f"{module}: running {len(names)} tests again, alone")
    project.copy(start, database)
    run_tests(database, log, module, tags, options)
    project.drop(database)
    outcomes = odoo_log.read(log).outcomes
    return [test for test in tests if outcomes.get(test) != "passed"]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except project.Failure as failure:
        sys.exit(f"bin/test --upstream: {failure}")
