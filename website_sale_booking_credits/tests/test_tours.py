from odoo.tests import tagged

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestTours(ShopCommon):
    """What a shopper does in the browser, in headless Chromium."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._need_card()
        # the tours book on a day that never comes
        cls.company.booking_horizon_days = 36500
        # the message about the cart would cover what comes next
        cls.website.add_to_cart_action = "stay"

    def test_buy_a_pack_with_a_card_and_book_with_it(self):
        """S1-26, S0-01, S1-04: from the tile to the booking."""
        self.start_tour(
            "/shop", "booking_shop_pack_and_class", login="anna_shop", timeout=180
        )
        lot = self.anna.booking_credit_lot_ids
        self.assertEqual((lot.granted, lot.balance), (100, 90))

    def test_credits_only_with_a_pack_on_the_way(self):
        """S0-11, S0-18: the same booking, after buying the pack."""
        self.company.booking_payment_mode = "credit_only"
        self.start_tour("/shop", "booking_shop_top_up", login="anna_shop", timeout=180)
        self.assertEqual(self.anna.booking_credit_lot_ids.balance, 90)

    def test_a_part_in_customer_credit_and_the_rest_by_card(self):
        """S0-10, S0-15: 5.00 of credit, 15.00 by card."""
        self.yoga.list_price = 20.0
        self.company.write(
            {
                "booking_credit_signup_quantity": 5,
                "booking_credit_signup_measure": "money",
            }
        )
        lot = self.anna._grant_booking_signup_credits(self.company)
        self.start_tour(
            "/shop", "booking_shop_part_money", login="anna_shop", timeout=180
        )
        self.assertEqual((self._cart().state, lot.balance), ("sale", 0))

    def test_a_restricted_pack(self):
        """S0-34: who has the tag finds it and buys it."""
        tag = self.env["res.partner.category"].create({"name": "Students"})
        pack = self._create_pack("Student pack", 10, 5.0)
        pack.booking_credit_tag_ids = tag
        self.anna.category_id = tag
        self.start_tour(
            "/shop", "booking_shop_restricted", login="anna_shop", timeout=180
        )
        self.assertEqual(self._cart().order_line.product_id, pack)

    def test_cancel_on_the_page_of_bookings(self):
        """S1-35, S4-07: what comes back is read before and after."""
        lot = self._buy()
        self.yoga.booking_cancellation_policy_id = self.policy
        self._book()
        self.start_tour(
            "/my/credits/bookings",
            "booking_portal_cancel",
            login="anna_shop",
            timeout=180,
        )
        self.assertEqual(lot.balance, 100)
