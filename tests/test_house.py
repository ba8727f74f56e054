"""The house rules, held by reading: one method one place, rooms, floors and outlets.

Nothing of Odoo is imported; see docs/architecture.md.
"""

import ast
import re
import unittest
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "booking_credits" / "models"
MAP = ROOT / "docs" / "architecture.md"

#: the rooms of the core, ground floor first; those of the last floor know no neighbour
FLOORS = (
    {"ledger"},
    {"accounting"},
    {"packs"},
    {"paying"},
    {"prepaying"},
    {"cancelling"},
    {"customers"},
    {"reports", "notices", "insight", "settings"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
#: methods of Odoo: a call of one says nothing about who defines it here
ORM = {"create", "write", "unlink", "copy", "copy_data"}
#: lines of a function, without docstring
MOST_LINES, MOST_LINES_OF_NINE_IN_TEN = 40, 20


@cache
def read(path):
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text())


def addons():
    """Return the folders of the add-ons."""
    return sorted(path.parent for path in ROOT.glob("*/__manifest__.py"))


def sources(addon):
    """Return the files of an add-on but its tests."""
    return [p for p in sorted(addon.rglob("*.py")) if "tests" not in p.parts]


def classes(path):
    """Return the classes of a file."""
    return [node for node in read(path).body if isinstance(node, ast.ClassDef)]


def functions(tree):
    """Return all functions below a node."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def model_name(cls):
    """Return the model that a class defines or extends; None for other classes."""
    found = {}
    for node in cls.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            found[getattr(node.targets[0], "id", "")] = node.value.value
    return found.get("_name") or found.get("_inherit")


def attributes(cls):
    """Return ``(name, line)`` of the methods and fields of a class."""
    for node in cls.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.Assign):
            name = getattr(node.targets[0], "id", "_")
            if not name.startswith("_") or isinstance(node.value, ast.Call):
                yield name, node.lineno


def called(function):
    """Return the names of the methods that a function calls, but those of super()."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            of_super = isinstance(owner, ast.Call) and (
                getattr(owner.func, "id", "") == "super"
            )
            if not of_super:
                yield node.func.attr


def count_lines(function):
    """Return the lines of a function without its docstring."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function):
        docstring = function.body[0]
        lines -= docstring.end_lineno - docstring.lineno + 1
    return lines


def room_files():
    """Yield ``(room, path)`` for each file in a room of the core."""
    for path in sorted(CORE.glob("*/*.py")):
        yield path.parent.name, path


def outlets(room):
    """Return the names that a room may call above itself."""
    docstring = ast.get_docstring(read(CORE / room / "__init__.py")) or ""
    _before, _word, after = docstring.partition("Outlets:")
    return set(re.findall(r"``(\w+)``", after))


class TestOneMethodOnePlace(unittest.TestCase):
    """Inside an add-on, an attribute of a model is defined once."""

    def test_defined_once(self):
        twice = []
        for addon in addons():
            places = defaultdict(list)
            for path in sources(addon):
                for cls in classes(path):
                    model = model_name(cls)
                    for name, line in attributes(cls) if model else ():
                        where = f"{path.relative_to(ROOT)}:{line}"
                        places[model, name].append(where)
            twice += [
                f"{model}.{name}: {', '.join(found)}"
                for (model, name), found in places.items()
                if len(found) > 1
            ]
        self.assertFalse(twice, "\n".join(twice))

    def test_classes_are_named_after_their_model(self):
        wrong = []
        for addon in addons():
            for path in sources(addon):
                for cls in classes(path):
                    model = model_name(cls)
                    words = re.split(r"[._]", model or "")
                    name = "".join(word.capitalize() for word in words)
                    if model and cls.name != name:
                        wrong.append(
                            f"{path.relative_to(ROOT)}: {cls.name}, not {name}"
                        )
        self.assertFalse(wrong, "\n".join(wrong))

    def test_functions_are_short(self):
        lengths = sorted(
            (count_lines(function), f"{path.relative_to(ROOT)}: {function.name}")
            for addon in addons()
            for path in sources(addon)
            for function in functions(read(path))
        )
        long = [where for lines, where in lengths if lines > MOST_LINES]
        self.assertFalse(long, "\n".join(long))
        ninth = lengths[int(len(lengths) * 0.9)][0]
        self.assertLessEqual(ninth, MOST_LINES_OF_NINE_IN_TEN)


class TestEveryFileIsImported(unittest.TestCase):
    """A file that nobody imports would be silent."""

    def test_every_file_is_imported(self):
        for addon in addons():
            for package in sorted(path.parent for path in addon.rglob("__init__.py")):
                if package.name in {"tests", "migrations"} or package == addon:
                    continue
                with self.subTest(package=package.relative_to(ROOT)):
                    inside = {
                        path.stem
                        for path in package.iterdir()
                        if path.suffix == ".py" or (path / "__init__.py").exists()
                    }
                    imported = {
                        alias.name
                        for node in read(package / "__init__.py").body
                        if isinstance(node, ast.ImportFrom) and node.level == 1
                        for alias in node.names
                    }
                    self.assertEqual(inside - {"__init__"}, imported)


class TestRooms(unittest.TestCase):
    """A room calls downwards, and upwards only through its outlets."""

    @classmethod
    def setUpClass(cls):
        """Find who defines what."""
        super().setUpClass()
        cls.rooms_of = defaultdict(set)
        for room, path in room_files():
            for node in classes(path):
                for function in functions(node):
                    cls.rooms_of[function.name].add(room)
        for folder in ("wizard", "controllers"):
            for path in (ROOT / "booking_credits" / folder).glob("*.py"):
                for function in functions(read(path)):
                    cls.rooms_of.pop(function.name, None)

    def _get_upward_calls(self):
        """Yield ``(room, name, where)`` for each call of what only upper rooms have."""
        for room, path in room_files():
            for function in functions(read(path)):
                for name in set(called(function)) - ORM:
                    homes = self.rooms_of.get(name, {room})
                    lowest = min(FLOOR_OF[home] for home in homes)
                    if room not in homes and lowest >= FLOOR_OF[room]:
                        yield room, name, f"{path.relative_to(ROOT)}: {function.name}"

    def test_the_rooms_are_those_of_the_map(self):
        folders = {path.parent.name for path in CORE.glob("*/__init__.py")}
        self.assertEqual(folders, set(FLOOR_OF))
        self.assertEqual({path.name for path in CORE.glob("*.py")}, {"__init__.py"})

    def test_a_room_calls_upwards_through_its_outlets_only(self):
        wrong = [
            f"{where} calls {name}, which is above it"
            for room, name, where in self._get_upward_calls()
            if name not in outlets(room)
        ]
        self.assertFalse(wrong, "\n".join(wrong))

    def test_every_outlet_leads_somewhere(self):
        for room in FLOOR_OF:
            names = {
                name
                for where, path in room_files()
                if where == room
                for function in functions(read(path))
                for name in called(function)
            }
            with self.subTest(room=room):
                self.assertLessEqual(outlets(room), names)

    def test_a_room_imports_downwards_only(self):
        wrong = []
        for room, path in room_files():
            for node in read(path).body:
                if not isinstance(node, ast.ImportFrom) or node.level != 2:
                    continue
                names = [node.module] if node.module else [a.name for a in node.names]
                wrong += [
                    f"{path.relative_to(ROOT)} imports {name}"
                    for name in names
                    if FLOOR_OF[name.partition(".")[0]] >= FLOOR_OF[room]
                ]
        self.assertFalse(wrong, "\n".join(wrong))


class TestMap(unittest.TestCase):
    """docs/architecture.md shows every room, add-on and route."""

    def test_the_map_is_complete(self):
        text = MAP.read_text()
        missing = [room for room in FLOOR_OF if f"`{room}`" not in text]
        missing += [path.name for path in addons() if f"`{path.name}`" not in text]
        shown = re.findall(r"`(/[^`]*)`", text)
        for addon in addons():
            for path in sorted(addon.glob("controllers/*.py")):
                for route in self._get_routes(path):
                    if not any(route.startswith(prefix) for prefix in shown):
                        missing.append(f"{route} ({path.relative_to(ROOT)})")
        self.assertFalse(missing, "not on the map: " + ", ".join(missing))

    def _get_routes(self, path):
        """Yield the addresses that the routes of a file give anew."""
        for function in functions(read(path)):
            for decorator in function.decorator_list:
                source = ast.unparse(decorator)
                if source.startswith(("http.route(", "route(")):
                    yield from re.findall(r"'(/[^']*)'", source)


if __name__ == "__main__":
    unittest.main()
