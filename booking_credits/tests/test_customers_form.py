from ast import literal_eval
from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from ..words import format_day
from .test_ledger_staff import StaffCommon


class CustomerCommon(StaffCommon):
    """A customer with credits of every kind, and who looks at them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.massage = cls._create_service("Massage", credits=50, price=60.0)
        cls.card = cls._create_pack(
            "Massage card",
            3,
            150.0,
            booking_credit_measure="session",
            booking_credit_product_ids=[Command.set(cls.massage.product_tmpl_id.ids)],
        )
        cls.money = cls._create_pack(
            "Money",
            1,
            35.0,
            booking_credit_measure="money",
            booking_credit_validity_unit="none",
            booking_credit_vat_kind="multi",
        )
        cls.today = fields.Date.today()

    def _give(self, quantity, partner=None, days=None, **values):
        """Give credits that end in ``days`` days, or never."""
        until = self.today + timedelta(days=days) if days is not None else None
        return self.lots.grant(
            partner or self.anna, quantity, "test", valid_until=until, **values
        ).lot_id

    def _let_expire(self, lot, sweep=True):
        """Put the end of ``lot`` in the past, and write it off."""
        lot.sudo().valid_until = self.today - timedelta(days=1)
        if sweep:
            lot.sudo()._expire()
        return lot

    def _get_arch(self, user, model="res.partner", view_type="form", view=None):
        arch = self.env[model].with_user(user).get_view(view, view_type)["arch"]
        return etree.fromstring(arch)


@tagged("post_install", "-at_install")
class TestCustomerForm(CustomerCommon):
    """What staff see of credits on the customer's form."""

    # --- the balance in words

    def test_the_balance_is_said_in_words_with_what_ends_soon(self):
        """S2-02, S2-21: credits, sessions by service, money; 2 end soon."""
        self._give(6)
        self._give(2, days=10)
        self._buy(self.card)
        self._buy(self.money)
        day = format_day(self.env, self.today + timedelta(days=10))
        money = self.company.currency_id.format(35.0)
        anna = self.anna.with_user(self.front_desk)
        self.assertEqual(anna.booking_credit_left, f"8 credits, 3 × Massage, {money}")
        self.assertEqual(anna.booking_credit_notice, f"2 credits until {day}")
        order = self._create_order(self.yoga).with_user(self.front_desk)
        self.assertEqual(
            order.booking_credit_summary,
            f"8 credits, 3 × Massage, {money} (2 credits until {day})",
        )

    def test_what_ends_soon_follows_the_reminder_of_the_company(self):
        """S1-34: the same days as in the mails; 30 where no mails are sent."""
        self._give(2, days=20)
        self.company.booking_credit_reminder_days = 14
        self.assertFalse(self.anna.booking_credit_notice)
        self.company.booking_credit_reminder_days = 0
        self.env.invalidate_all()
        self.assertIn("until", self.anna.booking_credit_notice)

    def test_what_ends_as_a_whole_is_not_named_twice(self):
        self._give(2, days=10)
        day = format_day(self.env, self.today + timedelta(days=10))
        self.assertEqual(self.anna.booking_credit_summary, f"2 credits (until {day})")

    def test_held_credits_are_named_and_not_counted(self):
        """S1-08: 170 of 200 are held; what has lapsed is not."""
        lot = self._give(200)
        lot.hold(170, self.yoga, reason="by phone")
        self.assertEqual(
            self.anna.booking_credit_summary, "30 credits (170 credits held)"
        )
        lot._hold(10, self.yoga, until=fields.Datetime.now() - timedelta(hours=1))
        self.env.invalidate_all()
        self.assertEqual(
            self.anna.booking_credit_summary, "30 credits (170 credits held)"
        )

    def test_sessions_of_several_services_are_just_sessions(self):
        self.card.booking_credit_product_ids |= self.yoga.product_tmpl_id
        self._buy(self.card)
        self.assertEqual(self.anna.booking_credit_summary, "3 sessions")

    def test_two_kinds_of_sessions_are_told_apart(self):
        self._buy(self.card)
        self._buy(self._create_pack("Any", 2, 9.0, booking_credit_measure="session"))
        self.assertEqual(self.anna.booking_credit_summary, "3 × Massage, 2 sessions")

    def test_a_gift_voucher_is_not_the_balance_of_its_buyer(self):
        """S2-14: it is for whoever claims its code."""
        self.card.booking_credit_voucher = True
        lot = self._buy(self.card)
        self.assertTrue(lot.code)
        self.assertEqual(self.anna.booking_credit_summary, "0 credits")

    def test_a_contact_uses_the_credits_of_its_company(self):
        club = self.env["res.partner"].create({"name": "Club", "is_company": True})
        member = self.env["res.partner"].create({"name": "Max", "parent_id": club.id})
        self._give(5, partner=club)
        self._give(2, partner=member)
        self.assertEqual(member.booking_credit_summary, "7 credits")
        self.assertEqual(club.booking_credit_summary, "5 credits")

    def test_the_balance_of_many_customers_takes_as_few_queries_as_that_of_one(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(12)]
        )
        for partner in partners:
            self._give(5, partner=partner, days=5).hold(1, self.yoga, reason="by phone")
            self._give(
                3,
                partner=partner,
                pack=self.card,
            )
        self.env.flush_all()

        def count(some):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            texts = some.mapped("booking_credit_summary")
            self.assertIn("3 × Massage", texts[0])
            return self.env.cr.sql_log_count - before

        count(partners)  # what is the same for all is cached from now on
        self.assertLessEqual(count(partners), count(partners[0]))

    # --- the tab

    def test_the_tab_lists_usable_credits_first_and_keeps_the_others(self):
        """S1-32, S3-11: expired 40 are greyed with their number and not spendable."""
        used = self._give(10)
        used._redeem(10, self.yoga)
        expired = self._let_expire(self._give(40))
        waiting = self._let_expire(self._give(7), sweep=False)
        future = self._give(5)
        future.sudo().valid_from = self.today + timedelta(days=3)
        usable = self._give(3)
        anna = self.anna.with_user(self.front_desk)
        lots = anna.booking_credit_file_lot_ids
        self.assertEqual(lots[:2], usable | future)
        self.assertEqual(lots[2:4], expired | waiting)
        self.assertEqual(lots[4:], used)
        self.assertRecordValues(
            expired, [{"expired_quantity": 40, "available": 0, "state": "expired"}]
        )
        self.assertEqual(anna.booking_credit_left, "3 credits")
        tab = self._get_arch(self.front_desk).find(".//page[@name='booking_credits']")
        table = tab.find(".//field[@name='booking_credit_file_lot_ids']/list")
        self.assertIn("expired", table.get("decoration-muted"))
        columns = {field.get("name"): field for field in table.iter("field")}
        self.assertEqual(columns["value"].get("sum"), "Total owed")
        self.assertIn("held", columns)

    def test_the_tab_has_the_history_newest_first(self):
        """S2-20: every movement with date, document, author and reason."""
        lot = self._buy()
        order = self._book()
        lot.with_user(self.manager).adjust(-10, "counted twice")
        anna = self.anna.with_user(self.front_desk)
        newest, used, bought = anna.booking_credit_entry_ids
        self.assertRecordValues(
            newest,
            [
                {
                    "type": "adjust",
                    "amount_text": "−10 credits",
                    "balance_text": "80 credits",
                    "reason": "counted twice",
                    "user_id": self.manager.id,
                }
            ],
        )
        self.assertIn(order.name, used.document)
        self.assertEqual(bought.amount_text, "+100 credits")
        self.assertEqual(anna.booking_credit_entry_count, 3)

    def test_the_history_is_short_and_all_of_it_is_one_click_away(self):
        """S2-20: the button opens every movement, with filters and group-bys."""
        lot = self._give(100)
        for _number in range(25):
            lot._redeem(1, self.yoga)
        self._give(3, partner=self.bob)
        anna = self.anna.with_user(self.front_desk)
        self.assertEqual(len(anna.booking_credit_entry_ids), 20)
        action = anna.action_view_booking_credit_entries()
        entries = self.env["booking.credit.entry"].with_user(self.front_desk)
        found = entries.search(action["domain"])
        self.assertEqual(found, lot.entry_ids.sorted("id", reverse=True))
        self.assertEqual(len(found), anna.booking_credit_entry_count)
        search = self._get_arch(self.front_desk, entries._name, "search")
        for name in ("by_hand", "held", "back"):
            domain = search.find(f".//filter[@name='{name}']").get("domain")
            self.assertFalse(entries.search(literal_eval(domain)) & found)
        groups = entries.formatted_read_group(action["domain"], ["user_id"])
        self.assertEqual(len(groups), 1)

    def test_what_is_left_can_be_searched(self):
        """S2-15: the filter of unused credits."""
        used = self._give(10)
        used._redeem(10, self.yoga)
        left = self._give(3)
        search = self._get_arch(self.front_desk, "booking.credit.lot", "search")
        domain = literal_eval(search.find(".//filter[@name='open']").get("domain"))
        found = self.lots.with_user(self.front_desk).search(
            [*domain, ("partner_id", "=", self.anna.id)]
        )
        self.assertEqual(found, left)

    def test_the_accountant_reads_the_tab_and_sees_the_value(self):
        self._buy()
        arch = self._get_arch(self.accountant)
        tab = arch.find(".//page[@name='booking_credits']")
        self.assertIsNotNone(tab)
        anna = self.anna.with_user(self.accountant)
        self.assertEqual(anna.booking_credit_file_lot_ids.value, 90.0)
        self.assertEqual(anna.booking_credit_left, "100 credits")

    def test_another_company_does_not_see_the_credits(self):
        self._give(3)
        other = self.env["res.company"].create({"name": "Other studio"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="booking_credits.booking_credits_group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        anna = self.anna.with_user(stranger)
        self.assertFalse(anna.booking_credit_file_lot_ids)
        self.assertFalse(anna.booking_credit_entry_ids)
        self.assertEqual(anna.booking_credit_left, "0 credits")
        with self.assertRaisesRegex(UserError, "Anna has no credits"):
            anna.action_change_booking_credits()

    # --- the buttons

    def test_only_who_may_correct_sees_the_buttons(self):
        """S0-13, S1-29: the front desk sells; managers do the rest."""
        hand = {"action_change_booking_credits", "action_extend_booking_credits"}
        sell = str(self.env.ref("booking_credits.booking_credit_sell_action").id)
        for user, seen, sells in (
            (self.manager, hand, True),
            (self.front_desk, set(), True),
            (self.accountant, set(), False),
        ):
            arch = self._get_arch(user)
            names = {button.get("name") for button in arch.iter("button")}
            self.assertEqual(names & hand, seen, user.login)
            self.assertEqual(sell in names, sells, user.login)
            self.assertIn("action_booking_credit_statement", names)
        anna = self.anna.with_user(self.front_desk)
        with self.assertRaises(AccessError):
            anna.action_change_booking_credits()
        with self.assertRaises(AccessError):
            anna.action_extend_booking_credits()

    def _open_change(self, kind, user=None):
        anna = self.anna.with_user(user or self.manager)
        action = anna.with_context(
            booking_credit_change=kind
        ).action_change_booking_credits()
        return Form(
            self.env["booking.credit.change"]
            .with_user(user or self.manager)
            .with_context(**action["context"])
        )

    def test_a_manager_deducts_without_looking_for_the_lot(self):
        """S1-29: -10 with reason; the lot that would be used next is chosen."""
        later = self._give(50)
        first = self._give(30, days=20)
        self._let_expire(self._give(40))
        dialog = self._open_change("deduct")
        self.assertEqual(dialog.lot_id, first)
        self.assertEqual(dialog.choice_ids[:], first | later)
        dialog.quantity = 10
        dialog.reason = "counted twice"
        self.assertEqual((dialog.units_before, dialog.units_after), (30, 20))
        wizard = dialog.save()
        wizard.action_apply()
        wizard.action_apply()  # a second press changes nothing
        self.assertEqual((first.balance, later.balance), (20, 50))
        self.assertRecordValues(
            first.entry_ids.sorted("id")[-1],
            [{"type": "adjust", "quantity": -10, "user_id": self.manager.id}],
        )

    def test_another_lot_can_be_chosen(self):
        later = self._give(50)
        self._give(30, days=20)
        dialog = self._open_change("deduct")
        dialog.lot_id = later
        dialog.quantity = 60
        dialog.reason = "x"
        self.assertIn("only 50 credits left", dialog.problem)
        dialog.quantity = 50
        self.assertFalse(dialog.problem)
        dialog.save().action_apply()
        self.assertEqual(later.balance, 0)

    def test_deducting_never_adds_nor_goes_below_zero(self):
        """S1-29: never below 0."""
        lot = self._give(50)
        for quantity, message in (
            (-5, "cannot be moved"),
            (0, "cannot be moved"),
            (51, "only 50 are available"),
        ):
            dialog = self._open_change("deduct")
            dialog.quantity = quantity
            dialog.reason = "x"
            wizard = dialog.save()
            with self.assertRaisesRegex(UserError, message):
                wizard.action_apply()
        self.assertEqual(lot.balance, 50)

    def test_a_manager_transfers_from_the_customer(self):
        """S2-24: 5 of Anna's credits go to Bob, noted on both."""
        lot = self._give(50)
        dialog = self._open_change("transfer")
        dialog.quantity = 5
        dialog.target_id = self.bob
        dialog.reason = "sisters"
        self.assertIn("Bob receives 5 credits", dialog.effects)
        dialog.save().action_apply()
        self.assertEqual(lot.balance, 45)
        self.assertEqual(self.bob.booking_credit_summary, "5 credits")

    def test_two_clicks_sell_a_pack_from_the_customer(self):
        """S0-38: from the form to order, invoice, payment and credits."""
        seller = self._create_staff(
            "seller",
            "booking_credits.booking_credits_group_user,account.group_account_invoice",
        )
        arch = self._get_arch(seller)
        action = self.env.ref("booking_credits.booking_credit_sell_action")
        button = arch.find(f".//header/button[@name='{action.id}']")
        self.assertEqual(button.get("context"), "{'default_partner_id': id}")
        dialog = Form(
            self.env[action.res_model]
            .with_user(seller)
            .with_context(default_partner_id=self.anna.id)
        )
        dialog.pack_id = self.pack
        order = self.env["sale.order"].browse(
            dialog.save().action_sell_paid()["res_id"]
        )
        self.assertIn(order.invoice_ids.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.anna.booking_credit_file_lot_ids.balance, 100)

    # --- the comment

    def test_the_staff_comment_shows_on_orders(self):
        """S3-21: as soon as the customer is chosen, and in the list of orders."""
        anna = self.anna.with_user(self.front_desk)
        anna.booking_credit_comment = "knee injury: no jumps"
        draft = Form(self.env["sale.order"].with_user(self.front_desk))
        self.assertFalse(draft.booking_credit_comment)
        draft.partner_id = self.anna
        self.assertEqual(draft.booking_credit_comment, "knee injury: no jumps")
        tree = self._get_arch(
            self.front_desk,
            "sale.order",
            "list",
            view=self.env.ref("sale.view_quotation_tree_with_onboarding").id,
        )
        self.assertTrue(tree.xpath("//field[@name='booking_credit_comment']"))

    def test_customers_never_read_the_staff_comment(self):
        """S3-21: neither on their contact, nor on their orders."""
        shopper = new_test_user(self.env, "shopper", groups="base.group_portal")
        shopper.partner_id.booking_credit_comment = "always late"
        order = self._create_order(self.yoga, partner=shopper.partner_id)
        order.action_confirm()
        for record in (shopper.partner_id, order):
            record.with_user(shopper).read(["display_name"])
            with self.assertRaises(AccessError):
                record.with_user(shopper).read(["booking_credit_comment"])

    def test_the_notice_of_an_expired_day_is_gone(self):
        self._give(2, days=1)
        with freeze_time(self.today + timedelta(days=2)):
            self.env.invalidate_all()
            self.assertEqual(self.anna.booking_credit_summary, "0 credits")
