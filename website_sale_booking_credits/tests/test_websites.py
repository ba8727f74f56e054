from odoo.fields import Command
from odoo.tests import tagged

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestWebsites(ShopCommon):
    """Two studios with a website each, and one shopper."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.setup_other_company(name="Second studio")["company"]
        cls.second.booking_credit_tz = "UTC"
        cls.second._booking_credit_setup()
        cls.other_site = cls.env["website"].create(
            {
                "name": "Second studio",
                "company_id": cls.second.id,
                "domain": "http://second.example.com",
            }
        )
        cls.shopper.company_ids = [Command.link(cls.second.id)]
        cls.lot = cls._buy_for(cls.company, cls.pack)

    @classmethod
    def _buy_for(cls, company, pack):
        return cls.env["booking.credit.lot"].browse(
            cls.env["booking.credit.lot"]
            .with_company(company)
            .grant(cls.anna, 37, "start", pack=pack)
            .lot_id.ids
        )

    def _visit_second(self):
        """Let the address of the tests be that of the second studio."""
        self.website.domain = "http://first.example.com"
        self.other_site.domain = self.base_url()

    def test_credits_stay_with_the_studio_that_sold_them(self):
        """The cart of the other website is paid in money."""
        self._visit_second()
        self._sign_in()
        self._add(self.yoga)
        order = self._cart()
        self.assertEqual(order.website_id, self.other_site)
        self.assertEqual(order.company_id, self.second)
        self.assertEqual(order.amount_total, 10.0)
        self.assertFalse(order.order_line._get_credit_lines())
        self.assertEqual(self.lot.balance, 37)

    def test_each_website_shows_its_own_balance(self):
        """S1-32: 37 credits in the header of the first, none in the second's."""
        self._sign_in()
        self.assertIn("37 credits", self._page("/shop"))
        self._visit_second()
        self._sign_in()
        self.assertNotIn("37 credits", self._page("/shop"))

    def test_packs_of_one_website_are_not_in_the_other(self):
        """S0-34: a pack for one website, and one for one company."""
        here = self._create_pack("Here", 10, 10.0, is_published=True)
        here.website_id = self.website
        ours = self._create_pack("Ours", 10, 10.0, is_published=True)
        ours.company_id = self.company
        self._sign_in()
        page = self._page("/shop")
        self.assertIn("Here", page)
        self.assertIn("Ours", page)
        self._visit_second()
        self._sign_in()
        page = self._page("/shop")
        self.assertNotIn("Here", page)
        self.assertNotIn("Ours", page)
        self.assertIn(self.pack.name, page)

    def test_one_pack_is_sold_by_both_and_owed_by_each(self):
        """Bought on the second website, used there, owed by the second."""
        self._visit_second()
        self._sign_in()
        self._add(self.pack)
        order = self._cart()
        order.action_confirm()
        invoice = order.with_company(self.second)._create_invoices()
        invoice.action_post()
        self.env["account.payment.register"].with_company(self.second).with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()
        lot = order.booking_credit_lot_ids
        self.assertEqual((lot.company_id, lot.value), (self.second, 90.0))
        self._add(self.yoga)
        self._post("/shop/cart/book")
        self.assertEqual((lot.balance, self.lot.balance), (90, 37))
