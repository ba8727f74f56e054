"""Templates are kept as long as they are of use."""

import json
import os
import tempfile
import time
import unittest
from pathlib import Path
from unittest.mock import patch

import project
import templates

HOUR = 3600


class TestTemplates(unittest.TestCase):
    """What is remembered of a template, and when it goes."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.marks = Path(folder.name)
        for target, value in (
            ("templates.MARKS", self.marks),
            ("templates.odoo_identity", lambda: "Odoo"),
        ):
            patcher = patch(target, value)
            patcher.start()
            self.addCleanup(patcher.stop)

    def _mark(self, name, label, age, **values):
        path = self.marks / f"{name}.json"
        path.write_text(json.dumps({"label": label, **values}))
        moment = time.time() - age
        os.utime(path, (moment, moment))

    def _forget(self, label):
        dropped = []
        with patch.object(project, "drop", dropped.append):
            templates.forget(templates.Recipe(label, "", ()))
        return {name for name in dropped if not name.endswith("_building")}

    def test_an_older_state_of_the_same_goes_unless_it_was_just_used(self):
        self._mark("tpl_used", "core", HOUR)
        self._mark("tpl_unused", "core", 3 * HOUR)
        self._mark("tpl_other", "events", 3 * HOUR)
        self.assertEqual(self._forget("core"), {"tpl_unused"})
        self.assertFalse((self.marks / "tpl_unused.json").exists())

    def test_what_nobody_uses_goes_after_weeks(self):
        self._mark("tpl_other", "events", 15 * 24 * HOUR)
        self.assertEqual(self._forget("core"), {"tpl_other"})

    def test_half_built_is_not_there(self):
        self._mark("tpl_half", "core", 0)
        self._mark("tpl_good", "core", 0, problems=[])
        self._mark("tpl_bad", "core", 0, problems=["WARNING x: y"])
        self.assertIsNone(templates.problems("tpl_none"))
        self.assertIsNone(templates.problems("tpl_half"))
        self.assertEqual(templates.problems("tpl_good"), [])
        self.assertEqual(templates.problems("tpl_bad"), ["WARNING x: y"])

    def test_another_state_has_another_name(self):
        names = {
            templates.Recipe("core", key, (), parent).name
            for key in "ab"
            for parent in (None, "tpl_x")
        }
        self.assertEqual(len(names), 4)
