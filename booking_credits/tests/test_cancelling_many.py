"""The list of bookings: a class of 12 is cancelled, those who did not come."""

from ast import literal_eval
from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .test_cancelling_money import CancelMoneyCommon


class CancelManyCommon(CancelMoneyCommon):
    def _book_class(self, number, hours=2, **line_values):
        """Return the bookings of a class: each customer has a pack of 100."""
        lines = self.env["sale.order.line"]
        for index in range(number):
            partner = self.env["res.partner"].create(
                {"name": f"Guest {index}", "email": f"guest{index}@example.com"}
            )
            self._buy(partner=partner)
            order = self._book(hours=hours, partner=partner, **line_values)
            lines |= order.order_line[0]
        return lines

    def _open_many(self, lines, by="provider", user=None, **vals):
        user = user or self.front_desk
        action = {
            "provider": "action_we_cancel",
            "customer": "action_cancel_for_customer",
            "no_show": "action_no_show",
        }[by]
        result = getattr(lines.with_user(user), action)()
        dialog = self.env["booking.cancel.many"].with_user(user)
        dialog = dialog.browse(result["res_id"])
        dialog.write(vals)
        return dialog

    def _get_mails(self, lines):
        return lines.order_id.message_ids.filtered(
            lambda message: "cannot take place" in (message.body or "")
        )


@tagged("post_install", "-at_install")
class TestCancelMany(CancelManyCommon):
    def test_the_business_cancels_a_class_of_12(self):
        """S2-03: all comes back, lots live a week longer, each is told once."""
        lines = self._book_class(12)
        lots = lines._get_paying_lots()
        ends = {lot: lot.valid_until for lot in lots}
        dialog = self._open_many(lines, reason="no teacher", extend_days=7)
        self.assertEqual(dialog.summary, "12 bookings of 12 customers")
        self.assertEqual(dialog.effects.count("10 of 10 credits come back"), 12)
        dialog.action_apply()
        self.assertEqual(set(lots.mapped("balance")), {100})
        for lot, end in ends.items():
            self.assertEqual(lot.valid_until, end + timedelta(days=7))
            self.assertIn("no teacher", lot.message_ids[0].body)
        self.assertEqual(set(lines.mapped("booking_state")), {"provider"})
        mails = self._get_mails(lines)
        self.assertEqual(len(mails), 12)
        self.assertEqual(len(mails.partner_ids), 12)
        self.assertIn("7 days more", mails[0].body)

    def test_running_it_twice_changes_nothing(self):
        """S2-03, S2-19: the same dialog, and a new one."""
        lines = self._book_class(3)
        lots = lines._get_paying_lots()
        dialog = self._open_many(lines, reason="storm", extend_days=7)
        dialog.action_apply()
        ends, mails = lots.mapped("valid_until"), self._get_mails(lines)
        dialog.action_apply()
        again = self._open_many(lines, reason="storm", extend_days=7)
        self.assertFalse(again.can_apply)
        self.assertEqual(again.skipped.count("is cancelled already"), 3)
        again.action_apply()
        self.assertEqual(lots.mapped("valid_until"), ends)
        self.assertEqual(lots.mapped("balance"), [100] * 3)
        self.assertEqual(self._get_mails(lines), mails)

    def test_a_customer_with_two_bookings_is_told_once(self):
        """S2-03: two orders of one customer; the lot lives 7 days longer, not 14."""
        lines = self._book_class(1)
        guest = lines.order_id.partner_id
        lines |= self._book(hours=2, partner=guest, product_uom_qty=2).order_line[0]
        lot = lines._get_paying_lots()
        end = lot.valid_until
        self._open_many(lines, reason="storm", extend_days=7).action_apply()
        self.assertEqual(lot.valid_until, end + timedelta(days=7))
        self.assertEqual(lot.balance, 100)
        mails = self._get_mails(lines)
        self.assertEqual(len(mails), 1)
        self.assertEqual(mails.body.count("Yoga"), 2)

    def test_who_paid_in_money_keeps_it_as_credit(self):
        """S2-03: one of the class paid 10.00 in money."""
        lines = self._book_class(2)
        start = lines[0].booking_start
        order = self._create_order(self.yoga, partner=self.paul, start=start)
        self._pay(self._invoice(order))
        lines |= order.order_line
        dialog = self._open_many(lines, reason="storm")
        self.assertIn("10.00 paid in money stay as customer credit", dialog.effects)
        dialog.action_apply()
        self.assertEqual(self.paul.booking_credit_lot_ids.balance, 10.0)

    def test_one_order_that_fails_does_not_stop_the_others(self):
        """S2-03: it is named with its reason, and stays as it was."""
        lines = self._book_class(3)
        order_class = type(lines.order_id)
        cancel = order_class._cancel_by_provider

        def fail(order, *args, **kwargs):
            if order == lines[1].order_id:
                cancel(order, *args, **kwargs)
                raise UserError(self.env._("locked by the auditor"))
            return cancel(order, *args, **kwargs)

        dialog = self._open_many(lines, reason="storm", extend_days=7)
        lot = lines[1]._get_paying_lots()
        end = lot.valid_until
        with patch.object(order_class, "_cancel_by_provider", fail):
            dialog.action_apply()
        self.assertEqual(
            dialog.failures,
            f"{lines[1].order_id.name} (Guest 1): locked by the auditor",
        )
        self.assertIn("2 bookings of 2 customers", dialog.done_text)
        self.assertEqual(
            lines.mapped("booking_state"), ["provider", "booked", "provider"]
        )
        self.assertEqual((lot.balance, lot.valid_until), (90, end))
        self.assertFalse(self._get_mails(lines[1]))

    def test_cancelled_for_the_customers_under_their_terms(self):
        """S1-12: half, 5 hours before, for each of them."""
        lines = self._book_class(3, hours=5)
        lots = lines._get_paying_lots()
        dialog = self._open_many(lines, "customer", reason="asked by phone")
        self.assertEqual(dialog.effects.count("5 of 10 credits come back"), 3)
        dialog.action_apply()
        self.assertEqual(lots.mapped("balance"), [95] * 3)
        self.assertEqual(set(lines.mapped("booking_state")), {"cancelled"})

    def test_no_show(self):
        """S1-12: 20 % come back after the start; who has not started is left alone."""
        self.policy.no_show_percent = 20
        lines = self._book_class(2, hours=2)
        later = self._book(hours=20, partner=lines[0].order_id.partner_id)
        lots = lines._get_paying_lots()
        with freeze_time(lines[0].booking_start + timedelta(minutes=20)):
            dialog = self._open_many(lines | later.order_line[0], "no_show")
            self.assertIn("has not started yet", dialog.skipped)
            dialog.action_apply()
        self.assertEqual(set(lines.mapped("booking_state")), {"no_show"})
        self.assertEqual(later.order_line[0].booking_state, "booked")
        self.assertEqual(sorted(lots.mapped("balance")), [82, 92])

    def test_a_no_show_who_did_come(self):
        """The credits are spent on the booking again; no income of no-shows is left."""
        self.policy.no_show_percent = 20
        lines = self._book_class(1, hours=2)
        lots = lines._get_paying_lots()
        value = lots.value
        with freeze_time(lines.booking_end + timedelta(minutes=20)):
            self._open_many(lines, "no_show").action_apply()
            self.env["booking.credit.posting"]._post_due(self.company)
            lines.with_user(self.front_desk).action_came()
            lines.with_user(self.front_desk).action_came()
            self.assertEqual(lines.booking_state, "done")
        self.assertEqual(lots.balance, 90)
        self.assertEqual(lots.value, value)
        account = self.company.booking_credit_no_show_account_id
        items = self.env["account.move.line"].search([("account_id", "=", account.id)])
        self.assertEqual(sum(items.mapped("balance")), 0.0)
        with freeze_time(lines.booking_end + timedelta(minutes=30)):
            lines._cancel_booking(give_all_back=True)
        self.assertEqual(lots.balance, 100)

    def test_a_reason_is_needed_and_days_are_not_taken_off(self):
        lines = self._book_class(1)
        with self.assertRaisesRegex(UserError, "Say why"):
            self._open_many(lines, reason=" ").action_apply()
        with self.assertRaisesRegex(UserError, "whole days"):
            self._open_many(lines, reason="storm", extend_days=-3).action_apply()

    def test_only_the_front_desk_cancels_classes(self):
        salesman = new_test_user(
            self.env,
            "seller",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        lines = self._book_class(1)
        with self.assertRaises(AccessError):
            self._open_many(lines, user=salesman, reason="storm").action_apply()

    def test_the_number_of_queries_does_not_grow_with_the_lines(self):
        """A class on one order: 12 lines need about as many queries as 2."""

        def count(number):
            guest = self.env["res.partner"].create({"name": f"Group of {number}"})
            self._buy(self._create_pack("Big", 1000, 900.0), partner=guest)
            start = fields.Datetime.now() + timedelta(hours=3)
            order = self._create_order(
                *[self.yoga] * number, partner=guest, start=start
            )
            order.action_booking_credit_pay()
            order.action_confirm()
            lines = order.order_line.filtered("booking_ok")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            lines._cancel_booking()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(1)  # warms the caches
        few, many = count(2), count(12)
        self.assertLess(many, few + 30)

    # --- from one order

    def test_one_order_is_cancelled_by_us_with_days_more(self):
        """S2-03: the dialog of the order extends too, and says so."""
        line = self._book_class(1)
        lot = line._get_paying_lots()
        end = lot.valid_until
        dialog = self._open(line.order_id)
        self.assertTrue(dialog.can_extend)
        dialog.write({"reason": "storm", "extend_days": 3})
        self.assertIn("3 days longer", dialog.provider_effects)
        dialog.action_cancel_by_provider()
        self.assertEqual((lot.balance, lot.valid_until), (100, end + timedelta(days=3)))
        self.assertIn("3 days more", self._get_mails(line).body)

    # --- the list

    def test_the_list_says_what_each_booking_is(self):
        lines = self._book_class(1)
        order = self._create_order(
            self.yoga, partner=self.paul, start=lines.booking_start
        )
        order.action_confirm()
        unpaid = order.order_line.with_user(self.front_desk)
        line = lines.with_user(self.front_desk)
        self.assertEqual(line.booking_paid_text, "10 credits")
        self.assertFalse(line.booking_unpaid)
        self.assertTrue(unpaid.booking_unpaid)
        found = line.search([("booking_unpaid", "=", True), ("booking_ok", "=", True)])
        self.assertIn(unpaid, found)
        self.assertNotIn(line, found)
        with freeze_time(line.booking_start + timedelta(days=1)):
            line.invalidate_recordset(["booking_state"])
            self.assertEqual(line.booking_state, "done")
        action = line.action_open_order()
        self.assertEqual(action["res_id"], line.order_id.id)

    def test_every_filter_finds_its_bookings(self):
        """Today, this week, upcoming, past: by the clock of the reader."""
        line = self._book_class(1, hours=1).with_user(self.front_desk)
        view = self.env.ref("booking_credits.sale_order_line_view_search_booking")
        domains = {
            node.get("name"): literal_eval(node.get("domain"))
            for node in etree.fromstring(view.arch).iter("filter")
            if node.get("domain")
        }
        mine = [("id", "=", line.id)]
        found = {name for name, d in domains.items() if line.search(d + mine)}
        self.assertLessEqual({"standing", "upcoming"}, found)
        self.assertFalse({"cancelled", "not_paid", "past"} & found)
        with freeze_time(line.booking_start + timedelta(minutes=1)):
            found = {name for name, d in domains.items() if line.search(d + mine)}
        self.assertLessEqual({"past", "today", "week"}, found)

    def test_the_lists_open_for_the_front_desk(self):
        views = self.env["sale.order.line"].with_user(self.front_desk)
        action = self.env.ref("booking_credits.sale_order_line_action_booking")
        shown = views.get_views([(v, t) for v, t in action.views] + [(None, "search")])
        self.assertLessEqual({"list", "calendar", "search"}, shown["views"].keys())
        self._buy()
        dialog = self._open(self._book(product_uom_qty=2))
        with Form(dialog) as form:
            self.assertIn("20 of 20 credits come back", form.effects)
            form.reason = "ill"
