from datetime import timedelta

from psycopg2 import errors

from odoo import fields
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..const import LEDGER_FIELDS
from ..exceptions import (
    IdempotencyConflictError,
    InsufficientCreditsError,
    LedgerImmutableError,
)
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestLedger(BookingCreditsCommon):
    def test_a_paid_pack_gives_a_lot_with_the_posted_value(self):
        """S0-21, S1-15: 100 credits worth 90.00."""
        lot = self._buy()
        self.assertRecordValues(
            lot,
            [
                {
                    "partner_id": self.anna.id,
                    "granted": 100,
                    "balance": 100,
                    "available": 100,
                    "value": 90.0,
                    "state": "usable",
                    "origin": "purchase",
                }
            ],
        )

    def test_a_lot_is_given_once_per_invoice_line(self):
        """S2-19: a payment notification that comes twice gives credits once."""
        lot = self._buy()
        lot.source_line_id._grant_booking_credits()
        lot.source_move_id._invoice_paid_hook()
        self.assertEqual(self.anna.booking_credit_lot_ids, lot)

    def test_a_transfer_gives_credits_on_payment_only(self):
        """S1-26: the lot comes with the payment, not with the order."""
        order = self._create_order(self.pack)
        invoice = self._invoice(order)
        self.assertFalse(order.booking_credit_lot_ids)
        self._pay(invoice)
        self.assertEqual(order.booking_credit_lot_ids.balance, 100)

    def test_credits_can_be_given_when_the_invoice_is_confirmed(self):
        self.company.booking_credit_grant_on = "posted"
        order = self._create_order(self.pack)
        self._invoice(order)
        self.assertEqual(order.booking_credit_lot_ids.balance, 100)

    def test_several_packs_make_one_larger_lot(self):
        lot = self._buy(product_uom_qty=3)
        self.assertRecordValues(lot, [{"balance": 300, "value": 270.0}])

    def test_a_dozen_packs_give_the_credits_of_twelve(self):
        """S0-21: the number of packs counts, whatever the unit on the line."""
        dozen = self.env.ref("uom.product_uom_dozen")
        self.pack.uom_ids = dozen
        lot = self._buy(product_uom_id=dozen.id)
        self.assertEqual(lot.granted, 1200)

    def test_movements_carry_author_date_document(self):
        """S2-20: who, when, on which document, with the balance after it."""
        lot = self._buy()
        order = self._book()
        entry = lot.entry_ids.filtered(lambda e: e.type == "redeem")
        self.assertEqual(entry.user_id, self.env.user)
        self.assertEqual(entry.date, self.company._booking_credit_today())
        self.assertIn(order.name, entry.document)
        self.assertEqual(entry.balance_after, 90)

    def test_the_same_key_moves_once(self):
        lot = self._buy()
        spend = {"key": "k1", "document": "walk-in"}
        first = lot._redeem(10, self.yoga, **spend)
        again = lot._redeem(10, self.yoga, **spend)
        self.assertEqual(first, again)
        self.assertEqual(lot.balance, 90)

    def test_the_same_key_with_another_request_is_refused(self):
        lot = self._buy()
        lot._redeem(10, self.yoga, key="k1")
        with self.assertRaisesRegex(IdempotencyConflictError, "k1"):
            lot._redeem(20, self.yoga, key="k1")

    def test_more_than_available_is_refused(self):
        lot = self._buy()
        with self.assertRaises(InsufficientCreditsError):
            lot._redeem(101, self.yoga)
        with self.assertRaises(InsufficientCreditsError):
            self.env["booking.credit.operation"]._post(
                "redeem", [{"type": "redeem", "lot": lot, "quantity": -101}]
            )
        self.assertEqual(lot.balance, 100)

    def test_nobody_changes_or_deletes_a_movement(self):
        entry = self._buy().entry_ids
        for attempt in (
            lambda: entry.sudo().write({"quantity": 1}),
            lambda: entry.sudo().unlink(),
            lambda: entry.sudo().copy(),
            lambda: entry.sudo().create({"lot_id": entry.lot_id.id}),
            lambda: entry.operation_id.sudo().write({"reason": "x"}),
            lambda: entry.operation_id.sudo().unlink(),
            lambda: entry.lot_id.sudo().write({"balance": 1}),
            lambda: entry.lot_id.sudo().unlink(),
            lambda: entry.lot_id.sudo().copy(),
        ):
            with self.assertRaises(LedgerImmutableError):
                attempt()

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_as_well(self):
        entry = self._buy().entry_ids
        for query in (
            "UPDATE booking_credit_entry SET quantity = 1 WHERE id = %s",
            "DELETE FROM booking_credit_entry WHERE id = %s",
        ):
            with self.assertRaises(errors.RaiseException), self.cr.savepoint():
                self.cr.execute(query, [entry.id])

    # --- expiry

    def test_the_last_day_is_wholly_included(self):
        """S0-04: bought 1 March for 30 days: usable on 31 March, not on 1 April."""
        pack = self._create_pack(
            "Month",
            10,
            10.0,
            booking_credit_validity_unit="days",
            booking_credit_validity=30,
        )
        with freeze_time("2026-03-01 09:00:00"):
            lot = self._buy(pack)
        usable = self.env["booking.credit.lot"]._get_usable_lots
        with freeze_time("2026-03-31 23:59:00"):
            self.assertEqual(usable(self.anna, self.company), lot)
        with freeze_time("2026-04-01 00:01:00"):
            lot.invalidate_recordset()
            self.assertFalse(usable(self.anna, self.company))
            self.assertEqual(lot.state, "expired")

    def test_days_end_at_midnight_in_the_company_s_time_zone(self):
        self.company.booking_credit_tz = "America/New_York"
        pack = self._create_pack(
            "Month",
            10,
            10.0,
            booking_credit_validity_unit="days",
            booking_credit_validity=30,
        )
        with freeze_time("2026-03-01 14:00:00"):
            lot = self._buy(pack)
        usable = self.env["booking.credit.lot"]._get_usable_lots
        with freeze_time("2026-04-01 03:59:00"):  # 23:59 on 31 March, summer time
            self.assertEqual(usable(self.anna, self.company), lot)
        with freeze_time("2026-04-01 04:01:00"):
            self.assertFalse(usable(self.anna, self.company))

    def test_expired_credits_are_written_off_once(self):
        """S1-32: the lot stays visible with what expired, and is unusable."""
        lot = self._buy()
        self._book()
        with freeze_time(lot.valid_until + timedelta(days=1)):
            lot.invalidate_recordset()
            self.assertEqual(lot.expired_quantity, 90)
            lot.action_expire()
            lot.action_expire()
            self.assertRecordValues(
                lot,
                [
                    {
                        "balance": 0,
                        "value": 0,
                        "state": "expired",
                        "expired_quantity": 90,
                    }
                ],
            )
            found = lot.search([("state", "in", ["expired"])])
            self.assertIn(lot, found)
        self.assertEqual(len(lot.entry_ids), 3)

    def test_the_nightly_jobs_expire_and_post(self):
        """S1-32: the expiry calls the posting job, which books the breakage."""
        lot, held = self._buy(), self._buy()
        held._hold(40, self.yoga)
        expiry = self.env.ref("booking_credits.ir_cron_expire")
        posting = self.env.ref("booking_credits.ir_cron_post_due")
        with freeze_time(lot.valid_until + timedelta(days=1)):
            with self.enter_registry_test_mode():
                expiry.method_direct_trigger()
                calls = self.env["ir.cron.trigger"].search(
                    [("cron_id", "=", posting.id)]
                )
                self.assertTrue(calls)
                posting.method_direct_trigger()
        self.assertRecordValues(
            lot | held,
            [
                {"balance": 0, "value": 0, "is_open": False, "last_sequence": 2},
                {"balance": 40, "value": 36, "is_open": True, "last_sequence": 3},
            ],
        )
        expired = (lot | held).entry_ids.filtered(lambda entry: entry.type == "expire")
        self.assertEqual(sorted(expired.mapped("value")), [-90, -54])
        self.assertEqual(set(expired.mapped("posting_state")), {"posted"})

    def test_the_nightly_job_writes_what_the_button_writes(self):
        """S0-04, S1-32: one statement for many lots, or one by one: the same rows."""
        lots = self._buy() | self._buy()
        lots[0]._redeem(33, self.yoga)
        lots[1]._redeem(33, self.yoga)
        with freeze_time(lots[0].valid_until + timedelta(days=1)):
            lots[0]._expire_in_ledger()
            self.assertEqual(lots._expire_batch(self.company, 10), 1)
            self.assertEqual(lots._expire_batch(self.company, 10), 0)
        rows = [
            {
                name: entry[name]
                for name in entry._fields
                if entry._fields[name].store
                and not entry._fields[name].related
                and name not in ("id", "lot_id", "operation_id")
            }
            for entry in lots.entry_ids.filtered(lambda entry: entry.type == "expire")
        ]
        self.assertEqual(*rows)
        by_hand, by_job = lots.read([*LEDGER_FIELDS], load="")
        self.assertEqual({**by_hand, "id": 0}, {**by_job, "id": 0})
        self.env["booking.credit.posting"]._post_due(self.company)

    def test_a_valid_lot_is_not_expired(self):
        lot = self._buy()
        lot.action_expire()
        self.assertEqual(lot.balance, 100)

    def test_terms_bought_do_not_follow_the_pack(self):
        """S3-07: editing the pack does not change what was sold."""
        lot = self._buy()
        until = lot.valid_until
        self.pack.booking_credit_validity = 1
        self.pack.booking_credit_product_ids = self.yoga.product_tmpl_id
        self.assertEqual(lot.valid_until, until)
        self.assertFalse(lot.eligible_product_ids)

    def test_merging_two_contacts_keeps_the_credits_of_both(self):
        lots = self._buy()
        bob = self.env["res.partner"].create({"name": "Bob"})
        lots |= self._buy(partner=bob)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [self.anna.id, bob.id], self.anna
        )
        lots.invalidate_recordset()
        self.assertEqual(lots.partner_id, self.anna)
        self.assertEqual(sum(lots.mapped("balance")), 200)

    def test_contacts_of_a_company_use_its_credits(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        worker = self.env["res.partner"].create(
            {"name": "Worker", "parent_id": firm.id}
        )
        lot = self._buy(partner=firm)
        self._book(partner=worker)
        self.assertEqual(lot.balance, 90)

    def test_another_company_s_credits_are_not_usable(self):
        self._buy()
        other = self.env["res.company"].create({"name": "Other"})
        usable = (
            self.env["booking.credit.lot"].sudo()._get_usable_lots(self.anna, other)
        )
        self.assertFalse(usable)

    def test_states_can_be_searched(self):
        lot = self._buy()
        lots = self.env["booking.credit.lot"]
        self.assertIn(lot, lots.search([("state", "in", ["usable"])]))
        self.assertNotIn(lot, lots.search([("state", "in", ["used", "future"])]))
        lot._redeem(100, self.yoga)
        self.assertIn(lot, lots.search([("state", "in", ["used"])]))
        self.assertEqual(lot.state, "used")

    def test_balance_is_said_in_words(self):
        self._buy()
        card = self._create_pack("Card", 1, 9.0, booking_credit_measure="session")
        self._buy(card)
        self.assertEqual(self.anna.booking_credit_summary, "100 credits, 1 session")
        bob = self.env["res.partner"].create({"name": "Bob"})
        self.assertEqual(bob.booking_credit_summary, "0 credits")

    def test_future_lots_wait(self):
        lot = self._buy()
        lot.sudo().valid_from = fields.Date.add(lot.valid_from, days=3)
        self.assertEqual(lot.state, "future")
        with self.assertRaisesRegex(InsufficientCreditsError, "valid from"):
            self._book()
