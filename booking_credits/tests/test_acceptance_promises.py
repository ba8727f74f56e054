"""What customers are promised, across rooms: price, dates, holds, cash at the desk."""

from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestPromises(BookingCreditsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = new_test_user(
            cls.env,
            "promises_desk",
            groups="booking_credits.booking_credits_group_user,"
            "account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def test_credits_keep_what_they_buy_when_the_pack_costs_more(self):
        """S1-01: sold for 90.00, raised to 120.00: ten classes still, worth 90.00."""
        lot = self._buy()
        self.pack.list_price = 120.0
        self.assertEqual((lot.balance, lot.value), (100, 90.0))
        for number in range(1, 11):
            order = self._book(hours=24 * number + 24)
            self.assertEqual((order.amount_total, order.state), (0.0, "sale"))
            self.assertEqual(lot.value, 90.0 - 9.0 * number)
        self.assertEqual(lot.balance, 0)
        with self.assertRaises(UserError):
            self._book()
        later = self._buy()
        self.assertEqual((later.balance, later.value), (100, 120.0))

    def test_three_kinds_of_validity_side_by_side(self):
        """S0-08: bookings in January only; until the credits end; for ever."""
        january = self._create_pack(
            "January",
            100,
            90.0,
            booking_credit_validity_unit="fixed",
            booking_credit_valid_from="2026-01-01",
            booking_credit_valid_until="2026-01-31",
            booking_credit_limit_dates=True,
        )
        months = self._create_pack(
            "Two months",
            100,
            90.0,
            booking_credit_validity_unit="months",
            booking_credit_validity=2,
        )
        ever = self._create_pack("For ever", 100, 90.0)
        ever.booking_credit_validity_unit = "none"
        with freeze_time("2026-01-05 09:00:00"):
            lots = [self._buy(pack) for pack in (january, months, ever)]
            today, start = date(2026, 1, 5), datetime(2026, 2, 3, 10)
            refused = [bool(lot._get_refusal(self.yoga, today, start)) for lot in lots]
            self.assertEqual(refused, [True, False, False])
            start = datetime(2026, 1, 20, 10)
            self.assertFalse(
                any(lot._get_refusal(self.yoga, today, start) for lot in lots)
            )
        april = date(2026, 4, 1)
        refused = [
            bool(lot._get_refusal(self.yoga, april, datetime(2026, 4, 2, 10)))
            for lot in lots
        ]
        self.assertEqual(refused, [True, True, False])

    def test_the_last_day_is_the_same_wherever_it_is_read(self):
        """S1-06, S1-18: six months from 15 January: 15 July, on lot, portal and mail."""
        pack = self._create_pack(
            "Six months",
            100,
            90.0,
            booking_credit_validity_unit="months",
            booking_credit_validity=6,
        )
        with freeze_time("2026-01-15 12:00:00"):
            lot = self._buy(pack)
            self.assertEqual(lot.valid_until, date(2026, 7, 15))
            self.assertIn("July 15, 2026", lot._get_validity_text())
            notice = (
                self.env["booking.credit.notice"]
                .sudo()
                .search([("lot_id", "=", lot.id), ("kind", "=", "received")])
            )
            template = notice._get_template()
            body = template._render_field("body_html", notice.ids)[notice.id]
            self.assertIn("Valid until July 15, 2026, this day included", body)
        with freeze_time("2026-07-15 20:00:00"):
            self.assertFalse(lot._get_refusal(self.yoga, date(2026, 7, 15)))
        with freeze_time("2026-07-16 08:00:00"):
            self.assertIn("07/15/2026", lot._get_refusal(self.yoga, date(2026, 7, 16)))

    def test_what_is_held_is_named_when_it_is_missing(self):
        """S1-08: 200, of which 170 wait for a class: 30 are free, 50 are refused."""
        lot = self._buy(self._create_pack("200 credits", 200, 180.0))
        long = self._create_service("Long class", credits=170, price=170.0)
        order = self._create_order(long)
        order.action_booking_credit_pay()
        order._hold_booking_credits()
        self.assertEqual((lot.available, lot.held), (30, 170))
        short = self._create_service("Short class", credits=50, price=50.0)
        other = self._create_order(short)
        with self.assertRaisesRegex(UserError, "30") as refused:
            other.action_booking_credit_pay()
        self.assertIn(order.name, str(refused.exception))
        self.assertIn("170", str(refused.exception))

    def test_cash_at_the_desk_gives_the_credits_at_once(self):
        """S1-27: 85.00 in cash without a till: the lot is there, and the cash is booked."""
        cash = self.company_data["default_journal_cash"]
        pack = self._create_pack("Cash pack", 100, 85.0)
        dialog = Form(
            self.env["booking.credit.sell"]
            .with_user(self.desk)
            .with_context(default_partner_id=self.anna.id)
        )
        dialog.pack_id = pack
        dialog.journal_id = cash
        dialog.use_now = False
        action = dialog.save().action_sell_paid()
        lot = self.env["sale.order"].browse(action["res_id"]).booking_credit_lot_ids
        self.assertEqual((lot.balance, lot.value), (100, 85.0))
        self.assertEqual(lot.origin, "purchase")
        payment = lot.source_line_id.move_id._get_reconciled_payments()
        self.assertEqual((payment.journal_id, payment.amount), (cash, 85.0))
