from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.booking_credits.exceptions import CreditsMovedError
from odoo.addons.booking_credits.inside import KEY

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestAttackOrders(BookingCreditsCommon):
    """What the front desk sends by RPC, import or a changed form moves nothing."""

    def _as(self, records, user=None):
        return records.with_user(user or self.front_desk).sudo(False)

    # --- how many, in which unit, when

    def test_a_pack_is_sold_by_its_own_unit(self):
        """A pass for 2.00 instead of 120.00: by the minute."""
        minutes = self.env.ref("uom.product_uom_unit").copy({"name": "Part"})
        for product in (self.pack, self.yoga):
            with self.assertRaisesRegex(ValidationError, "not sold by the unit “Part"):
                self._create_order(product, product_uom_id=minutes.id)

    def test_a_unit_that_the_seller_allowed_is_sold(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.yoga.uom_ids = dozen
        order = self._create_order(self.yoga, product_uom_id=dozen.id)
        self.assertEqual(order.order_line.product_uom_id, dozen)

    def test_packs_and_bookings_are_whole_and_within_a_limit(self):
        """0.01 of a pass for 1.20, 100 of one line, -1."""
        for product in (self.pack, self.yoga):
            for number in (0.01, 1.5, -1, 100):
                with self.assertRaisesRegex(
                    ValidationError, "whole number from 1 to 9"
                ):
                    self._create_order(product, product_uom_qty=number)
        order = self._create_order(self.pack, product_uom_qty=99)
        with self.assertRaises(ValidationError):
            self._as(order.order_line).product_uom_qty = 0.5
        self.company.booking_max_quantity = 100
        order.order_line.product_uom_qty = 100

    def test_impossible_numbers_and_dates_are_refused_with_a_sentence(self):
        line = self._as(self._create_order(self.yoga).order_line)
        for value in (float("nan"), float("inf"), 1e300, "abc", [1]):
            for name in ("product_uom_qty", "price_unit", "discount"):
                with self.assertRaisesRegex(UserError, "enter a number"):
                    line.write({name: value})
        for value in ("abc", "0001-01-01 00:00:00", "9999-12-31 23:59:00", 5):
            with self.assertRaisesRegex(UserError, "enter a day and a time"):
                line.write({"booking_start": value})

    def test_bookings_take_place_within_the_horizon(self):
        """Credits parked in the year 2099."""
        line = self._create_order(self.yoga).order_line
        today = self.company._booking_credit_today()
        last = datetime.combine(today + timedelta(days=730), datetime.min.time())
        line.booking_start = last
        with self.assertRaisesRegex(ValidationError, "too far ahead"):
            line.booking_start = last + timedelta(days=1)
        self.company.booking_horizon_days = 731
        line.booking_start = last + timedelta(days=1)

    def test_the_rule_is_asked_again_at_the_confirmation(self):
        order = self._create_order(self.pack)
        order.flush_recordset()
        self.env.cr.execute(
            "UPDATE sale_order_line SET product_uom_qty = 0.01 WHERE order_id = %s",
            [order.id],
        )
        order.order_line.invalidate_recordset()
        with self.assertRaisesRegex(ValidationError, "0.01"):
            self._as(order).action_confirm()

    def test_the_rule_is_asked_again_before_money_is_taken(self):
        """A limit that was lowered while the cart waited: no payment, then a refusal."""
        order = self._create_order(self.pack)
        order.order_line.product_uom_qty = 2
        self.company.booking_max_quantity = 1
        with self.assertRaisesRegex(ValidationError, "from 1 to 1"):
            self._begin_payment(order)

    # --- what only verbs change

    def test_a_booking_is_not_shown_as_paid_for_less_than_it_costs(self):
        """H2 a, b: 0.01 credits; a credit line put beside a confirmed booking."""
        self._buy()
        order = self._create_order(self.yoga)
        order.action_booking_credit_pay()
        credit_line = order.order_line._get_credit_lines()
        with self.assertRaisesRegex(AccessError, "Credits.* cannot be entered"):
            self._as(credit_line).booking_credit_quantity = 0.01
        unpaid = self._create_order(self.yoga)
        unpaid.action_confirm()
        booking = unpaid.order_line
        forged = {"booking_credits_changing": [booking.id], KEY: {"changing": [1]}}
        vals = booking._prepare_booking_credit_line_vals("credit", 1)
        for context in ({}, forged):
            with self.assertRaises(AccessError):
                self._as(booking).with_context(**context).create(vals)
            with self.assertRaises(AccessError):
                self._as(booking).with_context(
                    **context,
                    default_booking_credit_measure="credit",
                    default_booking_credit_paid_line_id=booking.id,
                ).create({"order_id": unpaid.id, "product_id": vals["product_id"]})

    def test_customer_credit_takes_off_what_it_spends(self):
        """H2 e: a rate of 1e6, a discount below zero, a tax."""
        order = self._create_order(self.yoga)
        vals = order._prepare_money_credit_line_vals(100)
        with self.assertRaises(AccessError):
            self._as(order.order_line).create({**vals, "booking_credit_rate": 1e6})
        money = order.order_line.sudo().create({**vals, "price_unit": -5.0})
        with self.assertRaises(AccessError):
            self._as(money).booking_credit_rate = 1e6
        with self.assertRaisesRegex(ValidationError, "no more and no less"):
            self._as(money).discount = -100

    def test_a_mirror_takes_off_what_its_booking_costs(self):
        self._buy()
        for vals in ({"price_unit": -100.0}, {"discount": -50.0}, {}):
            order = self._as(self._create_order(self.yoga))
            order.action_booking_credit_pay()
            mirror = order.order_line._get_credit_lines()
            self.env.flush_all()
            if vals:
                with self.assertRaisesRegex(ValidationError, "no more and no less"):
                    order.write({"order_line": [Command.update(mirror.id, vals)]})
                self.env.invalidate_all(flush=False)
        booking = order.order_line - mirror
        order.write(
            {
                "order_line": [
                    Command.update(mirror.id, {"price_unit": -12.0}),
                    Command.update(booking.id, {"price_unit": 12.0}),
                ]
            }
        )
        self.assertEqual(order.amount_total, 0)

    def test_states_are_given_by_verbs(self):
        """H2 c, H3: sale, cancel and draft written into orders."""
        lot = self._buy()
        quotation, booked = self._create_order(self.yoga), self._book()
        forged = {KEY: {"state_verb": True}}
        for order, state in (
            (quotation, "sale"),
            (quotation, "cancel"),
            (booked, "draft"),
            (booked, "cancel"),
        ):
            for context in ({}, forged):
                with self.assertRaisesRegex(AccessError, order.name):
                    self._as(order).with_context(**context).write({"state": state})
        vals = {
            "partner_id": self.anna.id,
            "state": "sale",
            "order_line": [Command.create({"product_id": self.yoga.id})],
        }
        with self.assertRaises(AccessError):
            self._as(quotation).create(vals)
        self.assertEqual(lot.balance, 90)

    def test_a_cancelled_booking_does_not_come_back(self):
        """H2 d, H3: the date of the cancellation by hand."""
        self._buy()
        line = self._book().order_line[0]
        with self.assertRaises(AccessError):
            self._as(line).write({"booking_cancel_date": fields.Datetime.now()})
        line._cancel_booking()
        with self.assertRaises(AccessError):
            self._as(line).write({"booking_cancel_date": False})

    def test_credit_lines_of_confirmed_orders_are_not_deleted(self):
        """H3: a context said that the order was being cancelled."""
        self._buy()
        order = self._as(self._book())
        forged = {"booking_credits_cancelling": True, KEY: {"cancelling": True}}
        with self.assertRaises(CreditsMovedError):
            order.with_context(**forged).order_line._get_credit_lines().unlink()

    def test_the_terms_of_a_booking_stay(self):
        """M1: an emptied start, other terms, a move that claims to be ours."""
        self.yoga.booking_cancellation_policy_id = self.policy
        lot = self._buy()
        order = self._book(hours=2)
        line = self._as(order.order_line[0])
        with self.assertRaisesRegex(UserError, "needs a start"):
            line.booking_start = False
        with self.assertRaises(AccessError):
            line.booking_policy = {"tiers": [[0, 100.0]]}
        later = fields.Datetime.now() + timedelta(days=20)
        forged = {"booking_moved_by_business": True, KEY: {"moved_by_business": True}}
        line.with_context(**forged).booking_start = later
        order.order_line._cancel_booking()
        self.assertEqual(lot.balance, 90)

    def test_a_line_stays_on_the_order_that_paid_it(self):
        """L10"""
        self._buy()
        order, other = self._book(), self._create_order(self.yoga)
        with self.assertRaisesRegex(UserError, f"stays on {order.name}"):
            self._as(order.order_line[0]).order_id = other

    def test_a_booking_for_credits_only_is_not_added_to_a_confirmed_order(self):
        order = self._create_order(self.pack)
        order.action_confirm()
        self.yoga.booking_payment = "credit_only"
        with self.assertRaisesRegex(UserError, "paid with credits only"):
            self._as(order).write(
                {"order_line": [Command.create({"product_id": self.yoga.id})]}
            )

    def test_staff_still_change_quotations_in_the_form(self):
        """Quantity, price and a deleted line, with credits on the order."""
        self._buy()
        order = self._as(self._create_order(self.yoga))
        order.action_booking_credit_pay()
        with Form(order) as form:
            with form.order_line.edit(0) as line:
                line.product_uom_qty = 2
                line.price_unit = 15
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 0)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    # --- dialogs and names

    def test_a_dialog_cancels_lines_of_its_own_order(self):
        """L9"""
        self._buy()
        order, other = self._book(), self._book()
        with self.assertRaisesRegex(UserError, f"not on {order.name}"):
            self._as(self.env["booking.cancel"]).create(
                {
                    "order_id": order.id,
                    "line_ids": [Command.set(other.order_line[0].ids)],
                }
            )

    def test_no_name_is_said_to_who_may_not_read_it(self):
        """M2: portal users, and managers of another company."""
        order = self._create_order(self.yoga)
        order.order_line.name = "Acoustic secret"
        stranger = new_test_user(self.env, "stranger", groups="base.group_portal")
        with self.assertRaises(AccessError) as refused:
            self._as(order.order_line, stranger).action_cancel_booking()
        self.assertNotIn("secret", str(refused.exception))
        with self.assertRaises(AccessError) as refused:
            self._as(order.order_line, stranger).write({"booking_policy": {"a": 1}})
        self.assertNotIn("secret", str(refused.exception))

    # --- what nobody crossed before

    def test_a_pack_that_was_given_away_keeps_its_order(self):
        """S2-17: also where all of its credits went to somebody else."""
        order = self._create_order(self.pack)
        self._pay(self._invoice(order))
        lot = order.booking_credit_lot_ids
        lot.transfer(100, self.env["res.partner"].create({"name": "Ben"}), "Present")
        with self.assertRaisesRegex(CreditsMovedError, "cannot be cancelled"):
            order._action_cancel()

    def test_a_refusal_counts_credits_with_credits(self):
        """A cap is reached: nothing is missing, and no -90 is said to be."""
        self.pack.booking_credit_cap_day = 1
        self._buy()
        self._book()
        start = fields.Datetime.now() + timedelta(hours=48)
        order = self._create_order(self.yoga, start=start)
        text = order._get_booking_credit_refusal()
        self.assertIn("at most 1", text)
        self.assertNotIn("-90", text)

    def test_a_booking_shows_the_price_that_was_agreed(self):
        self._buy()
        line = self._book().order_line[0]
        self.company.booking_price_display = "both"
        self.assertEqual(line._get_booking_price_in_credits(), "10 credits")
        self.yoga.booking_credit_price = 15
        self.assertEqual(line._get_booking_price_in_credits(), "10 credits")

    def test_customer_credit_of_a_part_that_was_not_invoiced_comes_back(self):
        """Booking A is invoiced, B is cancelled: the credit for B comes back."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.anna.id,
                "amount": 20.0,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        lot = payment.keep_as_customer_credit()
        order = self._create_order(self.yoga, self.yoga)
        order.action_booking_credit_pay()
        order.action_confirm()
        lines = order.order_line.filtered("booking_ok")
        lines.booking_start = fields.Datetime.now() + timedelta(days=5)
        self.assertEqual(lot.balance, 0)
        invoice = order._create_invoices()
        invoice.invoice_line_ids.filtered(
            lambda line: lines[1] in line.sale_line_ids
        ).unlink()
        invoice.action_post()
        order._cancel_for_customer(lines[1])
        self.assertEqual(lot.balance, 10)

    def test_invoices_sell_whole_packs_too(self):
        """Without an order: half a pack, by another unit, more than a hundred."""
        unit = self.env.ref("uom.product_uom_unit").copy({"name": "Part"})
        for vals in ({"quantity": 0.5}, {"quantity": 100}, {"product_uom_id": unit.id}):
            invoice = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.anna.id,
                    "invoice_line_ids": [
                        Command.create({"product_id": self.pack.id, **vals})
                    ],
                }
            )
            with self.assertRaisesRegex(UserError, "100 credits"):
                invoice.action_post()

    def test_packs_and_prices_are_bounded(self):
        for vals in ({"booking_credit_quantity": 1e18}, {"booking_credit_price": 1e9}):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                self.pack.write(vals)
                self.pack.flush_recordset()

    def test_customers_read_no_sentence_for_staff(self):
        """L4: “Sell a pack”, “a manager may confirm it”."""
        self.company.booking_complete_payment = True
        order = self._create_order(self.yoga)
        portal = new_test_user(self.env, "reads", groups="base.group_portal")
        texts = []
        for user in (portal, self.front_desk):
            mine = order.with_user(user).sudo()
            texts.append(
                mine._get_unpaid_refusal(10.0) + mine._get_booking_credit_refusal()
            )
        for words in ("Sell", "manager", "the customer"):
            self.assertNotIn(words, texts[0])
            self.assertIn(words, texts[1])

    def test_a_cancellation_rounds_as_agreed(self):
        """The company's step of today changes no booking of yesterday."""
        self.yoga.write(
            {
                "booking_cancellation_policy_id": self.policy.id,
                "booking_credit_price": 5,
            }
        )
        lot = self._buy()
        order = self._book(hours=6)
        self.company.booking_credit_rounding = 5
        order.order_line._cancel_booking()
        self.assertEqual(lot.balance, 98)
