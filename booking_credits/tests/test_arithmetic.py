"""The rules in plain Python: examples, doctests, and properties."""

import doctest
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from .. import accrual, burndown, refund, validity, valuation
from ..burndown import Lot, burn_down, whole_bookings
from ..ledger import LotSums
from ..refund import Tier, kept_slices, returned_percent, returned_quantity
from ..validity import last_valid_day
from ..valuation import released_value

CENT = Decimal("0.01")
POLICY = [Tier(Decimal(24), Decimal(100)), Tier(Decimal(4), Decimal(50))]
units = st.decimals(min_value=0, max_value=1000, places=2)


def D(*numbers):
    return [Decimal(str(number)) for number in numbers]


def release_all(price, quantity):
    """Return what each single use of a pack of ``quantity`` for ``price`` releases."""
    sums = LotSums(*D(0, 0, 0, 0, 0, 0), 0, CENT)
    sums.apply("grant", Decimal(quantity), value=price)
    return [-sums.apply("redeem", Decimal(-1)) for _use in range(quantity)]


@tagged("post_install", "-at_install")
class TestArithmetic(BaseCase):
    def test_docstrings_tell_the_truth(self):
        for module in (accrual, burndown, refund, validity, valuation):
            self.assertEqual(doctest.testmod(module).failed, 0, module.__name__)

    # --- consumption order

    def test_narrow_lots_pay_before_wide_ones(self):
        wide = Lot(1, Decimal(5), 0, date(2030, 1, 1))
        narrow = Lot(2, Decimal(5), 2, None)
        slices, missing = burn_down([wide, narrow], Decimal(6))
        self.assertEqual([tuple(s) for s in slices], [(2, 5), (1, 1)])
        self.assertEqual(missing, 0)

    def test_chosen_order_is_kept(self):
        first, second = Lot(9, Decimal(1)), Lot(1, Decimal(5), 0, date(2030, 1, 1))
        slices, _missing = burn_down([first, second], Decimal(2), keep_order=True)
        self.assertEqual([s.lot_id for s in slices], [9, 1])

    @given(st.lists(units, max_size=6), st.decimals("0.01", 3000, places=2))
    def test_slices_and_shortage_make_up_the_price(self, available, quantity):
        lots = [Lot(index, units) for index, units in enumerate(available)]
        slices, missing = burn_down(lots, quantity)
        self.assertEqual(sum(s.quantity for s in slices) + missing, quantity)
        self.assertEqual(missing, max(quantity - sum(available), 0))
        for part in slices:
            self.assertLessEqual(part.quantity, available[part.lot_id])

    def test_only_whole_bookings_are_paid(self):
        self.assertEqual(whole_bookings(*D(25, 10, 3)), 2)
        self.assertEqual(whole_bookings(*D(9.5, 10, 3)), 0)
        self.assertEqual(whole_bookings(*D(3, 1.5, 5)), 2)

    # --- value (S1-15, S0-05, S0-20)

    def test_100_credits_for_90_release_nine_each_ten(self):
        """S1-15: ten classes of 10 credits consume exactly 90.00."""
        sums = LotSums(*D(0, 0, 0, 0, 0, 0), 0, CENT)
        sums.apply("grant", Decimal(100), value=Decimal(90))
        uses = [-sums.apply("redeem", Decimal(-10)) for _use in range(10)]
        self.assertEqual(uses, [Decimal("9.00")] * 10)

    def test_uneven_price_is_spread_to_the_cent(self):
        self.assertEqual(
            release_all("83.32", 10),
            D("8.33", "8.33", "8.34", "8.33", "8.33", "8.33", "8.33", "8.34")
            + D("8.33", "8.33"),
        )

    @settings(max_examples=200)
    @given(st.decimals(0, 100000, places=2), st.integers(1, 60))
    def test_all_uses_release_the_price_exactly(self, price, quantity):
        uses = release_all(price, quantity)
        self.assertEqual(sum(uses), price)
        self.assertGreaterEqual(min(uses), 0)
        for count in range(quantity):
            exact = price * count / quantity
            self.assertLessEqual(abs(sum(uses[:count]) - exact), CENT / 2)

    def test_the_last_unit_takes_what_is_left(self):
        self.assertEqual(released_value(*D("3.34", 10, 3, 0), CENT), Decimal("3.34"))

    # --- cancellation (S1-12, S1-22, S1-23)

    def test_customer_wins_at_the_exact_limit(self):
        """S1-12: inside the window the part, at the limit and before it more."""
        self.assertEqual(returned_percent(POLICY, Decimal(24)), 100)
        self.assertEqual(returned_percent(POLICY, Decimal("23.99")), 50)
        self.assertEqual(returned_percent(POLICY, Decimal(4)), 50)
        self.assertEqual(returned_percent(POLICY, Decimal("3.99")), 0)
        self.assertEqual(returned_percent(POLICY, Decimal(-1), Decimal(20)), 20)

    def test_no_policy_gives_all_back(self):
        self.assertEqual(returned_percent([], Decimal(0)), 100)
        self.assertEqual(returned_percent(POLICY, None), 100)

    def test_returned_credits_are_rounded_up(self):
        """S1-23: 101 at 50 % → 51; 1 at 50 % → 1; 3 at 67 % → 3."""
        for quantity, percent, returned in ((101, 50, 51), (1, 50, 1), (3, 67, 3)):
            self.assertEqual(
                returned_quantity(*D(quantity, percent, 1)), Decimal(returned)
            )

    @given(units, st.integers(0, 100), st.sampled_from(D(1, "0.5", "0.25")))
    def test_never_more_comes_back_than_was_paid(self, quantity, percent, step):
        returned = returned_quantity(quantity, Decimal(percent), step)
        self.assertLessEqual(quantity * percent / 100, returned)
        self.assertLessEqual(returned, quantity)

    @given(st.lists(units, min_size=1, max_size=5), st.integers(0, 100))
    def test_the_fee_is_taken_from_what_was_spent_first(self, paid, percent):
        kept = sum(paid) * percent / 100
        parts = kept_slices(paid, kept)
        self.assertEqual(sum(parts), kept)
        partial = [i for i, part in enumerate(parts) if 0 < part < paid[i]]
        self.assertLessEqual(len(partial), 1)

    # --- validity (S0-04, S1-18)

    def test_validity_ends(self):
        """S0-04, S1-18: the boundaries, with month ends."""
        cases = [
            (date(2026, 3, 1), "days", 30, date(2026, 3, 31)),
            (date(2026, 1, 15), "months", 6, date(2026, 7, 15)),
            (date(2026, 8, 31), "months", 6, date(2027, 2, 28)),
            (date(2027, 8, 31), "months", 6, date(2028, 2, 29)),
            (date(2026, 1, 31), "month_end", 1, date(2026, 2, 28)),
            (date(2026, 1, 1), "weeks", 2, date(2026, 1, 15)),
            (date(2026, 1, 1), "years", 1, date(2027, 1, 1)),
            (date(2026, 1, 1), "none", 0, None),
        ]
        for start, unit, number, end in cases:
            self.assertEqual(last_valid_day(start, unit, number), end)
        fixed = date(2026, 12, 31)
        self.assertEqual(last_valid_day(date(2026, 1, 1), "fixed", 0, fixed), fixed)
