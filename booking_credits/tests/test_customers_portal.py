from datetime import timedelta

from odoo import fields
from odoo.http import Request
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import format_date

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestPortal(BookingCreditsCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yoga.booking_cancellation_policy_id = cls.policy
        cls.shopper, cls.stranger = (
            new_test_user(
                cls.env,
                login,
                groups="base.group_portal",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for login in ("anna_portal", "other_portal")
        )
        cls.customer = cls.shopper.partner_id

    def _get_page(self, path="", login="anna_portal"):
        self.authenticate(login, login)
        return self.url_open(f"/my/credits{path}").text

    def _get_order_page(self, order, login="anna_portal"):
        self.authenticate(login, login)
        return self.url_open(f"/my/orders/{order.id}").text

    def _cancel(self, order, line=None, csrf=True, **data):
        if csrf:
            data["csrf_token"] = Request.csrf_token(self)
        line = line or order.order_line[0]
        return self.url_open(
            f"/my/orders/{order.id}/bookings/{line.id}/cancel",
            data=data or {"nothing": ""},
        )

    # --- all credits

    def test_customers_see_their_balance_and_history(self):
        """S2-20, S2-21, S3-11: balance, conditions and every movement."""
        self._buy(partner=self.customer)
        order = self._book(partner=self.customer)
        page = self._get_page()
        self.assertIn("90 credits", page)
        self.assertIn("90 of 100 credits left", page)
        self.assertIn("Valid until", page)
        self.assertIn("Paid for Yoga", page)
        self.assertIn(order.name, page)
        self.assertIn("−10 credits", page)

    def test_customers_do_not_see_the_credits_of_others(self):
        lot = self._buy()
        page = self._get_page()
        self.assertIn("no credits to use", page)
        self.assertNotIn(lot.name, page)

    def test_expired_credits_stay_visible(self):
        """S1-32: greyed, with number and date, and not in the usable balance."""
        with freeze_time(fields.Datetime.now() - timedelta(days=400)):
            lot = self._buy(partner=self.customer)
        day = format_date(self.env, lot.valid_until, lang_code="en_US")
        for swept in (False, True):
            if swept:
                lot._expire()
            page = self._get_page()
            self.assertIn("o_booking_credits_closed", page)
            self.assertIn(f"100 credits expired on {day}", page)
            self.assertIn("no credits to use", page)

    def test_usable_credits_come_first_and_used_ones_are_folded(self):
        """S1-32: usable, expired, used up."""
        used = self._buy(self._create_pack("Gone", 10, 9), partner=self.customer)
        self._book(partner=self.customer)
        old = self._buy(self._create_pack("Old", 10, 9), partner=self.customer)
        old.sudo().valid_until = fields.Date.today() - timedelta(days=1)
        self._buy(self._create_pack("Fresh", 10, 9), partner=self.customer)
        self.assertEqual(used.state, "used")
        page = self._get_page()
        positions = [
            page.index("Fresh</a>"),
            page.index("Old</a>"),
            page.index("<details"),
            page.index("Gone</a>", page.index("<details")),
        ]
        self.assertEqual(positions, sorted(positions))

    def test_every_measure_has_its_own_words(self):
        """S2-02, S2-14, S0-30: credits, sessions, money and unlimited side by side."""
        for name, values in (
            ("Card", {"booking_credit_measure": "session"}),
            (
                "Wallet",
                {
                    "booking_credit_measure": "money",
                    "booking_credit_validity_unit": "none",
                    "booking_credit_vat_kind": "multi",
                },
            ),
            (
                "Pass",
                {"booking_credit_unlimited": True, "booking_credit_limit_dates": True},
            ),
        ):
            number = 1 if name == "Wallet" else 10
            pack = self._create_pack(name, number, 35.0, **values)
            self._buy(pack, partner=self.customer)
        page = self._get_page()
        self.assertIn("10 of 10 sessions left", page)
        self.assertRegex(page, r"\$.?35\.00 left")
        self.assertIn("Unlimited", page)
        self.assertIn("Never expires", page)
        self.assertIn("Pays any purchase, wholly or in part", page)

    def test_held_credits_are_explained(self):
        """S1-08: how many, until when, and for what."""
        lot = self._buy(partner=self.customer)
        until = fields.Datetime.now() + timedelta(hours=2)
        lot._hold(70, self.yoga, until=until, reason="the waiting list")
        page = self._get_page()
        self.assertIn("30 of 100 credits left", page)
        self.assertRegex(page, "70 credits held until .* for the waiting list")

    def test_a_gift_voucher_shows_its_code_and_is_not_to_use(self):
        """S2-13, S2-14: the buyer gives the code away."""
        pack = self._create_pack("Gift", 1, 15.0, booking_credit_voucher=True)
        lot = self._buy(pack, partner=self.customer)
        page = self._get_page()
        self.assertIn(lot._get_voucher_code_text(), page)
        self.assertIn("no credits to use", page)

    def test_the_history_is_paged_and_filtered(self):
        """S2-20: by pack and by kind; page after page."""
        lot = self._buy(partner=self.customer)
        other = self._buy(
            self._create_pack("Other", 1, 1.0, booking_credit_measure="session"),
            partner=self.customer,
        )
        for _n in range(25):
            lot._adjust(1, "a present")
        self.assertEqual(self._get_page().count("o_booking_credits_movement"), 20)
        second = self._get_page("/page/2")
        self.assertEqual(second.count("o_booking_credits_movement"), 7)
        self.assertIn("Bought", second)
        one = self._get_page(f"?lot={other.id}")
        self.assertEqual(one.count("o_booking_credits_movement"), 1)
        used = self._get_page("?filterby=used")
        self.assertEqual(used.count("o_booking_credits_movement"), 0)
        self.assertIn("Nothing to show", used)
        self.assertEqual(
            self._get_page("?filterby=nonsense&lot=x").count(
                "o_booking_credits_movement"
            ),
            20,
        )

    def test_the_number_of_queries_does_not_grow_with_the_lots(self):
        """A customer of ten years reads the page as fast as a new one."""
        self._buy(partner=self.customer)
        self._buy(partner=self.customer)._hold(5, self.yoga)
        self._get_page()
        self.env.flush_all()

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.url_open("/my/credits")
            return self.cr.sql_log_count - before

        count()
        few = count()
        for _n in range(8):
            self._buy(partner=self.customer)._hold(5, self.yoga)
        self.assertLessEqual(count(), few + 2)

    def test_the_portal_home_counts_them(self):
        self._buy(partner=self.customer)
        self.authenticate("anna_portal", "anna_portal")
        counters = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["booking_credit_count"]}
        )
        self.assertEqual(counters["booking_credit_count"], 1)

    def test_a_guest_is_asked_to_sign_in(self):
        """S1-28."""
        self.authenticate(None, None)
        response = self.url_open("/my/credits", allow_redirects=False)
        self.assertEqual(response.status_code, 303)

    # --- one batch

    def test_one_batch_shows_its_conditions(self):
        """S1-21, S2-21: scope, validity and the cancellation terms from the tiers."""
        self._create_service("Swim", 1, 1.0)
        pack = self._create_pack(
            "Yoga only",
            10,
            90.0,
            booking_credit_product_ids=self.yoga.product_tmpl_id.ids,
            booking_credit_cap_day=1,
            booking_credit_limit_dates=True,
        )
        lot = self._buy(pack, partner=self.customer)
        page = self._get_page(f"/{lot.id}")
        for text in (
            "Pays for Yoga",
            "Bookings a day: at most 1.",
            "Only for bookings that take place while they are valid",
            "50 % of the credits come back",
            "Bought",
        ):
            self.assertIn(text, page)
        self.assertNotIn("Swim", page)

    def test_another_customer_s_batch_is_not_shown(self):
        """Ownership: somebody else's and a missing batch lead back to one's own."""
        lot = self._buy()
        for path in (f"/{lot.id}", "/999999"):
            page = self._get_page(path)
            self.assertNotIn(lot.name, page)
            self.assertIn("no credits to use", page)

    # --- orders

    def test_the_order_says_what_credits_paid_and_what_comes_back(self):
        """S1-21, S1-35: “Paid with 10 credits”, terms, and the offer to cancel."""
        self._buy(partner=self.customer)
        order = self._book(partner=self.customer, hours=5)
        page = self._get_order_page(order)
        self.assertIn("Paid with 10 credits", page)
        self.assertIn("Cancel now: 5 of 10 credits come back.", page)
        self.assertIn("50 % of the credits come back", page)

    def test_a_quotation_shows_the_terms_before_the_booking(self):
        """S1-35: the terms are read before anything is agreed."""
        start = fields.Datetime.now() + timedelta(hours=48)
        order = self._create_order(self.yoga, partner=self.customer, start=start)
        order.action_quotation_sent()
        page = self._get_order_page(order)
        self.assertIn("50 % of the credits come back", page)
        self.assertNotIn("Cancel Booking", page)

    def test_customers_cancel_their_booking(self):
        """S1-11, S1-12, S1-14, S1-22, S1-35: at once, under the terms, without staff."""
        lot = self._buy(partner=self.customer)
        order = self._book(partner=self.customer, hours=5)
        self.authenticate("anna_portal", "anna_portal")
        page = self._cancel(order).text
        self.assertIn("Your booking is cancelled.", page)
        self.assertIn("5 of 10 credits came back.", page)
        self.assertNotIn("o_booking_cancel_confirm", page)
        self.env.invalidate_all()
        self.assertEqual(lot.balance, 95)
        self.assertTrue(order.order_line[0].booking_cancel_date)
        self.assertEqual(lot.entry_ids[:1].user_id, self.shopper)
        self.assertEqual(lot.entry_ids[:1].reason, "Cancelled by the customer")

    def test_cancelling_twice_gives_back_once(self):
        """S2-19: the second click says that it is done already."""
        lot = self._buy(partner=self.customer)
        order = self._book(partner=self.customer, hours=5)
        self.authenticate("anna_portal", "anna_portal")
        self._cancel(order)
        self.assertIn("is cancelled already", self._cancel(order).text)
        self.env.invalidate_all()
        self.assertEqual(lot.balance, 95)

    def test_a_booking_that_has_started_stays(self):
        lot = self._buy(partner=self.customer)
        order = self._book(partner=self.customer, hours=5)
        order.order_line[0].booking_start = fields.Datetime.now() - timedelta(hours=1)
        self.authenticate("anna_portal", "anna_portal")
        self.assertIn("can no longer be cancelled", self._cancel(order).text)
        self.env.invalidate_all()
        self.assertEqual(lot.balance, 90)

    def test_nobody_cancels_the_booking_of_another(self):
        """Ownership: neither with an account, nor through an order of one's own."""
        lot = self._buy(partner=self.customer)
        order = self._book(partner=self.customer, hours=48)
        self._buy(partner=self.stranger.partner_id)
        own = self._book(partner=self.stranger.partner_id)
        self.authenticate("other_portal", "other_portal")
        self._cancel(order)
        self._cancel(order, access_token="wrong")
        self._cancel(own, line=order.order_line[0])
        self.authenticate(None, None)
        self._cancel(order)
        self.env.invalidate_all()
        self.assertEqual(lot.balance, 90)
        self.assertFalse(order.order_line[0].booking_cancel_date)

    def test_a_forged_request_cancels_nothing(self):
        """CSRF: without the token of the session nothing happens; nor by GET."""
        lot = self._buy(partner=self.customer)
        order = self._book(partner=self.customer, hours=48)
        self.authenticate("anna_portal", "anna_portal")
        with self.assertLogs("odoo.http", "WARNING"):
            response = self._cancel(order, csrf=False)
        self.assertEqual(response.status_code, 400)
        line = order.order_line[0]
        url = f"/my/orders/{order.id}/bookings/{line.id}/cancel"
        self.assertGreaterEqual(self.url_open(url).status_code, 400)
        self.env.invalidate_all()
        self.assertEqual(lot.balance, 90)

    def test_cancelling_in_the_browser(self):
        """S1-35: open the order, read what comes back, confirm, read what came back."""
        lot = self._buy(partner=self.customer)
        order = self._book(partner=self.customer, hours=5)
        self.start_tour(
            f"/my/orders/{order.id}",
            "booking_credits_portal_cancel",
            login="anna_portal",
        )
        self.env.invalidate_all()
        self.assertEqual(lot.balance, 95)
