"""Run the tests of the project in new databases (see bin/test --help)."""

import argparse
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import demo
import lifecycle
import odoo_log
import project
import selection
import templates
from project import RUN, say
from selection import ALONE, CONCURRENCY

#: so many test classes make their own data faster than it is prepared for them
FEW = 5


@dataclass
class Part:
    """The outcome of one part of the run."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    complaints: list = field(default_factory=list)

    def add(self, test, complaint):
        """Count a test of our own making; it failed if there is a complaint."""
        if complaint:
            self.failed += 1
            self.complaints.append(f"{test}\n{complaint}")
        else:
            self.passed += 1

    def show(self):
        """Print the outcome, first what is wrong."""
        for complaint in self.complaints:
            print(f"\n--- {self.name}: {complaint.rstrip()}\n")
        say(f"{self.name}: {self}")

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


class Run:
    """One run of bin/test."""

    def __init__(self, what, keep):
        self.keep = keep
        self.logs = RUN / "log" / time.strftime(f"test-%Y%m%d-%H%M%S-{os.getpid()}")
        self.databases = set()
        self.choice = selection.choose(what)
        self.parts, self.addons = self.choice.parts, self.choice.addons

    def new_database(self, label, base):
        """Return a new database, a copy of ``base``."""
        name = f"test_{os.getpid()}_{label}"
        self.databases.add(name)
        project.copy(base, name)
        return name

    # --- parts -------------------------------------------------------------------------

    def pure(self):
        """Plain Python tests."""
        tool = project.ROOT / "tools" / "run_pure.py"
        pure = [(each, m) for each, m in self.choice.named if each.pure]
        words = [f"{each.key}.{m}".rstrip(".") for each, m in pure] or self.addons
        return self.tests("pure", [sys.executable, str(tool), *words])

    def suite(self, addons):
        """Run the tests of add-ons where these are installed; then those that commit."""
        label = "+".join(addons) if len(addons) == 1 else "all add-ons together"
        done = []
        if "suite" in self.parts:
            base = self.base(addons)
            database = self.new_database(f"{addons[0]}{len(addons)}", base)
            tags = ",".join(self.tags(addons))
            command = project.odoo_once(database, "--test-tags", tags)
            done.append(self.tests(label, command))
            problems = templates.problems(templates.installed(addons))
            done[-1].add("no warning at the installation", "\n".join(problems))
        if "concurrency" in self.parts and len(addons) == 1 and self.races(addons):
            base = templates.installed(addons)
            spare = self.new_database(f"{addons[0]}_races", base)
            named = self.choice.specs(addons, "concurrency")
            tags = ",".join(named) or f"{CONCURRENCY}/{addons[0]}"
            command = project.odoo_once(spare, "--test-tags", tags)
            done.append(self.tests(f"{label}, concurrency", command))
        return done

    def base(self, addons):
        """Return the database to copy: with what all tests make, if it is for many."""
        many = len(self.choice.classes(addons, "suite")) > FEW
        return templates.prepared(addons) if many else templates.installed(addons)

    def tags(self, addons):
        """Return Odoo's test tags for what runs where these add-ons are installed."""
        if self.choice.is_narrow:
            return self.choice.tags + self.choice.specs(addons, "suite")
        every = [f"/{addon}" for addon in addons]
        return [*every, f"-{ALONE}"] if len(addons) > 1 else every

    def races(self, addons):
        """Return the classes with several transactions that are to run."""
        return self.choice.classes(addons, "concurrency")

    def lifecycle(self, addon, demo):
        """Install, update and uninstall."""
        part = Part(f"{addon}, {'with' if demo else 'without'} demo data")
        base = templates.foreign([addon], demo=demo)
        checks = lifecycle.check(addon, base, self.logs, demo=demo, keep=self.keep)
        for name, complaint in checks:
            part.add(name, complaint)
        part.show()
        return [part]

    def story(self):
        """Tell the story of bin/demo."""
        part = Part("story of the demo studio")
        held = demo.tell_story(demo.demo_template())
        part.add("the story", "" if held else "see above")
        part.show()
        return [part]

    # --- one run of tests --------------------------------------------------------------

    def tests(self, label, command):
        """Run a command that runs tests, and judge its log."""
        log = self.logs / f"{label.replace(' ', '-').replace(',', '')}.log"
        say(f"{label}: running")
        with watching(label, log):
            code = project.run_logged(command, log)
        part = judge(label, odoo_log.read(log), code, log)
        part.show()
        return part

    def jobs(self):
        """Yield what can be done at the same time, the longest first."""
        if self.parts & {"suite", "concurrency"}:
            if len(self.addons) > 1:
                yield self.suite, self.addons
            for addon in self.addons:
                yield self.suite, [addon]
        if "lifecycle" in self.parts:
            for addon in self.addons:
                yield self.lifecycle, addon, True
                yield self.lifecycle, addon, False
        if "story" in self.parts:
            yield (self.story,)

    def run(self):
        """Run everything; return the parts."""
        done = [self.pure()] if "pure" in self.parts else []
        with ThreadPoolExecutor(max_workers=2) as pool:
            for job in [pool.submit(call, *args) for call, *args in self.jobs()]:
                try:
                    done += job.result()
                except project.Failure as failure:
                    broken = Part("preparation")
                    broken.add("set up a database", str(failure))
                    broken.show()
                    done.append(broken)
        return done

    def clean(self):
        """Remove the databases, or tell their names."""
        for name in sorted(self.databases):
            if self.keep:
                say(f"kept: bin/odoo -d {name}")
            else:
                project.drop(name)


class watching:
    """Tell each minute that something is still running, and how far it is."""

    def __init__(self, label, log):
        self.label, self.log, self.over = label, log, threading.Event()

    def __enter__(self):
        threading.Thread(target=self._watch, daemon=True).start()

    def __exit__(self, *_args):
        self.over.set()

    def _watch(self):
        while not self.over.wait(60):
            text = self.log.read_text(errors="replace") if self.log.exists() else ""
            say(f"{self.label}: running, test {text.count(': Starting ')}")


def judge(label, result, code, log):
    """Turn the result of a test run into a part."""
    part = Part(label)
    outcomes = result.outcomes
    for test, text in result.failures.items():
        part.add(test, text)
    for test in result.without_browser():
        part.add(test, f"no browser: {result.skipped[test]}")
    browserless = set(result.without_browser())
    part.skipped = sum(
        outcome == "skipped" and test not in browserless
        for test, outcome in outcomes.items()
    )
    part.passed += sum(outcome == "passed" for outcome in outcomes.values())
    if not result.started:
        part.add("some tests ran", f"No test ran (exit code {code}): see {log}")
    elif code and not part.failed:
        part.add("exit code", f"The exit code was {code}: see {log}")
    if label != "pure":
        problems = [f"{p.level} {p.logger}: {p.text}" for p in result.problems]
        part.add("no warning in the log", "\n".join(problems))
    elif result.problems:
        part.add("run", result.problems[0].text)
    return part


def main():
    """Read the command line, run, print the totals, and return the exit code."""
    parser = argparse.ArgumentParser(prog="bin/test", add_help=False)
    parser.add_argument("what", nargs="*")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    start = time.time()
    run = Run(args.what, args.keep)
    try:
        parts = run.run()
    finally:
        run.clean()
    print()
    for part in parts:
        print(f"{part.name:<50} {part}")
    print(f"{time.time() - start:.0f} s; logs in {run.logs.relative_to(project.ROOT)}")
    passed, failed, skipped = (
        sum(getattr(part, word) for part in parts)
        for word in ("passed", "failed", "skipped")
    )
    if not passed and not failed:
        print("No test ran.")
        failed = 1
    more = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{more}", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except project.Failure as error:
        sys.exit(f"bin/test: {error}")
