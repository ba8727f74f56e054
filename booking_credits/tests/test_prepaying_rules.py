from datetime import date

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from .test_prepaying_orders import PrepaymentCommon


@tagged("post_install", "-at_install")
class TestPrepaymentRule(PrepaymentCommon):
    def test_steps_start_on_their_dates(self):
        """S4-03, S4-05, S4-06: online booking, then a deposit, then the whole price."""
        first = self._rule(kind="none", date_from="2026-01-01")
        second = self._deposit(date_from="2026-03-01")
        third = self._rule(kind="full", date_from="2026-09-01")
        for day, rule, asked in (
            ("2026-02-28 23:00:00", first, 0.0),
            ("2026-03-01 00:00:00", second, 20.0),
            ("2026-08-31 23:59:59", second, 20.0),
            ("2026-09-01 00:00:00", third, 60.0),
        ):
            with freeze_time(day):
                order = self._quote(self.massage)
                self.assertEqual(order._get_prepayment_required_amount(), asked, day)
                (first | second | third).invalidate_recordset(["state"])
                self.assertEqual(rule.state, "running", day)
        with freeze_time("2026-03-01"):
            (first | second | third).invalidate_recordset(["state"])
            self.assertEqual(first.state, "replaced")
            self.assertEqual(third.state, "later")

    def test_the_day_begins_in_the_time_zone_of_the_company(self):
        """S4-03: 1 March in Tokyo is still 28 February in UTC."""
        self.company.booking_credit_tz = "Asia/Tokyo"
        self._deposit(date_from="2026-03-01")
        with freeze_time("2026-02-28 14:59:00"):
            order = self._quote(self.massage)
            self.assertEqual(order._get_prepayment_required_amount(), 0.0)
        with freeze_time("2026-02-28 15:00:00"):
            order = self._quote(self.massage)
            self.assertEqual(order._get_prepayment_required_amount(), 20.0)

    def test_the_narrowest_rule_wins(self):
        """S4-08: one service, then its category, then all; not the latest of all."""
        today = self.company._booking_credit_today()
        body = self.su["product.category"].create({"name": "Body"})
        below = self.su["product.category"].create(
            {"name": "Massages", "parent_id": body.id}
        )
        self.massage.categ_id = below
        service = self.massage.product_tmpl_id
        wide = self._rule(kind="full")
        self.assertEqual(self._found(), wide)
        old = fields.Date.subtract(today, days=30)
        category = self._deposit(scope="category", categ_ids=body.ids, date_from=old)
        self.assertEqual(self._found(), category)
        own = self._rule(
            kind="none", scope="product", product_ids=service.ids, date_from=old
        )
        self.assertEqual(self._found(), own)
        self.assertEqual(self._found(self.yoga), wide)

    def _found(self, product=None):
        rules = self.rules._get_rules(
            self.company, self.company._booking_credit_today()
        )
        return rules._find(product or self.massage)

    def test_a_rule_says_what_it_asks(self):
        """S4-01: in words, in the list."""
        money = self.company.currency_id.format(20.0)
        self.assertEqual(self._deposit().summary, f"{money} for each booking")
        percent = self._rule(kind="deposit", percent=12.5)
        self.assertEqual(percent.summary, "12.5 % of the price")
        self.assertEqual(self._rule(kind="full").summary, "The whole price")
        self.assertEqual(self._rule(kind="none").summary, "Nothing")

    def test_a_rule_makes_sense(self):
        """S4-01: an amount, a percentage up to 100, services to be about."""
        with self.assertRaisesRegex(ValidationError, "more than zero"):
            self._deposit(amount=0.0)
        for percent in (0.0, 100.5):
            with self.assertRaisesRegex(ValidationError, "at most 100"):
                self._rule(kind="deposit", percent=percent)
        with self.assertRaisesRegex(ValidationError, "choose them"):
            self._rule(scope="product")

    def test_only_managers_make_rules(self):
        """S4-01: the front desk reads them; other companies do not."""
        rule = self._deposit()
        self.assertEqual(rule.with_user(self.desk).summary, rule.summary)
        with self.assertRaises(AccessError):
            rule.with_user(self.desk).amount = 1.0
        with self.assertRaises(AccessError):
            rule.with_user(self.desk).action_tell_customers()
        company = self.su["res.company"].create({"name": "Other studio"})
        stranger = new_test_user(
            self.su,
            "modes_stranger",
            groups="booking_credits.booking_credits_group_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        with self.assertRaises(AccessError):
            rule.with_user(stranger).read(["name"])
        self.assertFalse(self.rules.with_user(stranger).search([]))

    def test_a_portal_customer_is_asked_without_reading_rules(self):
        """S4-01: the page of the quotation works for its customer."""
        portal = new_test_user(self.su, "prepay_portal", groups="base.group_portal")
        self._deposit()
        order = self._quote(self.massage, partner=portal.partner_id)
        order.sudo().action_quotation_sent()
        order = order.with_user(portal)
        self.assertEqual(order._get_prepayment_required_amount(), 20.0)
        self.assertTrue(order._has_to_be_paid())
        with self.assertRaises(AccessError):
            self.rules.with_user(portal).search([])


@tagged("post_install", "-at_install")
class TestPrepaymentNotice(PrepaymentCommon):
    def _booked(self, name, day=None, product=None, **values):
        customer = self.su["res.partner"].create(
            {"name": name, "email": f"{name.lower()}@example.com", **values}
        )
        order = self._quote(product or self.massage, partner=customer)
        order.action_confirm()
        if day:
            order.sudo().date_order = day
        return customer

    def test_customers_of_the_last_six_months_are_told(self):
        """S4-03: not those before, without an address, or of other services."""
        self.massage.categ_id = self.su["product.category"].create({"name": "Body"})
        told = self._booked("Recent")
        self._booked("Old", day="2020-01-01")
        self._booked("Mute", email=False)
        other = self._booked("Yogi", product=self.yoga)
        wide = self._deposit()
        self.assertEqual(wide._get_customers_to_tell(), told | other)
        narrow = self._deposit(
            scope="product", product_ids=self.massage.product_tmpl_id.ids
        )
        self.assertEqual(narrow._get_customers_to_tell(), told)
        category = self._deposit(scope="category", categ_ids=self.massage.categ_id.ids)
        self.assertIn(told, category._get_customers_to_tell())

    def test_the_mail_says_what_changes_and_is_noted_on_the_rule(self):
        """S4-03: sent from the usual composer, to each customer alone."""
        customer = self._booked("Recent")
        rule = self._deposit(date_from=date(2030, 3, 1))
        action = rule.action_tell_customers()
        composer = self.env["mail.compose.message"].with_user(self.boss)
        composer = composer.with_context(**action["context"]).create({})
        composer.auto_delete = False
        composer.action_send_mail()
        mail = self.su["mail.mail"].search([("recipient_ids", "in", customer.ids)])
        self.assertIn("03/01/2030", mail.body_html)
        self.assertIn("20.00", mail.body_html)
        self.assertIn("pay no deposit", mail.body_html)
        self.assertTrue(rule.notice_date)
        self.assertIn("1 customers were told", rule.message_ids[0].body)

    def test_nobody_to_tell_is_said(self):
        """S4-03: no empty mail dialog."""
        rule = self._deposit()
        with self.assertRaisesRegex(UserError, "Nobody with an e-mail address"):
            rule.action_tell_customers()

    def test_the_text_of_each_step(self):
        """S4-03: from its date, in words."""
        rule = self._rule(kind="full", date_from=date(2030, 3, 1))
        self.assertIn("not confirmed", rule._get_notice_text())
        rule.kind = "none"
        self.assertIn("nothing is to be paid", rule._get_notice_text())
        rule.write(
            {
                "kind": "deposit",
                "scope": "product",
                "product_ids": self.massage.product_tmpl_id.ids,
            }
        )
        self.assertIn("bookings of Massage: 30 % of", rule._get_notice_text())
