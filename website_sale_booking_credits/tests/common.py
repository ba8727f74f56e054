import re
from datetime import timedelta
from html import unescape
from unittest import SkipTest

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user
from odoo.tools import mute_logger

from odoo.addons.booking_credits.tests.common import BookingCreditsCommon


class ShopCommon(BookingCreditsCommon, HttpCase):
    """The studio's shop, with Anna, Ben, and a visitor who is not signed in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.website = cls.env["website"].search([], limit=1)
        cls.website.company_id = cls.company
        cls.website.account_on_checkout = "optional"
        cls.env["product.template"].search([]).is_published = False
        cls.shopper = cls._create_shopper("anna_shop", "Anna Shopper")
        cls.anna = cls.shopper.partner_id
        cls.other = cls._create_shopper("ben_shop", "Ben Shopper")
        cls.pack.is_published = True
        cls.yoga.is_published = True

    @classmethod
    def _create_shopper(cls, login, name):
        user = new_test_user(
            cls.env,
            login,
            groups="base.group_portal",
            name=name,
            email=f"{login}@example.com",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        user.partner_id.write(
            {
                "street": "Rue de la Paix 1",
                "city": "Paris",
                "zip": "75001",
                "phone": "+33 1 23 45 67 89",
                "country_id": cls.env.ref("base.fr").id,
            }
        )
        return user

    # --- what a shopper does in the browser

    def _sign_in(self, user=None):
        user = user or self.shopper
        self.authenticate(user.login, user.login)

    def _start(self, hours=48):
        """Return a start as the browser sends it, on the grid; the studio is in UTC."""
        start = fields.Datetime.now() + timedelta(hours=hours)
        return start.strftime("%Y-%m-%dT%H:00")

    def _add(self, product, quantity=1, hours=48, **kwargs):
        """Put a product into the cart; return the answer."""
        if product.booking_ok:
            kwargs.setdefault("booking_start", self._start(hours))
        return self.make_jsonrpc_request(
            "/shop/cart/add",
            {
                "product_template_id": product.product_tmpl_id.id,
                "product_id": product.id,
                "quantity": quantity,
                **kwargs,
            },
        )

    def _page(self, path):
        """Return the text of a page, without its markup."""
        answer = self.url_open(path)
        text = re.sub(r"<script.*?</script>|<[^>]+>", " ", answer.text, flags=re.S)
        return re.sub(r"\s+", " ", unescape(text)).replace("\xa0", " ")

    def _post(self, path, **data):
        """Press a button of a form."""
        token = re.search(r'csrf_token: "([^"]+)"', self.url_open("/shop").text)
        return self.url_open(path, data={"csrf_token": token[1], **data})

    def _cart(self, user=None):
        """Return the newest order of a shopper."""
        partner = (user or self.shopper).partner_id
        return self.env["sale.order"].search(
            [("partner_id", "=", partner.id)], order="id desc", limit=1
        )

    @classmethod
    def _enable_card(cls):
        """Let Odoo's demo provider take cards of this company."""
        demo = cls.env.ref("payment.payment_provider_demo").sudo()
        cls.provider = demo.copy(
            {
                "company_id": cls.company.id,
                "payment_method_ids": [Command.set(demo.payment_method_ids.ids)],
            }
        )
        cls.provider.write({"state": "test", "is_published": True})
        cls.provider.payment_method_ids.active = True

    def _begin_card(self, order):
        """Press “Pay now”; return the payment that has begun."""
        answer = self.make_jsonrpc_request(
            f"/shop/payment/transaction/{order.id}",
            {
                "access_token": order._portal_ensure_token(),
                "provider_id": self.provider.id,
                "payment_method_id": self.provider.payment_method_ids[:1].id,
                "token_id": None,
                "amount": order.amount_total,
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": "/shop/payment/validate",
            },
        )
        return self.env["payment.transaction"].search(
            [("reference", "=", answer["reference"])]
        )

    def _end_card(self, transaction, state="done"):
        """Let the demo provider answer."""
        self.make_jsonrpc_request(
            "/payment/demo/simulate_payment",
            {
                "reference": transaction.reference,
                "payment_details": "1234",
                "simulated_state": state,
            },
        )
        transaction.invalidate_recordset()
        with mute_logger("odoo.addons.sale.models.payment_transaction"):
            transaction._post_process()

    @classmethod
    def _need_card(cls):
        """Take cards in this class; skip it where the demo provider is not there."""
        if cls.env.ref("payment.payment_provider_demo").module_state != "installed":
            raise SkipTest("needs payment_demo")
        cls._enable_card()

    def _pay_by_card(self, order, state="done"):
        transaction = self._begin_card(order)
        self._end_card(transaction, state)
        return transaction
