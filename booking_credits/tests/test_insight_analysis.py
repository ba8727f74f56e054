from ast import literal_eval
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAnalysis(BookingCreditsCommon):
    """S1-05, S1-29: what happened to credits, for pivots and graphs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.report = cls.env["booking.credit.analysis"]
        cls.yoga.booking_cancellation_policy_id = cls.policy

    def _rows(self, **domain):
        return self.report.search(
            [(field, "=", value) for field, value in domain.items()], order="id"
        )

    def _act(self):
        """Sell, use, cancel in time and late, do not come, let expire."""
        self.lot = self._buy()
        self.lot.sudo()._release(self.lot.sudo()._hold(1, self.yoga))
        self.order = self._book()
        self._book()._action_cancel()
        self._book(hours=5)._action_cancel()
        missed = self._book(hours=1)
        with freeze_time(missed.order_line[0].booking_start + timedelta(hours=1)):
            missed._action_cancel()
        with freeze_time(self.lot.valid_until + timedelta(days=1)):
            self.lot.expire()

    def test_each_movement_has_a_name_for_people(self):
        """S1-29: fees of late cancellations and of no-shows are told apart."""
        self._act()
        self.assertEqual(
            self._rows().mapped(lambda row: (row.kind, row.quantity)),
            [
                ("sold", 100),
                ("used", -10),
                ("used", -10),
                ("returned", 10),
                ("used", -10),
                ("returned", 10),
                ("fee", -5),
                ("used", -10),
                ("returned", 10),
                ("no_show", -10),
                ("expired", -75),
            ],
        )

    def test_it_adds_up_to_the_ledger(self):
        """S1-05: one row for each entry that moves; same units, same money."""
        self._act()
        moving = self.lot.entry_ids.filtered(
            lambda entry: entry.type not in ("hold", "release")
        )
        rows = self._rows(partner_id=self.anna.id)
        self.assertEqual(set(rows.ids), set(moving.ids))
        self.assertAlmostEqual(sum(rows.mapped("quantity")), self.lot.balance)
        self.assertAlmostEqual(
            sum(rows.mapped("value_in")) - sum(rows.mapped("value_out")),
            self.lot.value,
        )

    def test_rows_know_pack_service_order_and_people(self):
        """S1-29: who, what, on which order."""
        self._act()
        sold, used = self._rows(kind="sold"), self._rows(kind="used")[0]
        self.assertEqual(sold.product_id, self.pack)
        self.assertEqual(sold.order_id, self.lot.source_line_id.sale_line_ids.order_id)
        self.assertEqual(used.service_id, self.yoga)
        self.assertEqual(used.order_id, self.order)
        self.assertEqual(used.user_id, self.env.user)
        self.assertEqual(sold.action_open_order()["res_id"], sold.order_id.id)

    def test_gifts_corrections_transfers_and_payments_kept(self):
        """S1-29: each under its own name."""
        lot = self._buy()
        lot.adjust(-1, "Mistake")
        lot.transfer(4, self.env["res.partner"].create({"name": "Paul"}), "Friends")
        self.company.booking_credit_signup_quantity = 5
        self.anna._grant_booking_signup_credits(self.company)
        kinds = self.report._read_group([], ["kind"], ["quantity:sum"])
        self.assertEqual(
            dict(kinds),
            {"sold": 100, "corrected": -1, "transferred": 0, "given": 5},
        )

    def test_credits_are_never_added_to_sessions(self):
        """S1-05: a total over several units is empty, not wrong; money is added."""
        self._buy()
        self._buy(self._create_pack("Ten", 10, 45, booking_credit_measure="session"))
        total = self.report._read_group(
            [], [], ["quantity:sum", "quantity_in:sum", "value:sum"]
        )[0]
        self.assertEqual((total[0] or None, total[1] or None), (None, None))
        self.assertEqual(total[2], 135)
        self.assertEqual(
            dict(self.report._read_group([], ["measure"], ["quantity:sum"])),
            {"credit": 100, "session": 10},
        )

    def test_a_pack_on_two_order_lines_is_one_row(self):
        """S1-05: an invoice line of two order lines does not count twice."""
        lot = self._buy()
        other = self._create_order(self.pack)
        lot.source_line_id.sale_line_ids |= other.order_line
        self.env.flush_all()
        self.assertEqual(len(self._rows(lot_id=lot.id)), 1)

    def test_who_may_read_it(self):
        """S1-29: managers and accountants of the company; not the front desk."""
        self._buy()
        self.assertTrue(self.report.with_user(self.accountant).search([]))
        with self.assertRaises(AccessError):
            self.report.with_user(self.front_desk).search([])
        other = new_test_user(
            self.env,
            "elsewhere",
            groups="booking_credits.booking_credits_group_manager",
            company_id=self._create_company(name="Elsewhere").id,
        )
        self.assertFalse(self.report.with_user(other).search([]))

    def test_the_four_views_open_on_what_they_are_about(self):
        """S1-05: sales, use, expiry, cancellations; grouped by unit first."""
        self._act()
        expected = {
            "sales": {"sold"},
            "use": {"used", "returned"},
            "expiry": {"expired"},
            "cancellations": {"returned", "fee", "no_show"},
        }
        for name, kinds in expected.items():
            action = self.env.ref(
                f"booking_credits.booking_credit_analysis_action_{name}"
            )
            rows = self.report.search(literal_eval(action.domain))
            self.assertEqual(set(rows.mapped("kind")), kinds)
            self.assertIn("'pivot_row_groupby': ['measure'", action.context)
