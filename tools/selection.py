"""Find the tests in the sources, and read what ``bin/test`` is asked to run."""

import ast
import difflib
from dataclasses import dataclass, field
from functools import cached_property

import project

CONCURRENCY = "booking_credits_concurrency"
#: of the ledger, the books and reports: other add-ons change nothing there
ALONE = "booking_credits_alone"
PARTS = ("pure", "suite", "concurrency", "lifecycle", "story")


@dataclass(frozen=True)
class TestClass:
    """One class of tests, as its file declares it."""

    addon: str
    path: str  # below the add-on's folder "tests"
    name: str
    tests: tuple
    tags: frozenset
    pure: bool

    @property
    def key(self):
        """Return the class's name for people and for Odoo: ``addon:Class``."""
        return f"{self.addon}:{self.name}"

    @property
    def kind(self):
        """Return which part of a run has this class."""
        if self.pure:
            return "pure"
        if CONCURRENCY in self.tags:
            return "concurrency"
        return "other" if "-standard" in self.tags else "suite"

    def is_in(self, room):
        """Tell whether the file is test_<room>.py or test_<room>_*.py, or in <room>/."""
        stem = self.path.removesuffix(".py").split("/")[-1]
        return f"{stem}_".startswith(f"test_{room}_") or self.path.startswith(
            f"{room}/"
        )

    def spec(self, method=""):
        """Return what selects the class, or one test of it, with Odoo's --test-tags."""
        tag = CONCURRENCY if self.kind == "concurrency" else ""
        dot = f".{method}" if method else ""
        return f"{tag}/{self.addon}/tests/{self.path}:{self.name}{dot}"


def _words(node):
    """Return the texts that decorate a class, such as its tags."""
    found = [n for each in node.decorator_list for n in ast.walk(each)]
    return frozenset(n.value for n in found if isinstance(n, ast.Constant))


def _read(addon, path, folder):
    """Yield the classes of one file that have tests."""
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.ClassDef):
            continue
        functions = [n.name for n in node.body if isinstance(n, ast.FunctionDef)]
        tests = tuple(name for name in functions if name.startswith("test"))
        bases = {ast.unparse(base) for base in node.bases}
        pure = bool(bases & {"unittest.TestCase", "TestCase"})
        if tests:
            where = path.relative_to(folder).as_posix()
            yield TestClass(addon, where, node.name, tests, _words(node), pure)


def classes(addon):
    """Return the test classes of an add-on, by file."""
    folder = project.ROOT / addon / "tests"
    files = sorted(folder.glob("**/test_*.py"))
    return [each for path in files for each in _read(addon, path, folder)]


@dataclass
class Choice:
    """What a run of ``bin/test`` is to do."""

    parts: set = field(default_factory=set)
    addons: list = field(default_factory=list)
    #: classes and single tests that were named: (class, method or "")
    named: list = field(default_factory=list)
    #: add-ons that were named without more
    whole: list = field(default_factory=list)
    #: other words, for Odoo to make sense of
    tags: list = field(default_factory=list)

    @property
    def is_narrow(self):
        """Tell whether something less than whole add-ons was asked for."""
        return bool(self.named or self.tags)

    @cached_property
    def known(self):
        """Return all test classes of the add-ons."""
        return [each for addon in self.addons for each in classes(addon)]

    def classes(self, addons, kind):
        """Return the classes of some of the add-ons that are to run."""
        wanted = [each for each, _ in self.named] if self.named else self.known
        alone = kind == "suite" and len(addons) > 1 and not self.is_narrow
        return [
            each
            for each in dict.fromkeys(wanted)
            if each.addon in addons and each.kind == kind
            if not (alone and ALONE in each.tags)
        ]

    def specs(self, classes, kind):
        """Return Odoo's test tags for what was named of these classes."""
        chosen = [(c, m) for c, m in self.named if c.kind == kind and c in classes]
        return [each.spec(method) for each, method in chosen]

    def add(self, word, known):
        """Take in one word of the command line."""
        addon, colon, rest = word.partition(":")
        addon = addon.lstrip("/")
        if word in PARTS:
            self.parts.add(word)
        elif addon in known:
            self.addons += [addon] if addon not in self.addons else []
            found = find(addon, rest) if colon else []
            self.named += found
            self.whole += [] if colon else [addon]
            self.parts |= {each.kind for each, _ in found} or {"suite"}
        else:
            self.tags.append(word)
            self.parts.add("suite")


def find(addon, name):
    """Return ``(class, method)`` of what follows the colon: class, test or room."""
    if name[:1].islower():
        found = [(each, "") for each in classes(addon) if each.is_in(name)]
    else:
        wanted, _dot, method = name.partition(".")
        found = [(each, method) for each in classes(addon) if each.name == wanted]
    if not found:
        raise project.Failure(_unknown(addon, name))
    return found


def rooms(addon):
    """Return the rooms of an add-on: what its files and folders begin with."""
    stems = [each.path.removeprefix("test_") for each in classes(addon)]
    words = {stem.split("/")[0].removesuffix(".py") for stem in stems}
    return sorted(words | {word.split("_")[0] for word in words})


def _unknown(addon, name):
    """Return what to say of a class or room that is not there."""
    if name[:1].islower():
        what, names = "room", rooms(addon)
    else:
        what, names = "class", [each.name for each in classes(addon)]
    close = difflib.get_close_matches(name.split(".")[0], names, n=5, cutoff=0.4)
    return f"{addon} has no {what} {name}; there are, for example: " + ", ".join(
        close or names[:5]
    )


def choose(words):
    """Return what the words of the command line ask for."""
    known = project.addons()
    choice = Choice()
    for word in words:
        choice.add(word, known)
    if not words:
        choice.parts = set(PARTS)
    choice.addons = choice.addons or known
    if choice.named:  # next to classes, an add-on is all of its classes
        wholes = [each for addon in choice.whole for each in classes(addon)]
        choice.named += [(each, "") for each in wholes if each.kind == "suite"]
    return choice
