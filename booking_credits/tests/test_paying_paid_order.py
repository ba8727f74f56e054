from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .test_accounting_customer_credit import CustomerCreditCommon


@tagged("post_install", "-at_install")
class TestPaidOrder(CustomerCreditCommon):
    """Orders that change between the payment and the service."""

    def _credit_order(self, *products, **line_values):
        order = self._create_order(*products, partner=self.paul, **line_values)
        order = order.with_user(self.front_desk)
        order.action_booking_credit_pay()
        return order

    def _get_line(self, order, product):
        return order.order_line.filtered(lambda line: line.product_id == product)

    # --- customer credit is capped at what is to pay

    def test_customer_credit_follows_a_line_that_goes(self):
        """S2-12: 50.00 paid for 20.00 and 30.00; without the 30.00 it is 20.00."""
        lot = self._credit(50.0)
        order = self._credit_order(self.mat, self.kayak)
        self._get_line(order, self.kayak).unlink()
        self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(order.booking_credit_spent_text, "$\xa020.00")
        self.assertEqual(self._invoice(order.sudo()).payment_state, "paid")
        self.assertEqual(lot.balance, 30.0)

    def test_customer_credit_follows_prices_at_the_confirmation(self):
        """S2-12: prices computed anew are looked at when the order is confirmed."""
        lot = self._credit(50.0)
        order = self._credit_order(self.mat, self.kayak)
        self.kayak.list_price = 10.0
        order.action_update_prices()
        order.action_confirm()
        self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(lot.balance, 20.0)

    def test_customer_credit_that_pays_nothing_leaves_the_order(self):
        lot = self._credit(50.0)
        order = self._credit_order(self.mat)
        self._get_line(order, self.mat).unlink()
        self.assertFalse(order.order_line)
        self.assertEqual(lot.balance, 50.0)

    def test_lines_swapped_in_one_save_keep_the_customer_credit(self):
        self._credit(50.0)
        order = self._credit_order(self.mat)
        order.order_line = [
            Command.delete(self._get_line(order, self.mat).id),
            Command.create({"product_id": self.kayak.id}),
        ]
        self.assertEqual(order.amount_total, 10.0)

    def test_another_rate_before_the_confirmation_spends_what_was_planned(self):
        """S2-12: 100.00 were planned; with the new rate they would have been 110.00."""
        lot = self._credit(100.0)
        today = fields.Date.today()
        currency = self.env["res.currency"].create(
            {
                "name": "XYZ",
                "symbol": "x",
                "rounding": 0.01,
                "rate_ids": [
                    Command.create({"name": "2020-01-01", "rate": 1.1}),
                    Command.create({"name": today + timedelta(days=2), "rate": 1.0}),
                ],
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "XYZ", "currency_id": currency.id}
        )
        order = self._create_order(self.mat, partner=self.paul)
        order.pricelist_id = pricelist
        order.order_line.price_unit = 500.0
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 390.0)
        with freeze_time(fields.Datetime.now() + timedelta(days=3)):
            order.action_confirm()
        self.assertEqual(lot.balance, 0.0)

    # --- what is spent stays as it was agreed

    def test_a_credit_line_cannot_be_changed_once_its_credits_are_spent(self):
        """S1-04: neither more nor fewer bookings than the ledger says."""
        lot = self._buy(partner=self.paul)
        order = self._credit_order(self.yoga, product_uom_qty=5)
        credit = order.order_line._get_credit_lines()
        credit.product_uom_qty = 1
        order.action_confirm()
        for quantity in (5, 0):
            with self.assertRaisesRegex(UserError, "its credits are spent"):
                credit.product_uom_qty = quantity
        with self.assertRaisesRegex(UserError, "its credits are spent"):
            credit.price_unit = -1.0
        credit.write({"product_uom_qty": 1, "name": "One class"})
        self.assertEqual(lot.balance, 90)

    def test_a_confirmed_order_takes_no_further_credit_line(self):
        """S1-04: nothing would be spent for it."""
        self._buy(partner=self.paul)
        order = self._credit_order(self.yoga, product_uom_qty=2)
        order.order_line._get_credit_lines().product_uom_qty = 1
        order.action_confirm()
        booking = self._get_line(order, self.yoga)
        vals = booking._prepare_booking_credit_line_vals("credit", 1)
        with self.assertRaisesRegex(UserError, "its credits are spent"):
            self.env["sale.order.line"].sudo().create(vals)

    def test_a_new_price_in_credits_leaves_past_orders_alone(self):
        """S1-04: paid with 10 credits, whatever the class costs from now on."""
        self._buy(partner=self.paul)
        order = self._credit_order(self.yoga)
        order.action_confirm()
        quotation = self._credit_order(self.yoga)
        self.yoga.product_tmpl_id.booking_credit_price = 12
        self.env.flush_all()
        self.env.invalidate_all()
        credit = order.order_line._get_credit_lines()
        self.assertEqual(credit.name, "Paid with 10 credits")
        self.assertEqual(order.booking_credit_spent_text, "10 credits")
        self.assertEqual(quotation.booking_credit_spent_text, "12 credits")
        order.sudo()._action_cancel()
        order.action_draft()
        self.assertEqual(order.booking_credit_spent_text, "12 credits")

    # --- companies

    def test_credits_of_another_company_do_not_pay(self):
        """Neither chosen, nor on a line that has them already."""
        other = self.setup_other_company()["company"]
        other._booking_credit_setup()
        lot = (
            self.env["booking.credit.lot"]
            .sudo()
            .with_company(other)
            ._grant(
                [
                    {
                        "partner_id": self.paul.id,
                        "company_id": other.id,
                        "origin": "grant",
                        "valid_from": other._booking_credit_today(),
                    }
                ],
                [{"quantity": 50}],
            )
        )
        order = self._create_order(self.yoga, partner=self.paul)
        with self.assertRaisesRegex(UserError, "Choose credits of that company"):
            order._pay_with_booking_credits(lots=lot)
        self._buy(partner=self.paul)
        order.action_booking_credit_pay()
        credit = order.order_line._get_credit_lines()
        with self.assertRaises(UserError), self.cr.savepoint():
            credit.booking_credit_lot_ids = lot
        relation = credit._fields["booking_credit_lot_ids"]
        self.cr.execute(  # as by an import
            f"INSERT INTO {relation.relation} ({relation.column1}, {relation.column2}) "
            "VALUES (%s, %s)",
            (credit.id, lot.id),
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Choose credits of that company"):
            order.action_confirm()

    # --- money for some services only

    def _give_for_yoga(self, amount):
        """Give Paul money that pays only for yoga; return its lot."""
        return (
            self.env["booking.credit.lot"]
            .sudo()
            ._grant(
                [
                    {
                        "partner_id": self.paul.id,
                        "company_id": self.company.id,
                        "measure": "money",
                        "origin": "grant",
                        "valid_from": self.company._booking_credit_today(),
                        "eligible_product_ids": [
                            Command.set(self.yoga.product_tmpl_id.ids)
                        ],
                    }
                ],
                [{"quantity": amount}],
            )
        )

    def test_staff_choose_which_customer_credit_pays(self):
        """S2-12: the later of two, though the older one would go first."""
        older, chosen = self._credit(50.0), self._credit(50.0)
        order = self._create_order(self.mat, partner=self.paul)
        order._pay_with_booking_credits(chosen)
        order.action_confirm()
        self.assertEqual((older.balance, chosen.balance), (50.0, 30.0))

    def test_money_for_one_service_pays_that_service(self):
        """S2-12: 60.00 for yoga pay the class of 10.00, not the mat."""
        lot = self._give_for_yoga(60.0)
        order = self._credit_order(self.yoga, self.mat)
        self.assertEqual(order.amount_total, 20.0)
        order.action_confirm()
        self.assertEqual(lot.balance, 50.0)

    def test_money_for_one_service_leaves_the_rest_to_other_money(self):
        """S2-12: yoga 10.00 and mat 20.00: 10.00 of one lot, 20.00 of the other."""
        narrow = self._give_for_yoga(60.0)
        wide = self._credit(50.0)
        order = self._credit_order(self.yoga, self.mat)
        self.assertEqual(order.amount_total, 0.0)
        order.action_confirm()
        self.assertEqual((narrow.balance, wide.balance), (50.0, 30.0))

    # --- units of measure

    def test_a_dozen_classes_cost_twelve_times_the_credits(self):
        """S1-04: credits and sessions are for one unit of the service."""
        dozen = self.env.ref("uom.product_uom_dozen")
        lot = self._buy(self._create_pack("200", 200, 90.0), partner=self.paul)
        self.yoga.uom_ids = dozen
        order = self._credit_order(self.yoga, product_uom_id=dozen.id)
        self.assertEqual(order.booking_credit_spent_text, "120 credits")
        order.action_confirm()
        self.assertEqual(lot.balance, 80)
        self.assertEqual(lot.entry_ids[0].bookings, 12)
        with self.assertRaisesRegex(UserError, "is paid with credits: cancel"):
            self._get_line(order, self.yoga).product_uom_id = self.yoga.uom_id

    def test_a_dozen_classes_take_twelve_sessions(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        card = self._create_pack("Card", 15, 9.0, booking_credit_measure="session")
        lot = self._buy(card, partner=self.paul)
        self.yoga.uom_ids = dozen
        order = self._credit_order(self.yoga, product_uom_id=dozen.id)
        order.action_confirm()
        self.assertEqual(lot.balance, 3)

    def test_a_class_to_come_that_is_given_back_leaves_the_books_alone(self):
        """S0-13: nothing is income today that is taken off in 40 days."""
        self._buy(partner=self.paul)
        order = self._book(hours=24 * 40, partner=self.paul)
        entry = order.order_line[0]._get_booking_spent_entries()
        journal = self.company.booking_credit_journal_id
        moves = self.env["account.move"].search_count([("journal_id", "=", journal.id)])
        self.env["booking.credit.lot"].restore(entry.ids, "mistake")
        self.assertEqual(
            self.env["account.move"].search_count([("journal_id", "=", journal.id)]),
            moves,
        )
        self.assertEqual(entry.posting_state, "posted")
