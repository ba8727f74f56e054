from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..exceptions import InsufficientCreditsError, UnpaidBookingError
from .test_paying_modes import ModesCommon


class PrepaymentCommon(ModesCommon):
    """A massage of 60.00 beside the class of 10.00; rules that managers make."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = new_test_user(
            cls.env,
            "modes_boss",
            groups="booking_credits.booking_credits_group_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.massage = cls._create_service("Massage", credits=6, price=60.0)
        cls.rules = cls.env["booking.prepayment.rule"].with_user(cls.boss)

    def _rule(self, **values):
        return self.rules.create(
            {
                "name": "Rule",
                "company_id": self.company.id,
                "date_from": self.company._booking_credit_today(),
                **values,
            }
        )

    def _deposit(self, amount=20.0, **values):
        return self._rule(kind="deposit", amount_type="fixed", amount=amount, **values)

    def _pay_online(self, order, amount):
        """Let the customer pay ``amount`` on the portal."""
        payment = self._begin_payment(order)
        payment.amount = amount
        payment._set_done()
        with mute_logger("odoo.addons.sale.models.payment_transaction"):
            payment._check_amount_and_confirm_order()
        return payment


@tagged("post_install", "-at_install")
class TestDeposit(PrepaymentCommon):
    def test_each_service_asks_nothing_a_deposit_or_all(self):
        """S4-01: none, an amount, a percentage, the whole price."""
        for values, asked in (
            ({"kind": "none"}, 0.0),
            ({"kind": "deposit", "amount_type": "fixed", "amount": 20.0}, 20.0),
            ({"kind": "deposit", "amount_type": "fixed", "amount": 99.0}, 60.0),
            ({"kind": "deposit", "amount_type": "percent", "percent": 33.0}, 19.8),
            ({"kind": "full"}, 60.0),
        ):
            rule = self._rule(**values)
            order = self._quote(self.massage)
            self.assertEqual(order._get_prepayment_required_amount(), asked, values)
            self.assertEqual(order.require_payment, bool(asked), values)
            self.assertEqual(order._has_to_be_paid(), bool(asked), values)
            rule.active = False

    def test_an_amount_is_asked_to_the_cent(self):
        """S4-01: 20.00 of 60.00 is no round percentage; each booking asks its own."""
        self._deposit()
        order = self._quote(self.massage, product_uom_qty=2)
        self.assertEqual(order.prepayment_percent, 0.3333)
        self.assertEqual(order._get_prepayment_required_amount(), 40.0)
        values = order._get_default_payment_link_values()
        self.assertEqual(values["amount"], 40.0)

    def test_a_deposit_confirms_the_order_once_it_is_paid(self):
        """S4-01: 19.99 do not, 20.00 do."""
        self._deposit()
        order = self._quote(self.massage)
        self._pay_online(order, 19.99)
        self.assertEqual(order.state, "draft")
        self._pay_online(order, 0.01)
        self.assertEqual(order.state, "sale")

    def test_holders_of_credits_pay_no_deposit(self):
        """S3-05: with an eligible lot 0, before and after it is on the order."""
        self._deposit()
        lot = self._give(6)
        order = self._quote(self.massage)
        self.assertEqual(order._get_prepayment_required_amount(), 0.0)
        self.assertFalse(order._has_to_be_paid())
        order.action_booking_credit_pay()
        self.assertFalse(order._has_to_be_paid())
        order.action_confirm()
        self.assertEqual(lot.balance, 0)
        other = self.env["res.partner"].create({"name": "Bob"})
        order = self._quote(self.massage, partner=other)
        self.assertEqual(order._get_prepayment_required_amount(), 20.0)

    def test_credits_that_do_not_pay_the_service_spare_no_deposit(self):
        """S3-05: too few, or for another service."""
        self._deposit()
        self._give(5)
        self._give(
            1,
            measure="session",
            eligible_product_ids=[Command.set(self.yoga.product_tmpl_id.ids)],
        )
        order = self._quote(self.massage)
        self.assertEqual(order._get_prepayment_required_amount(), 20.0)

    def test_the_same_credits_spare_the_deposit_of_one_booking(self):
        """S3-05: six credits pay one of two massages."""
        self._deposit()
        self._give(6)
        order = self._quote(self.massage, self.massage)
        self.assertEqual(order._get_prepayment_required_amount(), 20.0)

    def test_credits_bought_since_spare_the_deposit(self):
        """S3-05: the deposit was asked before the customer had credits."""
        self._deposit()
        order = self._quote(self.massage)
        self.assertTrue(order._has_to_be_paid())
        self._give(6)
        order.invalidate_recordset()
        self.assertFalse(order._has_to_be_paid())
        self.assertIn("No deposit", order.booking_prepayment_text)

    def test_customer_credit_on_the_order_is_money_paid_ahead(self):
        """S3-05, S2-12: 15.00 of credit leave 5.00 of a deposit of 20.00."""
        self._deposit()
        self._give(15.0, measure="money")
        order = self._quote(self.massage)
        order.action_booking_credit_pay()
        self.assertEqual(order._get_prepayment_required_amount(), 5.0)

    def test_credits_taken_off_again_ask_the_deposit_again(self):
        """S3-05: of a customer who pays one massage and not the other."""
        self._deposit()
        self._give(6)
        order = self._quote(self.massage)
        order.action_booking_credit_pay()
        order.order_line.filtered("booking_ok").product_uom_qty = 2
        self.assertEqual(order._get_prepayment_required_amount(), 20.0)

    def test_packs_and_goods_are_paid_whole_beside_a_deposit(self):
        """S4-01, M3: a towel and a pack beside the massage; the towel alone: nothing.

        Customer credit pays its part first.
        """
        towel = self._create_service("Towel", 1, 10.0)
        towel.booking_ok = False
        self._deposit()
        order = self._quote(self.massage, towel, self.pack)
        self.assertEqual(order.amount_total, 160.0)
        self.assertEqual(order._get_prepayment_required_amount(), 120.0)
        self.assertEqual(order._get_amount_asked(), 120.0)
        order.order_line.filtered("booking_ok").unlink()
        self.assertFalse(order.require_payment)
        self.assertEqual(order._get_prepayment_required_amount(), 0.0)

    def test_a_changed_order_asks_what_it_now_costs(self):
        """S4-01: more bookings, another product."""
        self._rule(kind="deposit", percent=50.0)
        order = self._quote(self.massage)
        order.order_line.product_uom_qty = 3
        self.assertEqual(order._get_prepayment_required_amount(), 90.0)
        order.order_line.product_id = self.yoga
        self.assertEqual(order._get_prepayment_required_amount(), 15.0)

    def test_staff_may_ask_something_else_of_one_order(self):
        """S4-01: the regular customer on the phone pays no deposit."""
        self._deposit()
        order = self._quote(self.massage)
        order.require_payment = False
        self.assertFalse(order._has_to_be_paid())
        order.client_order_ref = "phone"
        self.assertFalse(order._has_to_be_paid())
        order.write({"require_payment": True, "prepayment_percent": 0.5})
        self.assertEqual(order._get_prepayment_required_amount(), 30.0)

    def test_other_quotations_keep_what_staff_chose(self):
        """S4-01: without a rule, Odoo's own settings stay as they are."""
        order = self._quote(self.massage)
        order.write({"require_payment": True, "prepayment_percent": 0.5})
        order.order_line.product_uom_qty = 2
        self.assertTrue(order.require_payment)
        self.assertEqual(order._get_prepayment_required_amount(), 60.0)

    def test_the_rule_decides_whatever_odoo_asks(self):
        """S4-01, M5: *Online payment* off, half, all: 20.00 thrice; a rule of none, 0."""
        rule = self._deposit()
        for values in (
            {"portal_confirmation_pay": False},
            {"portal_confirmation_pay": True, "prepayment_percent": 0.5},
            {"portal_confirmation_pay": True, "prepayment_percent": 1.0},
        ):
            self.company.write(values)
            order = self._quote(self.massage)
            self.assertEqual(order._get_prepayment_required_amount(), 20.0, values)
        rule.kind = "none"
        order = self._quote(self.massage)
        self.assertFalse(order.require_payment)
        self.assertEqual(order._get_amount_asked(), 0.0)

    def test_a_deposit_beside_customer_credit(self):
        """S4-01, M6: 5.00 of credit and 15.00 by card, also while the 5.00 wait."""
        self._deposit()
        self._give(5, measure="money")
        order = self._quote(self.massage)
        order.action_booking_credit_pay()
        self.assertEqual(order._get_amount_asked(), 15.0)
        payment = self._begin_payment(order)
        self.assertEqual(order._get_prepayment_required_amount(), 15.0)
        payment.amount = 15.0
        payment._set_done()
        payment._check_amount_and_confirm_order()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order._get_due_at_visit(), 40.0)

    def test_customers_pay_what_is_asked_or_the_whole_rest(self):
        """S4-01, M2: no other amount, on whatever way it is sent."""
        self._deposit()
        order = self._quote(self.massage)
        self.assertEqual(order._get_amounts_to_pay(), [20.0, 60.0])
        for amount in (0.01, 19.99, 20.01, 59.99, 60.01, -20, "x", None, float("nan")):
            with self.subTest(amount), self.assertRaisesRegex(UserError, "20.00 or"):
                order._check_amount_offered(amount)
        order._check_amount_offered(20)
        order._check_amount_offered("60.0")
        self._pay_online(order, 20.0)
        self.assertEqual(order._get_amounts_to_pay(), [40.0])
        with self.assertRaisesRegex(UserError, "40.00"):
            order._check_amount_offered(20)
        self._pay_online(order, 40.0)
        with self.assertRaisesRegex(UserError, "nothing is left"):
            order._check_amount_offered(40)

    def test_a_rule_that_starts_while_the_cart_waits_is_asked_and_confirms(self):
        """S4-05: the page, the route and the confirmation say the same."""
        order = self._quote(self.massage)
        self._deposit()
        self.assertEqual(order._get_amount_asked(), 20.0)
        order._check_amount_offered(20.0)
        self._pay_online(order, 20.0)
        self.assertEqual(order.state, "sale")

    def test_each_part_is_invoiced_once(self):
        """S4-01, M9: 20.00, 10.00 and the last 30.00 of 60.00."""
        self._deposit()
        order = self._quote(self.massage)
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", "1")
        for amount in (20.0, 10.0, 30.0):
            payment = self._pay_online(order, amount)
            payment._invoice_sale_orders()
        invoices = order.sudo().invoice_ids.sorted("id")
        self.assertEqual(invoices.mapped("amount_total"), [20.0, 10.0, 30.0])

    def test_a_copy_asks_what_the_rules_then_say(self):
        """S4-01, S4-03: the rule has ended since."""
        rule = self._deposit()
        order = self._quote(self.massage)
        self.assertTrue(order.copy().require_payment)
        rule.active = False
        copy = order.copy()
        self.assertFalse(copy.require_payment)
        self.assertEqual(copy._get_prepayment_required_amount(), 0.0)

    def test_an_amount_in_another_currency_is_converted(self):
        """S4-01: the rule is in the company's currency."""
        other = self.setup_other_currency("GBP", rates=[("2016-01-01", 2.0)])
        pricelist = self.su["product.pricelist"].create(
            {"name": "Abroad", "currency_id": other.id}
        )
        self._deposit()
        order = self._quote(self.massage)
        order.pricelist_id = pricelist
        order.action_update_prices()
        self.assertEqual(order.amount_total, 120.0)
        self.assertEqual(order._get_prepayment_required_amount(), 40.0)

    def test_taxes_are_part_of_the_percentage(self):
        """S4-01: half of 60.00 plus 20 %."""
        tax = self.su["account.tax"].create(
            {"name": "20", "amount": 20.0, "company_id": self.company.id}
        )
        self.massage.taxes_id = tax
        self._rule(kind="deposit", percent=50.0)
        order = self._quote(self.massage)
        self.assertEqual(order._get_prepayment_required_amount(), 36.0)


@tagged("post_install", "-at_install")
class TestCompletePayment(PrepaymentCommon):
    def test_an_unpaid_booking_is_not_confirmed(self):
        """S0-09: the switch; the refusal says what is missing and what to do."""
        self.company.booking_complete_payment = True
        order = self._quote(self.massage)
        with self.assertRaisesRegex(
            UnpaidBookingError, "60.00.*Massage.*Send it for payment"
        ):
            order.action_confirm()
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.booking_payment_due, 60.0)

    def test_online_the_whole_price_is_asked_and_confirms(self):
        """S0-09: paid in full, it is confirmed by itself."""
        self.company.booking_complete_payment = True
        order = self._quote(self.massage)
        self.assertEqual(order._get_prepayment_required_amount(), 60.0)
        self._pay_online(order, 60.0)
        self.assertEqual(order.state, "sale")

    def test_a_booking_paid_with_credits_is_confirmed(self):
        """S0-09, S4-05: credits on the order pay; credits beside it do not."""
        self.company.booking_complete_payment = True
        self._give(6)
        order = self._quote(self.massage)
        with self.assertRaises(UnpaidBookingError):
            order.action_confirm()
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_managers_confirm_unpaid_with_a_reason(self):
        """S0-09: logged on the order; not without a reason."""
        self.company.booking_complete_payment = True
        order = self._quote(self.massage).with_user(self.boss)
        with self.assertRaisesRegex(UserError, "Say why"):
            order.confirm_unpaid(" ")
        wizard = self.env["booking.confirm.unpaid"].with_user(self.boss)
        wizard = wizard.create({"order_id": order.id, "reason": "Pays tonight"})
        self.assertEqual(wizard.due, 60.0)
        wizard.action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertRegex(order.message_ids.mapped("body")[0], "60.00.*Pays tonight")

    def test_the_front_desk_cannot_confirm_unpaid(self):
        """S0-09: neither by the verb nor by the field nor by the dialog."""
        self.company.booking_complete_payment = True
        order = self._quote(self.massage)
        with self.assertRaises(AccessError):
            order.confirm_unpaid("I say so")
        with self.assertRaises(AccessError):
            order.booking_unpaid_reason = "I say so"
        with self.assertRaises(AccessError):
            self.env["booking.confirm.unpaid"].with_user(self.desk).create(
                {"order_id": order.id, "reason": "I say so"}
            )

    def test_money_that_has_moved_is_never_refused(self):
        """S0-09: less was asked by hand: the order waits, and staff are told."""
        self.company.booking_complete_payment = True
        order = self._quote(self.massage)
        order.prepayment_percent = 0.5
        self._pay_online(order, 30.0)
        self.assertIn("30.00", order.activity_ids.summary)
        self.assertIn("30.00 are missing", order.activity_ids.note)

    def test_what_is_said_of_one_service_wins_over_the_switch(self):
        """S0-09, S4-08: a deposit for massages, the whole price for the rest."""
        self.company.booking_complete_payment = True
        self._deposit(scope="product", product_ids=self.massage.product_tmpl_id.ids)
        order = self._quote(self.massage, self.yoga)
        self.assertEqual(order._get_prepayment_required_amount(), 30.0)
        self.assertEqual(order.booking_payment_due, 10.0)

    def test_packs_and_goods_are_confirmed_unpaid(self):
        """S0-09: the switch is about bookings."""
        self.company.booking_complete_payment = True
        order = self._quote(self.pack)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_from_the_date_on_unpaid_bookings_are_not_confirmed(self):
        """S4-06: 31 May without payment, 1 June not."""
        with freeze_time("2026-05-01"):
            self._rule(kind="full", date_from="2026-06-01")
        with freeze_time("2026-05-31 12:00:00"):
            order = self._quote(self.massage)
            self.assertFalse(order._has_to_be_paid())
            order.action_confirm()
            self.assertEqual(order.state, "sale")
        with freeze_time("2026-06-01 00:00:00"):
            order = self._quote(self.massage)
            self.assertTrue(order._has_to_be_paid())
            with self.assertRaises(UnpaidBookingError):
                order.action_confirm()

    def test_another_company_is_not_concerned(self):
        """S0-09, S4-08: rules and switch are of one company."""
        other = self.su["res.company"].create({"name": "Other studio"})
        other.booking_complete_payment = True
        self.su["booking.prepayment.rule"].create(
            {"name": "Theirs", "kind": "full", "company_id": other.id}
        )
        order = self._quote(self.massage)
        order.action_confirm()
        self.assertEqual(order.state, "sale")


@tagged("post_install", "-at_install")
class TestSendForPayment(PrepaymentCommon):
    def test_staff_book_and_the_customer_pays_by_a_link(self):
        """S4-04: quotation mail with the link; once paid, the confirmation is sent."""
        self._deposit()
        self.anna.sudo().email = "anna@example.com"
        order = self._quote(self.massage)
        action = order.action_send_for_payment()
        self.assertEqual(action["res_model"], "mail.compose.message")
        self.assertTrue(order._has_to_be_paid())
        composer = self.env[action["res_model"]].with_user(self.desk)
        composer = composer.with_context(**action["context"]).create({})
        composer.action_send_mail()
        self.assertEqual(order.state, "sent")
        before = order.sudo().message_ids
        self._pay_online(order, 20.0)
        self.assertEqual(order.state, "sale")
        sent = order.sudo().message_ids - before
        self.assertIn(self.anna, sent.partner_ids)

    def test_without_a_rule_the_whole_price_is_asked(self):
        """S4-04: staff send any quotation for payment."""
        order = self._quote(self.massage)
        order.action_send_for_payment()
        self.assertEqual(order._get_prepayment_required_amount(), 60.0)

    def test_nothing_is_sent_for_payment_when_nothing_is_to_pay(self):
        """S4-04: all is paid with credits; what takes credits only takes no money."""
        self._give(6)
        order = self._quote(self.massage)
        order.action_booking_credit_pay()
        with self.assertRaisesRegex(UserError, "Nothing is left to pay"):
            order.action_send_for_payment()
        self.yoga.booking_payment = "credit_only"
        order = self._quote(self.yoga)
        with self.assertRaisesRegex(InsufficientCreditsError, "credits only"):
            order.action_send_for_payment()

    def test_the_form_says_what_is_asked(self):
        """S4-04: staff see it before they send or confirm."""
        order = self._quote(self.massage)
        self.assertFalse(order.booking_prepayment_text)
        self._deposit()
        order = self._quote(self.massage)
        self.assertIn("Deposit asked", order.booking_prepayment_text)
        self.company.booking_complete_payment = True
        order.invalidate_recordset()
        self.assertIn("Paid before", order.booking_prepayment_text)
