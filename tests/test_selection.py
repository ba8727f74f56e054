"""What follows the colon is a class, one test of it, or a room."""

import unittest

import project
import selection

CORE = "booking_credits"


class TestSelection(unittest.TestCase):
    """What ``bin/test`` is asked to run."""

    def test_a_class_and_one_test_of_it(self):
        choice = selection.choose([f"{CORE}:TestLedger.test_x"])
        self.assertEqual(choice.parts, {"suite"})
        self.assertEqual(
            choice.specs(choice.classes([CORE], "suite"), "suite"),
            [f"/{CORE}/tests/{choice.named[0][0].path}:TestLedger.test_x"],
        )

    def test_a_room_is_what_its_files_are_called(self):
        def path(name):
            return selection.TestClass(CORE, name, "T", (), frozenset(), False)

        inside = ("test_paying.py", "test_paying_cash.py", "paying/test_cash.py")
        for name in inside:
            self.assertTrue(path(name).is_in("paying"), name)
        for name in ("test_payings.py", "test_repaying.py", "test_x_paying.py"):
            self.assertFalse(path(name).is_in("paying"), name)

    def test_every_class_is_in_a_room_that_can_be_named(self):
        for addon in project.addons():
            for room in selection.rooms(addon):
                self.assertTrue(selection.find(addon, room), room)

    def test_races_and_plain_tests_run_where_they_belong(self):
        choice = selection.choose([f"{CORE}:concurrency", f"{CORE}:accounting_pennies"])
        self.assertEqual(choice.parts, {"concurrency", "pure"})
        self.assertEqual(choice.classes([CORE], "suite"), [])
        races = choice.classes([CORE], "concurrency")
        specs = choice.specs(races, "concurrency")
        self.assertTrue(specs)
        self.assertTrue(specs[0].startswith(selection.CONCURRENCY))

    def test_what_is_not_there_is_named_with_what_is(self):
        with self.assertRaisesRegex(project.Failure, "no class TestLedgr.*TestLedger"):
            selection.choose([f"{CORE}:TestLedgr"])
        with self.assertRaisesRegex(project.Failure, "no room ledgr.*ledger"):
            selection.choose([f"{CORE}:ledgr"])

    def test_everything_is_every_class_once_for_each_set_of_add_ons(self):
        choice = selection.choose([])
        alone = choice.classes([CORE], "suite")
        together = choice.classes(choice.addons, "suite")
        self.assertIn("TestLedger", {each.name for each in alone})
        repeated = {each for each in alone if selection.ALONE not in each.tags}
        self.assertEqual({each for each in together if each.addon == CORE}, repeated)
