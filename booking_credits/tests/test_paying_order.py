from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from ..exceptions import InsufficientCreditsError
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestOrder(BookingCreditsCommon):
    def _credit_line(self, order):
        return order.order_line.filtered("booking_credit_paid_line_id")

    def test_a_class_is_paid_with_credits(self):
        """S0-01, S1-03, S1-04: nothing to pay in money, credits go at once."""
        lot = self._buy()
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(order.booking_credit_spent_text, "10 credits")
        self.assertEqual(self._credit_line(order).name, "Paid with 10 credits")
        self.assertEqual(lot.balance, 100, "a quotation spends nothing")
        order.action_confirm()
        self.assertEqual(lot.balance, 90)
        self.assertEqual(order.state, "sale")

    def test_one_pack_pays_several_appointments(self):
        """S0-02: one sale, then four bookings: one invoice and four debits."""
        pack = self._create_pack("4 classes", 40, 40.0)
        lot = self._buy(pack)
        orders = [self._book() for _booking in range(4)]
        used = lot.entry_ids.filtered(lambda entry: entry.type == "redeem")
        self.assertEqual(len(used), 4)
        self.assertFalse(lot.is_open)
        for order in orders:
            self.assertFalse(order.invoice_ids)
            self.assertEqual(order.invoice_status, "invoiced")

    def test_cheaper_in_bulk(self):
        """S0-05: 1 credit 10.00, 10 credits 90.00: 9.00 each."""
        lot = self._buy(self._create_pack("10", 10, 90.0))
        service = self._create_service("Hour", credits=1, price=10.0)
        self._book(service)
        self.assertEqual(lot.value, 81.0)

    def test_a_card_costs_less_than_its_services(self):
        """S3-01: 10 rounds of a service of 30.00 for 250.00: 25.00 each."""
        cut = self._create_service("Cut", credits=3, price=30.0)
        card = self._create_pack("10 cuts", 10, 250.0, booking_credit_measure="session")
        lot = self._buy(card)
        self._book(cut)
        self.assertEqual((lot.balance, lot.value), (9, 225.0))

    def test_buy_four_get_five(self):
        """S0-20: price of 4, credits 5: 8.00 each."""
        lot = self._buy(self._create_pack("Buy 4 get 5", 5, 40.0))
        self._book(self._create_service("Hour", credits=1, price=10.0))
        self.assertEqual(lot.value, 32.0)

    def test_fractions_of_credits(self):
        lot = self._buy(self._create_pack("3 credits", 3, 30.0))
        self._book(self._create_service("Long", credits=1.5, price=15.0))
        self.assertEqual((lot.balance, lot.value), (1.5, 15.0))

    def test_too_few_credits_say_what_is_missing(self):
        self._buy(self._create_pack("8", 8, 8.0))
        order = self._create_order(self.yoga)
        with self.assertRaisesRegex(
            InsufficientCreditsError, "costs 10 credits.*Anna has 8.*2 are missing"
        ):
            order.action_booking_credit_pay()
        self.assertFalse(self._credit_line(order))

    def test_an_expired_lot_is_refused_by_name_and_date(self):
        """S0-04: “expired on …”, also when it expires after the quotation."""
        lot = self._buy()
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        with freeze_time(lot.valid_until + timedelta(days=1)):
            with self.assertRaisesRegex(
                InsufficientCreditsError, f"{lot.name} expired on"
            ):
                order.action_confirm()
            with self.assertRaisesRegex(
                InsufficientCreditsError, f"{lot.name} expired on"
            ):
                self._create_order(self.yoga).action_booking_credit_pay()

    def test_a_chosen_lot_that_expired_is_refused(self):
        lot = self._buy()
        self._buy()
        order = self._create_order(self.yoga)
        order._pay_with_booking_credits(lots=lot)
        lot.sudo().valid_until = lot.valid_from - timedelta(days=1)
        with self.assertRaisesRegex(InsufficientCreditsError, f"{lot.name} expired"):
            order.action_confirm()

    def test_staff_choose_the_lot(self):
        first, second = self._buy(), self._buy()
        order = self._create_order(self.yoga)
        order._pay_with_booking_credits(lots=second)
        order.action_confirm()
        self.assertEqual((first.balance, second.balance), (100, 90))

    def test_credits_spent_in_between_abort_the_confirmation(self):
        lot = self._buy(self._create_pack("10", 10, 10.0))
        one, two = self._create_order(self.yoga), self._create_order(self.yoga)
        (one | two).mapped(lambda order: order.action_booking_credit_pay())
        one.action_confirm()
        with self.assertRaises(InsufficientCreditsError), self.cr.savepoint():
            two.action_confirm()
        self.assertEqual(two.state, "draft")
        self.assertEqual(lot.balance, 0)

    def test_whole_bookings_only(self):
        self._buy(self._create_pack("25", 25, 25.0))
        order = self._create_order(self.yoga, product_uom_qty=3)
        order.action_booking_credit_pay()
        self.assertEqual(self._credit_line(order).product_uom_qty, 2)
        self.assertEqual(order.amount_total, 10.0)
        order.action_confirm()
        self.assertEqual(order.order_line[0].qty_to_invoice, 1)

    def test_the_lot_that_ends_first_pays_first(self):
        late = self._buy()
        soon = self._buy(self._create_pack("Short", 10, 9, booking_credit_validity=1))
        self._book()
        self.assertEqual((late.balance, soon.balance), (100, 0))

    def test_two_lots_share_one_booking(self):
        soon = self._buy(self._create_pack("Short", 6, 6, booking_credit_validity=1))
        late = self._buy()
        self._book()
        self.assertEqual((soon.balance, late.balance), (0, 96))

    def test_a_card_pays_its_service_whatever_the_price(self):
        """S2-13, S3-02, S3-04: a round is a round, and only of that service."""
        card = self._create_pack(
            "Cut card",
            3,
            60.0,
            booking_credit_measure="session",
            booking_credit_product_ids=[Command.link(self.yoga.product_tmpl_id.id)],
        )
        lot = self._buy(card)
        self.yoga.booking_credit_price = 99
        self._book()
        self.assertEqual(lot.balance, 2)
        colour = self._create_service("Colour", credits=10, price=45.0)
        with self.assertRaisesRegex(InsufficientCreditsError, "does not pay for"):
            self._create_order(colour).action_booking_credit_pay()

    def test_cards_go_before_credits(self):
        credits = self._buy()
        card = self._buy(
            self._create_pack(
                "Card",
                1,
                9.0,
                booking_credit_measure="session",
                booking_credit_product_ids=[Command.link(self.yoga.product_tmpl_id.id)],
            )
        )
        order = self._create_order(self.yoga, product_uom_qty=2)
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual((card.balance, credits.balance), (0, 90))
        self.assertEqual(order.amount_total, 0)

    def test_categories_include_what_is_below_them(self):
        parent = self.env["product.category"].create({"name": "Classes"})
        child = self.env["product.category"].create(
            {"name": "Yoga", "parent_id": parent.id}
        )
        self.yoga.categ_id = child
        pack = self._create_pack(
            "Classes", 10, 9, booking_credit_categ_ids=[Command.link(parent.id)]
        )
        lot = self._buy(pack)
        self._book()
        self.assertFalse(lot.is_open)

    # --- the credit line follows the booking

    def test_price_discount_and_taxes_are_mirrored(self):
        self._buy()
        tax = self.company_data["default_tax_sale"]
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        booking = order.order_line[0]
        booking.write({"price_unit": 33.33, "discount": 7.5, "tax_ids": tax.ids})
        self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(order.amount_tax, 0.0)
        self.assertEqual(self._credit_line(order).tax_ids, tax)

    def test_prices_updated_from_the_pricelist_leave_nothing_to_pay(self):
        self._buy()
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        self.yoga.list_price = 25.0
        order.action_update_prices()
        self.assertEqual(order.order_line[0].price_unit, 25.0)
        self.assertEqual(order.amount_total, 0.0)

    def test_taxes_included_leave_nothing_to_pay(self):
        tax = self.company_data["default_tax_sale"].copy(
            {
                "name": "VAT 20",
                "price_include_override": "tax_included",
                "amount": 20,
            }
        )
        self.yoga.taxes_id = tax
        self.yoga.list_price = 9.99
        self._buy()
        order = self._create_order(self.yoga, product_uom_qty=3)
        order.action_booking_credit_pay()
        self.assertEqual((order.amount_total, order.amount_tax), (0.0, 0.0))

    def test_fewer_bookings_shrink_the_credit_line(self):
        self._buy()
        order = self._create_order(self.yoga, product_uom_qty=3)
        order.action_booking_credit_pay()
        order.order_line[0].product_uom_qty = 2
        self.assertEqual(order.booking_credit_spent_text, "20 credits")
        order.order_line[0].product_uom_qty = 0
        self.assertFalse(self._credit_line(order))

    def test_another_service_drops_the_credit_line(self):
        self._buy()
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        order.order_line[0].product_id = self._create_service("Pilates", 5, 5.0)
        self.assertFalse(self._credit_line(order))

    def test_deleting_the_booking_deletes_its_credit_line(self):
        self._buy()
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        order.order_line[0].unlink()
        self.assertFalse(order.order_line.exists())

    def test_credits_can_be_taken_off_a_quotation(self):
        self._buy()
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        order.action_booking_credit_unpay()
        self.assertEqual(order.amount_total, 10.0)
        self.assertTrue(order.booking_credit_payable)

    def test_a_description_that_was_typed_stays(self):
        """Odoo's own lines keep their names, also when quantities change."""
        order = self._create_order(self.yoga, name="Yoga with Ada")
        order.order_line.product_uom_qty = 2
        self.env.flush_all()
        self.assertEqual(order.order_line.name, "Yoga with Ada")

    def test_credits_planned_already_are_not_planned_twice(self):
        """More places on a quotation are paid with what the first ones leave."""
        self._buy(self._create_pack("25", 25, 25.0))
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        order.order_line.filtered("booking_ok").product_uom_qty = 4
        order.action_booking_credit_pay()
        credit_lines = self._credit_line(order)
        self.assertEqual(sum(credit_lines.mapped("booking_credit_quantity")), 20)
        order.action_confirm()
        self.assertEqual(order.amount_total, 20.0)

    def test_paying_twice_adds_nothing(self):
        self._buy()
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        with self.assertRaisesRegex(InsufficientCreditsError, "Nothing on"):
            order.action_booking_credit_pay()
        self.assertEqual(order.booking_credit_spent_text, "10 credits")

    def test_a_copy_is_paid_anew(self):
        self._buy()
        copy = self._book().copy()
        self.assertFalse(self._credit_line(copy))
        self.assertEqual(copy.amount_total, 10.0)
        self.assertFalse(copy.order_line.booking_cancel_date)

    def test_a_paid_booking_cannot_be_changed_after_confirmation(self):
        self._buy()
        order = self._book()
        with self.assertRaisesRegex(UserError, "paid with credits: cancel"):
            order.order_line[0].product_uom_qty = 0

    def test_credit_lines_are_never_invoiced(self):
        self._buy()
        order = self._create_order(self.yoga, self.product_a)
        order.action_booking_credit_pay()
        order.action_confirm()
        invoice = order._create_invoices(final=True)
        self.assertEqual(len(invoice.invoice_line_ids), 1)
        self.assertFalse(invoice.invoice_line_ids.sale_line_ids.booking_ok)
        self.assertGreater(invoice.amount_total, 0)

    def test_an_order_paid_with_credits_has_nothing_to_invoice(self):
        self._buy()
        order = self._book()
        self.assertEqual(order.invoice_status, "invoiced")
        with self.assertRaises(UserError):
            order._create_invoices(final=True)

    def test_delivery_policy_makes_no_negative_invoice(self):
        self.yoga.invoice_policy = "delivery"
        self._buy()
        order = self._book()
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertFalse(any(order.order_line.mapped("qty_to_invoice")))

    def test_the_end_follows_the_start(self):
        self.yoga.booking_duration = 1.5
        with freeze_time("2026-05-01 08:00:00"):
            order = self._create_order(self.yoga, start="2026-05-02 10:00:00")
        self.assertEqual(str(order.order_line.booking_end), "2026-05-02 11:30:00")

    def test_the_form_books_with_credits(self):
        """S1-30 in the backend: the front desk makes the order in its form."""
        self._buy()
        form = Form(self.env["sale.order"].with_user(self.front_desk))
        form.partner_id = self.anna
        with form.order_line.new() as line:
            line.product_id = self.yoga
        order = form.save()
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(self.anna.booking_credit_summary, "90 credits")
