from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestAttackShop(ShopCommon):
    """What a browser may send, and what it costs all the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._enable_card()

    def _refused(self, *args, **kwargs):
        """Return the sentence with which something is not put into the cart."""
        answer = {}

        def ask(path, params):
            asked = self.url_open(path, json={"params": params})
            self.assertIn("error", asked.json())
            answer.update(asked.json()["error"]["data"])

        with mute_logger("odoo.http"), patch.object(self, "make_jsonrpc_request", ask):
            self._add(*args, **kwargs)
        return f"{answer['name']}: {answer['message']}"

    # --- C1, C2: what it costs

    def test_a_shopper_does_not_choose_the_unit(self):
        """C1: a pass by the minute for 2.00 instead of 120.00."""
        self._sign_in()
        hour = self.env.ref("uom.product_uom_hour")
        for product in (self.pack, self.yoga):
            for unit in (hour.id, str(hour.id), 2**40, "x", [hour.id], -1):
                self.assertIn("UserError", self._refused(product, uom_id=unit))
        self.assertFalse(self._cart().order_line)

    def test_a_shopper_buys_whole_packs(self):
        """C2: 0.01 of a pass, as an optional product of something else."""
        self._sign_in()
        for number in (0.01, 1.5, "abc", None, 1e300):
            sentence = self._refused(
                self.yoga,
                linked_products=[
                    {
                        "product_id": self.pack.id,
                        "product_template_id": self.pack.product_tmpl_id.id,
                        "parent_product_template_id": self.yoga.product_tmpl_id.id,
                        "quantity": number,
                        "product_custom_attribute_values": [],
                        "no_variant_attribute_value_ids": [],
                    }
                ],
            )
            if number is not None:  # Odoo adds no product without a number
                self.assertIn("UserError", sentence)
        self.assertFalse(self._cart().order_line)

    def test_a_line_is_for_99_at_most(self):
        self._sign_in()
        answer = self._add(self.pack, quantity=5000)
        self.assertEqual(self._cart().order_line.product_uom_qty, 99)
        self.assertIn("from 1 to 99", answer["notification_info"]["warning"])

    # --- L5, and the grid of a service

    def test_bookings_begin_on_the_grid_and_while_it_is_open(self):
        self._sign_in()
        service = self.yoga.product_tmpl_id
        service.write({"booking_grid": 30, "booking_opens": 9, "booking_closes": 18})
        day = (fields.Datetime.now() + timedelta(days=3)).strftime("%Y-%m-%d")
        for time, words in (
            ("10:10", "starts every 30 minutes"),
            ("08:30", "takes place from 9:00 AM to 6:00 PM"),
            ("17:30", "takes place from 9:00 AM to 6:00 PM"),
        ):
            sentence = self._refused(self.yoga, booking_start=f"{day}T{time}")
            self.assertIn(words, sentence.replace("\u202f", " "))
        self._add(self.yoga, booking_start=f"{day}T17:00")
        self.assertIn('step="1800"', self.url_open(service.website_url).text)

    def test_bookings_are_not_parked_in_the_year_9999(self):
        self._sign_in()
        for start in ("9999-12-31T23:55", "0001-01-01T00:00"):
            self.assertIn("UserError", self._refused(self.yoga, booking_start=start))
        far = (fields.Datetime.now() + timedelta(days=740)).strftime("%Y-%m-%dT10:00")
        self.assertIn("too far ahead", self._refused(self.yoga, booking_start=far))

    # --- what was paid

    def test_a_cent_confirms_no_booking(self):
        """With Odoo's default, and no rule: less than the total is kept, not enough.

        The route begins no such payment; a provider may have taken less all the same.
        """
        self._sign_in()
        self._add(self.yoga)
        order = self._cart()
        order.require_payment = False
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._begin_part(order, 0.01)
        self.assertFalse(order.transaction_ids)
        transaction = self._begin_part(order, order.amount_total)
        transaction.amount = 0.01
        self._end_card(transaction)
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.amount_paid, 0.01)
        self.assertIn("0.01", order.activity_ids.note)
        self._end_card(self._begin_part(order, order.amount_total - 0.01))
        self.assertEqual(order.state, "sale")

    def _begin_part(self, order, amount):
        """Begin a payment of ``amount`` on the route that takes it from the client."""
        answer = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/transaction",
            {
                "access_token": order._portal_ensure_token(),
                "provider_id": self.provider.id,
                "payment_method_id": self.provider.payment_method_ids[:1].id,
                "token_id": None,
                "amount": amount,
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": "/my",
            },
        )
        return self.env["payment.transaction"].search(
            [("reference", "=", answer["reference"])]
        )

    # --- what a form sends

    def test_rubbish_in_a_form_is_no_error_of_ours(self):
        self._sign_in()
        self._buy()
        self._add(self.yoga)
        for path, data in (
            ("/shop/cart/top_up", {}),
            ("/shop/cart/top_up", {"product_id": "abc"}),
            ("/shop/cart/top_up", {"product_id": "²"}),
            ("/shop/cart/top_up", {"product_id": str(2**40)}),
            ("/shop/cart/credits", {"use": "chosen", "lot": "²"}),
            ("/shop/cart/credits", {"use": "\x00", "back": "//evil.example"}),
            ("/shop/cart/resume", {"x": "y"}),
        ):
            with mute_logger("odoo.http"):
                answer = self._post(path, **data)
            self.assertLess(answer.status_code, 500, path)

    def test_a_refusal_names_no_pack_that_is_not_in_the_shop(self):
        """L4: a hidden pack and its price."""
        hidden = self._create_pack("Hidden pack", credits=10, price=11.5)
        (hidden | self.pack).is_published = False
        self.yoga.booking_payment = "credit_only"
        self._sign_in()
        self._add(self.yoga)
        order = self._cart().with_user(self.shopper).sudo()
        self.assertNotIn(hidden.name, order._get_credit_only_refusal(order.order_line))
        order = order.with_user(self.front_desk).sudo()
        self.assertIn(hidden.name, order._get_credit_only_refusal(order.order_line))
