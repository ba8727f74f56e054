from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .test_accounting_customer_credit import CustomerCreditCommon


@tagged("post_install", "-at_install")
class TestProviderCancel(CustomerCreditCommon):
    """The business cancels: the customer loses nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.no_show_percent = 0
        cls.paddle = cls._create_service(
            "Paddle tour", 80, 80.0, booking_cancellation_policy_id=cls.policy.id
        )
        cls.paul.email = "paul@example.com"

    def _book_in_money(self, *products, hours=2):
        """Return an order whose bookings are invoiced and paid in money."""
        start = fields.Datetime.now() + timedelta(hours=hours)
        order = self._create_order(*products, partner=self.paul, start=start)
        self._pay(self._invoice(order))
        return order

    def _open(self, order, line=None):
        order = order.with_user(self.front_desk)
        if line:
            action = line.with_user(self.front_desk).action_cancel_booking()
        else:
            action = order.action_cancel()
        dialog = self.env["booking.cancel"].with_user(self.front_desk)
        return dialog.browse(action["res_id"])

    def _cancel(self, order, line=None, reason="storm warning"):
        dialog = self._open(order, line)
        dialog.reason = reason
        dialog.action_cancel_by_provider()
        return dialog

    def test_80_paid_become_credit_of_80(self):
        """S2-03: booking closed, credit note, credit 80.00, no money moves, mail."""
        order = self._book_in_money(self.paddle)
        payments = self.env["account.payment"].search_count([])
        self._cancel(order)
        lot = self.paul.booking_credit_lot_ids
        self.assertRecordValues(
            lot,
            [
                {
                    "kind": "money",
                    "origin": "refund",
                    "balance": 80.0,
                    "value": 80.0,
                    "valid_until": False,
                }
            ],
        )
        self.assertPosted(
            lot.source_move_id, [(self.receivable, 80.0), (self.liability, -80.0)]
        )
        refund = order.invoice_ids.filtered(lambda m: m.move_type == "out_refund")
        self.assertRecordValues(refund, [{"amount_total": 80.0, "amount_residual": 0}])
        self.assertEqual(self.env["account.payment"].search_count([]), payments)
        self.assertEqual(order.state, "cancel")
        self.assertTrue(order.order_line.booking_cancel_date)
        self.assertEqual(lot.entry_ids.user_id, self.front_desk)

    def test_the_customer_is_told_the_balance_and_conditions(self):
        """S2-03, S2-21: in the customer's language, with the reason."""
        order = self._book_in_money(self.paddle)
        self._cancel(order)
        message = order.message_ids.filtered(
            lambda m: "Paddle tour" in m.body and self.paul in m.partner_ids
        )
        self.assertEqual(len(message), 1)
        for text in ("storm warning", "80.00", "Never expires", "/my/credits"):
            self.assertIn(text, message.body)

    def test_the_dialog_says_what_both_ways_give(self):
        """S2-22: the effects are listed before anything is done."""
        order = self._book_in_money(self.paddle)
        dialog = self._open(order)
        self.assertIn("0.00 of $\xa080.00 paid in money come back", dialog.effects)
        self.assertIn("80.00 paid in money stay as", dialog.provider_effects)
        self.assertEqual(order.state, "sale")

    def test_the_credit_waits_for_the_next_date(self):
        """S2-05: the same balance after a year, and it pays then."""
        order = self._book_in_money(self.paddle)
        self._cancel(order)
        with freeze_time(fields.Datetime.now() + timedelta(days=370)):
            self.paul.booking_credit_lot_ids.sudo()._expire()
            again = self._create_order(self.paddle, partner=self.paul)
            again.with_user(self.front_desk).action_booking_credit_pay()
            self.assertEqual(self._invoice(again).payment_state, "paid")
        self.assertEqual(self.paul.booking_credit_lot_ids.balance, 0.0)

    def test_one_of_two_bookings(self):
        """The other stands, its invoice is not asked again."""
        order = self._book_in_money(self.paddle, self.yoga)
        line = order.order_line[0]
        self._cancel(order, line)
        self.assertEqual(self.paul.booking_credit_lot_ids.balance, 80.0)
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.order_line[1].booking_cancel_date)
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertFalse(line.qty_to_invoice)
        with self.assertRaises(UserError):
            self._open(order, line)

    def test_a_shop_item_on_the_order_stays_sold(self):
        order = self._book_in_money(self.paddle, self.mat)
        self._cancel(order)
        self.assertEqual(self.paul.booking_credit_lot_ids.balance, 80.0)
        self.assertEqual(order.state, "sale")

    def test_cancelling_twice_keeps_once(self):
        """S2-19: 80.00 exactly."""
        order = self._book_in_money(self.paddle, self.mat)
        self._cancel(order)
        order._cancel_by_provider(order.order_line, "again")
        self.assertEqual(self.paul.booking_credit_lot_ids.balance, 80.0)

    def test_what_was_not_paid_is_not_kept(self):
        """An open invoice is credited; 30.00 paid of 80.00 stay as 30.00."""
        order = self._create_order(self.paddle, partner=self.paul)
        invoice = self._invoice(order)
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"amount": 30.0})
        )
        wizard._create_payments()
        self.assertIn("30.00", self._open(order).provider_effects)
        self._cancel(order)
        self.assertEqual(self.paul.booking_credit_lot_ids.balance, 30.0)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_credits_come_back_wholly(self):
        """S2-03: half paid with credits, two hours before: all of them are back."""
        lot = self._buy(partner=self.paul)
        start = fields.Datetime.now() + timedelta(hours=2)
        order = self._create_order(
            self.yoga, self.paddle, partner=self.paul, start=start
        )
        order.action_booking_credit_pay()
        order.order_line._get_credit_lines().filtered(
            lambda line: line.booking_credit_paid_line_id.product_id == self.paddle
        ).unlink()
        self._pay(self._invoice(order))
        self.assertEqual(lot.balance, 90)
        self._cancel(order)
        self.assertRecordValues(lot, [{"balance": 100, "value": 90.0}])
        kept = self.paul.booking_credit_lot_ids - lot
        self.assertEqual(kept.balance, 80.0)

    def test_credits_that_expired_meanwhile_come_back_usable(self):
        lot = self._buy(partner=self.paul)
        order = self._book(hours=24 * 400, partner=self.paul)
        with freeze_time(lot.valid_until + timedelta(days=3)):
            self._cancel(order)
            self.assertEqual((lot.balance, lot.state), (10, "usable"))

    def test_customer_credit_that_paid_goes_back_where_it_was(self):
        """50.00 of 80.00 were customer credit: it is 50.00 again, 30.00 are new."""
        lot = self._credit(50.0)
        order = self._create_order(self.paddle, partner=self.paul)
        order.action_booking_credit_pay()
        self._pay(self._invoice(order))
        self.assertEqual(lot.balance, 0.0)
        self._cancel(order)
        self.assertEqual(lot.balance, 50.0)
        kept = self.paul.booking_credit_lot_ids - lot
        self.assertEqual(kept.balance, 30.0)
        open_lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", self.paul.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("amount_residual", "!=", 0),
            ]
        )
        self.assertFalse(open_lines)

    def test_customer_credit_of_one_of_two_comes_back_before_the_invoice(self):
        """S2-03: of 3 × 10.00 paid with 30.00 two are cancelled: 20.00 are back."""
        lot = self._credit(30.0)
        order = self._create_order(*[self.yoga] * 3, partner=self.paul)
        order.action_booking_credit_pay()
        order.action_confirm()
        for number, left in ((0, 10.0), (0, 10.0), (1, 20.0)):
            order._cancel_by_provider(order.order_line[number], "storm")
            self.assertRecordValues(lot, [{"balance": left, "value": left}])
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 10.0)
        self.assertEqual(invoice.payment_state, "paid")

    def test_vat_is_given_back_with_the_credit_note(self):
        """The sale is undone with its VAT; the credit is gross and bears none."""
        vat = self.company_data["default_tax_sale"].copy(
            {"name": "VAT 20", "amount": 20, "price_include_override": "tax_included"}
        )
        self.paddle.taxes_id = vat
        order = self._book_in_money(self.paddle)
        self._cancel(order)
        vat_account = vat.invoice_repartition_line_ids.account_id
        vat_lines = order.invoice_ids.line_ids.filtered(
            lambda line: line.account_id == vat_account
        )
        self.assertEqual(len(vat_lines), 2)
        self.assertEqual(sum(vat_lines.mapped("balance")), 0.0)
        self.assertEqual(self.paul.booking_credit_lot_ids.value, 80.0)

    def test_a_reason_is_needed(self):
        order = self._book_in_money(self.paddle)
        with self.assertRaisesRegex(UserError, "Say why"):
            self._cancel(order, reason=" ")

    def test_only_the_front_desk_cancels_for_the_business(self):
        salesman = new_test_user(
            self.env,
            "salesman",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        order = self._book_in_money(self.paddle)
        dialog = self.env["booking.cancel"].with_user(salesman)
        dialog = dialog.create({"order_id": order.id, "reason": "storm"})
        with self.assertRaises(AccessError):
            dialog.action_cancel_by_provider()

    def test_a_credit_note_that_is_credit_cannot_be_reopened(self):
        order = self._book_in_money(self.paddle)
        self._cancel(order)
        refund = order.invoice_ids.filtered(lambda m: m.move_type == "out_refund")
        with self.assertRaisesRegex(UserError, "kept as customer credit"):
            refund.button_draft()
