from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, new_test_user, tagged

from ..exceptions import InsufficientCreditsError
from .common import BookingCreditsCommon


class SellAndUseCommon(BookingCreditsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cut = cls._create_service("Cut", credits=300, price=30.0)
        cls.card = cls._create_pack(
            "Cut card",
            10,
            250.0,
            booking_credit_measure="session",
            booking_credit_product_ids=[Command.link(cls.cut.product_tmpl_id.id)],
        )
        cls.seller = new_test_user(
            cls.env,
            "seller",
            groups="booking_credits.booking_credits_group_user,"
            "account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )


@tagged("post_install", "-at_install")
class TestSellAndUse(SellAndUseCommon):
    """Sell a pack on the ticket, and use it for the visit of today."""

    def _dialog(self, **context):
        context = {f"default_{name}": value for name, value in context.items()}
        return Form(
            self.env["booking.credit.sell"]
            .with_user(self.seller)
            .with_context(**context)
        )

    def test_a_card_is_sold_and_used_in_one_click(self):
        """S3-09: sold 10, remaining 9, the service of today costs 0."""
        dialog = self._dialog(partner_id=self.anna.id)
        dialog.pack_id = self.card
        self.assertFalse(dialog.use_now, "asked, not taken for granted")
        dialog.use_now = True
        self.assertEqual(dialog.service_id, self.cut, "the only one that it pays")
        self.assertEqual(
            dialog.use_text, "10 sessions sold, 1 session used now: 9 sessions left."
        )
        action = dialog.save().action_sell_paid()
        booking = self.env["sale.order"].browse(action["res_id"])
        self.assertRecordValues(
            booking,
            [{"partner_id": self.anna.id, "state": "sale", "amount_total": 0.0}],
        )
        line = booking.order_line.filtered("booking_start")
        self.assertEqual(line.product_id, self.cut)
        self.assertLessEqual(line.booking_start, fields.Datetime.now())
        lot = self.anna.booking_credit_lot_ids
        self.assertEqual((lot.granted, lot.balance), (10, 9))

    def test_a_quotation_is_paid_with_the_pack_that_is_sold_from_it(self):
        """S3-09: from “Pay with Credits”; a pack that pays the booking is proposed."""
        self._buy()  # the pack that is sold most does not pay a cut
        order = self._create_order(self.cut)
        opened = order.with_user(self.seller).action_open_booking_credit_pay()
        pay = self.env[opened["res_model"]].with_user(self.seller)
        action = pay.browse(opened["res_id"]).action_sell_pack()
        dialog = Form(
            self.env[action["res_model"]]
            .with_user(self.seller)
            .with_context(**action["context"])
        )
        self.assertEqual(dialog.pack_id, self.card)
        self.assertTrue(dialog.use_now)
        action = dialog.save().action_sell_paid()
        self.assertEqual(action["res_id"], order.id)
        self.assertEqual((order.state, order.amount_total), ("sale", 0.0))
        lot = self.anna.booking_credit_lot_ids.filtered(
            lambda lot: lot.product_id == self.card
        )
        self.assertEqual(lot.balance, 9)

    def test_what_the_pack_does_not_pay_is_left_to_confirm(self):
        """S3-09: other things on the quotation are still to be paid in money."""
        order = self._create_order(self.cut, self.yoga)
        dialog = self._dialog(partner_id=self.anna.id, order_id=order.id)
        dialog.pack_id = self.card
        dialog.save().action_sell_paid()
        self.assertEqual((order.state, order.amount_total), ("draft", 10.0))

    def test_a_pack_that_does_not_pay_the_booking_is_refused(self):
        """S3-04: and nothing is sold then."""
        order = self._create_order(self.yoga)
        dialog = self._dialog(partner_id=self.anna.id, order_id=order.id)
        dialog.pack_id = self.card
        with self.assertRaisesRegex(InsufficientCreditsError, "only for Cut"):
            with self.cr.savepoint():
                dialog.save().action_sell_paid()
        self.assertFalse(self.anna.booking_credit_lot_ids)

    def test_a_small_pack_says_what_it_lacks(self):
        small = self._create_pack("5 credits", 5, 5.0)
        dialog = self._dialog(partner_id=self.anna.id)
        dialog.pack_id = small
        dialog.use_now = True
        dialog.service_id = self.yoga
        self.assertIn("choose a larger pack", dialog.use_text)
        with self.assertRaisesRegex(
            InsufficientCreditsError, "has 5 credits, “Yoga” costs 10 credits"
        ):
            dialog.save().action_sell_paid()

    def test_no_customer_no_sale(self):
        """S3-08: refused in words, by both buttons."""
        wizard = self.env["booking.credit.sell"].with_user(self.seller)
        wizard = wizard.create({"pack_id": self.card.id})
        for button in (wizard.action_sell, wizard.action_sell_paid):
            with self.assertRaisesRegex(UserError, "Choose the customer first"):
                button()

    def test_a_service_is_asked_for(self):
        """S3-09: a pack for many services; one of them is used now."""
        dialog = self._dialog(partner_id=self.anna.id)
        dialog.pack_id = self.pack
        self.assertFalse(dialog.service_id)
        wizard = dialog.save()
        wizard.use_now = True
        with self.assertRaisesRegex(UserError, "Choose the service"):
            wizard.action_sell_paid()
        wizard.service_id = self.yoga
        wizard.action_sell_paid()
        self.assertEqual(self.anna.booking_credit_lot_ids.balance, 90)

    def test_a_gift_voucher_is_not_used_now(self):
        """S2-14: it is for whoever claims its code."""
        self.card.booking_credit_voucher = True
        dialog = self._dialog(partner_id=self.anna.id)
        dialog.pack_id = self.card
        self.assertFalse(dialog.can_use)

    def test_two_payments_for_one_pack(self):
        """S3-10: 100.00 in cash, the rest by card; one receipt, one lot."""
        journals = self.env["account.journal"].with_user(self.seller)
        domain = journals._check_company_domain(self.company)
        cash = journals.search([*domain, ("type", "=", "cash")], limit=1)
        bank = journals.search([*domain, ("type", "=", "bank")], limit=1)
        dialog = self._dialog(partner_id=self.anna.id)
        dialog.pack_id = self.card
        dialog.journal_id = cash
        dialog.rest_journal_id = bank
        dialog.amount = 100.0
        action = dialog.save().action_sell_paid()
        invoice = self.env["sale.order"].browse(action["res_id"]).invoice_ids
        self.assertEqual(invoice.amount_residual, 0.0)
        payments = invoice._get_reconciled_payments()
        self.assertCountEqual(
            [(payment.journal_id, payment.amount) for payment in payments],
            [(cash, 100.0), (bank, invoice.amount_total - 100.0)],
        )
        self.assertEqual(self.anna.booking_credit_lot_ids.balance, 10)

    def test_each_way_to_pay_gives_the_credits(self):
        """S3-10: cash or bank, chosen in the dialog."""
        for kind in ("cash", "bank"):
            journal = self.env["account.journal"].search(
                [("type", "=", kind), ("company_id", "=", self.company.id)], limit=1
            )
            dialog = self._dialog(partner_id=self.anna.id)
            dialog.pack_id = self.card
            dialog.journal_id = journal
            dialog.save().action_sell_paid()
        self.assertEqual(len(self.anna.booking_credit_lot_ids), 2)


@tagged("post_install", "-at_install")
class TestSellAndUseTour(SellAndUseCommon, HttpCase):
    def test_the_front_desk_sells_a_card_and_uses_it_at_once(self):
        """S3-09, S3-12: sold 10, used 1; at the next visit the order proposes it."""
        customer = self.env["res.partner"].create({"name": "Tour Customer"})
        self.cut.name = "Haircut"
        self.start_tour(
            "/odoo/action-booking_credits.booking_credit_sell_action",
            "booking_credits_sell_and_use",
            login="seller",
            timeout=180,
        )
        lot = customer.booking_credit_lot_ids
        self.assertEqual((lot.granted, lot.balance), (10, 8))
