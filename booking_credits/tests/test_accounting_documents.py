"""Documents done, undone, and done again: the books must follow each turn."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from ..exceptions import CreditsMovedError, InsufficientCreditsError
from .test_accounting_customer_credit import CustomerCreditCommon


@tagged("post_install", "-at_install")
class TestDocuments(CustomerCreditCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.env["account.tax"].create(
            {
                "name": "20 % included",
                "amount": 20.0,
                "price_include_override": "tax_included",
                "company_id": cls.company.id,
            }
        )

    def _post_due(self):
        return self.env["booking.credit.posting"]._post_due(self.company)

    def _buy_multi(self):
        self.yoga.taxes_id = self.tax
        pack = self._create_pack("Multi", 10, 120.0, booking_credit_vat_kind="multi")
        return self._buy(pack)

    def _credit_note(self, invoice, quantity):
        """Post a credit note for ``quantity`` of the only line of ``invoice``."""
        refund = invoice._reverse_moves([{}])
        refund.invoice_line_ids.quantity = quantity
        refund.action_post()
        lines = (invoice | refund).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.filtered(lambda line: not line.reconciled).reconcile()
        return refund

    # --- credit notes

    def test_a_credit_note_before_the_payment_lowers_what_is_given(self):
        """S0-21, S2-19: two packs invoiced, one credited, one paid: one given."""
        order = self._create_order(self.pack, product_uom_qty=2)
        invoice = self._invoice(order)
        self._credit_note(invoice, 1)
        self._pay(invoice)
        lot = order.booking_credit_lot_ids
        self.assertRecordValues(lot, [{"granted": 100, "value": 90.0}])

    def test_a_credit_note_for_all_of_an_unpaid_invoice_gives_nothing(self):
        """S2-16: nothing is owed, and nothing is given."""
        order = self._create_order(self.pack)
        invoice = self._invoice(order)
        self._credit_note(invoice, 1)
        self.assertFalse(order.booking_credit_lot_ids)

    # --- passes

    def _create_pass(self, **values):
        return self._create_pack(
            "Pass",
            0,
            120.0,
            booking_credit_unlimited=True,
            booking_credit_limit_dates=True,
            **values,
        )

    def test_a_used_pass_cannot_be_cancelled_as_unused(self):
        """S2-17: its uses are counted below zero."""
        lot = self._buy(self._create_pass())
        self._book()
        order = lot.source_line_id.sale_line_ids.order_id
        with self.assertRaises(CreditsMovedError):
            order._action_cancel()

    def test_a_pass_pays_its_vat_when_it_is_sold(self):
        """S0-30: no single use has a value on which VAT could be due."""
        with self.assertRaises(ValidationError):
            self._create_pass(booking_credit_vat_kind="multi")

    def test_goodwill_does_not_stop_a_cancellation(self):
        """S2-16: what was sold is unused, and goes; the present stays."""
        lot = self._buy()
        lot.adjust(5, "goodwill")
        lot.source_line_id.sale_line_ids.order_id._action_cancel()
        self.assertRecordValues(lot, [{"balance": 5, "value": 0}])

    # --- uses

    def test_a_use_without_an_order_is_income_of_its_service(self):
        """S3-13: by hand, with the VAT of the service."""
        lot = self._buy_multi()
        lot.redeem(10, self.yoga, reason="walk-in")
        move = self._post_due().move_id
        income = self.company_data["default_account_revenue"]
        line = move.line_ids.filtered("tax_ids")
        self.assertRecordValues(line, [{"balance": -100.0, "account_id": income.id}])
        self.assertEqual(move.line_ids.tax_line_id, self.tax)

    def test_a_cancelled_booking_leaves_no_trace_in_the_books(self):
        """S2-19: cancelled, set to draft, and deleted, with a night in between."""
        for nights in (0, 1):
            with self.subTest(nights=nights):
                lot = self._buy_multi()
                order = self._book(hours=96)
                order._action_cancel()
                order.action_draft()
                moves = self._post_due().move_id if nights else lot.source_move_id
                order.unlink()
                moves |= self._post_due().move_id
                self.assertFalse((moves - lot.source_move_id).line_ids)
                self.assertRecordValues(lot, [{"balance": 10, "value": 120.0}])

    def test_the_fee_of_a_deleted_order_keeps_its_vat(self):
        """S1-12: account and taxes are read before the order is gone."""
        self.yoga.booking_cancellation_policy_id = self.policy
        lot = self._buy_multi()
        order = self._book(hours=5)
        order._action_cancel()
        order.unlink()
        fee = lot.entry_ids.filtered(lambda entry: entry.type == "fee")
        self.assertEqual(fee.posting_state, "posted")
        self.assertEqual(fee.move_id.line_ids.tax_line_id, self.tax)

    # --- customer credit

    def _open_items(self):
        return self.env["account.move.line"].search(
            [
                ("partner_id", "=", self.paul.id),
                ("account_type", "=", "asset_receivable"),
                ("reconciled", "=", False),
            ]
        )

    def test_an_order_confirmed_twice_is_settled_once(self):
        """S2-12, S2-19: confirm, cancel, draft, confirm, invoice."""
        lot = self._credit(20.0)
        order = self._create_order(self.mat, partner=self.paul)
        order.action_booking_credit_pay()
        order.action_confirm()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self._post_due()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertFalse(self._open_items())
        self.assertEqual(lot.balance, 0)

    def test_credit_taken_off_a_cancelled_order_owes_nothing(self):
        """S2-18: the customer has the money back, and no debt."""
        lot = self._credit(20.0)
        order = self._create_order(self.mat, partner=self.paul)
        order.action_booking_credit_pay()
        order.action_confirm()
        order._action_cancel()
        order.action_draft()
        self._post_due()
        order.action_booking_credit_unpay()
        self._post_due()
        self.assertRecordValues(lot, [{"balance": 20.0, "value": 20.0}])
        self.assertFalse(self._open_items())

    def test_a_mapped_receivable_account_is_settled_too(self):
        """S2-12: the settlement uses the invoice's own account."""
        other = self.receivable.copy({"code": "411999"})
        position = self.env["account.fiscal.position"].create(
            {
                "name": "Mapped",
                "company_id": self.company.id,
                "account_ids": [
                    Command.create(
                        {
                            "account_src_id": self.receivable.id,
                            "account_dest_id": other.id,
                        }
                    )
                ],
            }
        )
        self._credit(20.0)
        order = self._create_order(self.mat, partner=self.paul)
        order.fiscal_position_id = position
        order.action_booking_credit_pay()
        self.assertEqual(self._invoice(order).payment_state, "paid")

    def test_money_that_was_given_buys_no_credits(self):
        """S0-15, S2-01: what nobody paid for cannot become a debt of the business."""
        self.env["booking.credit.lot"].grant(self.paul, 20, "welcome", measure="money")
        order = self._create_order(self.pack, partner=self.paul)
        mixed = self._create_order(self.pack, self.mat, partner=self.paul)
        with self.assertRaises(InsufficientCreditsError):
            mixed.action_booking_credit_pay()
        self._credit(50.0)
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 40.0)
        invoice = self._invoice(order)
        self._pay(invoice)
        self.assertEqual(order.booking_credit_lot_ids.value, 90.0)

    def test_a_pack_added_after_given_money_was_put_on_is_refused(self):
        """S0-15: nor by the order in which the lines are added."""
        self.env["booking.credit.lot"].grant(self.paul, 20, "welcome", measure="money")
        order = self._create_order(self.mat, partner=self.paul)
        order.action_booking_credit_pay()
        order.order_line = [Command.create({"product_id": self.pack.id})]
        with self.assertRaisesRegex(
            InsufficientCreditsError, f"{order.name} sells credits.*own"
        ):
            order.action_confirm()

    def test_money_that_was_kept_is_no_pack_bought_before(self):
        """S2-01, S0-36: whoever has kept an overpayment may still buy packs."""
        order = self._create_order(self.mat, partner=self.anna)
        self._pay(self._invoice(order))
        order._cancel_by_provider(order.order_line, "storm")
        welcome = self._create_pack(
            "Welcome", 10, 5.0, booking_credit_new_customers=True
        )
        self.assertTrue(self._buy(welcome))

    def test_a_paid_booking_is_not_moved_past_the_validity_of_its_credits(self):
        """S0-27: where bookings are limited to the validity, also afterwards."""
        self.company.booking_credit_limit_dates = True
        lot = self._buy()
        line = self._book().order_line[0]
        last = fields.Datetime.to_datetime(lot.valid_until)
        line.booking_start = last
        with self.assertRaisesRegex(InsufficientCreditsError, lot.name):
            line.booking_start = last + timedelta(days=1)

    def test_numbers_that_make_no_sense_are_refused(self):
        """S1-29, S0-16: each names the lot, the number and what to do."""
        lot = self._buy()
        for call in (
            lambda: lot.adjust(0, "nothing"),
            lambda: lot.reset(-5, "wrong"),
            lambda: lot.hold(-5, self.yoga, reason="by phone"),
            lambda: lot.redeem(0, self.yoga, reason="walk-in"),
            lambda: lot.reactivate("2020-01-01", "too late"),
        ):
            with self.assertRaisesRegex(UserError, lot.name):
                call()
        self.assertEqual(len(lot.entry_ids), 1)

    def test_one_of_two_bookings_paid_with_given_money_is_not_credited_alone(self):
        """S2-03, S0-15: its share of the discount belongs to the whole invoice."""
        self.env["booking.credit.lot"].grant(self.paul, 15, "welcome", measure="money")
        order = self._create_order(self.mat, self.yoga, partner=self.paul)
        order.action_booking_credit_pay()
        self._pay(self._invoice(order))
        with self.assertRaisesRegex(UserError, "whole order"):
            order._cancel_by_provider(order.order_line[1], "storm")
