from odoo.tests import freeze_time, tagged
from odoo.tools import html2plaintext

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestBookedMail(BookingCreditsCommon):
    """What customers are written when they have booked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna.email = "anna@example.com"
        cls.yoga.booking_cancellation_policy_id = cls.policy
        cls.booked = cls.env.ref("booking_credits.mail_template_booked")
        cls.standard = cls.env.ref("sale.mail_template_sale_confirmation")

    def _book_at(self, *products, **line_values):
        with freeze_time("2026-01-05 09:00:00"):
            if not self.anna.booking_credit_lot_ids:
                self._buy()
            order = self._create_order(
                *products or (self.yoga,), start="2026-01-09 18:00:00", **line_values
            )
            order.action_booking_credit_pay()
            order.action_confirm()
        return order

    def _read(self, order):
        """Return the text of the mail that confirms ``order``."""
        with freeze_time("2026-01-05 09:00:00"):
            template = order._get_confirmation_template()
            self.assertEqual(template, self.booked)
            body = template._render_field("body_html", order.ids, compute_lang=True)[
                order.id
            ]
        return " ".join(html2plaintext(body).split())

    def test_it_says_when_what_with_and_what_is_left(self):
        """S0-12, S1-16, S1-21: date on the studio's clock, credits, terms, balance."""
        self.company.write(
            {
                "booking_payment_mode": "credit_only",
                "booking_price_display": "credits",
                "booking_credit_tz": "Europe/Paris",
            }
        )
        text = self._read(self._book_at())
        self.assertIn("Yoga", text)
        self.assertIn("Friday 9 January 2026, 19:00", text)
        self.assertIn("10 credits", text)
        self.assertIn("Paid with *10 credits*", text)
        self.assertIn("You have *90 credits* left", text)
        self.assertIn("24 h before the start", text)
        # in credits instead of money: no price in money stands beside it
        self.assertNotIn("10.00", text)

    def test_both_prices_side_by_side(self):
        """S1-16: money or credits, where the company shows both."""
        self.company.booking_price_display = "both"
        text = self._read(self._book_at(product_uom_qty=2))
        self.assertIn("2 × Yoga", text)
        self.assertRegex(text, r"\$.?20\.00 or 20 credits")

    def test_what_is_paid_in_money_is_said(self):
        """S0-10: no credits, no word about them; the amount is there."""
        with freeze_time("2026-01-05 09:00:00"):
            order = self._create_order(self.yoga, start="2026-01-09 18:00:00")
            order.action_confirm()
        text = self._read(order)
        self.assertRegex(text, r"In money: \*\$.?10\.00\*")
        self.assertNotIn("Paid with", text)
        self.assertNotIn("You have", text)

    def test_a_pack_in_the_same_order_is_listed(self):
        order = self._book_at(self.yoga, self.pack)
        self.assertIn("100 credits", self._read(order))

    def test_goods_keep_the_mail_of_odoo(self):
        """A mat beside the class, or a pack alone: Odoo's own confirmation."""
        mat = self.env["product.product"].create({"name": "Mat", "type": "consu"})
        for products in ((self.yoga, mat), (self.pack,)):
            order = self._create_order(*products, start="2026-01-09 18:00:00")
            self.assertEqual(order._get_confirmation_template(), self.standard)

    def test_a_mail_that_somebody_chose_stays(self):
        """A default of the business, or the mail for bookings archived."""
        order = self._book_at()
        self.booked.active = False
        self.assertEqual(order._get_confirmation_template(), self.standard)
        self.booked.active = True
        own = self.standard.copy({"name": "Own"})
        self.env["ir.config_parameter"].set_param(
            "sale.default_confirmation_template", own.id
        )
        self.assertEqual(order._get_confirmation_template(), own)

    def test_the_front_desk_sends_it(self):
        """Who sends needs no right to read accounting."""
        order = self._book_at().with_user(self.front_desk)
        order._send_order_confirmation_mail()
        message = order.message_ids.filtered(
            lambda message: message.partner_ids == self.anna
        )
        self.assertIn("Yoga", html2plaintext(message[:1].body))

    def test_a_french_customer_reads_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(
            ["booking_credits"], ["fr_FR"], overwrite=True
        )
        self.anna.lang = "fr_FR"
        order = self._book_at()
        self.assertIn("vous avez réservé", self._read(order))
        self.assertIn("vendredi 9 janvier 2026", self._read(order))
