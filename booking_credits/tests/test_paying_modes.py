from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..exceptions import InsufficientCreditsError
from .common import BookingCreditsCommon


class ModesCommon(BookingCreditsCommon):
    """A studio that chooses what its bookings are paid with; the front desk books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = new_test_user(
            cls.env,
            "modes_desk",
            groups="booking_credits.booking_credits_group_user,"
            "account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.su = cls.env(su=True)
        cls.company = cls.company.sudo()
        cls.yoga, cls.pack = cls.yoga.sudo(), cls.pack.sudo()
        cls.anna = cls.anna.with_user(cls.desk)

    @classmethod
    def _create_service(cls, name, credits, price, **values):
        service = super()._create_service(name, credits, price, **values)
        return service.sudo()

    @classmethod
    def _create_pack(cls, name, credits, price, **values):
        return super()._create_pack(name, credits, price, **values).sudo()

    def _set_mode(self, mode, **values):
        self.company.write({"booking_payment_mode": mode, **values})

    def _give(self, quantity, measure="credit", partner=None, **values):
        """Give credits as a present; return the lot."""
        lots = self.su["booking.credit.lot"]
        return lots._grant(
            [
                {
                    "partner_id": (partner or self.anna).id,
                    "company_id": self.company.id,
                    "origin": "grant",
                    "measure": measure,
                    "valid_from": self.company._booking_credit_today(),
                    **values,
                }
            ],
            [{"quantity": quantity, "value": 0.0}],
        )

    def _quote(self, *products, hours=48, **values):
        start = fields.Datetime.now() + timedelta(hours=hours)
        order = self._create_order(*(products or [self.yoga]), start=start, **values)
        return order.with_user(self.desk)


@tagged("post_install", "-at_install")
class TestPaymentModes(ModesCommon):
    def test_credits_and_money_stand_side_by_side(self):
        """S0-06: by default a booking is paid with either."""
        self.assertEqual(self.company.booking_payment_mode, "both")
        order = self._quote()
        order.action_confirm()
        self.assertEqual(order.amount_total, 10.0)
        self._give(10)
        order = self._quote()
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(order.amount_total, 0.0)

    def test_a_credit_level_lowers_the_price(self):
        """S0-06 mode A, S0-10: balance 5.00, class 20.00: the customer pays 15.00."""
        self._set_mode("level")
        self.yoga.list_price = 20.0
        self._give(5.0, measure="money")
        order = self._quote()
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 15.0)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_in_the_level_mode_credits_pay_nothing_and_say_so(self):
        """S0-10: bookings are priced in money; the refusal names the rule."""
        lot = self._give(100)
        self._set_mode("level")
        order = self._quote()
        with self.assertRaisesRegex(InsufficientCreditsError, "it is paid in money"):
            order.action_booking_credit_pay()
        self.yoga.booking_payment = "both"
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(lot.balance, 90)

    def test_staff_cannot_choose_credits_for_what_is_paid_in_money(self):
        """S0-10: neither on an order made before the service changed."""
        lot = self._give(100)
        order = self._quote()
        order.action_booking_credit_pay()
        self.yoga.booking_payment = "money"
        with self.assertRaisesRegex(InsufficientCreditsError, "are missing"):
            order.action_confirm()
        self.assertEqual(lot.balance, 100)

    def test_with_credits_only_a_booking_without_them_is_refused(self):
        """S0-11: balance 0: refused, naming what is missing and the pack to buy."""
        self._set_mode("credit_only")
        order = self._quote()
        self.assertEqual(order._get_credit_only_unpaid_lines(), order.order_line)
        with self.assertRaisesRegex(
            InsufficientCreditsError, "Yoga.*Missing: 10 credits.*\n.*100 credits"
        ):
            order.action_confirm()
        self.assertIn(order.state, ("draft", "sent"))

    def test_who_has_enough_credits_is_told_to_use_them(self):
        """S0-11: no pack is proposed to a customer who has what it takes."""
        self._set_mode("credit_only")
        self._give(10)
        order = self._quote()
        with self.assertRaisesRegex(InsufficientCreditsError, "has enough of them"):
            order.action_confirm()
        order.action_booking_credit_pay()
        self.assertFalse(order._get_credit_only_unpaid_lines())
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_no_card_is_asked_for_what_credits_pay(self):
        """S0-11, S1-24: no payment form, nor a payment that somebody begins."""
        self._set_mode("credit_only")
        order = self._quote()
        order.write({"require_payment": True, "prepayment_percent": 1.0})
        self.assertFalse(order._has_to_be_paid())
        with self.assertRaisesRegex(InsufficientCreditsError, "credits only"):
            self._begin_payment(order)
        self.yoga.booking_payment = "both"
        self.assertTrue(order._has_to_be_paid())

    def test_an_entry_pass_pays_a_service_for_credits_only(self):
        """S1-24: one session of a pass is as good as credits."""
        self.yoga.booking_payment = "credit_only"
        lot = self._give(1, measure="session")
        order = self._quote()
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(lot.balance, 0)

    def test_customer_credit_pays_only_if_it_pays_all(self):
        """S0-11: money that was paid ahead is credit, but no money is asked beside it."""
        self.yoga.booking_payment = "credit_only"
        self._give(5.0, measure="money")
        order = self._quote()
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 5.0)
        with self.assertRaises(InsufficientCreditsError):
            order.action_confirm()
        self._give(5.0, measure="money")
        order = self._quote()
        order.action_booking_credit_pay()
        order.action_confirm()
        self.assertEqual(order.amount_total, 0.0)

    def test_money_for_something_else_does_not_pay_a_booking_for_credits(self):
        """S0-11: customer credit for towels pays the towel, not the class beside it."""
        self.yoga.booking_payment = "credit_only"
        towel = self._create_service("Towel", 1, 10.0).sudo()
        self._give(
            10.0,
            measure="money",
            eligible_product_ids=[Command.set(towel.product_tmpl_id.ids)],
        )
        order = self._quote(self.yoga, towel)
        order.action_booking_credit_pay()
        self.assertEqual(order.amount_total, 10.0)
        self.assertEqual(order._get_credit_only_unpaid_lines().product_id, self.yoga)

    def test_a_free_price_in_money_is_no_way_around_credits(self):
        """S0-11: a service without a price in money still costs its credits."""
        self.yoga.write({"booking_payment": "credit_only", "list_price": 0.0})
        order = self._quote()
        with self.assertRaises(InsufficientCreditsError):
            order.action_confirm()

    def test_the_rule_of_a_service_wins(self):
        """S1-24, S4-08: by service, not global."""
        service = self.yoga.product_tmpl_id
        for mode, own, effective in (
            ("both", False, "both"),
            ("level", False, "money"),
            ("credit_only", False, "credit_only"),
            ("credit_only", "money", "money"),
            ("credit_only", "both", "both"),
            ("level", "credit_only", "credit_only"),
        ):
            self._set_mode(mode)
            service.booking_payment = own
            self.assertEqual(
                service._get_booking_payment(self.company), effective, (mode, own)
            )
        self.assertEqual(
            self.pack.product_tmpl_id._get_booking_payment(self.company), "money"
        )

    def test_another_company_has_its_own_rule(self):
        """S0-06: credits only here, money there."""
        other = self.su["res.company"].create({"name": "Other studio"})
        self._set_mode("credit_only")
        service = self.yoga.product_tmpl_id
        self.assertEqual(service._get_booking_payment(other), "both")
        self.assertEqual(service._get_booking_payment(self.company), "credit_only")

    def test_combined_orders_take_money_for_the_rest(self):
        """S1-24: credits for the class, money for what else is on the order."""
        self.yoga.booking_payment = "credit_only"
        massage = self._create_service("Massage", 5, 60.0)
        self._give(10)
        order = self._quote(self.yoga, massage)
        order.require_payment = True
        order.action_booking_credit_pay()
        self.assertFalse(order._get_credit_only_unpaid_lines())
        self.assertTrue(order._has_to_be_paid())
        self.assertEqual(order.amount_total, 60.0)


@tagged("post_install", "-at_install")
class TestPacksThatWouldDo(ModesCommon):
    def setUp(self):
        super().setUp()
        self.yoga.booking_payment = "credit_only"
        # no other pack, whoever made it
        packs = self.su["product.template"].search([("booking_credit_pack", "=", True)])
        packs.sale_ok = False

    def _pack(self, name, credits, price, **values):
        return self._create_pack(name, credits, price, **values).product_tmpl_id

    def _would_do(self, order=None):
        packs = (order or self._quote())._get_packs_that_would_do()
        return packs.filtered(lambda pack: pack.create_uid == self.env.user).mapped(
            "name"
        )

    def test_the_cheapest_pack_that_pays_comes_first(self):
        """S0-11: too small packs are left out."""
        self._pack("Large", 100, 90.0)
        self._pack("Small", 9, 5.0)
        self._pack("Right", 10, 20.0)
        self._pack("Card", 1, 15.0, booking_credit_measure="session")
        self.assertEqual(self._would_do(), ["Card", "Right", "Large"])

    def test_what_the_customer_has_counts(self):
        """S0-11: with 4 credits, a pack of 6 is enough."""
        self._pack("Six", 6, 12.0)
        self.assertEqual(self._would_do(), [])
        self._give(4)
        self.assertEqual(self._would_do(), ["Six"])

    def test_packs_that_this_customer_may_not_buy_are_left_out(self):
        """S0-34, S0-22: not for others' tags, sold-out packs, vouchers, new customers."""
        tag = self.su["res.partner.category"].create({"name": "Students"})
        self._pack("Students", 10, 8.0, booking_credit_tag_ids=tag.ids)
        self._pack("Gone", 10, 8.0, booking_credit_stock_limited=True)
        self._pack("Gift", 10, 8.0, booking_credit_voucher=True)
        self._pack("All", 10, 20.0)
        self.assertEqual(self._would_do(), ["All"])
        self.anna.sudo().category_id = tag
        self.assertEqual(self._would_do(), ["Students", "All"])

    def test_packs_for_other_services_or_days_are_left_out(self):
        """S0-27: the class must be in the scope and in the dates of the pack."""
        other = self._create_service("Massage", 10, 10.0)
        self._pack(
            "Massages", 10, 8.0, booking_credit_product_ids=other.product_tmpl_id.ids
        )
        self._pack(
            "One day",
            10,
            8.0,
            booking_credit_validity=1,
            booking_credit_validity_unit="days",
            booking_credit_limit_dates=True,
        )
        self.assertEqual(self._would_do(), [])

    def test_caps_of_a_pass_count(self):
        """S0-31: a pass of one booking a day does not pay two."""
        self._pack(
            "Pass",
            0,
            50.0,
            booking_credit_unlimited=True,
            booking_credit_cap_day=1,
            booking_credit_validity_unit="none",
        )
        self.assertEqual(self._would_do(), ["Pass"])
        self.assertEqual(self._would_do(self._quote(product_uom_qty=2)), [])

    def test_one_pack_for_all_bookings_is_preferred(self):
        """S0-11: if no pack pays all, those that pay one of them are named."""
        massage = self._create_service(
            "Massage", 10, 10.0, booking_payment="credit_only"
        )
        order = self._quote(self.yoga, massage)
        self._pack("Ten", 10, 20.0)
        self.assertEqual(self._would_do(order), ["Ten"])
        self._pack("Twenty", 20, 35.0)
        self.assertEqual(self._would_do(order), ["Twenty"])

    def test_a_portal_customer_sees_the_same_packs(self):
        """S0-11: the link to the shop leads to packs that this customer sees."""
        portal = new_test_user(self.su, "modes_portal", groups="base.group_portal")
        self._pack("Ten", 10, 20.0)
        order = self._quote(partner=portal.partner_id)
        self.assertEqual(self._would_do(order.with_user(portal).sudo()), ["Ten"])


@tagged("post_install", "-at_install")
class TestPriceDisplay(ModesCommon):
    def _text(self, **values):
        self.company.write(values)
        service = self.yoga.product_tmpl_id
        return service._get_booking_price_text(self.company)

    def test_a_price_in_credits_instead_of_money(self):
        """S0-12: off “20.00”, on “1 credit”; not selectable in other modes."""
        self.yoga.write({"list_price": 20.0, "booking_credit_price": 1})
        money = self.company.currency_id.format(20.0)
        self.assertEqual(self._text(booking_payment_mode="credit_only"), money)
        self.assertEqual(self._text(booking_price_display="credits"), "1 credit")
        with self.assertRaisesRegex(ValidationError, "instead of money"):
            self.company.booking_payment_mode = "level"

    def test_both_prices_side_by_side(self):
        """S1-16: 10.00 in money or 10 credits."""
        money = self.company.currency_id.format(10.0)
        self.assertEqual(
            self._text(booking_price_display="both"), f"{money} or 10 credits"
        )
        self.assertEqual(
            self._text(booking_payment_mode="credit_only"), f"10 credits ({money})"
        )

    def test_a_price_that_cannot_be_paid_is_not_shown(self):
        """S0-12, S1-24: services with a rule of their own."""
        money = self.company.currency_id.format(10.0)
        self.yoga.booking_payment = "credit_only"
        self.assertEqual(self._text(), "10 credits")
        self.yoga.booking_payment = "money"
        self.assertEqual(self._text(booking_price_display="both"), money)
        self.yoga.booking_payment = "both"
        self.assertEqual(
            self._text(
                booking_payment_mode="credit_only", booking_price_display="credits"
            ),
            f"{money} or 10 credits",
        )

    def test_the_page_may_give_its_own_price(self):
        """S1-16: a price list or taxes decide what is shown."""
        euro = self.su.ref("base.EUR")
        self.company.booking_price_display = "both"
        text = self.yoga.product_tmpl_id._get_booking_price_text(
            self.company, 8.5, euro
        )
        self.assertEqual(text, f"{euro.format(8.5)} or 10 credits")

    def test_the_settings_page_does_not_offer_what_cannot_be(self):
        """S0-12: leaving “credits only” shows both prices; the reason is written."""
        pages = self.su["res.config.settings"].with_company(self.company)
        for mode, display in (("credit_only", "credits"), ("level", "both")):
            # whatever comes first: both are saved together
            pages.create(
                {"booking_price_display": display, "booking_payment_mode": mode}
            )
            self.assertEqual(self.company.booking_payment_mode, mode)
            self.assertEqual(self.company.booking_price_display, display)
        page = pages.new(
            {"booking_payment_mode": "both", "booking_price_display": "credits"}
        )
        page._onchange_booking_payment_mode()
        self.assertEqual(page.booking_price_display, "both")
        view = self.su.ref("booking_credits.res_config_settings_payment_view_form")
        self.assertIn("'whitelisted_values': ['money', 'both']", view.arch)
        self.assertIn("only where bookings are paid with credits only", view.arch)

    def test_the_settings_page_counts_whose_credits_would_pay_nothing(self):
        """S0-10: whoever changes the mode is told about credits already sold."""
        self._give(10)
        settings = self.su["res.config.settings"].create({})
        self.assertEqual(settings.booking_payment_unusable, 0)
        settings.booking_payment_mode = "level"
        self.assertEqual(settings.booking_payment_unusable, 1)

    def test_only_managers_change_what_a_service_is_paid_with(self):
        """S1-24: the front desk books, and sets no rules."""
        with self.assertRaises(UserError):
            self.yoga.sudo(False).with_user(
                self.desk
            ).product_tmpl_id.booking_payment = "money"
