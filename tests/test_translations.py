"""Our first customers are French-speaking: nothing may stay in English."""

import re
import unittest
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = re.compile(r"%\(\w+\)s|%s|%%")


class TestTranslations(unittest.TestCase):
    """Each add-on's French file against its template."""

    def test_french_is_complete_and_keeps_the_placeholders(self):
        templates = sorted(ROOT.glob("*/i18n/*.pot"))
        self.assertTrue(templates)
        for template in templates:
            french = polib.pofile(str(template.with_name("fr.po")))
            translated = {entry.msgid: entry.msgstr for entry in french}
            for entry in polib.pofile(str(template)):
                with self.subTest(addon=template.parts[-3], text=entry.msgid):
                    text = translated.get(entry.msgid, "")
                    self.assertTrue(text, "not translated")
                    self.assertEqual(
                        sorted(PLACEHOLDER.findall(text)),
                        sorted(PLACEHOLDER.findall(entry.msgid)),
                    )
