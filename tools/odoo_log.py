"""Read what a run of Odoo logged: the tests and their outcomes, and what went wrong."""

import re
from dataclasses import dataclass, field

HEAD = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?P<level>[A-Z]+) (?P<db>\S+) "
    r"(?P<logger>\S+): (?P<text>.*)$"
)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
BAD_LEVELS = {"WARNING", "ERROR", "CRITICAL"}
REPORT = re.compile(r"^(FAIL|ERROR): (.*)$")
TEST = re.compile(r"(?:Subtest )?(?P<name>\S+)")
SUMMARY = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
#: one test, or the preparation of one class, in the report of odoo.tests.stats
SECONDS = re.compile(
    r"^\s*(\w+)\.(?:\w+\.)+(\w+\.(?:test|setUp|tearDown)\w*): ([\d.]+)s \d+ queries$",
    re.MULTILINE,
)
NO_BROWSER = re.compile(r"chrom|websocket|devtools", re.IGNORECASE)

# Lines that Odoo logs about itself, whatever add-ons are installed: (logger, text).
ALLOWED = [
    # repeats the failures, which are counted one by one
    (r"odoo\.modules\.loading", r"At least one test failed"),
    (r"odoo\.(modules\.loading|tests\.result|service\.server)", r".*error(s|\(s\)) of"),
    (r"odoo\.modules\.loading", r"Module \w+: \d+ failures, \d+ errors of"),
]


@dataclass
class Record:
    """One record of the log; ``text`` may have many lines."""

    level: str
    logger: str
    text: str


@dataclass
class Result:
    """What one run of tests came to. A test is ``logger: Class.method``."""

    started: list = field(default_factory=list)
    failures: dict = field(default_factory=dict)
    skipped: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    reported: int = 0
    #: by ``addon:Class.test``, if Odoo was asked for them
    seconds: dict = field(default_factory=dict)

    @property
    def outcomes(self):
        """Return a dict from test to "passed", "failed" or "skipped"."""
        outcomes = dict.fromkeys(self.started, "passed")
        outcomes.update(dict.fromkeys(self.skipped, "skipped"))
        outcomes.update(dict.fromkeys(self.failures, "failed"))
        return outcomes

    def without_browser(self):
        """Return the tests that were skipped because no browser could be started."""
        return [test for test, why in self.skipped.items() if NO_BROWSER.search(why)]


def records(lines):
    """Yield the records of a log; lines without a head belong to the one before."""
    current = None
    for line in lines:
        line = COLOUR.sub("", line).rstrip()  # Odoo ends its lines with a space
        if match := HEAD.match(line):
            if current:
                yield current
            current = Record(match["level"], match["logger"], match["text"])
        elif current:
            current.text += "\n" + line
        elif line.startswith("Traceback"):
            current = Record("CRITICAL", "python", line)
    if current:
        yield current


def is_allowed(record):
    """Tell whether this record is known to mean nothing."""
    return any(
        re.match(logger, record.logger) and re.match(text, record.text)
        for logger, text in ALLOWED
    )


def read(path):
    """Return the result of a test run that was logged in the file ``path``."""
    result = Result()
    with path.open(errors="replace") as file:
        for record in records(file):
            _read_record(record, result)
    return result


def _read_record(record, result):
    text = record.text
    if text.startswith("Starting ") and text.endswith(" ..."):
        result.started.append(_test(record, text.removeprefix("Starting ")))
    elif text.startswith("skipped ") and record.level == "INFO":
        name, _sep, why = text.removeprefix("skipped ").partition(" : ")
        result.skipped[_test(record, name)] = why
    elif record.level == "ERROR" and (match := REPORT.match(text.split("\n")[0])):
        result.failures[_test(record, match[2])] = text
    elif record.level in BAD_LEVELS and not is_allowed(record):
        result.problems.append(record)
    if record.logger == "odoo.tests.stats":
        for addon, test, seconds in SECONDS.findall(text):
            result.seconds[f"{addon}:{test}"] = float(seconds)
    if match := SUMMARY.search(text):
        result.reported = max(result.reported, int(match[3]))


def _test(record, name):
    """Return the identity of a test: its Python module, then Class.method."""
    if name.startswith(("setUpClass", "tearDownClass", "setUpModule")):
        return f"{record.logger}: {name}"
    return f"{record.logger}: {TEST.match(name)['name']}"
