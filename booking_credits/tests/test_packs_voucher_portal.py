from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestPortalVoucher(BookingCreditsCommon, HttpCase):
    """Gift vouchers on the customer's pages: entered, and sent as a present."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer, cls.friend, cls.third = (
            new_test_user(
                cls.env,
                login,
                groups="base.group_portal",
                name=login.title(),
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for login in ("paul_gift", "marie_gift", "third_gift")
        )
        cls.gift = cls._create_pack(
            "Gift: a class",
            1,
            10.0,
            booking_credit_measure="session",
            booking_credit_voucher=True,
        )

    def setUp(self):
        super().setUp()
        self.voucher = self._buy(self.gift, partner=self.buyer.partner_id)

    def _post(self, path, login, csrf=True, **data):
        self.authenticate(login, login)
        if csrf:
            data["csrf_token"] = Request.csrf_token(self)
        return self.url_open(path, data=data)

    def _enter(self, code, login="marie_gift"):
        return self._post("/my/credits/voucher", login, code=code)

    def _lots(self, user):
        return self.env["booking.credit.lot"].search(
            [("partner_id", "=", user.partner_id.id)]
        )

    def test_a_code_as_printed_gives_the_credits_once(self):
        """S2-13, S2-14: spaces and case do not matter; a second press gives no more."""
        code = self.voucher._get_voucher_code_text().lower()
        for _press in range(2):
            answer = self._enter(code)
            self.assertIn("The gift voucher is yours.", answer.text)
        lot = self._lots(self.friend)
        self.assertEqual(
            (lot.measure, lot.balance, self.voucher.balance), ("session", 1, 0)
        )
        self.assertFalse(lot.code)

    def test_a_used_or_unknown_code_says_nothing_of_others(self):
        """S2-14: neither who bought it, nor who used it."""
        code = self.voucher.code
        self._enter(code)
        page = self._enter(code, "third_gift").text
        self.assertIn("was used already", page)
        self.assertFalse(self._lots(self.third))
        for name in ("Paul_Gift", "Marie_Gift"):
            self.assertNotIn(name, page)
        for typed in (self.voucher.name, "%", "", "XXXX"):
            page = self._enter(typed, "third_gift").text
            self.assertIn("There is no gift voucher", page)
            self.assertNotIn("Paul_Gift", page)

    def test_who_bought_it_may_use_it(self):
        """S2-13: from then on it is an ordinary lot."""
        self._enter(self.voucher.code, "paul_gift")
        self.assertFalse(self.voucher.code)
        self.assertEqual(self.voucher.balance, 1)

    @mute_logger("odoo.http")
    def test_a_link_or_another_site_claims_nothing(self):
        """POST with its token only, and signed in."""
        code = self.voucher.code
        answer = self._post("/my/credits/voucher", "marie_gift", csrf=False, code=code)
        self.assertEqual(answer.status_code, 400)
        self.url_open(f"/my/credits/voucher?code={code}")
        self.authenticate(None, None)
        self.url_open(
            "/my/credits/voucher",
            data={"code": code, "csrf_token": Request.csrf_token(self)},
        )
        self.assertFalse(self._lots(self.friend))
        self.assertEqual(self.voucher.balance, 1)

    def test_a_voucher_of_another_company_is_not_claimed_here(self):
        """Credits are owed by the company that sold them."""
        other = self.setup_other_company()["company"]
        self.third.sudo().write(
            {"company_id": other.id, "company_ids": [(6, 0, other.ids)]}
        )
        lots = self.env["booking.credit.lot"].with_user(self.third)
        with self.assertRaisesRegex(Exception, "There is no gift voucher"):
            lots.with_company(other)._claim_as_customer(self.voucher.code)

    def test_send_it_as_a_present(self):
        """S2-13: one mail with code and message, however often the button is pressed."""
        path = f"/my/credits/{self.voucher.id}/send"
        for _press in range(2):
            page = self._post(
                path,
                "paul_gift",
                email="Friend <friend@example.com>",
                name="Marie",
                message="Happy <b>birthday</b>!",
            ).text
            self.assertIn("Sent to friend@example.com", page)
        mail = self.env["mail.mail"].search([("email_to", "=", "friend@example.com")])
        self.assertEqual(len(mail), 1)
        self.assertIn(self.voucher._get_voucher_code_text(), mail.body_html)
        self.assertIn("Happy &lt;b&gt;birthday&lt;/b&gt;!", mail.body_html)
        self.assertIn("Paul_Gift", mail.subject)
        page = self._post(path, "paul_gift", email="another@example.com").text
        self.assertIn("was sent to friend@example.com just now", page)

    def test_only_the_buyer_sends_it(self):
        """Neither another customer, nor to something that is no address."""
        path = f"/my/credits/{self.voucher.id}/send"
        self._post(path, "third_gift", email="thief@example.com")
        self.assertFalse(self.voucher.voucher_email)
        page = self._post(path, "paul_gift", email="nobody").text
        self.assertIn("is no e-mail address", page)
        self.assertFalse(self.voucher.voucher_email)
        self._enter(self.voucher.code)
        self._post(path, "paul_gift", email="late@example.com")
        self.assertFalse(self.voucher.voucher_email)

    def test_enter_a_code_in_the_browser(self):
        """S2-13: with a mistake first, in headless Chromium."""
        self.voucher.sudo().code = "ABCDEFGHJKMN"
        self.start_tour(
            "/my/credits", "booking_portal_voucher", login="marie_gift", timeout=120
        )
        self.assertEqual(self._lots(self.friend).balance, 1)
