from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from ..exceptions import CreditsMovedError, InsufficientCreditsError
from .test_accounting_customer_credit import CustomerCreditCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestCreditedPacks(CustomerCreditCommon):
    """Packs that are credited, passes, and what was never paid."""

    def _reverse(self, invoice, quantity=1):
        """Credit ``quantity`` packs of ``invoice``, and match the two."""
        refund = self._draft_credit_note(invoice, quantity)
        refund.action_post()
        (invoice | refund)._match_open_receivables()
        return refund

    def test_a_pack_credited_before_the_payment_gives_nothing(self):
        """S2-16: two packs invoiced, one credited, 90.00 paid: 100 credits."""
        order = self._create_order(self.pack, product_uom_qty=2)
        invoice = self._invoice(order)
        self._reverse(invoice)
        self.assertEqual(invoice.amount_residual, 90.0)
        self._pay(invoice)
        lot = order.booking_credit_lot_ids
        self.assertRecordValues(lot, [{"balance": 100.0, "value": 90.0}])

    def test_the_rest_of_a_partly_credited_sale_can_be_credited(self):
        """S2-16: the second pack is credited once its credits were given."""
        order = self._create_order(self.pack, product_uom_qty=2)
        invoice = self._invoice(order)
        self._reverse(invoice)
        self._pay(invoice)
        self._reverse(invoice)
        lot = order.booking_credit_lot_ids
        self.assertRecordValues(lot, [{"balance": 0.0, "value": 0.0}])

    def test_an_unpaid_pack_that_is_credited_owes_nothing(self):
        """S0-35: invoice and credit note cancel out, in the tie-out too."""
        order = self._create_order(self.pack)
        self._reverse(self._invoice(order))
        self.assertFalse(order.booking_credit_lot_ids)
        for row in self.company._get_booking_credit_tie_out():
            self.assertEqual((row["unpaid"], row["difference"]), (0.0, 0.0))

    def test_given_money_buys_no_credits(self):
        """S0-15: what nobody paid cannot become credits that were paid."""
        self.env["booking.credit.lot"].grant(self.paul, 20, "hi", measure="money")
        for order in (
            self._create_order(self.pack, partner=self.paul),
            self._sell_credit(20.0, partner=self.paul),
        ):
            with self.assertRaises(InsufficientCreditsError):
                order.with_user(self.front_desk).action_booking_credit_pay()

    def test_a_pack_added_to_an_order_paid_with_given_money_is_refused(self):
        """S0-15: also when the pack comes after the payment was planned."""
        self.env["booking.credit.lot"].grant(self.paul, 20, "hi", measure="money")
        order = self._create_order(self.mat, partner=self.paul)
        order.action_booking_credit_pay()
        order.order_line = [Command.create({"product_id": self.pack.id})]
        with self.assertRaises(InsufficientCreditsError):
            order.action_confirm()

    def test_money_that_was_paid_buys_credits(self):
        """S2-09: customer credit of 90.00 pays a pack."""
        self._credit(90.0)
        order = self._create_order(self.pack, partner=self.paul)
        order.action_booking_credit_pay()
        self._invoice(order)
        self.assertEqual(order.booking_credit_lot_ids.value, 90.0)

    def _create_pass(self, **values):
        return self._create_pack(
            "Pass",
            0,
            120.0,
            booking_credit_unlimited=True,
            booking_credit_limit_dates=True,
            **values,
        )

    def test_the_vat_of_a_pass_is_paid_at_its_sale(self):
        """S0-34: an unlimited pass with VAT due at use would never declare it."""
        with self.assertRaisesRegex(ValidationError, "Pass.*unlimited"):
            self._create_pass(booking_credit_vat_kind="multi")

    def test_a_used_pass_cannot_be_cancelled(self):
        """S2-17: its units do not tell that it was used."""
        lot = self._buy(self._create_pass())
        self._book(hours=1)
        order = lot.source_line_id.sale_line_ids.order_id
        with self.assertRaises(CreditsMovedError):
            order._action_cancel()

    def test_a_pass_whose_use_came_back_can_be_cancelled(self):
        """S2-16: as long as nothing of it was used in the end."""
        lot = self._buy(self._create_pass())
        self._book(hours=96)._action_cancel()
        lot.source_line_id.sale_line_ids.order_id._action_cancel()
        self.assertFalse(lot.value)

    def test_a_use_by_hand_is_revenue_with_its_vat(self):
        """S0-34: 10 credits worth 120.00 used at the desk: 100.00 and 20.00 VAT."""
        self.yoga.taxes_id = self.env["account.tax"].create(
            {
                "name": "20 included",
                "amount": 20.0,
                "price_include_override": "tax_included",
                "company_id": self.company.id,
            }
        )
        pack = self._create_pack("Multi", 10, 120.0, booking_credit_vat_kind="multi")
        lot = self._buy(pack)
        lot.with_user(self.front_desk).redeem(10, self.yoga, reason="walk-in")
        posted = self.env["booking.credit.posting"]._post_due(self.company)
        income = self.company_data["default_account_revenue"]
        items = posted.move_id.line_ids
        self.assertEqual(
            sorted(items.mapped("balance")),
            [-100.0, -20.0, 120.0],
        )
        self.assertEqual(
            items.filtered(lambda line: line.balance == -100.0).account_id, income
        )
