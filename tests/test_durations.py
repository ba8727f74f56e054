"""Tests are shared out by how long they took, and none is lost on the way."""

import re
import unittest

import durations
import odoo_log
import outcome
import run_tests
import selection

CORE = "booking_credits"


class TestDurations(unittest.TestCase):
    """Shards, and what is told at the end."""

    def test_the_longest_goes_first_into_the_emptiest(self):
        classes = [
            selection.TestClass(CORE, "test_x.py", name, ("test",), frozenset(), False)
            for name in "ABCD"
        ]
        times = {"A": 100, "B": 60, "C": 50, "D": 10}
        known = {f"{CORE}:{name}.test": s for name, s in times.items()}
        shards = durations.share(classes, {"tests": known}, 2)
        names = [[each.name for each in shard] for shard in shards]
        self.assertEqual(names, [["A", "D"], ["B", "C"]])

    def test_few_tests_are_not_shared_out(self):
        classes = selection.classes(CORE)[:3]
        known = {f"{e.key}.{test}": 0.01 for e in classes for test in e.tests}
        self.assertEqual(len(durations.share(classes, {"tests": known}, 4)), 1)

    def test_each_class_is_in_one_shard_by_the_tags_too(self):
        run = run_tests.Run([], keep=False, lint=False)
        for addons in run.sets():
            classes = run.choice.classes(addons, "suite")
            shards = [classes[0::3], classes[1::3], classes[2::3]]
            tags = [run.tags(addons, shards, index) for index in range(3)]
            named = {spec for each in tags[:2] for spec in each if ":" in spec}
            self.assertEqual(named, {e.spec() for e in shards[0] + shards[1]})
            left_out = {spec[1:] for spec in tags[2] if ":" in spec}
            self.assertEqual(left_out, named)
            self.assertLess({f"/{addon}" for addon in addons}, set(tags[2]))

    def test_changes_since_last_time_are_told(self):
        now = {"a:T.setUpClass": 1.0, "a:T.test_a": 5.0, "a:T.test_b": 2.0}
        lines = "\n".join(durations.slowest(now, {"a:T.test_a": 2.0}))
        self.assertTrue(re.search(r"8\.0 +\+6\.0  a:T\n", lines), lines)
        self.assertTrue(re.search(r"5\.0 +\+3\.0  a:T\.test_a\n", lines), lines)
        self.assertTrue(re.search(r"2\.0 +new  a:T\.test_b$", lines), lines)


class TestForgotten(unittest.TestCase):
    """What no part of a whole run has run."""

    def test_a_test_that_did_not_begin_is_forgotten(self):
        each = selection.TestClass(
            CORE, "room/test_x.py", "T", ("test_a", "test_b"), frozenset(), False
        )
        module = f"odoo.addons.{CORE}.tests.room.test_x"
        result = odoo_log.Result(started=[f"{module}: T.test_a"])
        self.assertEqual(outcome.forgotten([each], [result]), f"{module}: T.test_b")
        result.skipped[f"odoo.tests.suite: setUpClass ({module}.T)"] = "no card"
        self.assertEqual(outcome.forgotten([each], [result]), "")
