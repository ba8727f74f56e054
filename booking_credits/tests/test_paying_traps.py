from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .test_accounting_customer_credit import CustomerCreditCommon


@tagged("post_install", "-at_install")
class TestTraps(CustomerCreditCommon):
    """What else Odoo does to an order that credits pay, as the front desk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the first discount of a company is granted by its administrator
        cls.company.sale_discount_product_id = cls._create_service(
            "Discount", 0, 0.0, booking_ok=False
        )

    def setUp(self):
        super().setUp()
        self.lot = self._buy()

    def _quote(self, *products, pay=True, **line_values):
        order = self._create_order(
            *products, start=fields.Datetime.now() + timedelta(days=3), **line_values
        ).with_user(self.front_desk)
        if pay:
            order._pay_with_booking_credits()
        return order

    def _discount(self, order, **values):
        wizard = self.env["sale.order.discount"].with_user(self.front_desk)
        wizard.create({"sale_order_id": order.id, **values}).action_apply_discount()

    # --- discounts

    def test_a_global_discount_is_taken_off_what_money_pays(self):
        """A class that credits pay is not discounted a second time on the mat."""
        order = self._quote(self.yoga, self.mat)
        self._discount(order, discount_type="so_discount", discount_percentage=0.1)
        self.assertEqual(order.amount_total, 18.0)

    def test_a_global_discount_leaves_customer_credit_its_part(self):
        """Customer credit is money: 10 % off 20.00 is 2.00, whoever pays."""
        self._credit(15.0, partner=self.anna)
        order = self._quote(self.mat)
        self._discount(order, discount_type="so_discount", discount_percentage=0.1)
        self.assertEqual(order.amount_total, 3.0)

    def test_a_discount_on_all_lines_leaves_what_pays_alone(self):
        self._credit(15.0, partner=self.anna)
        order = self._quote(self.yoga, self.mat)
        self._discount(order, discount_type="sol_discount", discount_percentage=0.1)
        self.assertEqual(order.amount_total, 3.0)
        order.action_confirm()
        self.assertEqual(self.lot.balance, 90)

    def test_a_fixed_discount_never_makes_the_order_negative(self):
        """What the discount covers, customer credit does not pay as well."""
        credit = self._credit(15.0, partner=self.anna)
        order = self._quote(self.mat)
        self._discount(order, discount_type="amount", discount_amount=12.0)
        self.assertEqual(order.amount_total, 0.0)
        order.action_confirm()
        self.assertEqual(credit.balance, 7.0)

    def test_a_discount_after_the_confirmation_gives_customer_credit_back(self):
        credit = self._credit(50.0, partner=self.anna)
        order = self._quote(self.mat)
        order.action_confirm()
        self._discount(order, discount_type="so_discount", discount_percentage=0.5)
        self.assertEqual((credit.balance, order.amount_total), (40.0, 0.0))

    # --- how an order is laid out

    def test_a_credit_line_stays_in_the_section_of_its_booking(self):
        """Else the subtotals of both sections are wrong."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.anna.id,
                "order_line": [
                    Command.create({"display_type": "line_section", "name": "Classes"}),
                    Command.create({"product_id": self.yoga.id}),
                    Command.create(
                        {"display_type": "line_note", "name": "Bring water"}
                    ),
                    Command.create({"display_type": "line_section", "name": "Shop"}),
                    Command.create({"product_id": self.mat.id}),
                ],
            }
        )
        credit_line = order._pay_with_booking_credits()
        classes = order.order_line.filtered(lambda line: line.name == "Classes")
        self.assertEqual(credit_line.parent_id, classes)
        self.assertEqual(
            order.order_line.sorted().mapped("name"),
            ["Classes", "Yoga", credit_line.name, "Bring water", "Shop", "Mat"],
        )

    def test_an_optional_line_that_is_not_chosen_is_not_paid(self):
        order = self._quote(pay=False)
        order.order_line = [
            Command.create({"product_id": self.mat.id}),
            Command.create(
                {"display_type": "line_section", "name": "More", "is_optional": True}
            ),
            Command.create({"product_id": self.yoga.id, "product_uom_qty": 0}),
        ]
        self.assertFalse(order._pay_with_booking_credits())
        yoga = order.order_line.filtered("booking_ok")
        yoga.product_uom_qty = 1
        self.assertEqual(order._pay_with_booking_credits().product_uom_qty, 1)
        yoga.product_uom_qty = 0
        self.assertFalse(yoga.booking_credit_line_ids)

    def test_another_template_takes_the_credit_lines_away(self):
        template = self.env["sale.order.template"].create(
            {
                "name": "A pack and a class",
                "sale_order_template_line_ids": [
                    Command.create({"product_id": self.yoga.id}),
                    Command.create({"product_id": self.pack.id}),
                ],
            }
        )
        order = self._quote(self.yoga)
        order.sale_order_template_id = template
        order._onchange_sale_order_template_id()
        self.assertFalse(order.order_line._get_credit_lines())
        order._pay_with_booking_credits()
        self.assertEqual(order.amount_total, 90.0)

    # --- invoices

    def test_a_down_payment_is_of_what_is_left_to_pay(self):
        """Half of 20.00 for the mat: the class is paid."""
        order = self._quote(self.yoga, self.mat)
        order.action_confirm()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "percentage",
                "amount": 50.0,
            }
        )
        first = wizard._create_invoices(order.with_user(self.env.user))
        first.action_post()
        self.assertEqual(first.amount_total, 10.0)
        final = order.with_user(self.env.user)._create_invoices(final=True)
        final.action_post()
        self.assertEqual(final.amount_total, 10.0)
        self.assertNotIn(self.yoga, final.invoice_line_ids.product_id)

    def test_a_down_payment_and_customer_credit_pay_once(self):
        self._credit(5.0, partner=self.anna)
        order = self._quote(self.mat)
        order.action_confirm()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "percentage",
                "amount": 50.0,
            }
        )
        first = wizard._create_invoices(order.with_user(self.env.user))
        first.action_post()
        final = order.with_user(self.env.user)._create_invoices(final=True)
        final.action_post()
        self.env["booking.credit.posting"]._post_due(self.company)
        self.assertEqual(first.amount_total + final.amount_total, 20.0)
        self.assertEqual(first.amount_residual + final.amount_residual, 15.0)

    # --- the life of an order

    def test_orders_cancelled_together_give_all_credits_back(self):
        orders = self.env["sale.order"]
        for _order in range(3):
            orders |= self._quote(self.yoga)
        orders.action_confirm()
        orders[0].action_lock()
        self.assertEqual(self.lot.balance, 70)
        self.env["sale.mass.cancel.orders"].with_user(self.front_desk).create(
            {"sale_order_ids": [Command.set(orders.ids)]}
        ).action_mass_cancel()
        self.assertEqual(self.lot.balance, 100)
        self.assertEqual(set(orders.mapped("state")), {"cancel"})

    def test_a_locked_order_is_not_cancelled_by_its_button(self):
        order = self._quote(self.yoga)
        order.action_confirm()
        order.action_lock()
        with self.assertRaisesRegex(Exception, "locked"), self.cr.savepoint():
            order.action_cancel()
        self.assertEqual(self.lot.balance, 90)

    def test_another_fiscal_position_leaves_nothing_to_pay(self):
        """Taxes change on both sides, or the customer pays a tax for nothing."""
        tax = self.env["account.tax"].create(
            {"name": "20 %", "amount": 20, "company_id": self.company.id}
        )
        self.yoga.taxes_id = tax
        order = self._quote(self.yoga)
        self.assertEqual(order.amount_total, 0.0)
        position = self.env["account.fiscal.position"].create(
            {"name": "Abroad", "company_id": self.company.id}
        )
        order.fiscal_position_id = position
        order.action_update_taxes()
        self.assertEqual((order.amount_total, order.amount_tax), (0.0, 0.0))

    def test_another_currency_leaves_nothing_to_pay(self):
        currency = self.setup_other_currency("EUR", rates=[("2020-01-01", 3.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": currency.id}
        )
        order = self._create_order(self.yoga, self.mat)
        order.pricelist_id = pricelist
        order._recompute_prices()
        order._pay_with_booking_credits()
        self.assertEqual(order.currency_id, currency)
        self.assertEqual(order.amount_total, 60.0)
        order.action_confirm()
        self.assertEqual(self.lot.balance, 90)

    def test_an_order_opened_again_is_paid_again(self):
        order = self._quote(self.yoga)
        order.action_confirm()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertEqual(self.lot.balance, 90)
        self.assertEqual(
            self.lot.entry_ids.sorted("id").mapped("type"),
            ["grant", "redeem", "restore", "redeem"],
        )
