"""Run the plain ``unittest`` tests: those of the add-ons, and those of the tools.

Takes names of add-ons, or of single classes and tests: ``addon:Class.test``. Odoo's runner leaves out classes that do not derive from its own test classes; they need
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
    """Import and return the test modules of the add-ons."""
    for addon in addons:
        folder = project.ROOT / addon / "tests"
        for path in sorted(folder.glob("**/test_*.py")):
            name = ".".join(path.relative_to(folder).with_suffix("").parts)
            yield importlib.import_module(f"odoo.addons.{addon}.tests.{name}")


def tool_modules():
    """Import and return the test modules of the tools."""
    sys.path.insert(0, str(project.ROOT / "tests"))
    for path in sorted((project.ROOT / "tests").glob("test_*.py")):
        yield importlib.import_module(path.stem)


def prepare_odoo():
    """Let the add-ons be imported."""
    from odoo.modules.module import initialize_sys_path
    from odoo.tools import config

    config.parse_config(["--logfile="], setup_logging=False)
    initialize_sys_path()


def named_tests(words):
    """Yield the tests that ``addon:Class`` or ``addon:Class.test`` name."""
    for word in words:
        addon, _colon, name = word.partition(":")
        wanted, _dot, method = name.partition(".")
        for module in modules([addon]):
            for case in plain_cases(module):
                if case.__name__ == wanted:
                    tests = unittest.TestLoader().loadTestsFromTestCase(case)
                    yield from [case(method)] if method else tests


def all_tests(addons):
    """Yield the tests of the add-ons and of the tools."""
    for found in (modules(addons), tool_modules()):
        for module in found:
            for case in plain_cases(module):
                yield from unittest.TestLoader().loadTestsFromTestCase(case)


def main(words):
    """Run the tests; return the exit code."""
    prepare_odoo()
    find = named_tests if any(":" in word for word in words) else all_tests
    result = LoggingResult()
    unittest.TestSuite(find(words)).run(result)
    return int(not result.wasSuccessful())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
