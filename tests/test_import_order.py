"""What extends a method must be imported after what defines it.

Odoo puts a class that is imported later before the earlier ones: an extension that is
imported first is never called, and nothing says so.
"""

import ast
import unittest
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def model_names(node):
    """Return the models that the class ``node`` defines or extends."""
    for statement in node.body:
        if not isinstance(statement, ast.Assign):
            continue
        names = [target.id for target in statement.targets if hasattr(target, "id")]
        if "_name" in names or "_inherit" in names:
            value = statement.value
            values = value.elts if isinstance(value, ast.List) else [value]
            return [v.value for v in values if isinstance(v, ast.Constant)][:1]
    return []


def calls_super(function):
    """Return whether ``function`` goes on to what it extends."""
    return any(
        isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(function)
    )


def methods(package):
    """Return ``{(model, method): {file: calls super}}`` of one folder of models."""
    found = defaultdict(dict)
    for path in sorted(set(package.glob("*.py")) - {package / "__init__.py"}):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef):
                continue
            for model in model_names(node):
                for function in node.body:
                    if isinstance(function, ast.FunctionDef):
                        found[model, function.name][path.stem] = calls_super(function)
    return found


def imported(package):
    """Return the files of ``package`` in the order of its imports."""
    tree = ast.parse((package / "__init__.py").read_text())
    return [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]


class TestImportOrder(unittest.TestCase):
    """Each add-on's models."""

    def test_definitions_come_before_extensions(self):
        packages = sorted(ROOT.glob("*/models"))
        self.assertTrue(packages)
        for package in packages:
            order = imported(package)
            for (model, method), files in methods(package).items():
                roots = [name for name, extends in files.items() if not extends]
                for name, extends in files.items():
                    for root in roots:
                        if not extends or root == name:
                            continue
                        with self.subTest(model=model, method=method, file=name):
                            self.assertLess(order.index(root), order.index(name))

    def test_every_file_is_imported(self):
        for package in sorted(ROOT.glob("*/models")):
            files = {path.stem for path in package.glob("*.py")} - {"__init__"}
            self.assertEqual(set(imported(package)), files, package)
