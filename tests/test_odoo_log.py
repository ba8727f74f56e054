"""The reader of Odoo's log decides whether a run was green."""

import tempfile
import unittest
from pathlib import Path

import odoo_log

HEAD = "2026-01-01 10:00:00,000 1 {level} db {logger}: {text} "
TESTS = "odoo.addons.booking_credits.tests.test_ledger"


def line(text, level="INFO", logger=TESTS):
    """Return one line as Odoo writes it, with the space at its end."""
    return HEAD.format(level=level, logger=logger, text=text)


class TestOdooLog(unittest.TestCase):
    """What is read from a log."""

    def read(self, *lines):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "odoo.log")
            path.write_text("\n".join(lines) + "\n")
            return odoo_log.read(path)

    def test_a_test_that_ran_passed(self):
        result = self.read(line("Starting TestLedger.test_grant ..."))
        self.assertEqual(result.outcomes, {f"{TESTS}: TestLedger.test_grant": "passed"})

    def test_failures_and_errors_are_counted_with_their_text(self):
        result = self.read(
            line("Starting TestLedger.test_grant ..."),
            line("FAIL: TestLedger.test_grant", "ERROR"),
            "AssertionError: 1 != 2",
        )
        self.assertEqual(list(result.outcomes.values()), ["failed"])
        self.assertIn("1 != 2", next(iter(result.failures.values())))
        self.assertFalse(result.problems)

    def test_a_broken_class_is_a_failure(self):
        name = "setUpClass (odoo.addons.x.tests.test_x.TestX)"
        result = self.read(line(f"ERROR: {name}", "ERROR", "odoo.tests.suite"))
        self.assertEqual(list(result.outcomes.values()), ["failed"])

    def test_a_browser_that_is_missing_is_seen(self):
        result = self.read(
            line("Starting TestTour.test_sell ..."),
            line("skipped TestTour.test_sell : Chrome executable not found"),
        )
        self.assertEqual(len(result.without_browser()), 1)

    def test_warnings_are_problems(self):
        result = self.read(line("Missing `license` key", "WARNING", "odoo.modules"))
        self.assertEqual(len(result.problems), 1)

    def test_seconds_are_read_where_odoo_tells_them(self):
        report = line("Detailed Tests Report:", "DEBUG", "odoo.tests.stats")
        result = self.read(
            report,
            "\tbooking_credits: 9.00s 99 queries",
            "\tbooking_credits.test_ledger.TestLedger: 3.50s 30 queries",
            "\tbooking_credits.test_ledger.TestLedger.setUpClass: 2.50s 20 queries",
            "\tbooking_credits.room.test_x.TestX.test_grant: 1.00s 10 queries",
            "",
        )
        found = {"TestLedger.setUpClass": 2.5, "TestX.test_grant": 1.0}
        expected = {f"booking_credits:{name}": s for name, s in found.items()}
        self.assertEqual(result.seconds, expected)
        self.assertFalse(result.problems)

    def test_an_empty_log_has_no_test(self):
        self.assertEqual(self.read("").started, [])
        self.assertEqual(self.read("").outcomes, {})
