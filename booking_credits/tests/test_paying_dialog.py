from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from ..exceptions import InsufficientCreditsError
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestPayDialog(BookingCreditsCommon):
    """What *Pay with Credits* shows is what it does."""

    def _open(self, order, user=None):
        """Open the dialog as the front desk does."""
        order = order.with_user(user or self.front_desk)
        action = order.action_open_booking_credit_pay()
        return order.env[action["res_model"]].browse(action["res_id"])

    def _create_card(self, service, sessions=10, **values):
        return self._create_pack(
            f"{service.name} card",
            sessions,
            85.0,
            booking_credit_measure="session",
            booking_credit_product_ids=[Command.link(service.product_tmpl_id.id)],
            **values,
        )

    def _buy_money(self, amount, partner=None):
        money = self._create_pack(
            "Credit",
            1,
            amount,
            booking_credit_measure="money",
            booking_credit_validity_unit="none",
            booking_credit_vat_kind="multi",
        )
        return self._buy(money, partner=partner)

    # --- the best choice

    def test_one_click_takes_the_best_choice(self):
        """S0-01, S1-03: “this costs 170 credits, Anna has 200: 30 left”."""
        lot = self._buy(self._create_pack("200 credits", 200, 180.0))
        order = self._create_order(self._create_service("Trip", 170, 170.0))
        dialog = self._open(order)
        self.assertEqual(
            dialog.total_text,
            "This costs 170 credits, Anna has 200: 30 left.\n"
            "Nothing is left to pay in money.",
        )
        self.assertRecordValues(
            dialog.lot_ids,
            [
                {
                    "name": f"200 credits ({lot.name})",
                    "available_text": "200 credits",
                    "pays_text": "170 credits",
                    "left_text": "30 credits",
                    "why": "the only one that can pay",
                }
            ],
        )
        self.assertEqual(dialog.line_ids.cost_text, "170 credits")
        dialog.action_pay()
        self.assertEqual(order.amount_total, 0.0)
        self.assertFalse(order.order_line.booking_credit_lot_ids, "the best at the end")
        order.action_confirm()
        self.assertEqual(lot.balance, 30)

    def test_the_dialog_says_why_each_lot_pays(self):
        """S0-02: a card first, then what ends first; the dialog tells both."""
        massage = self._create_service("Massage", credits=20, price=40.0)
        late = self._buy(self._create_pack("Late", 100, 90.0))
        soon = self._buy(self._create_pack("Soon", 15, 9.0, booking_credit_validity=1))
        card = self._buy(self._create_card(massage))
        order = self._create_order(massage, self.yoga, self.yoga)
        dialog = self._open(order)
        rows = {row.lot_id: row for row in dialog.lot_ids}
        self.assertEqual(list(rows), [card, soon, late])
        self.assertEqual(rows[card].why, "first: it pays only this service")
        self.assertIn("expires first: ", rows[soon].why)
        self.assertEqual(
            [(row.pays_text, row.left_text) for row in rows.values()],
            [
                ("1 session", "9 sessions"),
                ("15 credits", "0 credits"),
                ("5 credits", "95 credits"),
            ],
        )
        self.assertEqual(rows[card].available_text, "10 sessions")
        self.assertEqual(
            dialog.line_ids.mapped("cost_text"),
            ["1 session", "10 credits", "10 credits"],
        )
        self.assertIn(soon.name, dialog.line_ids[2].paid_text)
        self.assertIn(late.name, dialog.line_ids[2].paid_text)
        dialog.action_pay()
        order.action_confirm()
        self.assertEqual((card.balance, soon.balance, late.balance), (9, 0, 95))

    def test_an_unlimited_pass_goes_first_while_its_cap_allows(self):
        """S0-31: one a day: of two classes on a day the pass pays one, in the plan."""
        unlimited = self._buy(
            self._create_pack(
                "Pass",
                0,
                120.0,
                booking_credit_unlimited=True,
                booking_credit_limit_dates=True,
                booking_credit_cap_day=1,
            )
        )
        pack = self._buy()
        start = fields.Datetime.now() + timedelta(days=2)
        order = self._create_order(self.yoga, self.yoga, start=start)
        dialog = self._open(order)
        rows = {row.lot_id: row for row in dialog.lot_ids}
        self.assertEqual(rows[unlimited].why, "unlimited pass first")
        self.assertEqual(rows[unlimited].left_text, "unlimited")
        self.assertEqual(rows[pack].pays_text, "10 credits")
        dialog.action_pay()
        order.action_confirm()
        self.assertEqual(pack.balance, 90)
        # with the pass alone the second class is left to pay in money
        paul = self.env["res.partner"].create({"name": "Paul"})
        self._buy(unlimited.product_id, partner=paul)
        alone = self._create_order(self.yoga, self.yoga, start=start, partner=paul)
        self._open(alone).action_pay()
        alone.action_confirm()
        self.assertEqual(alone.amount_total, 10.0)

    # --- choices of staff

    def test_staff_untick_a_booking(self):
        """S1-03: only some lines are paid with credits."""
        lot = self._buy()
        order = self._create_order(self.yoga, self.yoga)
        form = Form(self._open(order))
        with form.line_ids.edit(1) as line:
            line.pay = False
        self.assertIn("This costs 10 credits, Anna has 100: 90 left.", form.total_text)
        self.assertIn(
            "10.00 is left to pay in money",
            form.total_text.replace("$", "").replace("\xa0", "").replace(" ", " "),
        )
        form.save().action_pay()
        order.action_confirm()
        self.assertEqual((lot.balance, order.amount_total), (90, 10.0))
        self.assertFalse(order.order_line[-1].booking_credit_line_ids)

    def test_staff_choose_other_lots_and_their_order(self):
        """S2-12: what staff choose is spent as chosen, also at the confirmation."""
        first, second, third = (
            self._buy(self._create_pack(name, 6, 6.0)) for name in "ABC"
        )
        order = self._create_order(self.yoga)
        form = Form(self._open(order))
        with form.lot_ids.edit(0) as row:
            self.assertEqual(row.lot_id, first)
            row.use = False
        with form.lot_ids.edit(1) as row:
            row.sequence = 9
        dialog = form.save()
        rows = {row.lot_id: row for row in dialog.lot_ids}
        self.assertEqual(rows[third].why, "chosen by you")
        self.assertEqual(rows[first].why, "not chosen")
        self.assertEqual(rows[third].pays_text, "6 credits")
        self.assertEqual(rows[second].pays_text, "4 credits")
        dialog.action_pay()
        self.env.invalidate_all()
        order.action_confirm()
        self.assertEqual((first.balance, second.balance, third.balance), (6, 2, 0))

    def test_a_part_is_paid_with_customer_credit(self):
        """S0-10, S2-12: any part of an order: 5.00 of 20.00, then 3.50 of them."""
        lot = self._buy_money(5.0)
        order = self._create_order(self._create_service("Class", 20, 20.0))
        form = Form(self._open(order))
        self.assertTrue(form.has_money)
        self.assertEqual((form.amount, form.amount_max), (5.0, 5.0))
        form.amount = 3.5
        form.save().action_pay()
        self.assertEqual(order.amount_total, 16.5)
        order.action_confirm()
        self.assertEqual(lot.balance, 1.5)

    def test_customer_credit_pays_at_most_what_it_can(self):
        """S0-10: more than there is, or less than nothing, is refused in words."""
        self._buy_money(5.0)
        order = self._create_order(self.yoga)
        for amount in (6.0, -1.0):
            dialog = self._open(order)
            dialog.amount = amount
            with self.assertRaisesRegex(UserError, "enter an amount from 0 to .*5.00"):
                dialog.action_pay()
        self.assertEqual(order.amount_total, 10.0)

    def test_customer_credit_pays_a_shop_item(self):
        """S2-12: also where no service is booked; the button is there."""
        lot = self._buy_money(50.0)
        mat = self.env["product.product"].create(
            {"name": "Mat", "list_price": 30.0, "taxes_id": [Command.clear()]}
        )
        order = self._create_order(mat)
        self.assertTrue(order.booking_credit_can_pay)
        self._open(order).action_pay()
        self.assertEqual(order.amount_total, 0.0)
        order.action_confirm()
        self.assertEqual(lot.balance, 20.0)

    def test_a_booking_that_is_unticked_is_not_paid_with_customer_credit(self):
        """S0-10: what the customer pays in cash is not taken from the credit."""
        lot = self._buy_money(50.0)
        order = self._create_order(self.yoga, self.yoga)
        dialog = self._open(order)
        dialog.line_ids[0].pay = False
        self.assertEqual((dialog.amount, dialog.amount_max), (10.0, 20.0))
        dialog.action_pay()
        order.action_confirm()
        self.assertEqual((lot.balance, order.amount_total), (40.0, 10.0))

    def test_two_measures_share_one_line(self):
        """S0-10: two bookings on a line: one session, the other in customer credit."""
        card = self._buy(self._create_card(self.yoga, sessions=1))
        money = self._buy_money(50.0)
        order = self._create_order(self.yoga, product_uom_qty=2)
        dialog = self._open(order)
        self.assertIn("1 of 2: 1 session of Yoga card", dialog.line_ids.paid_text)
        self.assertEqual(dialog.amount, 10.0)
        self.assertIn("Nothing is left to pay in money.", dialog.total_text)
        dialog.action_pay()
        order.action_confirm()
        self.assertEqual((card.balance, money.balance), (0, 40.0))

    def test_a_session_is_added_by_hand(self):
        """S3-13: the service was given, and is not on the ticket yet."""
        card = self._buy(self._create_card(self.yoga))
        order = self.env["sale.order"].create({"partner_id": self.anna.id})
        self.assertTrue(order.booking_credit_can_pay)
        dialog = self._open(order)
        self.assertFalse(dialog.pays)
        with self.assertRaisesRegex(UserError, "Choose the service that Anna gets"):
            dialog.action_add_session()
        dialog.new_product_id = self.yoga
        action = dialog.action_add_session()
        again = dialog.browse(action["res_id"])
        self.assertEqual(again.line_ids.cost_text, "1 session")
        again.action_pay()
        order.action_confirm()
        self.assertEqual((card.balance, order.amount_total), (9, 0.0))

    # --- why can't I use it?

    def _refusal(self, order, lot, user=None):
        """Return what the dialog says about ``lot``; it must not be offered."""
        dialog = self._open(order, user)
        self.assertNotIn(lot, dialog.lot_ids.lot_id)
        self.assertIn(lot.name, dialog.refusals)
        return str(dialog.refusals)

    def test_an_expired_lot_says_when_it_expired(self):
        lot = self._buy()
        lot.sudo().valid_from -= timedelta(days=60)
        lot.sudo().valid_until = fields.Date.today() - timedelta(days=30)
        order = self._create_order(self.yoga)
        self.assertIn(f"{lot.name} expired on", self._refusal(order, lot))
        lot._expire()  # also when the nightly job has run
        self.assertIn(f"{lot.name} expired on", self._refusal(order, lot))
        lot.sudo().valid_from -= timedelta(days=400)
        lot.sudo().valid_until -= timedelta(days=400)
        self.assertFalse(self._open(order).refusals, "too long ago to expect anything")

    def test_a_card_for_another_service_names_its_own(self):
        """S3-04: “does not pay for Colour, only for Cut”."""
        cut = self._create_service("Cut", 10, 30.0)
        lot = self._buy(self._create_card(cut))
        order = self._create_order(self._create_service("Colour", 10, 45.0))
        self.assertIn("“Colour”, only for Cut.", self._refusal(order, lot))
        with self.assertRaisesRegex(InsufficientCreditsError, "only for Cut"):
            self._open(order).action_pay()

    def test_a_lot_that_is_not_valid_yet_says_from_when(self):
        lot = self._buy()
        lot.sudo().valid_from = fields.Date.today() + timedelta(days=3)
        order = self._create_order(self.yoga)
        self.assertIn("is valid from", self._refusal(order, lot))

    def test_a_booking_outside_the_dates_of_a_lot(self):
        """S0-27: it pays only bookings of its own dates."""
        lot = self._buy(
            self._create_pack("January", 10, 9, booking_credit_limit_dates=True)
        )
        start = fields.Datetime.to_datetime(lot.valid_until) + timedelta(days=9)
        order = self._create_order(self.yoga, start=start)
        self.assertIn("pays only bookings from", self._refusal(order, lot))

    def test_a_cap_that_is_reached_says_which_and_until_when(self):
        """S0-31: at most one a day, and one is made already."""
        lot = self._buy(self._create_pack("Daily", 100, 90, booking_credit_cap_day=1))
        booked = self._book()
        order = self._create_order(self.yoga, start=booked.order_line[0].booking_start)
        refusal = self._refusal(order, lot)
        self.assertIn("pays at most 1 bookings a day", refusal)
        self.assertIn("1 are made already", refusal)

    def test_what_is_held_says_for_what(self):
        """S1-08: all of it waits for a payment of another order."""
        lot = self._buy(self._create_pack("12", 12, 12.0))
        waiting = self._create_order(self.yoga, self.product_a)
        waiting.action_booking_credit_pay()
        waiting._hold_booking_credits()
        order = self._create_order(self.yoga)
        self.assertIn(
            "has 2 credits, “Yoga” costs 10 credits", self._refusal(order, lot)
        )
        lot.sudo()._adjust(-2, "test")
        self.assertIn(f"held for {waiting.name}", self._refusal(order, lot))

    def test_too_few_say_how_many(self):
        """“has 50, needs 170”; and what to do."""
        lot = self._buy(self._create_pack("50", 50, 45.0))
        order = self._create_order(self._create_service("Trip", 170, 170.0))
        self.assertIn(
            "has 50 credits, “Trip” costs 170 credits.", self._refusal(order, lot)
        )
        dialog = self._open(order)
        self.assertFalse(dialog.pays)
        self.assertIn("Anna has no credits that can pay this", dialog.total_text)

    def test_what_is_used_up_is_not_listed(self):
        self._buy(self._create_pack("10", 10, 10.0))
        self._book()
        self.assertFalse(self._open(self._create_order(self.yoga)).refusals)

    def test_a_voucher_is_told_from_credit(self):
        """S2-14: each kind refuses in its own words."""
        voucher = self._buy(
            self._create_card(self.yoga, 1, booking_credit_voucher=True)
        )
        order = self._create_order(self.yoga)
        self.assertIn("is a gift voucher", self._refusal(order, voucher))

    def test_a_claimed_voucher_pays_whatever_the_price(self):
        """S2-13: bought when a paddle hour cost 40.00, it pays the hour of 45.00."""
        paddle = self._create_service("Paddle hour", 40, 40.0)
        voucher = self._buy(self._create_card(paddle, 1, booking_credit_voucher=True))
        self.env["booking.credit.lot"].sudo()._claim(voucher.code, self.anna)
        paddle.list_price = 45.0
        order = self._create_order(paddle)
        dialog = self._open(order)
        self.assertIn("This costs 1 session, Anna has 1: 0 left.", dialog.total_text)
        dialog.action_pay()
        order.action_confirm()
        self.assertEqual(order.amount_total, 0.0)

    # --- who

    def test_only_the_front_desk_opens_the_dialog(self):
        """Salespeople without credits, and portal users, are refused."""
        self._buy()
        order = self._create_order(self.yoga)
        seller = new_test_user(
            self.env,
            "plain_seller",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        portal = new_test_user(self.env, "visitor", groups="base.group_portal")
        for user in (seller, portal):
            with self.assertRaises(AccessError):
                self._open(order, user)
            with self.assertRaises(AccessError):
                self.env["booking.credit.pay"].with_user(user).create(
                    {"order_id": order.id}
                )
