"""The value of packs, unit by unit: 100,000 random ones, without a database."""

import random
import unittest
from decimal import Decimal

from ..ledger import LotSums

PACKS = 100_000
COINS = (Decimal(1), Decimal("0.01"), Decimal("0.001"))
STEPS = (Decimal("0.25"), Decimal("0.5"), Decimal(1), Decimal(1), Decimal(2))


class TestPennies(unittest.TestCase):
    """Nothing is lost, nothing is negative, and it is fair at every moment."""

    def _use_up(self, rng):
        """Use one random pack up in random steps; return its worst drift in coins."""
        coin = rng.choice(COINS)
        units = Decimal(rng.randint(1, 60)) / rng.choice((1, 1, 2))
        price = coin * rng.randint(0, 50_000)
        zero = Decimal(0)
        sums = LotSums(zero, zero, zero, zero, zero, zero, 0, coin)
        sums.apply("grant", units, value=price)
        released, worst = zero, zero
        step = max(rng.choice(STEPS), (units / 8).quantize(Decimal("0.25")))
        while sums.balance:
            value = -sums.apply("redeem", -min(step, sums.balance))
            self.assertGreaterEqual(value, 0)
            self.assertEqual(value % coin, 0)
            released += value
            fair = price * (units - sums.balance) / units
            worst = max(worst, abs(released - fair) / coin)
        self.assertEqual(released, price)
        self.assertEqual(sums.value, 0)
        return worst

    def test_the_total_is_exact_and_the_drift_is_half_a_coin(self):
        """4: currencies with 0, 2 and 3 decimals, parts of units, any price.

        Acceptance test 4 of research.
        """
        rng = random.Random(100_000)
        worst = max(self._use_up(rng) for _pack in range(PACKS))
        self.assertLessEqual(worst, Decimal("0.5"))

    def test_what_comes_back_can_be_used_again(self):
        """A return has the value that went; the end is as exact as without it."""
        rng = random.Random(5)
        zero, coin = Decimal(0), Decimal("0.01")
        for _pack in range(PACKS // 20):
            sums = LotSums(zero, zero, zero, zero, zero, zero, 0, coin)
            price = coin * rng.randint(0, 50_000)
            sums.apply("grant", Decimal(10), value=price)
            released = zero
            while sums.balance:
                value = -sums.apply("redeem", Decimal(-1))
                if rng.random() < 0.3:
                    sums.apply("restore", Decimal(1), value=value)
                    continue
                released += value
                self.assertGreaterEqual(value, 0)
            self.assertEqual(released, price)
