import re

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .common import ShopCommon

SEARCH_OPTIONS = {
    "displayImage": True,
    "displayDescription": True,
    "displayExtraLink": True,
    "displayDetail": True,
}


@tagged("post_install", "-at_install")
class TestShop(ShopCommon):
    """What shoppers see of packs and services."""

    @mute_logger("odoo.tests.form.onchange")
    def test_a_new_pack_is_in_the_shop_once_it_is_saved(self):
        """S0-25: saving publishes; also a product that becomes a pack."""
        packs = self.env["product.template"].with_context(
            default_booking_credit_pack=True,
            default_type="service",
            default_invoice_policy="order",
        )
        with Form(packs) as form:
            form.name = "Ten at once"
            form.booking_credit_quantity = 10
            form.list_price = 9.0
        pack = form.record
        self.assertTrue(pack.is_published)
        self.assertIn("Ten at once", self._page("/shop"))
        later = self.env["product.template"].create(
            {"name": "Later", "type": "service", "invoice_policy": "order"}
        )
        self.assertFalse(later.is_published)
        later.write({"booking_credit_pack": True, "booking_credit_quantity": 1})
        self.assertTrue(later.is_published)

    def test_a_pack_saved_unpublished_or_copied_stays_hidden(self):
        """S0-25: who says no is obeyed, and a copy is finished first."""
        pack = self._create_pack("Draft pack", 5, 5.0, is_published=False)
        self.assertFalse(pack.is_published)
        self.assertFalse(self.pack.product_tmpl_id.copy().is_published)

    def test_several_packs_are_offered_to_everyone(self):
        """S0-19, S1-19: packs of 1, 5 and 10, without a login."""
        for number in (1, 5, 10):
            self._create_pack(f"Pack of {number}", number, 9.0 * number)
        page = self._page("/shop")
        for number in (1, 5, 10):
            self.assertIn(f"Pack of {number}", page)

    def test_a_tile_says_what_the_pack_gives(self):
        """S1-15, S1-17, S0-21: credits, validity, price of one, saving."""
        page = self._page("/shop")
        self.assertIn("100 credits You save 10 %", page)
        self.assertRegex(page, r"\$ ?0\.90 per credit")
        self.assertIn("Valid for 6 months from the purchase", page)

    def test_the_page_of_a_pack_says_what_it_pays_for(self):
        """S1-17: scope and conditions as well."""
        pilates = self._create_service("Pilates", credits=15, price=15.0)
        self.pack.booking_credit_product_ids = pilates.product_tmpl_id
        page = self._page(self.pack.website_url)
        self.assertIn("Pays for Pilates", page)
        self.assertIn("What comes back after the last day is lost.", page)

    def test_different_savings_are_not_promised_for_all(self):
        """S1-15: “up to” where services cost more or less per credit."""
        self._create_service("Dear class", credits=10, price=18.0)
        self.assertIn("You save up to 50 %", self._page("/shop"))

    def test_a_pack_that_saves_nothing_does_not_say_so(self):
        """S1-17: dearer than paying each class."""
        self.pack.list_price = 120.0
        self.assertNotIn("You save", self._page("/shop"))

    def test_validity_in_words(self):
        """S0-23, S1-18: none, duration, first use, month end, fixed date."""
        pack = self.pack.product_tmpl_id
        cases = [
            ({"booking_credit_validity_unit": "none"}, "Never expires"),
            (
                {"booking_credit_validity_unit": "days", "booking_credit_validity": 1},
                "Valid for 1 day from the purchase",
            ),
            (
                {
                    "booking_credit_validity_unit": "weeks",
                    "booking_credit_validity": 2,
                    "booking_credit_starts": "first_use",
                },
                "Valid for 2 weeks from the first use",
            ),
            (
                {
                    "booking_credit_validity_unit": "month_end",
                    "booking_credit_validity": 1,
                },
                "Valid to the end of next month",
            ),
            (
                {
                    "booking_credit_validity_unit": "fixed",
                    "booking_credit_valid_until": "2031-01-31",
                },
                "Valid until January 31, 2031",
            ),
        ]
        for values, text in cases:
            pack.write(values)
            self.assertEqual(pack._get_pack_validity_text(), text)

    def test_prices_in_credits_beside_money_or_instead(self):
        """S0-12, S1-16: list, page, and the answer to a change of variant."""
        pages = ("/shop", self.yoga.website_url)
        for page in pages:
            self.assertNotIn("10 credits", self._page(page).replace("100 credits", ""))
        self.company.booking_price_display = "both"
        for page in pages:
            self.assertRegex(self._page(page), r"\$ ?10\.00 or 10 credits")
        self.company.write(
            {"booking_payment_mode": "credit_only", "booking_price_display": "credits"}
        )
        for page in pages:
            self.assertIn("10 credits", self._page(page))
        info = self.make_jsonrpc_request(
            "/website_sale/get_combination_info",
            {
                "product_template_id": self.yoga.product_tmpl_id.id,
                "product_id": self.yoga.id,
                "combination": [],
                "add_qty": 1,
            },
        )
        self.assertEqual(info["booking_info"]["credits"], "10 credits")
        self.assertEqual(info["booking_info"]["display"], "credits")

    def test_prices_keep_the_classes_that_scripts_look_for(self):
        """S1-16: the price of a variant is put where `oe_price` is, also beside ours."""
        mat = self.env["product.template"].create(
            {"name": "Mat", "type": "service", "list_price": 30, "is_published": True}
        )
        for display in ("money", "both"):
            self.company.booking_price_display = display
            for product in (mat, self.yoga.product_tmpl_id, self.pack.product_tmpl_id):
                page = self.url_open(product.website_url).text
                self.assertRegex(page, r'<span[^>]*class="oe_price[ "]')
        tiles = re.findall(
            r'<div[^>]*class="product_price[ "]', self.url_open("/shop").text
        )
        self.assertEqual(len(tiles), 3)

    def test_the_price_of_a_credit_follows_the_variant(self):
        """S1-15: a dearer variant of a pack says what its credits cost."""
        size = self.env["product.attribute"].create(
            {
                "name": "With",
                "create_variant": "always",
                "value_ids": [
                    Command.create({"name": "Card", "default_extra_price": 0}),
                    Command.create({"name": "Gift box", "default_extra_price": 10}),
                ],
            }
        )
        pack = self.env["product.template"].create(
            {
                "name": "Packed credits",
                "type": "service",
                "invoice_policy": "order",
                "list_price": 90.0,
                "taxes_id": [Command.clear()],
                "booking_credit_pack": True,
                "booking_credit_quantity": 100,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": size.id,
                            "value_ids": [Command.set(size.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        texts = [
            self.make_jsonrpc_request(
                "/website_sale/get_combination_info",
                {
                    "product_template_id": pack.id,
                    "product_id": variant.id,
                    "combination": variant.product_template_attribute_value_ids.ids,
                    "add_qty": 1,
                },
            )["booking_info"]["each"]
            for variant in pack.product_variant_ids
        ]
        self.assertIn("0.90", texts[0])
        self.assertIn("1.00", texts[1])

    def test_search_suggests_prices_in_credits(self):
        """S0-12: autocomplete."""
        self.company.booking_price_display = "both"
        found = self.make_jsonrpc_request(
            "/website/snippet/autocomplete",
            {
                "search_type": "products",
                "term": "Yoga",
                "order": "name asc",
                "limit": 5,
                "max_nb_chars": 50,
                "options": SEARCH_OPTIONS,
            },
        )
        self.assertIn("or 10 credits", str(found["results"]))

    def test_the_last_packs_and_a_sold_out_one(self):
        """S0-22: said before somebody tries."""
        pack = self.pack.product_tmpl_id
        pack.write({"booking_credit_stock_limited": True, "booking_credit_stock": 2})
        self.assertIn("Only 2 left", self._page("/shop"))
        pack.booking_credit_stock = 0
        self.assertIn("Sold out", self._page(pack.website_url))

    def test_a_booking_is_made_on_its_page(self):
        """A service needs a date: its tile leads to the page that asks for it."""
        answer = self.url_open("/shop").text
        self.assertIn("o_booking_book", answer)
        page = self.url_open(self.yoga.website_url).text
        self.assertIn('type="datetime-local"', page)
        self.assertIn("If you cancel", page)


@tagged("post_install", "-at_install")
class TestRestricted(ShopCommon):
    """Packs for some customers only are invisible to all others (S0-34 … S0-37)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["res.partner.category"].create({"name": "Students"})
        cls.student_pack = cls._create_pack("Student pack", 10, 5.0)
        cls.student_pack.booking_credit_tag_ids = cls.tag
        cls.anna.category_id = cls.tag

    def _assert_hidden(self, product, from_visitors=True):
        """Check every way by which a shopper could meet ``product``.

        :param bool from_visitors: those who are not signed in do not see it either
        """
        template = product.product_tmpl_id
        self.assertNotIn(product.name, self._page("/shop"))
        self.assertNotIn(product.name, self._page("/shop?search=" + product.name[:7]))
        self.assertEqual(self.url_open(template.website_url).status_code, 404)
        found = self.make_jsonrpc_request(
            "/website/snippet/autocomplete",
            {
                "search_type": "all",
                "term": product.name,
                "order": "name asc",
                "limit": 5,
                "options": SEARCH_OPTIONS,
            },
        )
        self.assertNotIn(template.website_url, str(found))
        if from_visitors:
            self.env["ir.attachment"].search([("url", "=like", "/sitemap%")]).unlink()
            self.assertNotIn(template.website_url, self.url_open("/sitemap.xml").text)
        with self.assertRaises(JsonRpcException):
            self._add(product)
        with self.assertRaises(JsonRpcException):
            # along with another product, where no record rule looks
            self._add(
                self.pack,
                linked_products=[
                    {
                        "product_template_id": template.id,
                        "product_id": product.id,
                        "parent_product_template_id": self.pack.product_tmpl_id.id,
                        "quantity": 1,
                        "product_custom_attribute_values": [],
                        "no_variant_attribute_value_ids": [],
                    }
                ],
            )

    def test_who_has_the_tag_sees_it_and_buys_it(self):
        """S0-34: Anna is a student."""
        self._sign_in()
        self.assertIn("Student pack", self._page("/shop"))
        self.assertEqual(self.url_open(self.student_pack.website_url).status_code, 200)
        self._add(self.student_pack)
        self.assertEqual(self._cart().order_line.product_id, self.student_pack)

    @mute_logger("odoo.http")
    def test_nobody_else_finds_it(self):
        """S0-34: Ben is none, nor is a visitor."""
        self._assert_hidden(self.student_pack)
        self._sign_in(self.other)
        self._assert_hidden(self.student_pack)

    @mute_logger("odoo.http")
    def test_the_hidden_group_is_for_staff_only(self):
        """S0-37: nobody has the tag; staff sell it in the customer's name."""
        self.anna.category_id = False
        self._sign_in()
        self._assert_hidden(self.student_pack)
        order = self._create_order(self.student_pack).with_user(self.front_desk)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    @mute_logger("odoo.http")
    def test_own_packs_only(self):
        """S0-35: who must buy the packs of the group sees no others."""
        self.tag.booking_credit_only = True
        self._sign_in()
        page = self._page("/shop")
        self.assertIn("Student pack", page)
        self.assertNotIn(self.pack.name, page.replace("10 credits", ""))
        with self.assertRaises(JsonRpcException):
            self._add(self.pack)

    @mute_logger("odoo.http")
    def test_new_customers_buy_the_first_pack_once(self):
        """S0-36: afterwards it is gone."""
        first = self._create_pack("First pack", 1, 5.0)
        first.write(
            {"booking_credit_new_customers": True, "booking_credit_max_customer": 1}
        )
        self._sign_in()
        self.assertIn("First pack", self._page("/shop"))
        self._buy(first)
        self._assert_hidden(first, from_visitors=False)

    def test_who_loses_the_tag_cannot_pay_what_is_in_the_cart(self):
        """S0-34: asked again at the payment, and the cart says why."""
        self._sign_in()
        self._add(self.student_pack)
        self.anna.category_id = False
        self.assertIn("is not offered to", self._page("/shop/cart"))
        self.assertIn("/shop/cart", self.url_open("/shop/payment").url)
        with self.assertRaises(UserError):
            self._cart().with_user(
                self.shopper
            ).sudo()._check_cart_is_ready_to_be_paid()

    @mute_logger("odoo.http")
    def test_an_old_order_does_not_sell_it_again(self):
        """S0-34: “order again” leaves it out."""
        order = self._create_order(self.student_pack)
        order.website_id = self.website
        order.action_confirm()
        self.anna.category_id = False
        self._sign_in()
        with self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request("/my/orders/reorder", {"order_id": order.id})
        self.assertNotIn("Student pack", self._page("/shop/cart"))
