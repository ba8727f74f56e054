from datetime import date, timedelta
from decimal import Decimal

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import format_date, mute_logger

from .test_customers_form import CustomerCommon


class StatementCommon(CustomerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shopper, cls.stranger = (
            new_test_user(
                cls.env,
                login,
                groups="base.group_portal",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for login in ("anna_portal", "other_portal")
        )
        cls.customer = cls.shopper.partner_id

    def _state(self, partner=None, user=None, **period):
        """Return the statement as ``user`` reads it."""
        partner = (partner or self.customer).with_user(user or self.env.user)
        company = self.company.with_user(user or self.env.user)
        return partner._get_booking_credit_statement(company, **period)

    def _figures(self, statement):
        return [
            (
                section["title"],
                section["opening"],
                [row["quantity"] for row in section["rows"]],
                section["closing"],
            )
            for section in statement["sections"]
        ]

    def _render(self, partner, user, **data):
        report = self.env["ir.actions.report"].with_user(user)
        html, _kind = report._render_qweb_html(
            "booking_credits.report_statement", partner.ids, data=data
        )
        return html.decode()


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestStatement(StatementCommon):
    """The account of a customer's credits (S4-07, G2 of the ledger)."""

    def _live_a_year(self):
        """Let the customer buy, use, cancel and lose credits over two years."""
        with freeze_time("2025-03-10 10:00:00"):
            self._buy(partner=self.customer)
            self._book(partner=self.customer)
        with freeze_time("2025-06-02 10:00:00"):
            self._buy(self.card, partner=self.customer)
            self._buy(self.money, partner=self.customer)
            self._book(self.massage, partner=self.customer)
        with freeze_time("2026-01-15 10:00:00"):
            order = self._book(partner=self.customer)
            order._action_cancel()

    def test_opening_and_movements_make_the_closing_balance(self):
        """S2-20, S4-07: in each section, row by row."""
        self._live_a_year()
        statement = self._state(date_from=date(2025, 6, 1), date_to=date(2025, 12, 31))
        self.assertEqual(
            self._figures(statement),
            [
                ("Credits", Decimal(90), [], Decimal(90)),
                ("Massage (sessions)", 0, [3, -1], Decimal(2)),
                (
                    f"Customer credit ({self.company.currency_id.name})",
                    0,
                    [35],
                    Decimal(35),
                ),
            ],
        )
        whole = self._state(date_from=date(2025, 1, 1), date_to=date(2026, 12, 31))
        for section in whole["sections"]:
            balance = section["opening"]
            for row in section["rows"]:
                balance += row["quantity"]
                self.assertEqual(row["balance"], balance)
            self.assertEqual(section["closing"], balance)

    def test_statements_of_following_periods_join(self):
        self._live_a_year()
        first = self._state(date_from=date(2025, 1, 1), date_to=date(2025, 6, 2))
        second = self._state(date_from=date(2025, 6, 3), date_to=date(2026, 12, 31))
        closing = {s["title"]: s["closing"] for s in first["sections"]}
        opening = {s["title"]: s["opening"] for s in second["sections"]}
        self.assertEqual(closing, opening)

    def test_the_closing_balance_of_today_is_what_the_lots_have(self):
        self._live_a_year()
        lot = self._buy(partner=self.customer)
        lot.sudo()._hold(30, self.yoga)
        self._let_expire(self._give(40, partner=self.customer))
        statement = self._state()
        credits = statement["sections"][0]
        lots = self.customer.booking_credit_lot_ids
        self.assertEqual(
            credits["closing"],
            Decimal(
                str(
                    sum(
                        lots.filtered(lambda x: x.measure == "credit").mapped("balance")
                    )
                )
            ),
        )
        held = [row for row in credits["rows"] if row["entry"].type == "hold"]
        self.assertFalse(held)
        row = next(row for row in statement["lots"] if row["lot"] == lot)
        self.assertEqual(row["left"], "70 credits")
        self.assertIn("30 credits held", row["holds"][0])
        self.assertIn("Valid until", row["validity"])

    def test_what_has_expired_is_not_to_use(self):
        """S1-32: also before the nightly job writes it off."""
        self._let_expire(self._give(40, partner=self.customer), sweep=False)
        row = self._state()["lots"][0]
        self.assertEqual((row["left"], row["expired"]), ("", True))
        self.assertIn("40 credits expired on", row["validity"])

    def test_unlimited_passes_show_their_uses_without_a_balance(self):
        self.lots.grant(self.customer, 0, "prize", unlimited=True)
        self._book(partner=self.customer)
        section = self._state()["sections"][0]
        self.assertEqual(section["title"], "Unlimited (uses)")
        self.assertEqual(section["closing_text"], "")
        self.assertEqual(section["rows"][-1]["quantity"], -10)

    def test_an_extension_is_on_the_statement(self):
        lot = self._give(5, partner=self.customer, days=5)
        lot.extend("closed for a week", days=7)
        rows = self._state()["sections"][0]["rows"]
        self.assertEqual(rows[-1]["title"], "Extended")
        self.assertIn("closed for a week", rows[-1]["details"])
        self.assertEqual(rows[-1]["quantity_text"], "")

    def test_the_customer_and_the_staff_read_the_same_figures(self):
        """S4-07: front desk, manager, accountant and customer."""
        self._live_a_year()
        period = {"date_from": date(2025, 1, 1), "date_to": date(2026, 12, 31)}
        expected = self._figures(self._state(**period))
        self.assertTrue(expected)
        for user in (self.front_desk, self.manager, self.accountant, self.shopper):
            self.env.invalidate_all()
            figures = self._figures(self._state(user=user, **period))
            self.assertEqual(figures, expected, user.login)

    def test_a_member_reads_what_the_company_shares_but_not_who_used_it(self):
        """Own movements only, and what can be used today of the shared credits."""
        club = self.env["res.partner"].create({"name": "Club", "is_company": True})
        self.customer.parent_id = club
        lots = self._give(5, partner=club) | self._give(2, partner=self.customer)
        for user in (self.front_desk, self.shopper):
            self.env.invalidate_all()
            statement = self._state(user=user)
            section = statement["sections"][0]
            self.assertEqual(section["closing"], Decimal(2), user.login)
            shown = {row["number"] for row in statement["lots"]}
            self.assertEqual(shown, set(lots.mapped("name")), user.login)

    def test_the_default_period_is_the_last_twelve_months(self):
        with freeze_time("2026-11-24 10:00:00"):
            statement = self._state()
        self.assertEqual(statement["date_from"], date(2025, 11, 25))
        self.assertEqual(statement["date_to"], date(2026, 11, 24))
        with self.assertRaisesRegex(UserError, "choose a first day"):
            self._state(date_from=date(2026, 2, 1), date_to=date(2026, 1, 1))

    # --- paper

    def test_the_paper_says_it_all(self):
        """S4-07: period, opening, movements, closing, validity, terms, company."""
        lot = self._buy(partner=self.customer)
        order = self._book(partner=self.customer)
        page = self._render(self.customer, self.front_desk)
        for text in (
            "Credit Statement",
            "Opening balance",
            "Closing balance",
            "Paid for Yoga",
            order.name,
            "+100",
            "−10",
            lot.name,
            "Valid until",
            "Pays for every class and service",
            self.company.name,
        ):
            self.assertIn(text, page)

    def test_the_paper_is_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self._give(2, partner=self.customer)
        statement = self._state(user=self.front_desk)
        self.assertEqual(statement["lang"], "fr_FR")
        first = format_date(self.env, statement["date_from"], lang_code="fr_FR")
        self.assertIn(first, self._render(self.customer, self.front_desk))

    def test_the_paper_is_a_pdf(self):
        self._give(2, partner=self.customer)
        report = self.env["ir.actions.report"].with_user(self.shopper)
        content, kind = report.with_context(
            force_report_rendering=True
        )._render_qweb_pdf("booking_credits.report_statement", self.customer.ids)
        self.assertEqual(kind, "pdf")
        self.assertTrue(content.startswith(b"%PDF"))

    def test_only_who_may_read_the_credits_prints_them(self):
        """Neither another customer, nor staff without credits, nor other companies."""
        self._give(2, partner=self.customer)
        salesman = new_test_user(
            self.env, "salesman", groups="sales_team.group_sale_salesman"
        )
        for user in (self.stranger, salesman):
            with self.assertRaises(AccessError):
                self._render(self.customer, user)
        other = self.env["res.company"].create({"name": "Other studio"})
        foreign = new_test_user(
            self.env,
            "foreign",
            groups="booking_credits.booking_credits_group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(AccessError):
            self._render(self.customer, foreign, company_ids=self.company.ids)
        self.assertIn(
            "no credits and no movements", self._render(self.customer, foreign)
        )

    # --- the dialog and the mail

    def _open(self, user):
        action = self.customer.with_user(user).action_booking_credit_statement()
        return Form(
            self.env["booking.credit.statement"]
            .with_user(user)
            .with_context(**action["context"])
        )

    def test_staff_choose_the_period_and_print(self):
        """S4-07: on demand, from the customer."""
        self._live_a_year()
        for user in (self.front_desk, self.accountant):
            dialog = self._open(user)
            dialog.date_from = "2025-01-01"
            dialog.date_to = "2025-05-31"
            self.assertEqual(dialog.closing_text, "Credits: 90")
            action = dialog.save().action_print()
            page = self._render(self.env["res.partner"], user, **action["data"])
            self.assertIn("Paid for Yoga", page)
            self.assertNotIn("Paid for Massage", page)

    def test_staff_send_the_statement_of_that_period(self):
        """S2-21, S4-07: the composer has the mail in the customer's words, attached."""
        self._live_a_year()
        self.customer.email = "anna@example.com"
        self.accountant.group_ids |= self.env.ref("base.group_partner_manager")
        for user in (self.front_desk, self.accountant):
            dialog = self._open(user)
            dialog.date_from = "2025-01-01"
            dialog.date_to = "2025-05-31"
            action = dialog.save().action_send()
            composer = Form(
                self.env[action["res_model"]]
                .with_user(user)
                .with_context(**action["context"])
            ).save()
            self.assertIn(self.company.name, composer.subject)
            self.assertEqual(composer.partner_ids, self.customer)
            content = composer.attachment_ids.raw.decode()
            self.assertIn("Paid for Yoga", content)
            self.assertNotIn("Paid for Massage", content)
            composer._action_send_mail()
            message = self.customer.message_ids[:1]
            self.assertEqual(message.author_id, user.partner_id)
            self.assertEqual(len(message.attachment_ids), 1)

    def test_a_period_that_is_none_is_refused(self):
        dialog = self._open(self.front_desk)
        dialog.date_from = fields.Date.today() + timedelta(days=3)
        wizard = dialog.save()
        for button in (wizard.action_print, wizard.action_send):
            with self.assertRaisesRegex(UserError, "choose a first day"):
                button()


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestStatementPortal(StatementCommon, HttpCase):
    def _get(self, login, query=""):
        self.authenticate(login, login)
        return self.url_open(f"/my/credits/statement{query}")

    def test_customers_print_their_own_statement(self):
        """S2-20, S2-21, S4-07: the same as staff print, and nobody else's."""
        self._buy(partner=self.customer)
        self._book(partner=self.customer)
        self.authenticate("anna_portal", "anna_portal")
        self.assertIn('href="/my/credits/statement"', self.url_open("/my/credits").text)
        page = self._get("anna_portal").text
        for text in ("Credit Statement", "Paid for Yoga", "+100", "−10"):
            self.assertIn(text, page)
        page = self._get("other_portal").text
        self.assertIn("no credits and no movements", page)
        self.assertNotIn("Paid for Yoga", page)

    def test_customers_choose_the_period_in_the_address(self):
        self._buy(partner=self.customer)
        page = self._get("anna_portal", "?date_from=2020-01-01&date_to=2020-12-31").text
        self.assertNotIn("+100", page)
        for query in ("?date_from=rubbish", "?date_from=2031-01-01&date_to=2030-01-01"):
            self.assertIn("+100", self._get("anna_portal", query).text)

    def test_no_address_gives_the_statement_of_somebody_else(self):
        self._buy(partner=self.customer)
        self.authenticate("other_portal", "other_portal")
        with mute_logger("odoo.http"):
            answer = self.url_open(
                f"/report/html/booking_credits.report_statement/{self.customer.id}"
            )
        self.assertNotIn("+100", answer.text)
        self.authenticate(None, None)
        answer = self.url_open("/my/credits/statement", allow_redirects=False)
        self.assertIn(answer.status_code, (302, 303))
