"""The customer cancels what was paid in money, or with customer credit."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .test_accounting_customer_credit import CustomerCreditCommon


class CancelMoneyCommon(CustomerCreditCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.paddle = cls._create_service(
            "Paddle tour", 80, 80.0, booking_cancellation_policy_id=cls.policy.id
        )
        cls.yoga.booking_cancellation_policy_id = cls.policy

    def _book_in_money(self, *products, hours=5, pay=True, **line_values):
        """Return a confirmed order; invoiced and paid if ``pay``."""
        start = fields.Datetime.now() + timedelta(hours=hours)
        order = self._create_order(
            *products, partner=self.paul, start=start, **line_values
        )
        if pay:
            self._pay(self._invoice(order))
        else:
            order.action_confirm()
        return order

    def _open(self, order, line=None, user=None):
        user = user or self.front_desk
        action = (
            line.with_user(user).action_cancel_booking()
            if line
            else order.with_user(user).action_cancel()
        )
        return self.env["booking.cancel"].with_user(user).browse(action["res_id"])

    def _cancel(self, order, line=None):
        """Cancel for the customer; return what the dialog said before."""
        dialog = self._open(order, line)
        said = dialog.effects
        dialog.action_cancel_bookings()
        return said

    def _get_refunds(self, order):
        return order.invoice_ids.filtered(lambda m: m.move_type == "out_refund")

    def _get_open_receivables(self):
        return self.env["account.move.line"].search(
            [
                ("partner_id", "=", self.paul.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("amount_residual", "!=", 0),
            ]
        )


@tagged("post_install", "-at_install")
class TestCancelMoney(CancelMoneyCommon):
    # --- refunded in money

    def test_half_of_the_price_comes_back_with_a_credit_note(self):
        """S1-12, S1-35, S2-22: said, and posted, by the same quote."""
        order = self._book_in_money(self.paddle)
        said = self._cancel(order)
        self.assertEqual(
            said,
            "Paddle tour: $\xa040.00 of $\xa080.00 paid in money come back with a "
            "credit note.",
        )
        refund = self._get_refunds(order)
        self.assertRecordValues(
            refund,
            [{"amount_total": 40.0, "amount_residual": 40.0, "state": "posted"}],
        )
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.order_line.qty_invoiced, 0.5)
        self.assertIn("40.00", " ".join(order.message_ids.mapped("body")))

    def test_no_payment_provider_is_asked(self):
        """S1-13, S1-14: no transaction, nothing to do by hand in the wallet."""
        self.policy.money_return = "credit"
        order = self._book_in_money(self.paddle)
        before = self.env["payment.transaction"].search_count([])
        payments = self.env["account.payment"].search_count([])
        self._cancel(order)
        self.assertEqual(self.env["payment.transaction"].search_count([]), before)
        self.assertEqual(self.env["account.payment"].search_count([]), payments)
        self.assertEqual(self.paul.booking_credit_lot_ids.balance, 40.0)

    def test_vat_of_what_comes_back_is_given_back(self):
        """83.33 excluding 20 %: half is 50.00 with 8.33 of VAT, as quoted."""
        vat = self.company_data["default_tax_sale"].copy(
            {"name": "VAT 20", "amount": 20, "price_include_override": "tax_excluded"}
        )
        self.paddle.write({"taxes_id": vat.ids, "list_price": 83.33})
        order = self._book_in_money(self.paddle)
        quote = order.order_line._get_booking_cancel_quote()
        self._cancel(order)
        refund = self._get_refunds(order)
        self.assertEqual(refund.amount_total, quote.money["back"])
        self.assertAlmostEqual(refund.amount_tax, refund.amount_untaxed / 5, 2)
        self.assertIn(vat, refund.invoice_line_ids.tax_ids)

    def test_an_early_cancellation_is_refunded_wholly_and_a_late_one_not(self):
        early = self._book_in_money(self.paddle, hours=48)
        self._cancel(early)
        self.assertEqual(self._get_refunds(early).amount_total, 80.0)
        late = self._book_in_money(self.paddle, hours=1)
        self.assertIn("0.00 of", self._cancel(late))
        self.assertFalse(self._get_refunds(late))
        self.assertEqual(late.state, "cancel")

    def test_an_invoice_that_is_not_paid_is_lowered(self):
        """S2-22: nothing comes back, but less is to pay, and the dialog says so."""
        order = self._create_order(
            self.paddle,
            partner=self.paul,
            start=fields.Datetime.now() + timedelta(hours=5),
        )
        invoice = self._invoice(order)
        self.assertIn(f"taken off {invoice.name}", self._cancel(order))
        self.assertEqual(invoice.amount_residual, 40.0)
        self.assertEqual(self._get_refunds(order).amount_residual, 0.0)

    def test_cancelling_twice_refunds_once(self):
        """S2-19: the button, the other button, the portal, the API."""
        order = self._book_in_money(self.paddle, self.yoga, hours=48)
        line = order.order_line[0]
        self._cancel(order, line)
        order._cancel_for_customer(line)
        order._cancel_by_provider(line, "again")
        self._cancel(order)
        order._cancel_for_customer(order.order_line)
        self.assertEqual(sum(self._get_refunds(order).mapped("amount_total")), 90.0)

    # --- as credit, or not at all

    def test_the_refund_may_be_credit_instead_of_money(self):
        """S0-03: 20.00 become 20.00 of credit, nothing on the card, liability +20."""
        self.policy.money_return = "credit"
        order = self._book_in_money(self.yoga, hours=48, product_uom_qty=2)
        self.assertIn("come back as customer credit", self._cancel(order))
        lot = self.paul.booking_credit_lot_ids
        self.assertRecordValues(
            lot, [{"balance": 20.0, "value": 20.0, "origin": "refund"}]
        )
        self.assertPosted(
            lot.source_move_id, [(self.receivable, 20.0), (self.liability, -20.0)]
        )
        self.assertFalse(self._get_open_receivables())

    def test_money_that_is_not_given_back(self):
        self.policy.money_return = "keep"
        order = self._book_in_money(self.paddle, hours=48)
        self.assertIn("80.00 paid in money are not given back", self._cancel(order))
        self.assertFalse(self._get_refunds(order))

    def test_a_manager_gives_all_back_whatever_the_policy(self):
        self.policy.money_return = "keep"
        order = self._book_in_money(self.paddle)
        manager = new_test_user(
            self.env,
            "boss",
            groups="booking_credits.booking_credits_group_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        dialog = self._open(order, user=manager)
        dialog.write({"give_all_back": True, "reason": "a mistake of ours"})
        dialog.action_cancel_bookings()
        self.assertEqual(self._get_refunds(order).amount_total, 80.0)

    def test_without_a_policy_staff_decide(self):
        self.paddle.booking_cancellation_policy_id = False
        order = self._book_in_money(self.paddle)
        self.assertEqual(
            self._cancel(order), "Paddle tour: It is paid in money: the invoice stays."
        )
        self.assertFalse(self._get_refunds(order))

    # --- not invoiced yet

    def test_a_fee_that_is_not_invoiced_yet_stays_to_invoice(self):
        """S1-12: 80.00 at 50 %: 40.00 on the account for fees, and nothing else."""
        order = self._book_in_money(self.paddle, pay=False)
        self.assertIn("40.00 are to be invoiced", self._cancel(order))
        self.assertEqual((order.state, order.invoice_status), ("sale", "to invoice"))
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 40.0)
        line = invoice.invoice_line_ids
        self.assertEqual(line.account_id, self.company.booking_credit_fee_account_id)
        self.assertIn("Cancellation fee", line.name)
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertFalse(order.order_line.qty_to_invoice)

    def test_the_fee_product_names_the_fee_in_money(self):
        income = self.company_data["default_account_revenue"].copy({"name": "Fees"})
        fee = self._create_service("Late fee", 0, 0.0, booking_ok=False)
        fee.property_account_income_id = income
        self.policy.fee_product_id = fee
        order = self._book_in_money(self.paddle, pay=False)
        self._cancel(order)
        line = order._create_invoices().invoice_line_ids
        self.assertEqual(line.account_id, income)
        self.assertIn("Late fee", line.name)

    def test_nothing_is_to_invoice_after_an_early_cancellation(self):
        order = self._book_in_money(self.paddle, self.mat, hours=48, pay=False)
        line = order.order_line[0]
        self.assertIn("Nothing is to be paid", self._cancel(order, line))
        self.assertFalse(line.qty_to_invoice)
        self.assertEqual(order._create_invoices().amount_total, 20.0)

    # --- deposits

    def _pay_deposit(self, order, amount=20.0):
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_context(active_model="sale.order", active_ids=order.ids)
            .create({"advance_payment_method": "fixed", "fixed_amount": amount})
        )
        wizard.create_invoices()
        invoice = order.invoice_ids
        invoice.action_post()
        self._pay(invoice)

    def test_a_late_cancellation_keeps_the_deposit(self):
        """S4-02: 20.00 of 80.00, 1 hour before: kept, and no more is asked."""
        order = self._book_in_money(self.paddle, hours=1, pay=False)
        self._pay_deposit(order)
        self.assertIn("Deposit: $\xa00.00 of $\xa020.00 come back", self._cancel(order))
        self.assertFalse(self._get_refunds(order))
        self.assertEqual(order.state, "cancel")

    def test_an_early_cancellation_gives_the_deposit_back(self):
        """S4-02: in money, or as credit."""
        for how, lots in (("refund", []), ("credit", [20.0])):
            self.policy.money_return = how
            order = self._book_in_money(self.paddle, hours=48, pay=False)
            self._pay_deposit(order)
            self.assertIn("Deposit: $\xa020.00 of $\xa020.00", self._cancel(order))
            self.assertEqual(self._get_refunds(order).amount_total, 20.0)
            self.assertEqual(self.paul.booking_credit_lot_ids.mapped("balance"), lots)

    def test_a_policy_that_keeps_deposits(self):
        """S4-02: also early."""
        self.policy.money_return = "keep"
        order = self._book_in_money(self.paddle, hours=48, pay=False)
        self._pay_deposit(order)
        self.assertIn("Deposit: $\xa020.00 are kept", self._cancel(order))
        self.assertFalse(self._get_refunds(order))

    # --- customer credit

    def test_customer_credit_that_settled_the_invoice_is_matched(self):
        """S2-12: 80.00 of credit, half comes back where it was; nothing is open."""
        lot = self._credit(80.0)
        order = self._create_order(
            self.paddle,
            partner=self.paul,
            start=fields.Datetime.now() + timedelta(hours=5),
        )
        order.with_user(self.front_desk)._pay_with_booking_credits(lot)
        self.assertEqual(self._invoice(order).payment_state, "paid")
        self.assertEqual(lot.balance, 0.0)
        self._cancel(order)
        self.assertRecordValues(lot, [{"balance": 40.0, "value": 40.0}])
        self.assertFalse(self._get_open_receivables())

    def test_customer_credit_first_then_money(self):
        """S0-03: 30.00 of credit and 50.00 in money, half: 30.00 and 10.00."""
        lot = self._credit(30.0)
        order = self._create_order(
            self.paddle,
            partner=self.paul,
            start=fields.Datetime.now() + timedelta(hours=5),
        )
        order.action_booking_credit_pay()
        self._pay(self._invoice(order))
        self._cancel(order)
        self.assertEqual(lot.balance, 30.0)
        self.assertEqual(self._get_refunds(order).amount_residual, 10.0)

    def test_customer_credit_before_the_invoice_keeps_the_fee(self):
        """S4-02: 80.00 of credit, half is a fee: it waits for its invoice."""
        lot = self._credit(80.0)
        order = self._create_order(
            self.paddle,
            partner=self.paul,
            start=fields.Datetime.now() + timedelta(hours=5),
        )
        order.action_booking_credit_pay()
        order.action_confirm()
        said = self._cancel(order)
        self.assertIn("Customer credit: $\xa040.00 of $\xa080.00 come back", said)
        self.assertEqual(lot.balance, 40.0)
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual((invoice.amount_total, invoice.payment_state), (40.0, "paid"))
        self.assertFalse(self._get_open_receivables())

    # --- on the portal

    def test_a_customer_cancels_what_was_paid_in_money(self):
        """S1-14, S1-35: the page says what comes back; no staff is needed."""
        order = self._book_in_money(self.paddle)
        line = order.order_line
        self.assertTrue(line._can_be_cancelled_by_customer())
        self.assertEqual(
            line._get_booking_cancel_now_text(),
            "Cancel now: $\xa040.00 of $\xa080.00 paid in money come back with a "
            "credit note.",
        )
        line._cancel_booking_as_customer()
        self.assertEqual(self._get_refunds(order).amount_total, 40.0)

    def test_a_no_show_keeps_what_was_paid(self):
        order = self._book_in_money(self.paddle, hours=1)
        line = order.order_line
        with freeze_time(line.booking_start + timedelta(minutes=5)):
            line.with_user(self.front_desk)._cancel_many("no_show", None)
        self.assertEqual(line.booking_state, "no_show")
        self.assertFalse(self._get_refunds(order))
