"""Some of the places on a line are cancelled; lines that cannot be deleted."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..exceptions import CreditsMovedError
from .test_cancelling_money import CancelMoneyCommon


@tagged("post_install", "-at_install")
class TestCancelPart(CancelMoneyCommon):
    """Some of the places on a line: the others stand."""

    def _cancel_places(self, line, places):
        dialog = self._open(line.order_id, line)
        dialog.places = places
        said = dialog.effects
        dialog.action_cancel_bookings()
        return said

    def test_one_of_three_places(self):
        """S2-19: 10 of 30 credits are back; the two others are cancelled later."""
        lot = self._buy(partner=self.paul)
        order = self._book(hours=48, partner=self.paul, product_uom_qty=3)
        line = order.order_line[0]
        said = self._cancel_places(line, 1)
        self.assertEqual(said, "1 × Yoga: cancel now and 10 of 10 credits come back.")
        self.assertEqual(lot.balance, 80)
        credit_line = line.booking_credit_line_ids
        self.assertEqual((line.product_uom_qty, credit_line.product_uom_qty), (2, 2))
        self.assertEqual(credit_line.booking_credit_quantity, 20)
        self.assertEqual(credit_line.name, "Paid with 20 credits")
        self.assertFalse(line.booking_cancel_date)
        self.assertEqual(order.amount_total, 0.0)
        self._cancel(order, line)
        self.assertRecordValues(lot, [{"balance": 100, "value": 90.0}])

    def test_late_the_fee_is_for_the_place_only(self):
        """S1-22: half of 10 credits; the value to the cent after all is cancelled."""
        lot = self._buy(partner=self.paul)
        order = self._book(hours=5, partner=self.paul, product_uom_qty=3)
        line = order.order_line[0]
        self.assertIn("5 of 10", self._cancel_places(line, 1))
        self.assertEqual(lot.balance, 75)
        self.assertIn("10 of 20", self._cancel(order, line))
        self.assertRecordValues(lot, [{"balance": 85, "value": 76.5}])

    def test_the_lot_that_was_spent_last_gets_it_back(self):
        """Lot-exact: 1.5 places were paid by the one, 1.5 by the other."""
        soon = self._buy(
            self._create_pack("Short", 15, 15.0, booking_credit_validity=1),
            partner=self.paul,
        )
        late = self._buy(partner=self.paul)
        order = self._book(hours=48, partner=self.paul, product_uom_qty=3)
        line = order.order_line[0]
        self.assertEqual((soon.balance, late.balance), (0, 85))
        self._cancel_places(line, 1)
        self.assertEqual((soon.balance, late.balance), (0, 95))
        self._cancel_places(line, 1)
        self.assertEqual((soon.balance, late.balance), (5, 100))
        self._cancel(order, line)
        self.assertEqual((soon.balance, late.balance), (15, 100))

    def test_pressing_twice_cancels_one(self):
        """S2-19: the same dialog again changes nothing."""
        lot = self._buy(partner=self.paul)
        order = self._book(hours=48, partner=self.paul, product_uom_qty=3)
        line = order.order_line[0]
        dialog = self._open(order, line)
        dialog.places = 1
        dialog.action_cancel_bookings()
        dialog.ordered = 3
        dialog.places = 1
        dialog.action_cancel_bookings()
        self.assertEqual((lot.balance, line.product_uom_qty), (80, 2))
        entries = order._cancel_for_customer(
            line, places=1, key=f"cancel:{dialog.token}"
        )
        self.assertEqual(len(entries), 1)
        self.assertEqual(lot.balance, 80)

    def test_a_place_paid_in_money_is_given_up_first(self):
        """Two with credits, one in money: the money comes back, then credits."""
        lot = self._buy(self._create_pack("Two", 20, 20.0), partner=self.paul)
        start = fields.Datetime.now() + timedelta(hours=5)
        order = self._create_order(
            self.yoga, partner=self.paul, start=start, product_uom_qty=3
        )
        order.action_booking_credit_pay()
        self._pay(self._invoice(order))
        line = order.order_line[0]
        self._cancel_places(line, 1)
        self.assertEqual(self._get_refunds(order).amount_total, 5.0)
        self.assertEqual((lot.balance, line.product_uom_qty), (0, 2))
        self.assertEqual(order.invoice_status, "invoiced")
        self._cancel_places(line, 1)
        self.assertEqual(lot.balance, 5)

    def test_a_place_that_is_not_invoiced_yet(self):
        """3 × 80.00, one given up late: 2 and a half are invoiced."""
        order = self._book_in_money(self.paddle, pay=False, product_uom_qty=3)
        line = order.order_line
        self._cancel_places(line, 1)
        self.assertEqual(line.qty_to_invoice, 2.5)
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 200.0)
        self.assertFalse(line.qty_to_invoice)
        self._cancel(order, line)
        self.assertEqual(self._get_refunds(order).amount_total, 80.0)

    def test_copied_and_booked_again_it_is_what_the_customer_wants(self):
        lot = self._buy(partner=self.paul)
        order = self._book(hours=48, partner=self.paul, product_uom_qty=3)
        self._cancel_places(order.order_line[0], 1)
        self.assertEqual(order.copy().order_line.product_uom_qty, 2)
        self._cancel(order)
        order.action_draft()
        order.action_confirm()
        self.assertEqual(lot.balance, 80)
        self._cancel_places(order.order_line[0], 1)
        self.assertEqual(lot.balance, 90)

    def test_sessions_and_credits_on_one_line(self):
        """A card of 1 session paid the first place: it comes back last."""
        card = self._buy(
            self._create_pack("Card", 1, 15.0, booking_credit_measure="session"),
            partner=self.paul,
        )
        lot = self._buy(partner=self.paul)
        order = self._book(hours=48, partner=self.paul, product_uom_qty=3)
        line = order.order_line[0]
        lines = line.booking_credit_line_ids.sorted("id")
        self.assertEqual(sum(lines.mapped("product_uom_qty")), 3)
        self._cancel_places(line, 2)
        self.assertEqual(len(line.booking_credit_line_ids), 1)
        self._cancel(order, line)
        self.assertEqual((card.balance, lot.balance), (1, 100))

    def test_more_than_booked_is_refused(self):
        self._buy(partner=self.paul)
        order = self._book(hours=48, partner=self.paul, product_uom_qty=3)
        dialog = self._open(order, order.order_line[0])
        for places in (4, 0, 1.5, -1):
            dialog.places = places
            with self.assertRaisesRegex(UserError, "from 1 to 3"):
                dialog.action_cancel_bookings()

    # --- deleting

    def test_a_line_that_sold_used_credit_names_the_order_and_the_amount(self):
        """S2-17: 50.00 of credit, 20.00 used by another order."""
        lot = self._credit(50.0)
        order = self._create_order(self.mat, partner=self.paul)
        order.action_booking_credit_pay()
        self._invoice(order)
        line = lot.source_line_id.sale_line_ids
        with self.assertRaisesRegex(CreditsMovedError, f"20 used by {order.name}"):
            line.with_user(self.front_desk).unlink()
        self.assertEqual(lot.balance, 30.0)

    def test_a_line_that_used_credits_says_what_cancelling_gives(self):
        """S2-18, S2-22: the remedy with its numbers."""
        self._buy(partner=self.paul)
        order = self._book(hours=5, partner=self.paul)
        for line in order.order_line:
            with self.assertRaisesRegex(CreditsMovedError, "5 of 10 credits come back"):
                line.with_user(self.front_desk).unlink()

    def test_an_order_that_used_credit_is_deleted_and_gives_it_back(self):
        """S2-18, S2-19: 20.00 of 50.00 used; 50.00 after the deletion, once."""
        lot = self._credit(50.0)
        order = self._create_order(self.mat, partner=self.paul)
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(lot.balance, 30.0)
        order._action_cancel()
        order._action_cancel()
        order.unlink()
        self.assertEqual(lot.balance, 50.0)
