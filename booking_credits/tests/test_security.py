from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestSecurity(BookingCreditsCommon):
    def _as(self, user, records):
        return records.with_user(user).sudo(False)

    def test_the_front_desk_sells_books_and_cancels(self):
        order = self._create_order(self.pack)
        self._pay(self._invoice(order))
        booking = self._as(self.front_desk, self._create_order(self.yoga))
        booking.action_booking_credit_pay()
        booking.action_confirm()
        dialog = self._as(
            self.front_desk,
            self.env["booking.cancel"].browse(booking.action_cancel()["res_id"]),
        )
        dialog.action_cancel_bookings()
        self.assertEqual(booking.state, "cancel")
        lot = order.booking_credit_lot_ids
        self.assertEqual(lot.balance, 100)
        self.assertEqual(lot.entry_ids[:1].user_id, self.front_desk)

    def test_nobody_writes_the_ledger_by_hand(self):
        lot = self._buy()
        for user in (self.front_desk, self.accountant):
            mine = self._as(user, lot)
            self.assertEqual(mine.balance, 100)
            for attempt in (
                lambda lot=mine: lot.write({"valid_until": False}),
                lambda lot=mine: lot.unlink(),
                lambda lot=mine: lot.create({"partner_id": self.anna.id}),
            ):
                with self.assertRaises(AccessError):
                    attempt()

    def test_the_front_desk_neither_expires_nor_posts(self):
        lot = self._as(self.front_desk, self._buy())
        with self.assertRaises(AccessError):
            lot.action_expire()
        with self.assertRaises(AccessError):
            lot.entry_ids.action_post_due()

    def test_the_accountant_posts_and_expires(self):
        lot = self._buy()
        self._create_order(self.yoga)
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        order.action_confirm()
        entries = self._as(self.accountant, lot.entry_ids)
        entries.action_post_due()
        self.assertFalse(
            lot.entry_ids.filtered(lambda entry: entry.posting_state == "pending")
        )
        self._as(self.accountant, lot).action_expire()

    def test_a_salesman_without_our_groups_sees_no_credits(self):
        lot = self._buy()
        salesman = new_test_user(
            self.env, "salesman", groups="sales_team.group_sale_salesman"
        )
        with self.assertRaises(AccessError):
            self._as(salesman, lot).read(["balance"])

    def test_portal_users_read_their_own_only(self):
        lot = self._buy()
        shopper = new_test_user(self.env, "shopper", groups="base.group_portal")
        with self.assertRaises(AccessError):
            self._as(shopper, lot).read(["balance"])
        with self.assertRaises(AccessError):
            self._as(shopper, lot.entry_ids).read(["quantity"])
        mine = self._buy(partner=shopper.partner_id)
        self.assertEqual(self._as(shopper, mine).balance, 100)
        self.assertEqual(self._as(shopper, lot).search([]), mine)
        with self.assertRaises(AccessError):
            self._as(shopper, mine).write({"valid_until": False})

    def test_another_company_s_staff_see_nothing(self):
        lot = self._buy()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="booking_credits.booking_credits_group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(AccessError):
            self._as(stranger, lot).read(["balance"])
        self.assertFalse(self._as(stranger, lot).search([]))
        self.assertFalse(self._as(stranger, lot.entry_ids).search([]))

    def test_salespeople_and_bookkeepers_read_their_documents_without_the_front_desk(
        self,
    ):
        lot = self._buy()
        order = self._book()
        salesman = new_test_user(
            self.env,
            "salesman",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        biller = new_test_user(
            self.env,
            "biller",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for user, records in (
            (salesman, order),
            (salesman, order.order_line),
            (biller, lot.source_line_id),
        ):
            mine = self._as(user, records)
            ours = [name for name in mine.fields_get() if name.startswith("booking_")]
            self.assertTrue(ours)
            self.assertTrue(mine.read(ours))
        with self.assertRaises(AccessError):
            self._as(salesman, lot).adjust(5, "because")
