"""Run the plain ``unittest`` tests: those of the add-ons, and those of the tools.

Odoo's runner leaves out classes that do not derive from its own test classes; they need
no database. Prints one line per test, as Odoo logs it, for ``odoo_log``.
"""

import importlib
import sys
import unittest

import project


class LoggingResult(unittest.TestResult):
    """Prints what happens to each test."""

    def _line(self, level, test, text):
        print(f"2000-01-01 00:00:00,000 0 {level} - {type(test).__module__}: {text}")
        sys.stdout.flush()

    @staticmethod
    def _name(test):
        test = getattr(test, "test_case", test)
        method = getattr(test, "_testMethodName", None)
        return f"{type(test).__qualname__}.{method}" if method else str(test)

    def startTest(self, test):
        """Announce a test."""
        super().startTest(test)
        self._line("INFO", test, f"Starting {self._name(test)} ...")

    def addSkip(self, test, reason):
        """Tell why a test is skipped."""
        super().addSkip(test, reason)
        self._line("INFO", test, f"skipped {self._name(test)} : {reason}")

    def addFailure(self, test, err):
        """Show a failure."""
        super().addFailure(test, err)
        self._bad("FAIL", test, err)

    def addError(self, test, err):
        """Show an error."""
        super().addError(test, err)
        self._bad("ERROR", test, err)

    def addSubTest(self, test, subtest, err):
        """Show the failure of a part."""
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._bad("FAIL", test, err)

    def _bad(self, word, test, err):
        text = self._exc_info_to_string(err, test)
        self._line("ERROR", test, f"{word}: {self._name(test)}\n{text}")


def plain_cases(module):
    """Yield the test classes of a module that Odoo's runner leaves out."""
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and issubclass(value, unittest.TestCase)
            and not hasattr(value, "test_tags")
            and value.__module__ == module.__name__
        ):
            yield value


def modules(addons):
    """Import and return the test modules of the add-ons and of the tools."""
    for addon in addons:
        for path in sorted((project.ROOT / addon / "tests").glob("test_*.py")):
            yield importlib.import_module(f"odoo.addons.{addon}.tests.{path.stem}")
    sys.path.insert(0, str(project.ROOT / "tests"))
    for path in sorted((project.ROOT / "tests").glob("test_*.py")):
        yield importlib.import_module(path.stem)


def main(addons):
    """Run the tests; return the exit code."""
    from odoo.modules.module import initialize_sys_path
    from odoo.tools import config

    config.parse_config(["--logfile="], setup_logging=False)
    initialize_sys_path()
    loader, suite = unittest.TestLoader(), unittest.TestSuite()
    for module in modules(addons):
        suite.addTests(map(loader.loadTestsFromTestCase, plain_cases(module)))
    result = LoggingResult()
    suite.run(result)
    return int(not result.wasSuccessful())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
