from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..exceptions import InsufficientCreditsError
from .test_accounting_customer_credit import CustomerCreditCommon


@tagged("post_install", "-at_install")
class TestChange(CustomerCreditCommon):
    """A confirmed booking changes, and its credits follow (as the front desk)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.massage = cls._create_service("Massage", credits=30, price=40.0)

    def setUp(self):
        super().setUp()
        self.lot = self._buy()

    def _booked(self, *args, **kwargs):
        order = self._book(*args, **kwargs).with_user(self.front_desk)
        return order, order.order_line.filtered("booking_ok")

    def _spent(self, lot):
        return lot.granted - lot.balance

    # --- another service

    def test_another_service_costs_its_own_price(self):
        """10 credits come back, 30 are taken; nothing is to be paid in money."""
        order, line = self._booked()
        line.product_id = self.massage
        self.assertEqual(self._spent(self.lot), 30)
        self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(line.qty_to_invoice, 0.0)
        self.assertEqual(order.booking_credit_spent_text, "30 credits")
        self.assertIn("Yoga changed to 1 × Massage", order.message_ids[0].body)
        self.assertEqual(
            self.lot.entry_ids.sorted("id").mapped("type"),
            ["grant", "redeem", "restore", "redeem"],
        )

    def test_a_service_that_credits_cannot_pay_changes_nothing(self):
        _order, line = self._booked()
        dear = self._create_service("Retreat", credits=500, price=500.0)
        with (
            self.assertRaisesRegex(
                InsufficientCreditsError, "Retreat.*400 are missing"
            ),
            self.cr.savepoint(),
        ):
            line.product_id = dear
        self.env.invalidate_all()
        self.assertEqual(line.product_id, self.yoga)
        self.assertEqual(self._spent(self.lot), 10)

    def test_a_card_that_does_not_pay_the_new_service_gives_way_to_credits(self):
        card = self._buy(
            self._create_pack(
                "Yoga card",
                3,
                24.0,
                booking_credit_measure="session",
                booking_credit_product_ids=[Command.link(self.yoga.product_tmpl_id.id)],
            )
        )
        _order, line = self._booked()
        self.assertEqual((self._spent(card), self._spent(self.lot)), (1, 0))
        line.product_id = self.massage
        self.assertEqual((self._spent(card), self._spent(self.lot)), (0, 30))

    def test_the_lots_that_staff_chose_pay_the_change(self):
        other = self._buy()
        order = self._create_order(
            self.yoga, start=fields.Datetime.now() + timedelta(days=3)
        )
        order._pay_with_booking_credits(lots=other)
        order.action_confirm()
        order.order_line.filtered("booking_ok").product_id = self.massage
        self.assertEqual((self._spent(self.lot), self._spent(other)), (0, 30))

    def test_the_terms_of_the_new_service_are_agreed(self):
        """S1-20: what is booked now is under what is agreed now."""
        _order, line = self._booked()
        self.massage.product_tmpl_id.booking_cancellation_policy_id = self.policy
        line.product_id = self.massage
        self.assertEqual(line.booking_policy["policy_id"], self.policy.id)

    def test_a_booking_too_close_is_not_exchanged_for_free(self):
        """S1-12: else an exchange would be the way around the fee."""
        self.yoga.product_tmpl_id.booking_cancellation_policy_id = self.policy
        order, line = self._booked(hours=5)
        with self.assertRaisesRegex(UserError, f"Yoga.*{order.name}.*5 of 10 credits"):
            line.product_id = self.massage

    # --- more and fewer places

    def test_more_places_take_more_credits(self):
        order, line = self._booked()
        line.product_uom_qty = 3
        self.assertEqual(self._spent(self.lot), 30)
        self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(line.invoice_status, "invoiced")

    def test_more_places_than_credits_change_nothing(self):
        _order, line = self._booked()
        with (
            self.assertRaisesRegex(InsufficientCreditsError, "stays as it was"),
            self.cr.savepoint(),
        ):
            line.product_uom_qty = 11
        self.env.invalidate_all()
        self.assertEqual((line.product_uom_qty, self._spent(self.lot)), (1, 10))

    def test_another_service_for_more_people_in_one_save(self):
        order, _line = self._booked()
        with Form(order) as form, form.order_line.edit(0) as line:
            line.product_id = self.massage
            line.product_uom_qty = 2
        self.assertEqual(self._spent(self.lot), 60)
        self.assertEqual(order.amount_total, 0.0)

    def test_places_paid_in_money_may_be_more_or_fewer(self):
        self._buy(self._create_pack("More", 10, 9))
        order, line = self._booked(product_uom_qty=13)
        self.assertEqual(line.qty_to_invoice, 2)
        line.product_uom_qty = 12
        self.assertEqual((line.qty_to_invoice, order.amount_total), (1, 10.0))
        line.product_uom_qty = 14
        self.assertEqual((line.qty_to_invoice, order.amount_total), (3, 30.0))

    def test_fewer_places_are_cancelled_under_their_terms(self):
        """S1-20: the dialog says what comes back; a number does not."""
        _order, line = self._booked(product_uom_qty=2)
        with self.assertRaisesRegex(UserError, "cancel what is not wanted"):
            line.product_uom_qty = 1

    def test_a_change_after_a_cancellation_pays_nothing(self):
        order, line = self._booked()
        order._action_cancel()
        order.action_draft()
        line.product_uom_qty = 2
        self.assertEqual(self._spent(self.lot), 0)

    # --- another date

    def test_another_day_leaves_the_credits_alone(self):
        _order, line = self._booked()
        line.booking_start += timedelta(days=7)
        self.assertEqual(len(self.lot.entry_ids), 2)

    def test_a_lot_with_a_cap_counts_the_new_day(self):
        """S0-31: one booking a day stays one a day when bookings move."""
        pass_ = self._buy(
            self._create_pack(
                "One a day",
                10,
                50.0,
                booking_credit_measure="session",
                booking_credit_cap_day=1,
            )
        )
        self.lot._adjust(-100, "Away with them")
        _order, line = self._booked(hours=24 * 3)
        _other, second = self._booked(hours=24 * 4)
        with self.assertRaises(InsufficientCreditsError), self.cr.savepoint():
            second.booking_start = line.booking_start
        self.env.invalidate_all()
        second.booking_start += timedelta(days=5)
        self._booked(hours=24 * 4)
        self.assertEqual(self._spent(pass_), 3)

    # --- another customer

    def test_another_customer_pays_with_credits_of_hers(self):
        hers = self._buy(partner=self.marie)
        order, _line = self._booked()
        order.partner_id = self.marie
        self.assertEqual((self._spent(self.lot), self._spent(hers)), (0, 10))
        self.assertIn("Marie has paid with 10 credits", order.message_ids[0].body)

    def test_another_customer_without_credits_changes_nothing(self):
        order, _line = self._booked()
        with (
            self.assertRaisesRegex(InsufficientCreditsError, "Marie has 0"),
            self.cr.savepoint(),
        ):
            order.partner_id = self.marie
        self.env.invalidate_all()
        self.assertEqual(order.partner_id, self.anna)
        self.assertEqual(self._spent(self.lot), 10)

    def test_the_buyer_of_credits_stays(self):
        order = self.lot.source_line_id.sale_line_ids.order_id
        with self.assertRaisesRegex(UserError, f"{self.lot.name}.*transfer.*Marie"):
            order.partner_id = self.marie

    def test_a_quotation_for_another_customer_is_paid_anew(self):
        """Credits of the old customer never pay for the new one by mistake."""
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        order.partner_id = self.marie
        self.assertEqual(len(order.order_line), 1)

    # --- another price

    def test_a_lower_price_gives_customer_credit_back(self):
        """The order never owes the customer money that is nowhere to be seen."""
        money = self._credit(50.0, partner=self.anna)
        self.lot._adjust(-100, "Away with them")
        order = self._create_order(self.massage)
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(money.balance, 10.0)
        line = order.order_line.filtered("booking_ok")
        line.with_user(self.front_desk).discount = 50
        self.assertEqual(money.balance, 30.0)
        self.assertEqual(order.amount_total, 0.0)
        self._pay_nothing_left(order)

    def _pay_nothing_left(self, order):
        invoice = order._create_invoices()
        invoice.action_post()
        self.env["booking.credit.posting"]._post_due(self.company)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_a_discount_on_a_paid_booking_leaves_nothing_to_pay(self):
        order, line = self._booked()
        line.discount = 20
        self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(self._spent(self.lot), 10)
