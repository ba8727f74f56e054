"""What a run of tests came to: numbers, and complaints for people."""

from dataclasses import dataclass, field

from project import say


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


def forgotten(classes, results):
    """Return the tests in the sources that no result has, as text.

    A class that could not begin, or was skipped as a whole, has been counted as such.
    """
    seen, stopped = set(), set()
    for result in results:
        seen.update(result.started)
        entries = [*result.failures, *result.skipped]
        stopped.update(name for name in entries if "setUpClass (" in name)
    missing = []
    for each in classes:
        module = each.path.removesuffix(".py").replace("/", ".")
        module = f"odoo.addons.{each.addon}.tests.{module}"
        if any(f"({module}.{each.name})" in entry for entry in stopped):
            continue
        tests = [f"{module}: {each.name}.{test}" for test in each.tests]
        missing += [test for test in tests if test not in seen]
    return "\n".join(missing)
