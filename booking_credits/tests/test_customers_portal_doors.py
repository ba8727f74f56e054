from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.packs.booking_voucher_attempt import MOST_WRONG
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestPortalDoors(BookingCreditsCommon, HttpCase):
    """Addresses and forms of customers say what they like: a page answers, no error."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls.env["res.partner"].create({"name": "Firm", "is_company": True})

        def portal(login, **values):
            return new_test_user(
                cls.env,
                login,
                groups="base.group_portal",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
                **values,
            )

        cls.mia, cls.tom = portal("mia_firm"), portal("tom_firm")
        (cls.mia.partner_id | cls.tom.partner_id).parent_id = cls.firm
        cls.eve = portal("eve_alone")

    def _post(self, path, **data):
        return self.url_open(
            path, data={**data, "csrf_token": Request.csrf_token(self)}
        )

    def test_no_address_and_no_form_is_a_server_error(self):
        """L3: signs that look like digits, numbers that are none, NUL."""
        lot = self._buy(partner=self.mia.partner_id)
        gift = self._create_pack("Gift", 10, 9.0, booking_credit_voucher=True)
        voucher = self._buy(gift, partner=self.mia.partner_id)
        self.authenticate("mia_firm", "mia_firm")
        huge = "9" * 30
        for path in (
            "/my/credits?lot=²",
            "/my/credits?lot=٣",
            f"/my/credits?lot={huge}",
            f"/my/credits/{huge}",
            f"/my/credits/{lot.id}?filterby=nothing",
            f"/my/credits/page/{huge}",
            f"/my/credits/bookings/page/{huge}",
            "/my/credits/statement?date_from=rubbish&date_to=0000",
            "/booking_credits/report/booking.credit.liability.xlsx?options=[",
            "/booking_credits/report/booking.credit.liability.xlsx?options=[1]",
            "/booking_credits/report/no.such.report.xlsx",
            "/report/html/booking_credits.report_statement/1?company_ids=[1]",
        ):
            with (
                self.subTest(path),
                mute_logger("odoo.http", "odoo.addons.base.models.ir_rule"),
            ):
                self.assertLess(self.url_open(path).status_code, 500)
        for path, data in (
            ("/my/credits/voucher", {"code": "A\0B"}),
            ("/my/credits/voucher", {"code": "²" * 500}),
            (
                f"/my/credits/{voucher.id}/send",
                {"email": "a\0@b.c", "name": "\0", "message": "\0"},
            ),
            (f"/my/credits/{huge}/send", {}),
            (f"/my/orders/{huge}/bookings/{huge}/cancel", {}),
            ("/my/orders/1/bookings/1/move", {"booking_start": "²"}),
        ):
            with self.subTest(path, **data):
                self.assertLess(self._post(path, **data).status_code, 500)

    def test_accountants_get_a_sentence_for_options_that_are_none(self):
        self.authenticate("bookkeeper", "bookkeeper")
        for options in ("[", "[1]", '{"company_ids": "x"}', '{"date_to": "soon"}'):
            path = "/booking_credits/report/booking.credit.liability.xlsx?options="
            with self.subTest(options), mute_logger("odoo.http"):
                answer = self.url_open(path + options)
                self.assertIn(answer.status_code, (400, 422))

    def test_who_guesses_codes_has_to_wait(self):
        """L11: ten wrong codes an hour, then a right one does not do either."""
        gift = self._create_pack("Gift", 10, 9.0, booking_credit_voucher=True)
        voucher = self._buy(gift)
        self.authenticate("eve_alone", "eve_alone")
        for number in range(MOST_WRONG):
            answer = self._post("/my/credits/voucher", code=f"WRONG{number}")
            self.assertIn("There is no gift voucher", answer.text)
        for code in ("WRONG", voucher.code):
            answer = self._post("/my/credits/voucher", code=code)
            self.assertIn("Too many wrong voucher codes", answer.text)
        # another account at the same address waits as well
        self.authenticate("mia_firm", "mia_firm")
        answer = self._post("/my/credits/voucher", code=voucher.code)
        self.assertIn("Too many wrong voucher codes", answer.text)
        self.env.cr.execute(
            "UPDATE booking_voucher_attempt SET create_date = "
            "create_date - interval '61 minutes'"
        )
        self.env.invalidate_all()
        answer = self._post("/my/credits/voucher", code=voucher.code)
        self.assertIn("The gift voucher is yours.", answer.text)

    def test_members_of_a_pool_see_their_own_movements(self):
        """What a colleague booked is not theirs to read; what is left is."""
        lot = self._buy(partner=self.firm)
        mine = self._book(partner=self.mia.partner_id)
        theirs = self._book(partner=self.tom.partner_id)
        self.assertEqual(lot.balance, 80)
        self.authenticate("mia_firm", "mia_firm")
        for path in (f"/my/credits/{lot.id}", "/my/credits"):
            page = self.url_open(path).text
            self.assertIn("80", page)
            self.assertIn(mine.name, page)
            self.assertNotIn(theirs.name, page)
        statement = self.url_open("/my/credits/statement").text
        self.assertNotIn(theirs.name, statement)
        for model in ("booking.credit.entry", "booking.credit.operation"):
            records = self.env[model].with_user(self.mia).search([])
            documents = set(records.sudo().mapped("document"))
            self.assertTrue(any(mine.name in (name or "") for name in documents))
            self.assertFalse(any(theirs.name in (name or "") for name in documents))
        # the company itself sees all
        firm = new_test_user(self.env, "firm_self", groups="base.group_portal")
        firm.partner_id = self.firm
        entries = self.env["booking.credit.entry"].with_user(firm).search([])
        self.assertEqual(entries, lot.sudo().entry_ids)

    def test_a_statement_without_a_printer_is_a_page(self):
        """No wkhtmltopdf: the customer reads it all the same."""
        self._buy(partner=self.eve.partner_id)
        self.authenticate("eve_alone", "eve_alone")
        with (
            patch.object(
                self.registry["ir.actions.report"],
                "_render_qweb_pdf",
                side_effect=UserError("Unable to find Wkhtmltopdf"),
            ),
            mute_logger("odoo.addons.booking_credits.controllers.statement"),
        ):
            answer = self.url_open("/my/credits/statement")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("100 credits", answer.text)

    def test_a_voucher_whose_mail_fails_is_not_sent_and_nothing_else(self):
        gift = self._create_pack("Gift", 10, 9.0, booking_credit_voucher=True)
        voucher = self._buy(gift, partner=self.eve.partner_id)
        self.authenticate("eve_alone", "eve_alone")
        template = self.registry["mail.template"]
        with (
            patch.object(template, "send_mail", side_effect=OSError("no mail today")),
            mute_logger("odoo.addons.booking_credits.safely"),
        ):
            answer = self._post(
                f"/my/credits/{voucher.id}/send", email="friend@example.com", name="F"
            )
        self.assertIn("could not be sent just now", answer.text)
        self.assertFalse(voucher.voucher_sent_date)
        self.assertIn("no mail today", voucher.message_ids[0].body)
        self._post(f"/my/credits/{voucher.id}/send", email="friend@example.com")
        self.assertEqual(voucher.voucher_email, "friend@example.com")
