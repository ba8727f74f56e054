from unittest import SkipTest

from odoo.fields import Command
from odoo.tests import tagged

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestLoyalty(ShopCommon):
    """Promotions and eWallets of Odoo on the same cart."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "loyalty.program" not in cls.env:
            raise SkipTest("needs website_sale_loyalty")
        cls.env["loyalty.program"].search([]).active = False
        cls.mat = cls.env["product.product"].create(
            {
                "name": "Mat",
                "type": "service",
                "list_price": 20.0,
                "taxes_id": [Command.clear()],
                "is_published": True,
            }
        )

    def _create_promotion(self):
        """Return a promotion of 10 % for every order."""
        return self.env["loyalty.program"].create(
            {
                "name": "Ten percent",
                "program_type": "promotion",
                "trigger": "auto",
                "applies_on": "current",
                "rule_ids": [Command.create({"minimum_amount": 0})],
                "reward_ids": [
                    Command.create(
                        {
                            "reward_type": "discount",
                            "discount": 10,
                            "discount_mode": "percent",
                            "discount_applicability": "order",
                        }
                    )
                ],
            }
        )

    def test_a_promotion_lowers_what_is_paid_in_money_only(self):
        """A class for credits and a mat of 20.00 with 10 % off: 18.00 to pay."""
        self._create_promotion()
        self._buy()
        self._sign_in()
        self._add(self.yoga)
        order = self._cart()
        self.assertEqual(order.amount_total, 0.0)
        self._add(self.mat)
        self.assertEqual(order.amount_total, 18.0)
        self._post("/shop/cart/credits", use="none")
        self.assertEqual(order.amount_total, 27.0)
        self._post("/shop/cart/credits", use="best")
        self.assertEqual(order.amount_total, 18.0)

    def test_a_class_for_credits_is_booked_with_a_promotion_running(self):
        """S0-01: nothing is left to pay, and nothing is below zero."""
        self._create_promotion()
        lot = self._buy()
        self._sign_in()
        self._add(self.yoga)
        self._post("/shop/cart/book")
        order = self._cart()
        self.assertEqual((order.state, order.amount_total), ("sale", 0.0))
        self.assertEqual(lot.balance, 90)

    def test_an_ewallet_pays_what_credits_leave(self):
        """S0-10: credits, then the eWallet, then the card."""
        program = self.env["loyalty.program"].create(
            {
                "name": "eWallet",
                "program_type": "ewallet",
                "trigger": "auto",
                "applies_on": "future",
                "reward_ids": [
                    Command.create(
                        {
                            "reward_type": "discount",
                            "discount_mode": "per_point",
                            "discount": 1,
                        }
                    )
                ],
            }
        )
        self.env["loyalty.card"].create(
            {"program_id": program.id, "partner_id": self.anna.id, "points": 5}
        )
        self._buy()
        self._sign_in()
        self._add(self.yoga)
        self._add(self.mat)
        order = self._cart()
        card = program.coupon_ids
        order._apply_program_reward(program.reward_ids, card)
        order._update_programs_and_rewards()
        self.assertEqual(order.amount_total, 15.0)
        self._post("/shop/cart/credits", use="none")
        self.assertEqual(order.amount_total, 25.0)

    def _create_gift_card(self, amount):
        """Return a gift card worth ``amount``, with its program."""
        program = self.env["loyalty.program"].create(
            {
                "name": "Gift cards",
                "program_type": "gift_card",
                "trigger": "auto",
                "applies_on": "future",
                "reward_ids": [
                    Command.create(
                        {
                            "reward_type": "discount",
                            "discount_mode": "per_point",
                            "discount": 1,
                            "discount_applicability": "order",
                        }
                    )
                ],
            }
        )
        return self.env["loyalty.card"].create(
            {"program_id": program.id, "points": amount, "code": "GIFT-CARD-1"}
        )

    def test_a_gift_card_pays_what_credits_leave(self):
        """S0-10: a class for credits, a mat of 20.00 less 12.00 of the card."""
        card = self._create_gift_card(12)
        lot = self._buy()
        self._sign_in()
        self._add(self.yoga)
        self._add(self.mat)
        order = self._cart()
        self._post("/shop/pricelist", promo=card.code)
        self.assertEqual(order.amount_total, 8.0)
        self._post("/shop/cart/credits", use="none")
        self.assertEqual(order.amount_total, 18.0)
        self._post("/shop/cart/credits", use="best")
        self.assertEqual(order.amount_total, 8.0)
        self.assertEqual((lot.balance, lot.held), (100, 0))

    def test_a_gift_card_buys_a_pack(self):
        """S1-26: paid wholly with the card, its credits come with the invoice."""
        card = self._create_gift_card(100)
        self._sign_in()
        self._add(self.pack)
        order = self._cart()
        self._post("/shop/pricelist", promo=card.code)
        self.assertEqual(order.amount_total, 0.0)
        self.url_open("/shop/checkout")
        self._post("/shop/payment/validate")
        self.assertEqual(order.state, "sale")
        self.assertEqual(card.points, 10)
        if not order.invoice_ids:
            order._create_invoices().action_post()
        lot = order.booking_credit_lot_ids
        self.assertEqual((lot.available, lot.value), (100, 90.0))

    def test_a_price_list_changes_money_and_not_credits(self):
        """S0-12: half the price in money; 10 credits stay 10 credits."""
        self.env.ref("base.group_user").implied_ids |= self.env.ref(
            "product.group_product_pricelist"
        )
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Half",
                "company_id": self.company.id,
                "website_id": self.website.id,
                "selectable": True,
                "item_ids": [
                    Command.create(
                        {
                            "compute_price": "percentage",
                            "percent_price": 50,
                            "applied_on": "3_global",
                        }
                    )
                ],
            }
        )
        self.anna.with_company(
            self.company
        ).specific_property_product_pricelist = pricelist
        self._sign_in()
        self._add(self.yoga)
        order = self._cart()
        self.assertEqual((order.pricelist_id, order.amount_total), (pricelist, 5.0))
        lot = self._buy()
        self.url_open("/shop/cart")
        self.assertEqual(order.amount_total, 0.0)
        self._post("/shop/cart/book")
        self.assertEqual((order.state, lot.balance), ("sale", 90))
