from datetime import datetime, timedelta

from odoo import fields, http
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from ..exceptions import InsufficientCreditsError
from .common import BookingCreditsCommon


class KindsCommon(BookingCreditsCommon):
    """Words to sell and book on given days, as the front desk does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = new_test_user(
            cls.env,
            "desk",
            groups="booking_credits.booking_credits_group_user,"
            "account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.lots = cls.env["booking.credit.lot"]
        # the documents below are made as the front desk makes them
        cls.env = cls.env(user=cls.desk)

    def _sell(self, day, **values):
        """Sell a pack of 100 with these terms on ``day``."""
        pack = self.env(su=True)["product.product"].create(
            {
                "name": "Terms",
                "type": "service",
                "invoice_policy": "order",
                "list_price": 90.0,
                "taxes_id": [Command.clear()],
                "booking_credit_pack": True,
                "booking_credit_quantity": 100,
                **values,
            }
        )
        with freeze_time(day):
            return self._buy(pack.with_env(self.env))

    @classmethod
    def _service(cls, price, credits=1, **values):
        """Return a new service that can be booked."""
        service = cls.env(su=True)["product.product"].create(
            {
                "name": "Service",
                "type": "service",
                "list_price": price,
                "taxes_id": [Command.clear()],
                "booking_ok": True,
                "booking_credit_price": credits,
                **values,
            }
        )
        return service.with_env(cls.env)

    def _book_at(self, start, product=None, **line_values):
        """Book with credits a class that starts at ``start``, in UTC."""
        order = self._create_order(product or self.yoga, start=start, **line_values)
        order.action_booking_credit_pay()
        order.action_confirm()
        return order

    def assertRefused(self, start, text):
        with self.assertRaisesRegex(InsufficientCreditsError, text):
            self._book_at(start)


@tagged("post_install", "-at_install")
class TestPasses(KindsCommon):
    """Unlimited credits, their end and their caps."""

    def _sell_pass(self, day, **values):
        return self._sell(
            day,
            booking_credit_unlimited=True,
            **{"booking_credit_validity_unit": "none", **values},
        )

    def test_a_friend_of_the_house_books_fifty_times(self):
        """S0-30: never asked to buy; order and contact say “unlimited”."""
        lot = self.lots.sudo().grant(self.anna, 0, "friend", unlimited=True).lot_id
        for _n in range(50):
            order = self._book()
            self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(order.booking_credit_summary, "unlimited")
        anna = self.anna.with_user(self.desk)
        self.assertEqual(anna.booking_credit_summary, "unlimited")
        self.assertEqual(lot.available_text, "unlimited")
        used = lot.entry_ids.filtered(lambda entry: entry.type == "redeem")
        self.assertEqual(len(used), 50)

    def test_other_limits_still_apply_to_unlimited_credits(self):
        """S0-31: one booking a day, two a week, three a month."""
        self._sell_pass(
            "2026-03-01",
            booking_credit_cap_day=1,
            booking_credit_cap_week=2,
            booking_credit_cap_month=3,
        )
        with freeze_time("2026-03-02 08:00:00"):
            self._book_at("2026-03-09 10:00:00")
            self.assertRefused("2026-03-09 18:00:00", "at most 1 bookings a day")
            self._book_at("2026-03-11 10:00:00")
            self.assertRefused("2026-03-15 10:00:00", "2 bookings a week")
            self._book_at("2026-03-16 10:00:00")
            self.assertRefused("2026-03-24 10:00:00", "3 bookings a month")
            self._book_at("2026-04-01 10:00:00")

    def test_two_places_on_one_order_count_twice(self):
        """S0-31: neither two lines nor a quantity of two get around the cap."""
        self._sell_pass("2026-03-01", booking_credit_cap_day=1)
        with freeze_time("2026-03-02 08:00:00"):
            order = self._create_order(
                self.yoga, self.yoga, start="2026-03-09 10:00:00"
            )
            order.action_booking_credit_pay()
            self.assertEqual(len(order.order_line._get_credit_lines()), 1)
            with self.assertRaises(InsufficientCreditsError):
                order.action_booking_credit_pay()
            self.assertEqual(order.amount_total, 10.0)

    def test_two_places_on_one_line_count_twice(self):
        """S0-31: two places are two bookings."""
        self._sell_pass("2026-03-01", booking_credit_cap_day=1)
        with freeze_time("2026-03-02 08:00:00"):
            order = self._create_order(
                self.yoga, start="2026-03-09 10:00:00", product_uom_qty=2
            )
            with self.assertRaisesRegex(InsufficientCreditsError, "a day"):
                order.action_booking_credit_pay()

    def test_a_pass_ends_on_its_last_day(self):
        """S0-32: unlimited until 31 January: 31 January, and not 1 February."""
        self._sell_pass(
            "2026-01-01",
            booking_credit_validity_unit="fixed",
            booking_credit_valid_until="2026-01-31",
            booking_credit_limit_dates=True,
        )
        with freeze_time("2026-01-20 08:00:00"):
            self._book_at("2026-01-31 18:00:00")
            self.assertRefused("2026-02-01 10:00:00", "pays only bookings from")

    def test_a_pass_given_by_hand_is_limited_by_itself(self):
        """S0-32, S0-33: the limit on dates is forced on."""
        with freeze_time("2026-01-01"):
            entry = self.lots.sudo().grant(
                self.anna, 0, "friend", unlimited=True, valid_until="2026-01-31"
            )
        self.assertTrue(entry.lot_id.limit_dates)
        with freeze_time("2026-01-20 08:00:00"):
            self._book_at("2026-01-31 18:00:00")
            self.assertRefused("2026-02-01 10:00:00", "pays only bookings from")

    def test_a_pack_cannot_be_unlimited_with_an_end_and_any_date(self):
        """S0-33: the pack refuses, naming the option."""
        with self.assertRaisesRegex(ValidationError, "Only Dates Within"):
            self._sell_pass("2026-01-01", booking_credit_validity_unit="months")


@tagged("post_install", "-at_install")
class TestBookingWindow(KindsCommon):
    """Credits valid from 1 to 31 January; classes around it."""

    def _sell_january(self, **values):
        return self._sell(
            "2025-12-20",
            booking_credit_validity_unit="fixed",
            booking_credit_valid_from="2026-01-01",
            booking_credit_valid_until="2026-01-31",
            **values,
        )

    def test_any_time_can_be_booked_while_credits_are_valid(self):
        """S0-26: on 20 January a class of 10 February."""
        lot = self._sell_january()
        with freeze_time("2026-01-20 08:00:00"):
            self._book_at("2026-02-10 10:00:00")
        self.assertEqual(lot.balance, 90)

    def test_bookings_only_within_the_validity_of_the_pack(self):
        """S0-27: 31 January accepted; 1 February and 31 December refused."""
        lot = self._sell_january(booking_credit_limit_dates=True)
        self._check_january(lot)

    def test_bookings_only_within_the_validity_for_the_company(self):
        """S0-27 as a setting."""
        self.company.sudo().booking_credit_limit_dates = True
        lot = self._sell_january()
        # what is sold keeps it, whatever the setting says later
        self.company.sudo().booking_credit_limit_dates = False
        self._check_january(lot)

    def _check_january(self, lot):
        with freeze_time("2026-01-20 08:00:00"):
            self._book_at("2026-01-31 23:30:00")
            self.assertRefused("2026-02-01 00:00:00", "not on 02/01/2026")
            self.assertRefused("2025-12-31 10:00:00", "not on 12/31/2025")
            self._book_at("2026-01-01 00:00:00")
        self.assertEqual(lot.balance, 80)

    def test_the_setting_waits_for_the_first_pack(self):
        """S0-28: greyed, with the reason, while there is no pack."""
        packs = self.env(su=True)["product.template"].search(
            [("booking_credit_pack", "=", True)]
        )
        packs.active = False
        settings = self.env(su=True)["res.config.settings"].create({})
        self.assertFalse(settings.booking_credit_has_pack)
        packs.active = True
        settings.invalidate_recordset()
        self.assertTrue(settings.booking_credit_has_pack)
        view = self.env.ref("booking_credits.res_config_settings_view_form").sudo()
        self.assertIn(
            'readonly="not booking_credit_has_pack and not booking_credit_limit_dates"',
            view.arch,
        )
        self.assertIn("Create a credit pack first", view.arch)

    def test_cancelled_after_the_expiry_gives_nothing_back_and_says_why(self):
        """S0-29: class on 31 January 18:00, cancelled on 1 February."""
        lot = self._sell_january(booking_credit_limit_dates=True)
        with freeze_time("2026-01-20 08:00:00"):
            order = self._book_at("2026-01-31 18:00:00")
        with freeze_time("2026-02-01 09:00:00"):
            action = order.action_cancel()
            dialog = self.env["booking.cancel"].browse(action["res_id"])
            self.assertEqual(
                dialog.effects,
                "Yoga: cancel now and 0 of 10 credits come back. "
                f"{lot.name} expired on 01/31/2026: nothing comes back to it.",
            )
            dialog.action_cancel_bookings()
        self.assertEqual(lot.balance, 90, "what was never spent waits for the job")
        bodies = " ".join(order.message_ids.mapped("body"))
        self.assertIn("0 of 10 credits came back", bodies)
        self.assertIn("expired on 01/31/2026", bodies)
        self.assertNotIn("fee", bodies)

    def test_cancelled_before_the_expiry_is_refunded(self):
        """S0-29: cancelled on 30 January."""
        lot = self._sell_january(booking_credit_limit_dates=True)
        with freeze_time("2026-01-20 08:00:00"):
            order = self._book_at("2026-01-31 18:00:00")
        with freeze_time("2026-01-30 09:00:00"):
            order._action_cancel()
        self.assertEqual(lot.balance, 100)


@tagged("post_install", "-at_install")
class TestValidity(KindsCommon):
    """When credits end, proven by what can be booked."""

    def _check_last_day(self, lot, last, zone_hours=0):
        """Check that ``lot`` pays until midnight of ``last``, and not a second more."""
        lot.invalidate_recordset()
        self.assertEqual(str(lot.valid_until), last)
        midnight = datetime.fromisoformat(last) + timedelta(days=1, hours=-zone_hours)
        start = midnight + timedelta(days=9)
        with freeze_time(midnight - timedelta(seconds=1)):
            self._book_at(start)
        with freeze_time(midnight):
            self.assertRefused(start, f"{lot.name} expired on")

    def test_six_months_from_the_end_of_august(self):
        """S1-18: bought on 31 August: until the end of February."""
        lot = self._sell("2026-08-31", booking_credit_validity=6)
        self._check_last_day(lot, "2027-02-28")

    def test_to_the_end_of_the_month(self):
        lot = self._sell(
            "2026-02-10",
            booking_credit_validity_unit="month_end",
            booking_credit_validity=0,
        )
        self._check_last_day(lot, "2026-02-28")

    def test_fixed_dates(self):
        """S0-08, S0-23: not before the first day, not after the last."""
        lot = self._sell(
            "2025-12-20",
            booking_credit_validity_unit="fixed",
            booking_credit_valid_from="2026-01-01",
            booking_credit_valid_until="2026-01-31",
        )
        with freeze_time("2025-12-31 23:59:59"):
            self.assertRefused("2026-01-05 10:00:00", "is valid from 01/01/2026")
        self._check_last_day(lot, "2026-01-31")

    def test_from_the_first_use(self):
        lot = self._sell(
            "2026-01-01",
            booking_credit_starts="first_use",
            booking_credit_validity_unit="days",
            booking_credit_validity=30,
        )
        self.assertFalse(lot.valid_until)
        with freeze_time("2026-05-01 08:00:00"):
            self._book_at("2026-05-03 10:00:00")
        self._check_last_day(lot, "2026-05-31")

    def test_the_last_day_is_whole_when_the_clocks_go_forward(self):
        """29 March 2026 in Paris ends at 22:00 UTC."""
        self.company.sudo().booking_credit_tz = "Europe/Paris"
        lot = self._sell(
            "2026-02-01",
            booking_credit_validity_unit="fixed",
            booking_credit_valid_until="2026-03-29",
        )
        self._check_last_day(lot, "2026-03-29", zone_hours=2)

    def test_the_last_day_is_whole_when_the_clocks_go_back(self):
        """25 October 2026 in Paris ends at 23:00 UTC."""
        self.company.sudo().booking_credit_tz = "Europe/Paris"
        lot = self._sell(
            "2026-02-01",
            booking_credit_validity_unit="fixed",
            booking_credit_valid_until="2026-10-25",
        )
        self._check_last_day(lot, "2026-10-25", zone_hours=1)


@tagged("post_install", "-at_install")
class TestMenus(KindsCommon):
    """A menu is a combo product: several services for one session."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        root = cls.env(su=True)
        cls.cut = cls._service(30.0, credits=3, name="Cut")
        cls.colour = cls._service(50.0, credits=3, name="Colour")
        cls.combos = root["product.combo"].create(
            [
                {
                    "name": service.name,
                    "combo_item_ids": [Command.create({"product_id": service.id})],
                }
                for service in (cls.cut, cls.colour)
            ]
        )
        cls.menu = root["product.product"].create(
            {
                "name": "Cut and colour",
                "type": "combo",
                "list_price": 70.0,
                "taxes_id": [Command.clear()],
                "combo_ids": [Command.set(cls.combos.ids)],
                "booking_ok": True,
                "booking_credit_price": 7,
            }
        )

    def _order_menu(self):
        """Write a quotation with the menu and what was chosen in it."""
        start = fields.Datetime.now() + timedelta(days=2)
        order = self._create_order(self.menu, start=start)
        menu_line = order.order_line
        order.order_line = [
            Command.create(
                {
                    "product_id": combo.combo_item_ids.product_id.id,
                    "combo_item_id": combo.combo_item_ids.id,
                    "linked_line_id": menu_line.id,
                }
            )
            for combo in self.combos
        ]
        return order

    def _sell_card(self, service):
        return self._sell(
            fields.Date.today(),
            booking_credit_measure="session",
            booking_credit_quantity=10,
            booking_credit_product_ids=[Command.set(service.product_tmpl_id.ids)],
        )

    def test_one_session_pays_a_menu_with_all_that_belongs_to_it(self):
        """S3-04: total 0.00, one session; cancelling gives one back."""
        lot = self._sell_card(self.menu)
        order = self._order_menu()
        self.assertEqual(order.amount_total, 70.0)
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(order.booking_credit_spent_text, "1 session")
        order.action_confirm()
        self.assertRecordValues(lot, [{"balance": 9, "value": 81.0}])
        self.assertEqual(order.invoice_status, "invoiced")
        action = order.action_cancel()
        dialog = self.env["booking.cancel"].browse(action["res_id"])
        self.assertIn("1 of 1 session come back", dialog.effects)
        dialog.action_cancel_bookings()
        self.assertRecordValues(lot, [{"balance": 10, "value": 90.0}])

    def test_a_menu_costs_its_own_price_in_credits(self):
        """S3-04: 7 credits, not 7 + 3 + 3."""
        lot = self._sell(fields.Date.today())
        order = self._order_menu()
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual((order.amount_total, lot.balance), (0.0, 93))

    def test_a_card_for_a_cut_refuses_a_colour_and_the_menu(self):
        """S3-04: tied to one exact service."""
        lot = self._sell_card(self.cut)
        start = fields.Datetime.now() + timedelta(days=2)
        with self.assertRaisesRegex(
            InsufficientCreditsError, f"{lot.name} does not pay for “Colour”"
        ):
            self._book_at(start, self.colour)
        with self.assertRaisesRegex(InsufficientCreditsError, "“Cut and colour”"):
            self._order_menu().action_booking_credit_pay()
        self._book_at(start, self.cut)
        self.assertEqual(lot.balance, 9)


@tagged("post_install", "-at_install")
class TestStartingCredit(KindsCommon, HttpCase):
    """What a new customer receives, by the real sign-up page."""

    def _sign_up(self, login="new@example.com"):
        root = self.env(su=True)
        root["ir.config_parameter"].set_param("auth_signup.invitation_scope", "b2c")
        template = root.ref("base.template_portal_user_id")
        template.write(
            {
                "company_ids": [Command.link(self.company.id)],
                "company_id": self.company.id,
            }
        )
        if (
            "website" in root
        ):  # who signs up becomes a customer of the website's company
            root["website"].search([]).company_id = self.company
        self.authenticate(None, None)
        self.url_open(
            "/web/signup",
            data={
                "login": login,
                "name": "New",
                "password": "a good one 123",
                "confirm_password": "a good one 123",
                "csrf_token": http.Request.csrf_token(self),
            },
        )
        return root["res.users"].search([("login", "=", login)]).partner_id

    def test_one_credit_pays_the_first_booking(self):
        """S0-07, S0-14: booked right away, balance 0."""
        self.company.sudo().booking_credit_signup_quantity = 10
        partner = self._sign_up()
        self.assertRecordValues(
            partner.booking_credit_lot_ids,
            [{"origin": "signup", "balance": 10, "value": 0}],
        )
        order = self._book(partner=partner)
        self.assertEqual(order.amount_total, 0.0)
        self.assertEqual(partner.booking_credit_lot_ids.balance, 0)

    def _sign_up_with_money(self):
        self.company.sudo().write(
            {
                "booking_credit_signup_quantity": 5,
                "booking_credit_signup_measure": "money",
                "booking_credit_signup_days": 30,
            }
        )
        return self._sign_up()

    def test_money_is_a_discount_on_the_first_booking(self):
        """S0-15: 5.00 of 20.00: the order and the invoice ask 15.00."""
        partner = self._sign_up_with_money()
        lot = partner.booking_credit_lot_ids
        self.assertFalse(lot.valid_until, "money never expires (S2-10)")
        service = self._service(20.0)
        order = self._create_order(service, partner=partner)
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 15.0)
        invoice = self._invoice(order)
        self.assertRecordValues(
            invoice, [{"amount_total": 15.0, "amount_residual": 15.0}]
        )
        self._pay(invoice)
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(lot.balance, 0)

    def test_the_discount_lowers_the_tax_too(self):
        """S0-15: 5.00 of 24.00 with 20 % VAT: the VAT is that of 19.00."""
        partner = self._sign_up_with_money()
        tax = (
            self.company_data["default_tax_sale"]
            .sudo()
            .copy({"amount": 20, "name": "VAT 20"})
        )
        service = self._service(20.0, taxes_id=[Command.set(tax.ids)])
        order = self._create_order(service, partner=partner)
        order.action_booking_credit_pay()
        invoice = self._invoice(order)
        self.assertRecordValues(
            invoice,
            [{"amount_total": 19.0, "amount_tax": 3.17, "amount_untaxed": 15.83}],
        )

    def test_money_given_and_money_paid_both_pay(self):
        """S0-15, S2-12: given 5.00 lowers the invoice, paid 8.00 settles it."""
        partner = self._sign_up_with_money()
        self._sell_money(8.0, partner)
        service = self._service(20.0)
        order = self._create_order(service, partner=partner)
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 7.0)
        invoice = self._invoice(order)
        self.assertRecordValues(
            invoice, [{"amount_total": 15.0, "amount_residual": 7.0}]
        )

    def _sell_money(self, amount, partner):
        pack = self.env(su=True)["product.product"].create(
            {
                "name": "Customer credit",
                "type": "service",
                "invoice_policy": "order",
                "list_price": amount,
                "taxes_id": [Command.clear()],
                "booking_credit_pack": True,
                "booking_credit_measure": "money",
                "booking_credit_quantity": 1,
                "booking_credit_validity_unit": "none",
                "booking_credit_vat_kind": "multi",
            }
        )
        return self._buy(pack.with_env(self.env), partner=partner)
