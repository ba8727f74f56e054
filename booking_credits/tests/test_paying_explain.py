"""Why one lot pays before the others: examples, doctests, and a property."""

import doctest
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from .. import explain
from ..burndown import UNLIMITED, Lot, burn_order
from ..explain import why_first

lots = st.builds(
    Lot,
    id=st.integers(1, 9),
    available=st.sampled_from([Decimal(5), UNLIMITED]),
    narrowness=st.integers(0, 2),
    valid_until=st.sampled_from([None, date(2030, 1, 31), date(2030, 6, 30)]),
)


@tagged("post_install", "-at_install")
class TestExplain(BaseCase):
    def test_docstrings_tell_the_truth(self):
        self.assertEqual(doctest.testmod(explain).failed, 0)

    def test_each_rule_has_its_name(self):
        """The rule is the one that sets a lot apart from the next one."""
        pack = Lot(5, Decimal(100))
        for lot, rule in (
            (Lot(9, UNLIMITED), "unlimited"),
            (Lot(9, Decimal(3), 2), "products"),
            (Lot(9, Decimal(3), 1), "categories"),
            (Lot(9, Decimal(3), 0, date(2030, 6, 30)), "ends"),
            (Lot(4, Decimal(3)), "oldest"),
        ):
            self.assertEqual(why_first(lot, [pack]), rule)

    def test_who_pays_later_anyway_does_not_count(self):
        """A card that follows an unlimited pass is compared with what follows it."""
        unlimited, pack = Lot(1, UNLIMITED), Lot(3, Decimal(9))
        card = Lot(2, Decimal(3), 2)
        self.assertEqual(why_first(card, [unlimited, pack]), "products")
        self.assertEqual(why_first(pack, [unlimited, card]), "only")

    def test_what_staff_chose_needs_no_other_reason(self):
        self.assertEqual(why_first(Lot(9, Decimal(3)), [Lot(1, 9)], True), "chosen")

    # how fast examples are drawn says something of the machine only
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(lots, lots)
    def test_of_two_lots_the_first_has_a_reason_and_the_other_none(self, one, two):
        """Whatever they are, exactly one of two different lots goes first."""
        first, second = sorted([one, two], key=burn_order)
        if burn_order(first) != burn_order(second):
            self.assertNotEqual(why_first(first, [second]), "only")
            self.assertEqual(why_first(second, [first]), "only")
