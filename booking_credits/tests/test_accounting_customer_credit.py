from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from ..exceptions import CreditsMovedError
from .common import BookingCreditsCommon


class CustomerCreditCommon(BookingCreditsCommon):
    """Words for selling, keeping and spending money of a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.paul = cls.env["res.partner"].create({"name": "Paul"})
        cls.marie = cls.env["res.partner"].create({"name": "Marie"})
        cls.mat = cls._create_service("Mat", 0, 20.0, booking_ok=False)
        cls.kayak = cls._create_service("Kayak rental", 0, 30.0, booking_ok=False)
        cls.liability = cls.company.booking_credit_multi_liability_account_id
        cls.receivable = cls.company_data["default_account_receivable"]

    def _open_sell(self, order=None, user=None):
        """Return the dialog “Sell as Voucher” as the front desk has it."""
        context = {"default_order_id": order.id} if order else {}
        wizard = self.env["booking.voucher.sell"].with_context(**context)
        return Form(wizard.with_user(user or self.front_desk))

    def _sell_credit(self, amount, order=None, partner=None, beneficiary=None):
        """Sell customer credit as the front desk does; return the order."""
        dialog = self._open_sell(order)
        if not order:
            dialog.partner_id = partner or self.paul
        if beneficiary:
            dialog.beneficiary_id = beneficiary
        dialog.amount = amount
        action = dialog.save().action_sell()
        return self.env["sale.order"].browse(action["res_id"])

    def _settle(self, order):
        """Confirm, invoice and pay ``order``; return the credits that it sold."""
        self._pay(self._invoice(order))
        return order.booking_credit_lot_ids

    def _credit(self, amount, partner=None):
        return self._settle(self._sell_credit(amount, partner=partner))


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestSellVoucher(CustomerCreditCommon):
    def test_an_existing_order_and_a_new_one_give_the_same_movement(self):
        """S2-06, S2-07: 50.00 on Paul's order, or on an order made for it."""
        order = self._create_order(self.mat, partner=self.paul)
        self.assertEqual(self._sell_credit(50.0, order), order)
        added = self._settle(order)
        self.assertEqual(order.amount_total, 70.0)
        new = self._settle(self._sell_credit(50.0))
        self.assertNotEqual(new.source_line_id.sale_line_ids.order_id, order)
        for lot in added | new:
            self.assertRecordValues(
                lot,
                [
                    {
                        "kind": "money",
                        "partner_id": self.paul.id,
                        "balance": 50.0,
                        "value": 50.0,
                        "valid_until": False,
                        "liability_account_id": self.liability.id,
                    }
                ],
            )
            self.assertRecordValues(
                lot.entry_ids,
                [{"type": "grant", "quantity": 50.0, "value": 50.0}],
            )
            self.assertEqual(lot.entry_ids.move_line_id.balance, -50.0)
            self.assertFalse(lot.entry_ids.move_line_id.tax_ids)

    def test_the_beneficiary_is_the_customer_unless_changed(self):
        """S2-08: Marie's balance grows, Paul's does not, the invoice is Paul's."""
        dialog = self._open_sell()
        dialog.partner_id = self.paul
        self.assertEqual(dialog.beneficiary_id, self.paul)
        lot = self._settle(self._sell_credit(50.0, beneficiary=self.marie))
        self.assertEqual(lot.partner_id, self.marie)
        self.assertEqual(lot.source_move_id.partner_id, self.paul)
        self.assertFalse(self.paul.booking_credit_lot_ids)

    def test_an_amount_that_is_not_above_zero_is_refused(self):
        """S2-09: the refusal names the amount, in the dialog and on the line."""
        for amount in (0.0, -5.0):
            dialog = self._open_sell()
            dialog.partner_id = self.paul
            dialog.amount = amount
            with self.assertRaisesRegex(ValidationError, f"{abs(amount):.2f}"):
                dialog.save().action_sell()
        line = self._sell_credit(50.0).order_line
        with self.assertRaisesRegex(ValidationError, "5.00"):
            line.price_unit = -5.0

    def test_the_amount_stays_when_prices_are_computed_anew(self):
        order = self._sell_credit(50.0)
        order._recompute_prices()
        self.assertEqual(order.amount_total, 50.0)

    def test_a_gift_voucher_is_sold_from_the_same_dialog(self):
        """S2-07, S2-13: two hours for Marie, paid by Paul, with a code."""
        gift = self._create_pack(
            "Gift: yoga",
            1,
            10.0,
            booking_credit_measure="session",
            booking_credit_voucher=True,
        )
        dialog = self._open_sell()
        dialog.partner_id = self.paul
        dialog.kind = "voucher"
        dialog.product_id = gift
        dialog.quantity = 2
        dialog.voucher_to = "Marie"
        dialog.voucher_message = "Breathe!"
        action = dialog.save().action_sell()
        lot = self._settle(self.env["sale.order"].browse(action["res_id"]))
        self.assertRecordValues(
            lot,
            [
                {
                    "kind": "voucher",
                    "measure": "session",
                    "balance": 2,
                    "value": 20.0,
                    "voucher_to": "Marie",
                    "voucher_message": "Breathe!",
                }
            ],
        )
        self.assertTrue(lot.code)

    def test_a_gift_voucher_needs_an_activity_and_a_number(self):
        dialog = self._open_sell()
        dialog.partner_id = self.paul
        wizard = dialog.save()
        wizard.write({"kind": "voucher", "quantity": 0})
        with self.assertRaisesRegex(ValidationError, "number above zero"):
            wizard.action_sell()

    def test_nothing_is_sold_on_a_cancelled_order(self):
        order = self._create_order(self.mat, partner=self.paul)
        order._action_cancel()
        with self.assertRaisesRegex(UserError, "on a new order"):
            self._sell_credit(50.0, order)

    def test_customer_credit_pays_any_purchase(self):
        """S2-12: a lesson, a shop item and a rental, wholly or in part."""
        lot = self._credit(70.0)
        for product, left in ((self.yoga, 60.0), (self.mat, 40.0), (self.kayak, 10.0)):
            order = self._create_order(product, partner=self.paul)
            order.with_user(self.front_desk).action_booking_credit_pay()
            invoice = self._invoice(order)
            self.assertEqual(invoice.payment_state, "paid")
            self.assertEqual(lot.balance, left)

    def test_cancelling_the_order_deletes_unused_customer_credit(self):
        """S2-16: 50.00 unused: 0.00 with a reversing entry; the dialog says so."""
        lot = self._credit(50.0)
        order = lot.source_line_id.sale_line_ids.order_id
        dialog = self.env["booking.cancel"].browse(order.action_cancel()["res_id"])
        self.assertIn("50.00", dialog.effects)
        self.assertIn("of Paul are taken back", dialog.effects)
        dialog.action_cancel_bookings()
        self.assertRecordValues(lot, [{"balance": 0.0, "value": 0.0}])
        refund = lot.entry_ids[0]
        self.assertEqual((refund.type, refund.quantity), ("refund", -50.0))
        self.assertEqual(refund.move_line_id.balance, 50.0)

    def test_cancelling_the_order_is_refused_once_some_is_used(self):
        lot = self._credit(50.0)
        order = self._create_order(self.mat, partner=self.paul)
        order.action_booking_credit_pay()
        self._invoice(order)
        with self.assertRaisesRegex(CreditsMovedError, f"20 used by {order.name}"):
            lot.source_line_id.sale_line_ids.order_id.action_cancel()

    def test_the_front_desk_reads_the_history(self):
        """S2-20: given, changed and used: with author, date and document."""
        lot = self._credit(50.0)
        order = self._create_order(self.mat, partner=self.paul)
        order = order.with_user(self.front_desk)
        order.action_booking_credit_pay()
        order.action_confirm()
        lot.adjust(5, "goodwill")
        today = self.company._booking_credit_today()
        rows = [
            (entry.type, entry.quantity, entry.user_id, entry.date)
            for entry in lot.with_user(self.front_desk).entry_ids.sorted("id")
        ]
        self.assertEqual(
            rows,
            [
                ("grant", 50.0, self.env.user, today),
                ("redeem", -20.0, self.front_desk, today),
                ("adjust", 5.0, self.env.user, today),
            ],
        )
        documents = lot.entry_ids.sorted("id").mapped("document")
        self.assertEqual(documents[0], lot.source_move_id.name)
        self.assertIn(order.name, documents[1])
        self.assertEqual(lot.entry_ids[0].reason, "goodwill")


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestKeepPayment(CustomerCreditCommon):
    """Money received in excess, or before there is anything to pay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.biller = new_test_user(
            cls.env,
            "biller",
            groups="account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _receive(self, amount, invoice=None, partner=None, **values):
        """Return a posted payment of ``amount``, matched with ``invoice``."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or self.paul).id,
                "amount": amount,
                "journal_id": self.company_data["default_journal_bank"].id,
                **values,
            }
        )
        payment.action_post()
        if invoice:
            lines = (payment.move_id | invoice).line_ids
            lines.filtered(
                lambda line: line.account_type == "asset_receivable"
            ).reconcile()
        return payment

    def _keep(self, payment, partner=None):
        action = payment.with_user(self.biller).action_keep_as_customer_credit()
        dialog = Form(
            self.env["booking.credit.keep"]
            .with_user(self.biller)
            .with_context(**action["context"])
        )
        if partner:
            dialog.partner_id = partner
        return dialog.save()

    def test_50_received_in_excess_become_credit_of_50(self):
        """S2-01: credit 50.00, liability 50.00, receivable 0.00, no VAT."""
        payment = self._receive(50.0)
        dialog = self._keep(payment)
        self.assertEqual(dialog.amount, 50.0)
        self.assertFalse(dialog.open_invoices)
        dialog.action_keep()
        lot = payment.booking_credit_lot_ids
        self.assertRecordValues(
            lot,
            [
                {
                    "kind": "money",
                    "origin": "payment",
                    "partner_id": self.paul.id,
                    "balance": 50.0,
                    "value": 50.0,
                    "valid_until": False,
                    "vat_kind": "multi",
                }
            ],
        )
        move = lot.source_move_id
        self.assertPosted(move, [(self.receivable, 50.0), (self.liability, -50.0)])
        self.assertEqual(move.journal_id, self.company.booking_credit_journal_id)
        self.assertFalse(move.line_ids.tax_ids)
        self.assertTrue(payment.is_reconciled)
        self.assertEqual(lot.entry_ids.move_line_id, lot.source_line_id)
        self.assertIn(lot.name, payment.message_ids[0].body)

    def test_120_paid_for_100_leave_20(self):
        """S2-23: only what pays no invoice is proposed, and kept."""
        order = self._create_order(self.yoga, partner=self.paul, price_unit=100.0)
        invoice = self._invoice(order)
        payment = self._receive(120.0, invoice)
        self.assertEqual(payment.booking_credit_keepable, 20.0)
        self.assertEqual(self.paul.booking_credit_unmatched, 20.0)
        self._keep(payment).action_keep()
        self.assertEqual(payment.booking_credit_lot_ids.balance, 20.0)
        self.assertEqual(invoice.payment_state, "paid")
        self.paul.invalidate_recordset()
        self.assertFalse(self.paul.booking_credit_unmatched)

    def test_keeping_twice_keeps_once(self):
        """S2-19: the second call finds nothing open and returns the same credit."""
        payment = self._receive(50.0).with_user(self.biller)
        lot = payment.keep_as_customer_credit()
        self.assertEqual(payment.keep_as_customer_credit(), lot)
        self.assertEqual(self.paul.booking_credit_lot_ids, lot)
        with self.assertRaisesRegex(UserError, "Nothing is left to keep"):
            self._keep(payment).action_keep()

    def test_a_matching_that_was_undone_does_not_double_the_credit(self):
        payment = self._receive(50.0)
        lot = payment.with_user(self.biller).keep_as_customer_credit()
        payment.move_id.line_ids.remove_move_reconcile()
        again = payment.with_user(self.biller).keep_as_customer_credit()
        self.assertEqual(again, lot)
        self.assertTrue(payment.is_reconciled)

    def test_a_deposit_without_an_order_pays_a_later_one(self):
        """S2-04: deposit of 100: credit 100; the lesson of 10 leaves 90."""
        lot = self._receive(100.0).with_user(self.biller).keep_as_customer_credit()
        self.assertEqual(lot.balance, 100.0)
        order = self._create_order(self.yoga, partner=self.paul)
        order.with_user(self.front_desk).action_booking_credit_pay()
        self.assertEqual(self._invoice(order).payment_state, "paid")
        self.assertEqual(lot.balance, 90.0)

    def test_open_invoices_are_named_first(self):
        """S2-23: nothing is kept silently while the customer owes money."""
        invoice = self._invoice(self._create_order(self.mat, partner=self.paul))
        dialog = self._keep(self._receive(50.0))
        self.assertIn(invoice.name, dialog.open_invoices)

    def test_the_customer_form_offers_it(self):
        """S2-01: the credit may be for a member of the family."""
        self._receive(50.0)
        self._receive(30.0)
        action = self.paul.with_user(self.biller).action_keep_as_customer_credit()
        self.assertEqual(action["context"]["default_partner_id"], self.paul.id)
        dialog = Form(
            self.env["booking.credit.keep"]
            .with_user(self.biller)
            .with_context(**action["context"])
        )
        self.assertEqual(dialog.amount, 80.0)
        dialog.partner_id = self.marie
        dialog.save().action_keep()
        balances = self.marie.booking_credit_lot_ids.mapped("balance")
        self.assertEqual(sorted(balances), [30.0, 50.0])

    def test_another_currency_is_kept_at_its_rate(self):
        """The debt is in company currency; no exchange difference is left."""
        other = self.setup_other_currency("EUR")
        payment = self._receive(50.0, currency_id=other.id)
        received = payment.booking_credit_keepable
        lot = payment.with_user(self.biller).keep_as_customer_credit()
        self.assertEqual((lot.balance, lot.value), (received, received))
        self.assertNotEqual(received, 50.0)
        self.assertTrue(payment.is_reconciled)

    def test_a_payment_that_is_credit_cannot_be_reopened(self):
        payment = self._receive(50.0)
        lot = payment.with_user(self.biller).keep_as_customer_credit()
        for method in ("action_draft", "action_cancel"):
            with (
                self.assertRaisesRegex(CreditsMovedError, lot.name),
                self.cr.savepoint(),
            ):
                getattr(payment, method)()

    def test_only_billing_staff_keep_payments(self):
        payment = self._receive(50.0)
        with self.assertRaises(AccessError):
            payment.with_user(self.front_desk).keep_as_customer_credit()
        self.assertFalse(self.paul.booking_credit_lot_ids)

    def test_kept_credit_can_become_an_open_payment_again(self):
        """The way back: Dr unused credits, Cr receivable, to be matched or paid."""
        payment = self._receive(50.0)
        lot = payment.with_user(self.biller).keep_as_customer_credit()
        order = self._create_order(self.mat, partner=self.paul)
        order.action_booking_credit_pay()
        self._invoice(order)
        for user in (self.front_desk, self.biller):
            with self.assertRaises(AccessError):
                lot.with_user(user).action_release_to_receivable()
        action = lot.with_user(self.accountant).action_release_to_receivable()
        move = self.env["account.move"].browse(action["res_id"])
        self.assertPosted(move, [(self.receivable, -30.0), (self.liability, 30.0)])
        self.assertRecordValues(lot, [{"balance": 0.0, "value": 0.0}])
        with self.assertRaises(CreditsMovedError), self.cr.savepoint():
            payment.action_draft()  # 20.00 of it paid the order
        with self.assertRaisesRegex(UserError, "cannot be released"):
            lot.with_user(self.accountant).action_release_to_receivable()

    def test_a_payment_kept_by_mistake_can_be_cancelled_after_the_release(self):
        payment = self._receive(50.0)
        lot = payment.with_user(self.biller).keep_as_customer_credit()
        lot.with_user(self.accountant).action_release_to_receivable()
        payment.action_draft()
        self.assertEqual(payment.state, "draft")

    def test_credit_that_was_sold_is_not_released(self):
        """It is taken back with a credit note on its invoice."""
        lot = self._credit(50.0)
        with self.assertRaisesRegex(UserError, "cannot be released"):
            lot.with_user(self.accountant).action_release_to_receivable()

    def test_the_customer_form_sells_to_its_customer(self):
        """S2-06: without an order, from the customer."""
        wizard = self.env["booking.voucher.sell"].with_user(self.front_desk)
        dialog = Form(wizard.with_context(default_partner_id=self.marie.id))
        self.assertEqual(dialog.partner_id, self.marie)
        self.assertEqual(dialog.beneficiary_id, self.marie)
