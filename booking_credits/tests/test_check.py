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

    def break_by(self, query, *params):
        self.env.flush_all()
        self.env.cr.execute(query, params)
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
        with mute_logger("odoo.addons.booking_credits.models.booking_credit_lot_check"):
            breaks = self.env["booking.credit.lot"]._cron_check_ledger()
        self.assertTrue(any(self.lot.name in sentence for sentence in breaks))

    def test_the_front_desk_does_not_check_the_books(self):
        with self.assertRaises(AccessError):
            self.checker.with_user(self.front_desk).action_check_companies()
