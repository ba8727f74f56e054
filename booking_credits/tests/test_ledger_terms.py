from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from ..exceptions import InsufficientCreditsError
from .test_accounting_example_table import ExampleCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestLedgerTerms(ExampleCommon):
    """What was sold keeps its terms; what is shown of it is true."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lots = cls.env["booking.credit.lot"]

    def _days_later(self, days):
        return freeze_time(fields.Datetime.now() + timedelta(days=days))

    # --- terms

    def test_a_setting_of_today_changes_nothing_that_was_sold(self):
        """What comes back late, and what a new purchase brings back, was agreed."""
        self.company.write(
            {
                "booking_credit_limit_dates": True,
                "booking_credit_reactivate": True,
                "booking_credit_reactivate_limit": 3,
            }
        )
        pack = self._create_pack("Month", 10, 9.0, booking_credit_validity=1)
        lot = self._buy(pack)
        given = self.lots.grant(self.anna, 5, "x").lot_id
        self.company.write(
            {
                "booking_credit_limit_dates": False,
                "booking_credit_reactivate": False,
                "booking_credit_reactivate_limit": 1,
            }
        )
        self.assertRecordValues(
            lot | given,
            [{"limit_dates": True, "reactivates": True, "reactivate_limit": 3}] * 2,
        )
        self.assertTrue(lot._forfeits_late_return())
        moved = lot.transfer(2, self.bob, "x")[-1].lot_id
        self.assertRecordValues(moved, [{"limit_dates": True, "reactivates": True}])
        later = self._buy(pack)
        self.assertRecordValues(later, [{"limit_dates": False, "reactivates": False}])
        with self._days_later(60):
            lot._expire()
            self.assertEqual(lot.balance, 0)
            self._buy(pack)
            self.assertEqual(lot.balance, 3)

    def test_a_pack_that_is_none_any_more_is_still_refunded(self):
        """The credit note of what was sold takes the credits back."""
        lot = self._buy(self.packs["single"])
        invoice = lot.source_line_id.move_id
        self.packs["single"].product_tmpl_id.write({"booking_credit_pack": False})
        refund = self._draft_credit_note(invoice)
        refund.action_post()
        self.assertRecordValues(lot, [{"balance": 0, "value": 0.0}])

    # --- vouchers of passes

    def test_a_gift_voucher_of_a_pass_is_claimed_whole(self):
        """The pass ends with who bought it, and begins with its value elsewhere."""
        pack = self._create_pack(
            "Gift: a year",
            0,
            365.0,
            booking_credit_unlimited=True,
            booking_credit_limit_dates=True,
            booking_credit_voucher=True,
            booking_credit_validity=364,
            booking_credit_validity_unit="days",
        )
        with freeze_time("2026-01-01 09:00:00"):
            lot = self._buy(pack)
        with freeze_time("2026-01-11 09:00:00"):
            entries = self.lots.claim(lot.code, self.bob)
            mine = entries[-1].lot_id
            self.assertRecordValues(
                lot | mine,
                [
                    {"is_open": False, "value": 0.0},
                    {"is_open": True, "value": 355.0},
                ],
            )
            self.assertEqual(mine.partner_id, self.bob)
            self.assertEqual(mine.valid_until, lot.valid_until)
            with self.assertRaisesRegex(UserError, "claimed already"):
                self.lots.claim(lot.code, self.bob)
            self.assertEqual(lot._get_received_by(self.bob), mine)
            self.assertLedgerIsSound()
            order = self._book(hours=2, partner=self.bob)
            self.assertEqual(order.state, "sale")
        with freeze_time("2026-01-21 23:00:00"):
            mine._earn_passes()
            self.assertEqual(mine.value, 344.0)
        table = self.env["booking.credit.roll.forward"].get_report(
            {"date_from": "2026-01-01", "date_to": "2026-01-31"}
        )
        rows = {r["key"]: r for s in table["sections"] for r in s["rows"]}
        self.assertIn("transfer_in", rows)

    # --- expired, and not

    def test_what_came_back_is_not_expired_any_more(self):
        """40 of 100 expire, come back, and expire again: 40. Used up: used."""
        pack = self._create_pack("40", 40, 36.0, booking_credit_validity=1)
        lot, other = self._buy(pack), self._buy(pack)
        for days in (60, 120):
            with self._days_later(days):
                (lot | other)._expire()
                self.assertEqual(lot.expired_quantity, 40)
                today = self.company._booking_credit_today()
                until = today + timedelta(days=20)
                if days == 60:
                    (lot | other).reactivate(until, "x")
                    lot.invalidate_recordset()
                    self.assertEqual(lot.expired_quantity, 0)
                    other.redeem(40, self.yoga, reason="x")
        with self._days_later(120):
            self.env.invalidate_all()
            self.assertEqual((lot | other).mapped("state"), ["expired", "used"])
            self.assertEqual(lot.expired_quantity, 40)
            for state, found in (("expired", lot), ("used", other)):
                self.assertEqual(self.lots.search([("state", "=", state)]), found)

    def test_lots_of_two_companies_are_reactivated_one_by_one(self):
        other = self.setup_other_company()["company"]
        lot = self._buy()
        self.env.user.company_ids |= other
        foreign = self.lots.sudo().create(
            {
                "partner_id": self.bob.id,
                "company_id": other.id,
                "origin": "grant",
                "valid_from": "2020-01-01",
            }
        )
        with self.assertRaisesRegex(UserError, "several companies"):
            (lot | foreign).sudo()._reactivate(None)

    # --- caps

    def test_what_is_set_aside_counts_for_caps(self):
        """One a day: two carts that are being paid cannot both have it."""
        self._buy(self._create_pack("Capped", 10, 9.0, booking_credit_cap_day=1))
        start = fields.Datetime.now() + timedelta(hours=48)
        orders = [self._create_order(self.yoga, start=start) for _cart in range(2)]
        for order in orders:
            order.action_booking_credit_pay()
        orders[0]._hold_booking_credits()
        with self.assertRaises(InsufficientCreditsError):
            orders[1]._hold_booking_credits()
        # its own hold is no obstacle to itself, nor is one that was given up
        orders[0]._hold_booking_credits()
        orders[0]._release_booking_credits()
        orders[1]._hold_booking_credits()
        orders[1].action_confirm()
        self.assertEqual(orders[1].state, "sale")
        with self.assertRaises(InsufficientCreditsError):
            orders[0].action_confirm()

    def test_a_hold_counts_on_the_day_of_its_booking_until_it_lapses(self):
        lot = self._buy(self._create_pack("Capped", 10, 9.0, booking_credit_cap_day=1))
        now = fields.Datetime.now()
        today = self.company._booking_credit_today()
        lot._hold(1, self.yoga, until=now + timedelta(hours=1))
        self.assertEqual(lot._count_bookings(today, today), 1)
        self.assertTrue(lot._get_refusal(self.yoga, today, now))
        tomorrow = now + timedelta(days=1)
        self.assertFalse(lot._get_refusal(self.yoga, today, tomorrow))
        days = [today, today + timedelta(days=1)]
        self.assertEqual(lot._with_uses(days)._count_bookings(today, today), 1)
        with freeze_time(now + timedelta(hours=2)):
            self.assertEqual(lot._count_bookings(today, today), 0)

    # --- dormant credits

    def test_only_what_is_spent_is_owed_again(self):
        self.company.write(
            {
                "booking_credit_breakage_method": "remote",
                "booking_credit_dormancy_months": 12,
            }
        )
        self.packs["single"].booking_credit_validity_unit = "none"
        with freeze_time("2026-01-05 09:00:00"):
            first = self._buy(self.packs["single"])
            second = self._buy(self.packs["single"])
        lots = first | second
        with freeze_time("2028-01-05 09:00:00"):
            lots.recognise_dormant()
            self.assertEqual(lots.mapped("is_dormant"), [True, True])
            done = lots.redeem(1, self.yoga, key="k", reason="x")
            self.assertEqual(done.lot_id, first)
            self.assertEqual(lots.mapped("is_dormant"), [False, True])
            # a call that is repeated moves nothing
            lots.redeem(1, self.yoga, key="k", reason="x")
            self.assertEqual(lots.mapped("is_dormant"), [False, True])
            second.adjust(-5, "x")
            self.assertRecordValues(
                second, [{"is_dormant": False, "balance": 5, "value": 50.0}]
            )

    # --- invoices

    def _manual_invoice(self, move_type="out_invoice", lines=2):
        pack = self.packs["single"]
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.bob.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create({"product_id": pack.id, "quantity": 1})
                ]
                * lines,
            }
        )
        move.action_post()
        return move

    def test_a_credit_note_for_one_of_two_lines_leaves_the_other(self):
        """A pack on two lines of an invoice by hand: one credited, one paid."""
        invoice = self._manual_invoice()
        refund = self._draft_credit_note(invoice)
        refund.invoice_line_ids[1].unlink()
        refund.action_post()
        receivable = (invoice | refund).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        if not refund.line_ids.filtered("reconciled"):
            receivable.reconcile()
        self._pay(invoice)
        lots = invoice.invoice_line_ids.booking_credit_source_lot_ids
        self.assertRecordValues(lots, [{"balance": 10, "value": 100.0}])

    def test_a_sales_receipt_gives_its_credits(self):
        receipt = self._manual_invoice("out_receipt", lines=1)
        self.assertFalse(receipt.invoice_line_ids.booking_credit_source_lot_ids)
        self._pay(receipt)
        lots = receipt.invoice_line_ids.booking_credit_source_lot_ids
        self.assertRecordValues(lots, [{"balance": 10, "value": 100.0}])

    # --- reports

    def test_what_a_pass_earns_is_no_use(self):
        """Dashboard, analysis and the list of who stays away count bookings."""
        pack = self._create_pack(
            "Quarter",
            0,
            90.0,
            booking_credit_unlimited=True,
            booking_credit_limit_dates=True,
            booking_credit_validity=90,
            booking_credit_validity_unit="days",
        )
        with freeze_time(fields.Datetime.now() - timedelta(days=80)):
            lot = self._buy(pack, partner=self.bob)
        for days in range(5, 0, -1):
            with freeze_time(fields.Datetime.now() - timedelta(days=days)):
                lot._earn_passes()
        self.env.flush_all()
        rows = self.env["booking.credit.analysis"].search([("lot_id", "=", lot.id)])
        self.assertEqual(set(rows.mapped("kind")), {"sold", "earned"})
        board = self.env["booking.credit.dashboard"].get_data()
        self.assertFalse(board["cancellations"]["bookings"])
        self.assertFalse(board["services"])
        self.assertTrue(self.bob.with_company(self.company).booking_credit_asleep)

    def test_vat_at_use_goes_by_the_lot_not_by_todays_account(self):
        lot = self._buy(self.packs["multi"])
        self.company.booking_credit_multi_liability_account_id = self.env[
            "account.account"
        ].create(
            {
                "name": "Vouchers from now on",
                "code": "419998",
                "account_type": "liability_current",
            }
        )
        self._book(hours=-5)
        self._post_due()
        self.assertEqual(lot.value, 108.0)
        today = fields.Date.today()
        table = self.env["booking.credit.vat.bridge"].get_report(
            {"date_from": str(today - timedelta(days=1)), "date_to": str(today)}
        )
        cells = {
            (section["key"].split("-")[1], row["key"]): row["cells"]["value"]
            for section in table["sections"]
            for row in section["rows"]
        }
        self.assertEqual(cells["single", "revenue"], 0)
        self.assertEqual(cells["single", "declared"], 0)
        self.assertEqual(cells["multi", "gross"], 12)

    def test_a_fee_of_a_closed_month_stays_what_it_was(self):
        """What an act was is noted with it: no later change of the booking moves it."""
        self._buy(self.packs["single"])
        order = self._book(hours=48)
        line = order.order_line._get_bookings_to_cancel()
        line.sudo().booking_policy = {"tiers": [[0, 0.0]], "no_show_percent": 0}
        with freeze_time(line.booking_start + timedelta(hours=1)):
            line._cancel_booking(by="no_show")
        fee = line._get_booking_spent_entries().operation_id.order_line_id
        fee = self.env["booking.credit.entry"].search(
            [("type", "=", "fee"), ("operation_id.order_line_id", "=", line.id)]
        )
        self.assertTrue(fee._is_no_show())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order_line SET booking_cancel_date = NULL WHERE id = %s",
            [line.id],
        )
        self.env.invalidate_all()
        self.assertTrue(fee._is_no_show())
        row = self.env["booking.credit.analysis"].browse(fee.id)
        self.assertEqual(row.kind, "no_show")
        line.sudo().booking_cancel_date = fields.Datetime.now()

    def test_the_setup_writes_new_answers_on_a_pack_of_that_name(self):
        setup = self.env["booking.credit.setup"]
        for quantity in (10, 12):
            form = Form(setup)
            dialog = form.save()
            dialog.write(
                {
                    "pack_new": True,
                    "pack_name": "Twelve",
                    "pack_quantity": quantity,
                    "pack_price": 100.0,
                }
            )
            pack = dialog._save_pack()
            self.assertEqual(pack.booking_credit_quantity, quantity)
