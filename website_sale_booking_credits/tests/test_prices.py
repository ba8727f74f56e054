import re

from odoo.fields import Command
from odoo.tests import tagged

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestPrices(ShopCommon):
    """Prices in credits on every page after the shop, and what hidden packs are."""

    def test_the_cart_and_the_checkout_show_prices_in_credits(self):
        """S0-12, S1-16: two places of a class: money only, both, credits only."""
        self.yoga.booking_payment = "both"
        self._sign_in()
        self._add(self.yoga, quantity=2)
        pages = ("/shop/cart", "/shop/payment")
        money = r"\$ ?20\.00"
        for page in pages:
            self.assertNotRegex(self._page(page), money + " or 20 credits")
        self.company.booking_price_display = "both"
        for page in pages:
            self.assertRegex(self._page(page), money + " or 20 credits")
        self.yoga.booking_payment = "credit_only"
        self.company.write(
            {"booking_payment_mode": "credit_only", "booking_price_display": "credits"}
        )
        page = self._page("/shop/cart")
        self.assertIn("20 credits", page)
        lines = self.url_open("/shop/cart").text
        lines = lines[lines.index("cart_products") : lines.index("booking_credits")]
        self.assertNotRegex(re.sub(r"<[^>]+>|\s", "", lines), r"20\.00")

    def test_the_order_on_the_portal_shows_the_price_in_credits(self):
        """S0-12: as it was shown in the shop."""
        self.company.booking_price_display = "both"
        self._buy()
        self._sign_in()
        self._add(self.yoga)
        self._post("/shop/cart/book")
        order = self._cart()
        page = self._page(f"/my/orders/{order.id}")
        self.assertRegex(page, r"Yoga [^/]{0,60}10 credits")

    def test_the_number_of_statements_does_not_grow_with_packs_and_services(self):
        """One page of the shop asks once, however many packs and services there are."""

        def count():
            for _visit in range(2):
                self.url_open("/shop")
            before = self.cr.sql_log_count
            self.url_open("/shop")
            return self.cr.sql_log_count - before

        few = count()
        for number in range(5):
            self._create_pack(f"Pack {number}", 10 + number, 9.0 + number)
            service = self._create_service(f"Class {number}", 10 + number, 12.0)
            service.is_published = True
        self.assertLessEqual(count(), few + 1)


@tagged("post_install", "-at_install")
class TestHiddenElsewhere(ShopCommon):
    """Restricted packs in snippets and quotation templates (S0-34)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["res.partner.category"].create({"name": "Students"})
        cls.student_pack = cls._create_pack("Student pack", 10, 5.0)
        cls.student_pack.booking_credit_tag_ids = cls.tag

    def _snippet(self):
        snippet = self.env.ref("website_sale.dynamic_filter_newest_products")
        return self.make_jsonrpc_request(
            "/website/snippet/filters",
            {
                "filter_id": snippet.id,
                "template_key": (
                    "website_sale.dynamic_filter_template_product_product_products_item"
                ),
                "limit": 16,
                "search_domain": [],
            },
        )

    def test_a_snippet_of_products_leaves_it_out(self):
        """S0-34: the newest products of a page, for a visitor, others, and students."""
        self.assertNotIn("Student pack", str(self._snippet()))
        self.assertIn(self.pack.name, str(self._snippet()))
        self._sign_in(self.other)
        self.assertNotIn("Student pack", str(self._snippet()))
        self.anna.category_id = self.tag
        self._sign_in()
        self.assertIn("Student pack", str(self._snippet()))

    def test_a_quotation_template_of_staff_sells_it(self):
        """S0-37: who was sent the quotation may pay it: staff chose it for them."""
        template = self.env["sale.order.template"].create(
            {
                "name": "For students",
                "sale_order_template_line_ids": [
                    Command.create(
                        {"product_id": self.student_pack.id, "product_uom_qty": 1}
                    )
                ],
            }
        )
        order = (
            self.env["sale.order"]
            .with_user(self.front_desk)
            .create({"partner_id": self.anna.id, "sale_order_template_id": template.id})
        )
        order._onchange_sale_order_template_id()
        self.assertEqual(order.order_line.product_id, self.student_pack)
        self._sign_in()
        page = self._page(order.get_portal_url())
        self.assertIn("Student pack", page)
        order.with_user(self.shopper).sudo()._check_pack_limits()
