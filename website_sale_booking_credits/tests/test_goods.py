from odoo.tests import tagged

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestGoods(ShopCommon):
    """Things that are delivered, in one cart with what credits pay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._need_card()
        cls.mat = cls.env["product.product"].create(
            {
                "name": "Yoga mat",
                "type": "consu",
                "list_price": 30.0,
                "taxes_id": False,
                "is_published": True,
            }
        )
        cls.carrier = cls.env["delivery.carrier"].create(
            {
                "name": "Post",
                "product_id": cls.env["product.product"]
                .create({"name": "Post", "type": "service", "taxes_id": False})
                .id,
                "fixed_price": 5.0,
                "is_published": True,
                "company_id": cls.company.id,
            }
        )

    def _choose_post(self):
        self.make_jsonrpc_request(
            "/shop/set_delivery_method", {"dm_id": self.carrier.id}
        )

    def test_credits_pay_the_class_and_the_card_the_mat(self):
        """S0-01, S0-10: 10 credits for the class; 30.00 and the post by card."""
        lot = self._buy()
        self._sign_in()
        self._add(self.yoga)
        self._add(self.mat)
        order = self._cart()
        self.assertEqual(order.amount_total, 30.0)
        self._choose_post()
        self.assertEqual((order.amount_total, order.amount_delivery), (35.0, 5.0))
        self._pay_by_card(order)
        self.assertEqual((order.state, lot.balance), ("sale", 90))

    def test_a_free_delivery_is_not_skipped(self):
        """A mat for nothing is delivered: its address is asked, no “Book” at once."""
        self._buy()
        self.mat.list_price = 0
        self.website.prevent_zero_price_sale = False
        self._sign_in()
        self._add(self.yoga)
        self._add(self.mat)
        order = self._cart()
        self.assertFalse(order._is_paid_with_credits_only())
        answer = self._post("/shop/cart/book")
        self.assertNotIn("/shop/confirmation", answer.url)
        self.assertEqual(order.state, "draft")

    def test_customer_credit_pays_goods_and_their_delivery(self):
        """S0-10: 20.00 of 35.00, also once the post was chosen."""
        lots = self.env["booking.credit.lot"]
        lots.grant(self.anna, 20, "present", measure="money")
        self._sign_in()
        self._add(self.mat)
        self._choose_post()
        order = self._cart()
        self.url_open("/shop/payment")
        self.assertEqual(order.amount_total, 15.0)
        self._pay_by_card(order)
        self.assertEqual(order.state, "sale")
        self.assertFalse(self.anna.booking_credit_lot_ids.filtered("is_open"))

    def test_customer_credit_that_pays_all_still_delivers(self):
        """S0-01: 40.00 pay the mat and the post; the steps of delivery stay."""
        lots = self.env["booking.credit.lot"]
        lots.grant(self.anna, 40, "present", measure="money")
        self._sign_in()
        self._add(self.mat)
        self._choose_post()
        order = self._cart()
        answer = self.url_open("/shop/checkout")
        # the delivery can still be chosen
        self.assertIn("/shop/checkout", answer.url)
        self.url_open("/shop/payment")
        self.assertEqual(order.amount_total, 0.0)
        answer = self._post("/shop/payment/validate")
        self.assertIn("/shop/confirmation", answer.url)
        self.assertEqual(order.state, "sale")
        lot = self.anna.booking_credit_lot_ids
        self.assertEqual(lot.balance, 5)
