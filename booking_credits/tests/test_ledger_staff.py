from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from ..exceptions import IdempotencyConflictError, InsufficientCreditsError
from .common import BookingCreditsCommon


class StaffCommon(BookingCreditsCommon):
    """The people who work with credits, beside those of every test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bob = cls.env["res.partner"].create({"name": "Bob"})
        cls.manager = cls._create_staff(
            "credit_manager", "booking_credits.booking_credits_group_manager"
        )
        cls.lots = cls.env["booking.credit.lot"]

    def _spend(self, **values):
        """Book a class; return what it spent."""
        order = self._book(**values)
        return order.order_line[0]._get_booking_spent_entries()

    @classmethod
    def _create_staff(cls, login, groups):
        return new_test_user(
            cls.env,
            login,
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestStaffVerbs(StaffCommon):
    """What managers and accountants do with credits, called as they are."""

    # --- give

    def test_a_manager_gives_credits_and_nothing_is_overwritten(self):
        """S0-07, S0-13: one movement +3 with author and reason; balance +3."""
        before = self._buy()
        entry = self.lots.with_user(self.manager).grant(self.anna, 3, "goodwill")
        self.assertRecordValues(
            entry,
            [
                {
                    "type": "grant",
                    "quantity": 3,
                    "value": 0,
                    "reason": "goodwill",
                    "user_id": self.manager.id,
                    "posting_state": "none",
                }
            ],
        )
        self.assertRecordValues(
            entry.lot_id,
            [{"origin": "grant", "balance": 3, "value": 0, "valid_until": False}],
        )
        self.assertEqual(before.balance, 100)
        self.assertEqual(self.anna.booking_credit_summary, "103 credits")
        self.assertIn("3 credits", self.anna.message_ids[:1].body)

    def test_given_credits_take_the_terms_of_a_pack(self):
        self.pack.write({"booking_credit_cap_day": 2, "booking_credit_voucher": True})
        lot = self.lots.grant(self.anna, 20, "prize", pack=self.pack).lot_id
        bought = self._buy()
        self.assertRecordValues(
            lot,
            [
                {
                    "product_id": self.pack.id,
                    "cap_day": 2,
                    "valid_until": bought.valid_until,
                    "code": False,
                    "granted": 20,
                }
            ],
        )

    def test_giving_with_the_same_key_gives_once(self):
        first = self.lots.grant(self.anna, 3, "goodwill", key="g")
        self.assertEqual(self.lots.grant(self.anna, 3, "goodwill", key="g"), first)
        with self.assertRaises(IdempotencyConflictError):
            self.lots.grant(self.anna, 4, "goodwill", key="g")
        self.assertEqual(len(self.anna.booking_credit_lot_ids), 1)

    def test_bad_gifts_are_refused_with_the_remedy(self):
        yesterday = fields.Date.today() - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "Say why the credits of Anna"):
            self.lots.grant(self.anna, 3, " ")
        with self.assertRaisesRegex(UserError, "Anna cannot receive -3 credits"):
            self.lots.grant(self.anna, -3, "x")
        with self.assertRaisesRegex(UserError, "Money given to Anna never expires"):
            self.lots.grant(
                self.anna, 3, "x", measure="money", valid_until="2099-01-01"
            )
        with self.assertRaisesRegex(UserError, "which is past"):
            self.lots.grant(self.anna, 3, "x", valid_until=yesterday)

    def test_only_managers_give(self):
        for user in (self.front_desk, self.accountant):
            with self.assertRaises(AccessError):
                self.lots.with_user(user).grant(self.anna, 3, "x")

    def test_remote_callers_give_ids(self):
        entry = self.lots.with_user(self.manager).grant(self.anna.id, 3, "api")
        self.assertEqual(entry.lot_id.partner_id, self.anna)

    # --- release

    def test_the_front_desk_releases_a_hold_once(self):
        lots = self._buy().with_user(self.front_desk)
        hold = lots.hold(70, self.yoga, reason="by phone")
        released = lots.release(hold, key="r")
        self.assertEqual(lots.release(hold, key="r"), released)
        self.assertRecordValues(lots, [{"held": 0, "available": 100}])
        with self.assertRaises(IdempotencyConflictError):
            lots.release(lots.hold(10, self.yoga, reason="by phone"), key="r")
        with self.assertRaises(AccessError):
            lots.with_user(self.accountant).release(hold)

    # --- give back

    def test_a_manager_gives_a_use_back_once(self):
        """What was spent comes back with its value; revenue is reversed at once."""
        lot = self._buy()
        spent = self._spend()
        order = spent.operation_id.order_line_id.order_id
        lots = self.lots.with_user(self.manager)
        back = lots.restore(spent, "the teacher was ill", key="b")
        self.assertEqual(lots.restore(spent, "the teacher was ill", key="b"), back)
        self.assertRecordValues(
            back, [{"type": "restore", "quantity": 10, "value": 9.0}]
        )
        self.assertRecordValues(lot, [{"balance": 100, "value": 90.0}])
        self.assertEqual((spent | back).mapped("posting_state"), ["posted"] * 2)
        with self.assertRaisesRegex(UserError, "Nothing is left to give back"):
            lots.restore(spent, "again")
        order._action_cancel()
        self.assertEqual(lot.balance, 100, "the cancellation gives nothing more")

    def test_uses_of_several_bookings_come_back_together(self):
        lot = self._buy()
        spent = self.env["booking.credit.entry"]
        for _n in range(3):
            spent |= self._spend()
        back = self.lots.restore(spent, "closed", key="all")
        self.assertEqual(self.lots.restore(spent, "closed", key="all"), back)
        self.assertEqual(len(back.operation_id), 3)
        self.assertRecordValues(lot, [{"balance": 100, "value": 90.0}])

    def test_what_comes_back_too_late_follows_the_pack(self):
        lot = self._buy()
        spent = self._spend(hours=24 * 400)
        with freeze_time(lot.valid_until + timedelta(days=2)):
            back = self.lots.restore(spent, "late")
        self.assertEqual(back.mapped("type"), ["restore", "expire"])
        self.assertRecordValues(lot, [{"balance": 90, "value": 81.0}])

    def test_only_managers_give_back(self):
        self._buy()
        spent = self._spend()
        for user in (self.front_desk, self.accountant):
            with self.assertRaises(AccessError):
                self.lots.with_user(user).restore(spent.with_user(user), "x")

    # --- pay back

    def test_an_accountant_pays_unused_credits_back(self):
        """Accounting 3.1, E7: 2 of 10 back: 20.00 net, 4.00 VAT, 24.00 in all."""
        tax = self.company_data["default_tax_sale"].copy({"name": "20", "amount": 20})
        pack = self._create_pack("10", 10, 100.0, taxes_id=[Command.set(tax.ids)])
        lot = self._buy(pack)
        invoice = lot.source_move_id
        self.assertEqual(invoice.amount_total, 120.0)
        lot._redeem(3, self.yoga)
        entries = lot.with_user(self.accountant).refund(2, "moves away", key="p")
        self.assertRecordValues(
            entries,
            [
                {
                    "type": "refund",
                    "quantity": -2,
                    "value": -20.0,
                    "reason": "moves away",
                }
            ],
        )
        self.assertRecordValues(lot, [{"balance": 5, "value": 50.0}])
        note = entries.move_id
        self.assertRecordValues(
            note,
            [
                {
                    "move_type": "out_refund",
                    "state": "posted",
                    "amount_untaxed": 20.0,
                    "amount_total": 24.0,
                    "reversed_entry_id": invoice.id,
                    "partner_id": self.anna.id,
                }
            ],
        )
        again = lot.with_user(self.accountant).refund(2, "moves away", key="p")
        self.assertEqual(again, entries)
        order = invoice.line_ids.sale_line_ids.order_id
        self.assertEqual(order.invoice_status, "invoiced")

    def test_everything_unused_goes_back_to_the_cent(self):
        """A pack of 7 for 100.00 with VAT included: no cent stays."""
        tax = self.company_data["default_tax_sale"].copy(
            {"name": "in", "amount": 20, "price_include_override": "tax_included"}
        )
        pack = self._create_pack("7", 7, 100.0, taxes_id=[Command.set(tax.ids)])
        lot = self._buy(pack, discount=7.5)
        lot._redeem(2, self.yoga)
        value = lot.value
        for quantity in (1, 1, 3):
            lot.refund(quantity, "moves away")
        self.assertRecordValues(lot, [{"balance": 0, "value": 0, "is_open": False}])
        notes = lot.entry_ids.filtered(lambda e: e.type == "refund").move_id
        self.assertAlmostEqual(sum(notes.mapped("amount_untaxed")), value)

    def test_a_refund_in_another_currency_goes_at_the_rate_of_the_sale(self):
        other = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "EUR", "currency_id": other.id}
        )
        order = self._create_order(self.pack)
        order.pricelist_id = pricelist
        order.action_update_prices()
        self._pay(self._invoice(order))
        lot = order.booking_credit_lot_ids
        value = lot.value
        other.rate_ids[:1].rate = 3.0
        lot.refund(50, "moves away")
        self.assertAlmostEqual(lot.value, value / 2)

    def test_a_pack_that_was_edited_is_refunded_as_it_was_sold(self):
        lot = self._buy()
        self.pack.booking_credit_quantity = 120
        order = lot.source_line_id.sale_line_ids.order_id
        order._action_cancel()
        self.assertRecordValues(lot, [{"balance": 0, "value": 0}])

    def test_no_more_is_paid_back_than_is_unused(self):
        lot = self._buy()
        self._book()
        with self.assertRaisesRegex(
            InsufficientCreditsError, "of Anna.*only 90 are unused.*at most 90"
        ):
            lot.refund(91, "x")
        with self.assertRaisesRegex(UserError, "enter a number"):
            lot.refund(0, "x")
        with self.assertRaisesRegex(UserError, "nothing was paid"):
            self.lots.grant(self.anna, 3, "x").lot_id.refund(1, "x")

    def test_only_accountants_pay_back(self):
        lot = self._buy()
        for user in (self.front_desk, self.manager):
            with self.assertRaises(AccessError):
                lot.with_user(user).refund(1, "x")

    # --- correct

    def test_a_correction_below_zero_names_customer_number_and_remedy(self):
        """S1-29: -10 with a reason; never below 0."""
        lot = self._buy().with_user(self.manager)
        lot.adjust(-10, "counted twice")
        self.assertEqual(lot.balance, 90)
        with self.assertRaisesRegex(
            InsufficientCreditsError,
            "91 cannot be taken from .* of Anna: only 90 are available",
        ):
            lot.adjust(-91, "too much")
        with self.assertRaisesRegex(InsufficientCreditsError, "of Anna: only 90"):
            lot.transfer(91, self.bob, "too much")


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestStaffDialogs(StaffCommon):
    """The same things through the dialogs that staff see."""

    def _give(self, partners, user=None, **values):
        """Fill the dialog as it opens from the contacts; press the button."""
        dialog = Form(
            self.env["booking.credit.give"]
            .with_user(user or self.manager)
            .with_context(active_model="res.partner", active_ids=partners.ids)
        )
        for field, value in values.items():
            setattr(dialog, field, value)
        return dialog.save()

    def _change(self, lot, kind, user=None, **values):
        """Open the dialog from the lot's form; fill it."""
        lot = lot.with_user(user or self.manager)
        action = lot.with_context(booking_credit_change=kind).action_change()
        model = self.env[action["res_model"]].with_user(user or self.manager)
        dialog = Form(model.with_context(**action["context"]))
        for field, value in values.items():
            setattr(dialog, field, value)
        return dialog

    def test_credits_are_given_from_the_contact_form(self):
        """S0-13: three more, with author and reason; pressed twice: once."""
        self._buy()
        dialog = self._give(self.anna, quantity=3, reason="goodwill")
        self.assertEqual(dialog.effects, "Anna: 100 credits → 103 credits")
        dialog.action_give()
        dialog.action_give()
        given = self.anna.booking_credit_lot_ids.filtered(lambda x: x.origin == "grant")
        self.assertRecordValues(
            given.entry_ids,
            [{"quantity": 3, "user_id": self.manager.id, "reason": "goodwill"}],
        )
        self.assertEqual(self.anna.booking_credit_summary, "103 credits")

    def test_credits_are_given_to_several_customers_at_once(self):
        """S0-13 from the list of contacts."""
        dialog = self._give(self.anna | self.bob, quantity=2, reason="open day")
        dialog.action_give()
        for partner in self.anna | self.bob:
            self.assertEqual(partner.booking_credit_summary, "2 credits")

    def test_the_list_of_credits_knows_whose_they_are(self):
        lot = self._buy()
        dialog = Form(
            self.env["booking.credit.give"]
            .with_user(self.manager)
            .with_context(active_model="booking.credit.lot", active_ids=lot.ids)
        )
        self.assertEqual(dialog.partner_ids[:], self.anna)

    def test_the_pack_fills_the_dialog(self):
        dialog = self._give(
            self.anna, pack_id=self.pack, quantity=7.0, reason="like a pack"
        )
        self.assertRecordValues(dialog, [{"measure": "credit", "unlimited": False}])
        dialog.action_give()
        lot = self.anna.booking_credit_lot_ids
        self.assertEqual((lot.balance, lot.valid_until), (7, dialog.valid_until))

    def test_the_front_desk_does_not_give(self):
        with self.assertRaises(AccessError):
            self._give(self.anna, user=self.front_desk, quantity=3, reason="x")

    def test_a_correction_shows_before_and_after(self):
        """S1-29: while typing; then it is so."""
        lot = self._buy()
        dialog = self._change(lot, "adjust", quantity=-10)
        self.assertEqual((dialog.units_before, dialog.units_after), (100, 90))
        self.assertEqual((dialog.value_before, dialog.value_after), (90.0, 81.0))
        with self.assertRaisesRegex(AssertionError, "reason is a required field"):
            dialog.save()
        dialog.reason = "counted twice"
        dialog = dialog.save()
        dialog.action_apply()
        dialog.action_apply()
        self.assertRecordValues(lot, [{"balance": 90, "value": 81.0}])

    def test_the_dialog_warns_while_typing(self):
        lot = self._buy()
        dialog = self._change(lot, "adjust", quantity=-110, reason="x")
        self.assertEqual(dialog.problem, "Anna has only 100 credits left here.")
        with self.assertRaises(InsufficientCreditsError):
            dialog.save().action_apply()

    def test_a_transfer_says_what_the_other_receives(self):
        """S2-24: the credits of one customer for another."""
        lot = self._buy()
        dialog = self._change(lot, "transfer", quantity=10, reason="a present")
        dialog.target_id = self.bob
        self.assertIn("Bob receives 10 credits, worth $\xa09.00", dialog.effects)
        dialog.save().action_apply()
        self.assertEqual(self.bob.booking_credit_summary, "10 credits")
        self.assertEqual(lot.balance, 90)
        self.assertIn("Bob", lot.message_ids[:1].body)
        self.assertIn("Anna", self.bob.booking_credit_lot_ids.message_ids[:1].body)

    def test_ten_units_at_twenty_pay_what_another_customer_orders(self):
        """S2-24: 10 × 20.00 = 200.00; Paul's credit on Marie's order, on both."""
        plan = self._create_pack("Plan", 10, 200.0, booking_credit_validity_unit="none")
        lesson = self._create_service("Lesson", credits=1, price=20.0)
        lot = self._buy(plan)
        self.assertRecordValues(lot, [{"value": 200.0, "valid_until": False}])
        lot.with_user(self.manager).transfer(1, self.bob, "pays for Bob")
        order = self._book(lesson, partner=self.bob)
        self.assertEqual(order.amount_total, 0.0)
        self.assertRecordValues(lot, [{"balance": 9, "value": 180.0}])

    def test_a_level_is_set(self):
        """S0-16 by hand: 100 becomes 8."""
        lot = self._buy()
        dialog = self._change(lot, "reset", quantity=8)
        self.assertEqual((dialog.units_after, dialog.value_after), (8, 7.2))
        dialog.save().action_apply()
        self.assertRecordValues(lot, [{"balance": 8, "value": 7.2}])

    def test_expired_credits_are_reactivated(self):
        """S1-33 by hand, with the value that was written off."""
        lot = self._buy()
        with freeze_time(lot.valid_until + timedelta(days=5)):
            lot._expire()
            dialog = self._change(lot, "reactivate", reason="was ill")
            self.assertEqual((dialog.units_before, dialog.units_after), (0, 100))
            self.assertEqual((dialog.value_before, dialog.value_after), (0, 90.0))
            dialog.save().action_apply()
            self.assertRecordValues(lot, [{"balance": 100, "value": 90.0}])
            self.assertEqual(lot.state, "usable")

    def test_expired_credits_that_the_job_has_not_swept_are_reactivated(self):
        lot = self._buy()
        with freeze_time(lot.valid_until + timedelta(days=5)):
            lot.invalidate_recordset()
            dialog = self._change(lot, "reactivate")
            self.assertEqual((dialog.units_before, dialog.units_after), (0, 100))
            self.assertEqual((dialog.value_before, dialog.value_after), (90.0, 90.0))
            dialog.save().action_apply()
            self.assertEqual(lot.state, "usable")

    def test_the_accountant_pays_back(self):
        lot = self._buy()
        self.assertTrue(lot.with_user(self.front_desk).is_paid)
        dialog = self._change(
            lot, "refund", self.accountant, quantity=50, reason="moves away"
        )
        self.assertEqual((dialog.units_after, dialog.value_after), (50, 45.0))
        self.assertIn("45.00", dialog.effects)
        action = dialog.save().action_apply()
        note = self.env["account.move"].browse(action["res_id"])
        self.assertRecordValues(
            note, [{"move_type": "out_refund", "amount_total": 45.0}]
        )

    def test_nobody_corrects_by_a_dialog_what_he_may_not(self):
        lot = self._buy()
        dialog = self._change(lot, "adjust", self.accountant, quantity=5, reason="x")
        with self.assertRaises(AccessError):
            dialog.save().action_apply()

    def test_each_sees_the_buttons_that_are_his(self):
        """Managers correct, accountants pay back, the front desk reads."""
        lots = self.env["booking.credit.lot"]
        for user, kinds in (
            (self.manager, {"adjust", "transfer", "reset", "reactivate"}),
            (self.accountant, {"refund"}),
            (self.front_desk, set()),
        ):
            arch = etree.fromstring(
                lots.with_user(user).get_view(view_type="form")["arch"]
            )
            buttons = arch.xpath("//button[@name='action_change']")
            seen = {button.get("context").split("'")[3] for button in buttons}
            self.assertEqual(seen, kinds, user.login)

    def test_giving_is_offered_where_managers_look(self):
        """S0-13: on the contact, in the list of contacts, in the list of credits."""
        action = self.env.ref("booking_credits.booking_credit_give_action")
        for user, offered in ((self.manager, True), (self.front_desk, False)):
            partners = self.env["res.partner"].with_user(user)
            lots = self.env["booking.credit.lot"].with_user(user)
            for arch in (
                partners.get_view(view_type="form")["arch"],
                lots.get_view(view_type="list")["arch"],
            ):
                self.assertEqual(f'name="{action.id}"' in arch, offered)
            bindings = self.env["ir.actions.actions"].with_user(user)
            bound = bindings.get_bindings("res.partner").get("action", ())
            self.assertEqual(action.id in [b["id"] for b in bound], offered)

    # --- sell

    def test_two_clicks_sell_a_pack_and_take_the_payment(self):
        """S0-38: sale, credits and receipt in the customer's name."""
        seller = self._create_staff(
            "seller",
            "booking_credits.booking_credits_group_user,account.group_account_invoice",
        )
        self._buy(partner=self.bob)
        dialog = Form(
            self.env["booking.credit.sell"]
            .with_user(seller)
            .with_context(default_partner_id=self.anna.id)
        )
        self.assertEqual(dialog.pack_id, self.pack)
        self.assertEqual(dialog.credits_text, "100 credits")
        self.assertTrue(dialog.journal_id)
        action = dialog.save().action_sell_paid()
        order = self.env["sale.order"].browse(action["res_id"])
        self.assertRecordValues(
            order, [{"partner_id": self.anna.id, "state": "sale", "user_id": seller.id}]
        )
        self.assertEqual(order.invoice_ids.partner_id, self.anna)
        self.assertEqual(self.anna.booking_credit_summary, "100 credits")

    def test_the_front_desk_makes_a_quotation(self):
        """S0-38, S0-37: also for a pack that the public never sees."""
        hidden = self.env["res.partner.category"].create({"name": "Hidden"})
        self.pack.booking_credit_tag_ids = hidden
        dialog = Form(
            self.env["booking.credit.sell"]
            .with_user(self.front_desk)
            .with_context(default_partner_id=self.anna.id)
        )
        dialog.pack_id = self.pack
        order = self.env["sale.order"].browse(dialog.save().action_sell()["res_id"])
        self.assertRecordValues(
            order,
            [{"partner_id": self.anna.id, "amount_total": 90.0, "state": "draft"}],
        )
