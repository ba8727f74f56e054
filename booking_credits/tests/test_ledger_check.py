from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..bulk import insert_rows
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestCheck(BookingCreditsCommon):
    """Each invariant is broken on purpose, by SQL; the check must name the lot."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.checker = cls.env["booking.credit.lot"].with_user(cls.accountant)

    def tearDown(self):
        # what a test broke is not to be found sound
        self.undo()
        super().tearDown()

    def setUp(self):
        super().setUp()
        self.lot = self._buy()
        savepoint = self.env.cr.savepoint()
        self.undone = False

        def undo():
            if not self.undone:
                self.undone = True
                self.env.invalidate_all(flush=False)
                savepoint.rollback()
                savepoint.close(rollback=False)
                self.env.invalidate_all()

        self.undo = undo

    def break_by(self, query, *params, named=None):
        self.env.flush_all()
        self.env.cr.execute(query, named or params)
        self.env.invalidate_all()

    def assertTold(self, *words):
        """Check that accountants are told, by the button and by the whole check."""
        lot = self.lot.with_user(self.accountant)
        for call in (lot.action_check_ledger, self.checker.action_check_companies):
            with self.assertRaises(UserError) as caught:
                call()
            for word in words:
                self.assertIn(word, str(caught.exception))

    def test_a_sound_ledger_is_told_so(self):
        self._book()
        for action in (
            self.lot.with_user(self.accountant).action_check_ledger(),
            self.checker.action_check_companies(),
        ):
            self.assertEqual(action["params"]["type"], "success")
            self.assertIn("sound", action["params"]["message"])

    def test_a_balance_that_is_not_the_sum_of_its_movements(self):
        self.break_by(
            "UPDATE booking_credit_lot SET balance = 99 WHERE id = %s", self.lot.id
        )
        self.assertTold(self.lot.name, "99", "100")

    def test_a_value_that_is_not_the_sum_of_its_movements(self):
        self.break_by(
            "UPDATE booking_credit_lot SET value = 89.5 WHERE id = %s", self.lot.id
        )
        self.assertTold(self.lot.name, "89.5", "90")

    def test_numbers_out_of_range(self):
        self.break_by(
            """
            ALTER TABLE booking_credit_lot
                DROP CONSTRAINT booking_credit_lot_quantities_sound;
            UPDATE booking_credit_lot SET held = 101 WHERE id = %s
            """,
            self.lot.id,
        )
        self.assertTold(self.lot.name, "part of the balance")

    def test_what_came_back_twice(self):
        order = self._book()
        order._action_cancel()
        back = self.lot.entry_ids.filtered(lambda entry: entry.type == "restore")
        insert_rows(
            back.browse(),
            [
                {
                    "operation_id": back.operation_id.id,
                    "company_id": back.company_id.id,
                    "lot_id": self.lot.id,
                    "lot_sequence": back.lot_sequence + 1,
                    "type": "restore",
                    "date": back.date,
                    "quantity": 10,
                    "held": 0,
                    "value": 9,
                    "source_entry_id": back.source_entry_id.id,
                    "posting_state": "pending",
                }
            ],
        )
        self.env.invalidate_all()
        self.assertTold(self.lot.name, "movement 2 moved 10.0, but 20.0 came back")

    def test_a_journal_item_that_lost_its_lot(self):
        self.break_by(
            "UPDATE account_move_line SET booking_credit_lot_id = NULL "
            "WHERE booking_credit_lot_id = %s",
            self.lot.id,
        )
        self.assertTold(self.lot.name, "journal items")

    def test_a_posting_by_hand_on_the_liability_account(self):
        account = self.company.booking_credit_liability_account_id
        move = self.env["account.move"].create(
            {
                "journal_id": self.company.booking_credit_journal_id.id,
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": 5.0}),
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_revenue"
                            ].id,
                            "balance": -5.0,
                        }
                    ),
                ],
            }
        )
        move.action_post()
        self.env.flush_all()
        with self.assertRaisesRegex(UserError, account.name.split(" (")[0]):
            self.checker.action_check_companies()
        # one batch of credits alone is sound
        self.lot.action_check_ledger()

    def test_the_nightly_job_reports_to_the_log(self):
        self.break_by(
            "UPDATE booking_credit_lot SET balance = 99 WHERE id = %s", self.lot.id
        )
        with mute_logger(
            "odoo.addons.booking_credits.models.ledger.booking_credit_lot_check"
        ):
            breaks = self.env["booking.credit.lot"]._cron_check_ledger()
        self.assertTrue(any(self.lot.name in sentence for sentence in breaks))

    def test_the_front_desk_does_not_check_the_books(self):
        with self.assertRaises(AccessError):
            self.checker.with_user(self.front_desk).action_check_companies()

    # --- orders

    def test_a_booking_that_says_it_is_paid_with_more_than_was_spent(self):
        order = self._book()
        paying = order.order_line._get_credit_lines()
        self.break_by(
            "UPDATE sale_order_line SET booking_credit_quantity = 12 WHERE id = %s",
            paying.id,
        )
        self.assertOrderTold(order, "12 credits pay it", "spent 10 credits", "Cancel")

    def test_a_credit_line_that_spent_nothing(self):
        """H2: put on a confirmed order, or confirmed past the verb."""
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        self.break_by(
            "UPDATE sale_order SET state = 'sale' WHERE id = %(id)s;"
            "UPDATE sale_order_line SET state = 'sale' WHERE order_id = %(id)s",
            named={"id": order.id},
        )
        self.assertOrderTold(order, "10 credits pay it", "spent 0 credits")

    def test_a_booking_that_counts_as_paid_with_nothing(self):
        order = self._book()
        paying = order.order_line._get_credit_lines()
        booking = paying.booking_credit_paid_line_id
        self.break_by(
            """
            UPDATE sale_order_line SET booking_credit_quantity = 0 WHERE id = %(line)s;
            UPDATE booking_credit_operation SET order_line_id = NULL
             WHERE order_line_id = %(booking)s
            """,
            named={"line": paying.id, "booking": booking.id},
        )
        self.assertOrderTold(order, "1 bookings count as paid", "book it anew")

    def test_credits_that_stay_spent_on_what_is_not_booked(self):
        """H3: cancelled by hand, set back to a quotation, cancelled past the verb."""
        order = self._book()
        booking = order.order_line._get_credit_lines().booking_credit_paid_line_id
        for query in (
            "UPDATE sale_order_line SET booking_cancel_date = now() WHERE id = %(line)s",
            "UPDATE sale_order_line SET state = 'draft', booking_cancel_date = NULL "
            "WHERE order_id = %(order)s",
            "UPDATE sale_order_line SET state = 'cancel' WHERE order_id = %(order)s",
        ):
            with self.subTest(query):
                self.break_by(query, named={"line": booking.id, "order": order.id})
                self.assertOrderTold(order, "0 credits pay it", "the excess")

    def test_a_cancelled_booking_that_is_booked_again_by_hand(self):
        """H2d: the place is taken, and nothing pays it."""
        order = self._book()
        booking = order.order_line._get_credit_lines().booking_credit_paid_line_id
        booking._cancel_booking()
        self.break_by(
            "UPDATE sale_order_line SET booking_cancel_date = NULL WHERE id = %s",
            booking.id,
        )
        self.assertOrderTold(order, "10 credits pay it", "spent 0 credits")

    def test_a_credit_line_that_is_gone(self):
        """H3: what was spent stays spent, and the order asks for money again."""
        order = self._book()
        paying = order.order_line._get_credit_lines()
        self.break_by("DELETE FROM sale_order_line WHERE id = %s", paying.id)
        self.assertOrderTold(order, "0 credits pay it", "spent 10 credits")

    def test_what_is_right_is_not_reported(self):
        """Changed, cancelled in part, late, by us, no-show, given back by hand."""
        self.lot.sudo().adjust(400, "many")
        orders = [self._book(product_uom_qty=3) for _number in range(5)]
        lines = [order.order_line._get_bookings_to_cancel() for order in orders]
        orders[0]._cancel_for_customer(lines[0], places=1)
        lines[1].product_uom_qty = 4
        orders[2].action_cancel()
        orders[3]._cancel_by_provider(lines[3], "storm", 0)
        lines[4]._get_booking_spent_entries()[:1].lot_id.restore(
            lines[4]._get_booking_spent_entries(), "on the house"
        )
        late = self._book(hours=2)
        late.order_line._cancel_booking()
        came = self._book(hours=2)
        booking = came.order_line._get_bookings_to_cancel()
        booking._cancel_booking(by="no_show")
        booking.action_came()
        again = self._book()
        again._action_cancel()
        again.action_draft()
        again.action_confirm()
        self.assertFalse(self.checker.sudo()._check_bookings(self.company))

    def test_the_sums_are_those_of_the_database(self):
        self.break_by(
            "UPDATE booking_credit_lot SET balance = balance + 0.01, granted = 99 "
            "WHERE id = %s",
            self.lot.id,
        )
        self.assertTold(self.lot.name, "100.01", "99")

    def assertOrderTold(self, order, *words):
        """Check that the whole check names the order, the numbers and the remedy."""
        with self.assertRaises(UserError) as caught:
            self.checker.action_check_companies()
        text = "\n".join(
            line for line in str(caught.exception).splitlines() if order.name in line
        )
        for word in (order.partner_id.name, *words):
            self.assertIn(word, text)
