from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from ..exceptions import CreditsMovedError
from .test_accounting_example_table import ExampleCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestBonus(ExampleCommon):
    """Bonus credits on other terms: two lots out of one price."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bonus = cls._create_pack(
            "Off-peak class",
            1,
            12.0,
            booking_credit_validity_unit="months",
            booking_credit_validity=1,
        )
        cls.four = cls._create_pack(
            "4 classes and 1 off-peak",
            4,
            48.0,
            booking_credit_bonus_id=cls.bonus.id,
            booking_credit_bonus_use_rate=60,
        )

    def _buy_both(self, **line_values):
        with freeze_time("2026-01-05 09:00:00"):
            lots = self._buy(self.four, **line_values)
        return lots.sorted("id")

    def test_05_a_bonus_on_other_terms_takes_its_relative_share(self):
        """4 × 12.00 and 12.00 × 60 % for 48.00: 41.74 and 6.26.

        Acceptance test 5 of research, second half (IFRS 15.76).
        """
        paid, bonus = self._buy_both()
        self.assertRecordValues(
            paid | bonus,
            [
                {"available": 4.0, "value": 41.74, "bonus_of_id": False},
                {"available": 1.0, "value": 6.26, "bonus_of_id": paid.id},
            ],
        )
        self.assertEqual(str(bonus.valid_until), "2026-02-05")
        # one entry on the same account, and a line for each lot
        lines = bonus.entry_ids.move_id.line_ids
        self.assertEqual(
            sorted(lines.mapped("balance")), [-6.26, 6.26], lines.mapped("name")
        )
        self.assertEqual(lines.account_id, self.accounts["single"])
        self.assertEqual(self._balance("single"), 48.0)

    def test_05_each_use_releases_the_price_of_its_own_lot(self):
        """10.43, 10.44, … of the pack, 6.26 of the bonus: 48.00 in all."""
        paid, bonus = self._buy_both()
        with freeze_time("2026-01-06 09:00:00"):
            for _number in range(5):
                self._book(self.yoga, hours=2)
        used = (paid | bonus).entry_ids.filtered(lambda entry: entry.type == "redeem")
        values = [-entry.value for entry in used.sorted("id")]
        # what ends first is used first
        self.assertEqual(values[0], 6.26)
        self.assertAlmostEqual(sum(values), 48.0)
        self.assertLess(max(values[1:]) - min(values[1:]), 0.011)

    def test_an_equal_price_for_each_credit(self):
        """48.00 / 5 = 9.60 for the bonus, as for the others."""
        self.four.booking_credit_bonus_allocation = "equal"
        self.assertEqual(self._buy_both().mapped("value"), [38.4, 9.6])

    def test_a_bonus_that_is_given_away_is_no_debt(self):
        self.four.booking_credit_bonus_allocation = "zero"
        paid, bonus = self._buy_both()
        self.assertEqual((paid | bonus).mapped("value"), [48.0, 0.0])
        self.assertFalse(bonus.entry_ids.move_id)

    def test_a_bonus_without_a_price_costs_what_the_pack_does(self):
        """12.00 a credit, as in the pack, and used by 60 %."""
        self.bonus.product_tmpl_id.write({"booking_credit_free": True, "list_price": 0})
        self.assertEqual(self._buy_both().mapped("value"), [41.74, 6.26])

    def test_two_packs_and_a_discount(self):
        """2 packs at half the price: 48.00 are paid for 8 credits and 2."""
        paid, bonus = self._buy_both(product_uom_qty=2, discount=50)
        self.assertEqual((paid | bonus).mapped("available"), [8.0, 2.0])
        self.assertEqual((paid | bonus).mapped("value"), [41.74, 6.26])

    def test_vat_at_use_shares_the_gross_price(self):
        """Multi-purpose credits are owed gross, the bonus too."""
        both = self.four | self.bonus
        # one after the other would be refused: they would differ for a moment
        self.four.booking_credit_bonus_id = False
        both.booking_credit_vat_kind = "multi"
        self.four.booking_credit_bonus_id = self.bonus
        lots = self._buy_both()
        self.assertEqual(lots.liability_account_id, self.accounts["multi"])
        self.assertEqual(lots.mapped("value"), [41.74, 6.26])
        self.assertEqual(self._balance("multi"), 48.0)

    # --- back again

    def test_a_credit_note_takes_both_back(self):
        """48.00 back: nothing is left, and nothing is owed."""
        paid, bonus = self._buy_both()
        with freeze_time("2026-01-06 09:00:00"):
            self._draft_credit_note(paid.source_move_id).action_post()
        self.assertEqual((paid | bonus).mapped("value"), [0.0, 0.0])
        self.assertEqual((paid | bonus).mapped("available"), [0.0, 0.0])
        self.assertEqual(self._balance("single"), 0.0)

    def test_a_credit_note_for_one_of_two_packs_takes_half_of_both(self):
        paid, bonus = self._buy_both(product_uom_qty=2)
        with freeze_time("2026-01-06 09:00:00"):
            self._draft_credit_note(paid.source_move_id).action_post()
        self.assertEqual((paid | bonus).mapped("available"), [4.0, 1.0])
        self.assertEqual((paid | bonus).mapped("value"), [41.74, 6.26])
        self.assertEqual(self._balance("single"), 48.0)

    def test_a_used_bonus_lowers_what_can_be_credited(self):
        """The bonus is used: of 48.00 only 41.74 are left to give back."""
        paid, bonus = self._buy_both()
        with freeze_time("2026-01-06 09:00:00"):
            self._book(self.yoga, hours=2)
            self.assertFalse(bonus.available)
            with self.assertRaisesRegex(CreditsMovedError, "41.74"):
                self._draft_credit_note(paid.source_move_id).action_post()

    def test_paying_back_takes_the_bonus_along(self):
        """Pay Back in the backend: 4 credits and the unused bonus are 48.00."""
        paid, bonus = self._buy_both()
        with freeze_time("2026-01-06 09:00:00"):
            wizard = self.env["booking.credit.change"].new(
                {"lot_id": paid.id, "kind": "refund", "quantity": 4.0}
            )
            self.assertIn("48.00", wizard.effects)
            self.assertIn(bonus.name, wizard.effects)
            note = paid.refund(4, "moves away").move_id
        self.assertEqual(note.amount_untaxed, 48.0)
        self.assertEqual((paid | bonus).mapped("available"), [0.0, 0.0])

    def test_paying_back_half_takes_half_of_an_unused_bonus(self):
        paid, bonus = self._buy_both(product_uom_qty=2)
        with freeze_time("2026-01-06 09:00:00"):
            note = paid.refund(4, "too many").move_id
        self.assertEqual(note.amount_untaxed, 48.0)
        self.assertEqual((paid | bonus).mapped("available"), [4.0, 1.0])
        self.assertEqual((paid | bonus).mapped("value"), [41.74, 6.26])

    def test_an_expired_bonus_does_not_come_back(self):
        """Its 6.26 became income: 41.74 are left."""
        paid, bonus = self._buy_both()
        with freeze_time("2026-03-01 09:00:00"):
            bonus._expire()
            note = paid.refund(4, "moves away").move_id
        self.assertEqual(note.amount_untaxed, 41.74)

    def test_a_cancelled_order_takes_both_back(self):
        """S2-16 with a bonus; S2-17: not once the bonus was used."""
        paid, bonus = self._buy_both()
        order = paid.source_line_id.sale_line_ids.order_id
        self.assertEqual(order.booking_credit_lot_ids, paid | bonus)
        with freeze_time("2026-01-06 09:00:00"):
            booking = self._book(self.yoga, hours=48)
            with self.assertRaisesRegex(CreditsMovedError, bonus.name):
                order._revoke_sold_booking_credits()
            booking.order_line.filtered("booking_ok")[:1]._cancel_booking(
                give_all_back=True
            )
            order._revoke_sold_booking_credits()
        self.assertEqual((paid | bonus).mapped("available"), [0.0, 0.0])

    # --- reports and customers

    def test_the_roll_forward_counts_it_as_sold(self):
        """5 credits sold for 48.00, whatever was moved between the two lots."""
        self._buy_both()
        table = self.env["booking.credit.roll.forward"].get_report(
            {
                "date_from": "2026-01-01",
                "date_to": "2026-01-31",
                "company_ids": self.company.ids,
            }
        )
        cells = {
            row["key"]: row["cells"]
            for section in table["sections"]
            for row in section["rows"]
            if section["key"].endswith(f"-{self.accounts['single'].id}")
        }
        self.assertEqual(cells["sold"]["value"], 48)
        self.assertEqual(cells["closing"]["value"], 48)
        self.assertFalse(cells.get("granted", {}).get("value"))

    def test_customers_see_no_movement_of_money_alone(self):
        """The statement tells of 4 credits and 1 credit, not of 0."""
        self._buy_both()
        with freeze_time("2026-01-06 09:00:00"):
            statement = self.anna._get_booking_credit_statement(self.company)
        rows = [row for part in statement["sections"] for row in part["rows"]]
        self.assertEqual(
            [(row["title"], row["quantity"]) for row in rows],
            [("Bought", 4), ("Bonus", 1)],
        )

    # --- what cannot be

    def test_impossible_bonuses_are_refused(self):
        voucher = self._create_pack("Voucher", 1, 10.0, booking_credit_voucher=True)
        gross = self._create_pack("Gross", 1, 10.0, booking_credit_vat_kind="multi")
        sessions = self._create_pack("Trial", 1, 10.0, booking_credit_measure="session")
        for bonus, values in (
            (voucher, {}),
            (gross, {}),
            (self.four, {}),
            (self.yoga, {}),
            (sessions, {"booking_credit_bonus_allocation": "equal"}),
        ):
            with (
                self.subTest(bonus=bonus.name),
                self.assertRaisesRegex(ValidationError, bonus.name),
                self.env.cr.savepoint(),
            ):
                self.packs["single"].write(
                    {"booking_credit_bonus_id": bonus.id, **values}
                )

    def test_a_bonus_stays_possible(self):
        """The pack that comes along cannot become a voucher later."""
        with self.assertRaisesRegex(ValidationError, self.four.name):
            self.bonus.booking_credit_voucher = True
