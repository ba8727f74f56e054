"""How long each test took last time, for sharing out the tests and for telling of them.

``.run/durations.json`` has the seconds of each test and of each class's ``setUpClass``
(``addon:Class.test``), and of each part of a run.
"""

import json

import project

FILE = project.RUN / "durations.json"
#: seconds that are expected of a test, a class and another part without a past
TEST, CLASS, PART = 0.6, 0.5, 30
#: seconds of tests that are worth a shard of their own
SHARD = 60
#: how many are told at the end
SLOWEST = 10


def read():
    """Return ``{"tests": {name: seconds}, "parts": {label: seconds}}``."""
    try:
        known = json.loads(FILE.read_text())
    except (OSError, ValueError):
        known = {}
    return {"tests": known.get("tests", {}), "parts": known.get("parts", {})}


def write(tests, parts):
    """Remember what was measured, next to what was measured before."""
    with project.locked("durations"):
        known = read()
        known["tests"].update(tests)
        known["parts"].update(parts)
        fresh = FILE.with_suffix(".new")
        fresh.write_text(json.dumps(known, indent=0, sort_keys=True))
        fresh.replace(FILE)


def of_test(known, key, test):
    """Return the seconds to expect of one test of the class ``key``."""
    return known["tests"].get(f"{key}.{test}", TEST)


def of_class(known, each):
    """Return the seconds to expect of a test class."""
    start = known["tests"].get(f"{each.key}.setUpClass", CLASS)
    return start + sum(of_test(known, each.key, test) for test in each.tests)


def share(classes, known, most):
    """Return lists of classes that take about as long as each other, ``most`` at most.

    The longest first, each into the list that is emptiest so far.
    """
    seconds = {each: of_class(known, each) for each in classes}
    count = max(1, min(most, round(sum(seconds.values()) / SHARD)))
    shards, loads = [[] for _ in range(count)], [0.0] * count
    for each in sorted(classes, key=lambda c: (-seconds[c], c.key)):
        emptiest = loads.index(min(loads))
        shards[emptiest].append(each)
        loads[emptiest] += seconds[each]
    return shards


def slowest(tests, before):
    """Yield lines about the slowest tests and classes, with the change since last time."""
    classes, classes_before = _by_class(tests), _by_class(before, tests)
    single = {name: s for name, s in tests.items() if "test" in name.split(".")[-1]}
    for what, now, then in (
        ("classes", classes, classes_before),
        ("tests", single, before),
    ):
        yield f"slowest {what} (seconds, and the change since last time):"
        ranked = sorted(now.items(), key=lambda item: -item[1])[:SLOWEST]
        for name, seconds in ranked:
            change = f"{seconds - then[name]:+7.1f}" if name in then else "    new"
            yield f"  {seconds:7.1f} {change}  {name}"


def _by_class(tests, only=None):
    """Return the seconds of each class, of the tests that are also in ``only``."""
    total = {}
    for name, seconds in tests.items():
        if only is None or name in only:
            key = name.rpartition(".")[0]
            total[key] = total.get(key, 0.0) + seconds
    return total
