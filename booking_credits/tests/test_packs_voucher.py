from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestVoucher(BookingCreditsCommon):
    """Gift vouchers that people can hold, and the list they are in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marie = cls.env["res.partner"].create({"name": "Marie"})
        cls.paddle = cls._create_service("Paddle hour", credits=40, price=40.0)
        cls.gift = cls._create_pack(
            "Gift: paddle hour",
            1,
            40.0,
            booking_credit_measure="session",
            booking_credit_voucher=True,
            booking_credit_product_ids=[Command.set(cls.paddle.product_tmpl_id.ids)],
        )
        cls.money = cls._create_pack(
            "Money",
            1,
            35.0,
            booking_credit_measure="money",
            booking_credit_validity_unit="none",
            booking_credit_vat_kind="multi",
        )
        cls.lots = cls.env["booking.credit.lot"]

    def _render(self, lots, user=None):
        report = self.env["ir.actions.report"].with_user(user or self.env.user)
        html, _kind = report._render_qweb_html(
            "booking_credits.report_voucher", lots.ids
        )
        return html.decode()

    # --- the paper

    def test_the_voucher_says_what_it_is_a_right_to(self):
        """S2-13: the paper carries right, code, names, message, end and address."""
        lot = self._buy(self.gift, booking_voucher_to="Marie", product_uom_qty=2)
        lot.sudo().voucher_message = "Happy birthday!"
        page = self._render(lot, self.front_desk)
        for text in (
            "2 × Paddle hour",
            lot._get_voucher_code_text(),
            "Marie",
            "Anna",
            "Happy birthday!",
            "Valid until",
            self.company.name,
            "data:image/png;base64,",
        ):
            self.assertIn(text, page)

    def test_the_voucher_is_printed_as_pdf(self):
        lot = self._buy(self.gift)
        report = self.env["ir.actions.report"].with_user(self.front_desk)
        content, kind = report.with_context(force_report_rendering=True)._render(
            "booking_credits.report_voucher", lot.ids
        )
        self.assertEqual(kind, "pdf")
        self.assertTrue(content.startswith(b"%PDF"))

    def test_only_who_may_read_a_voucher_prints_it(self):
        """A code is as good as money: other customers and staff do not get it."""
        lot = self._buy(self.gift)
        shopper = new_test_user(self.env, "shopper", groups="base.group_portal")
        salesman = new_test_user(
            self.env, "salesman", groups="sales_team.group_sale_salesman"
        )
        for user in (shopper, salesman):
            with self.assertRaises(AccessError):
                self._render(lot, user)
            with self.assertRaises(AccessError):
                lot.with_user(user).action_print_voucher()
        mine = self._buy(self.gift, partner=shopper.partner_id)
        self.assertIn(mine._get_voucher_code_text(), self._render(mine, shopper))

    def test_what_is_no_voucher_is_not_printed_as_one(self):
        """S2-14: the refusal says whose credit it is."""
        lot = self._buy(self.money)
        with self.assertRaisesRegex(UserError, f"{lot.name} of Anna is no gift"):
            lot.action_print_voucher()
        with self.assertRaisesRegex(UserError, "is no gift voucher"):
            self._render(lot)

    def test_a_claimed_voucher_is_not_handed_out_again(self):
        lot = self._buy(self.gift)
        lot.claim(lot.code, self.marie)
        with self.assertRaisesRegex(UserError, "cannot be handed out any more"):
            lot.action_send_voucher()

    def test_the_front_desk_writes_names_and_message(self):
        lot = self._buy(self.gift)
        action = lot.with_user(self.front_desk).action_edit_voucher()
        dialog = Form(
            self.env["booking.voucher.text"]
            .with_user(self.front_desk)
            .with_context(**action["context"])
        )
        self.assertEqual(dialog.voucher_from, "Anna")
        dialog.voucher_to = "Marie"
        dialog.voucher_message = "See you on the water"
        wizard = dialog.save()
        self.assertEqual(wizard.action_print()["type"], "ir.actions.report")
        self.assertRecordValues(
            lot,
            [{"voucher_to": "Marie", "voucher_message": "See you on the water"}],
        )
        with self.assertRaises(AccessError):
            wizard.with_user(self.accountant).sudo(False).action_save()

    # --- by mail

    def _send(self, action):
        composer = Form(
            self.env[action["res_model"]]
            .with_user(self.front_desk)
            .with_context(**action["context"])
        )
        composer.save()._action_send_mail()

    def test_the_front_desk_sends_a_voucher_with_the_pdf(self):
        """S2-21: the mail says the right and the conditions, the PDF is attached."""
        self.anna.email = "anna@example.com"
        lot = self._buy(self.gift)
        self._send(lot.with_user(self.front_desk).action_send_voucher())
        message = lot.message_ids[0]
        self.assertEqual(message.partner_ids, self.anna)
        self.assertIn("1 × Paddle hour", message.body)
        self.assertIn(lot._get_voucher_code_text(), message.body)
        self.assertIn("Valid until", message.body)
        self.assertIn(lot.name, message.attachment_ids.name)

    def test_the_front_desk_sends_the_balance_and_conditions(self):
        """S2-21: 35.00 left, pays any purchase, never expires."""
        self.anna.email = "anna@example.com"
        lot = self._buy(self.money)
        self._send(lot.with_user(self.front_desk).action_send_balance())
        body = lot.message_ids[0].body
        for text in ("35.00", "Pays any purchase", "Never expires"):
            self.assertIn(text, body)

    def test_an_order_prints_and_sends_the_vouchers_it_sold(self):
        lot = self._buy(self.gift)
        order = lot.source_line_id.sale_line_ids.order_id.with_user(self.front_desk)
        self.assertEqual(order.booking_voucher_ids, lot)
        self.assertEqual(
            order.action_print_vouchers()["context"]["active_ids"], lot.ids
        )
        context = order.action_send_vouchers()["context"]
        self.assertEqual(context["default_res_ids"], lot.ids)
        lot.claim(lot.code, self.marie)
        order.invalidate_recordset()
        self.assertFalse(order.booking_voucher_ids)

    # --- claiming

    def _claim(self, code, partner):
        dialog = Form(self.env["booking.voucher.claim"].with_user(self.front_desk))
        dialog.code = code
        dialog.partner_id = partner
        return dialog.save()

    def test_the_front_desk_claims_a_voucher(self):
        """S2-13: bought at 40, used at 45; the dialog says what it is worth first."""
        lot = self._buy(self.gift)
        dialog = self._claim(lot._get_voucher_code_text().lower(), self.marie)
        self.assertTrue(dialog.claimable)
        self.assertIn("1 × Paddle hour, bought by Anna", dialog.note)
        received = self.lots.browse(dialog.action_claim()["res_id"])
        self.assertRecordValues(
            received, [{"partner_id": self.marie.id, "balance": 1, "value": 40.0}]
        )
        self.assertEqual(received.entry_ids.user_id, self.front_desk)
        self.paddle.list_price = 45.0
        order = self._book(self.paddle, partner=self.marie)
        self.assertEqual(order.amount_total, 0)
        again = self._claim(lot.code, self.anna)
        self.assertIn("claimed already", again.note)
        with self.assertRaisesRegex(UserError, "claimed already"):
            again.action_claim()

    def test_the_buyer_may_keep_the_voucher(self):
        lot = self._buy(self.gift)
        action = self._claim(lot.code, self.anna).action_claim()
        self.assertEqual(action["res_id"], lot.id)
        self.assertRecordValues(lot, [{"code": False, "kind": "pack", "balance": 1}])

    def test_an_expired_voucher_is_refused_with_its_date(self):
        lot = self._buy(self.gift)
        with freeze_time(fields.Date.add(lot.valid_until, days=1)):
            dialog = self._claim(lot.code, self.marie)
            self.assertFalse(dialog.claimable)
            self.assertIn("expired on", dialog.note)

    def test_a_number_of_credits_is_no_code(self):
        """S2-14: a customer credit typed as a voucher is refused, and named."""
        lot = self._buy(self.money)
        dialog = self._claim(lot.name, self.marie)
        self.assertFalse(dialog.claimable)
        self.assertIn(f"“{lot.name}” is no gift voucher", dialog.note)
        self.assertIn("of Anna", dialog.note)
        with self.assertRaisesRegex(UserError, "Pay with Credits"):
            dialog.action_claim()
        voucher = self._buy(self.gift)
        with self.assertRaisesRegex(UserError, "Type the code that is printed"):
            self._claim(voucher.name, self.marie).action_claim()

    def test_a_voucher_does_not_pay_an_order_like_customer_credit(self):
        """S2-14: it must be claimed first, also when it is worth money."""
        gift = self._create_pack(
            "50 euros",
            1,
            50.0,
            booking_credit_measure="money",
            booking_credit_validity_unit="none",
            booking_credit_vat_kind="multi",
            booking_credit_voucher=True,
        )
        voucher = self._buy(gift)
        self.assertEqual(voucher.kind, "voucher")
        order = self._create_order(self.yoga)
        with self.assertRaisesRegex(UserError, f"{voucher.name} is a gift voucher"):
            order._pay_with_booking_credits(voucher)
        self.assertEqual(voucher.balance, 50.0)

    def test_another_company_s_voucher_cannot_be_claimed(self):
        lot = self._buy(self.gift)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="booking_credits.booking_credits_group_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaisesRegex(UserError, "no gift voucher"):
            self.lots.with_user(stranger).claim(lot.code, self.marie)

    # --- the list

    def test_vouchers_and_customer_credit_are_in_one_list(self):
        """S2-02, S2-11, S2-14, S2-15: by customer and amount, told apart by kind."""
        credit = self._buy(self.money, partner=self.marie)
        voucher = self._buy(self.gift)
        pack = self._buy()
        used = self._buy(self.gift)
        used.claim(used.code, self.marie)
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_lot_action_customer"
        )
        lots = self.lots.with_user(self.front_desk).with_context(
            booking_credit_by_customer=True
        )
        listed = lots.search(
            fields.Domain(
                [("kind", "in", ("voucher", "money")), ("is_open", "=", True)]
            )
        )
        self.assertIn("('kind', 'in', ('voucher', 'money'))", action["domain"])
        self.assertIn("'search_default_open': 1", action["context"])
        self.assertEqual(listed & (credit | voucher | pack | used), credit | voucher)
        self.assertEqual(
            {lot.kind: lot.display_name for lot in listed & (credit | voucher)},
            {
                "money": f"Marie – {credit.currency_id.format(35.0)} left",
                "voucher": "Anna – 1 × Paddle hour left",
            },
        )

    def test_customer_credit_never_expires(self):
        """S2-05, S2-10: the same balance after a year; no end can be set."""
        lot = self._buy(self.money)
        with freeze_time(fields.Date.add(fields.Date.today(), years=1, days=1)):
            lot.sudo()._expire()
            self.assertRecordValues(lot, [{"balance": 35.0, "state": "usable"}])
        self.assertFalse(lot.valid_until)
        with self.assertRaisesRegex(UserError, "never expires"), self.cr.savepoint():
            lot.sudo().valid_until = fields.Date.today()


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestVoucherPortal(BookingCreditsCommon, HttpCase):
    def test_customers_see_what_their_credit_pays_and_print_their_vouchers(self):
        """S2-21: the portal shows balance and conditions, and hands the voucher out."""
        shopper = new_test_user(
            self.env,
            "paul_portal",
            groups="base.group_portal",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self._buy(
            self._create_pack(
                "Money",
                1,
                35.0,
                booking_credit_measure="money",
                booking_credit_validity_unit="none",
                booking_credit_vat_kind="multi",
            ),
            partner=shopper.partner_id,
        )
        gift = self._create_pack(
            "Gift",
            1,
            10.0,
            booking_credit_measure="session",
            booking_credit_voucher=True,
        )
        voucher = self._buy(gift, partner=shopper.partner_id)
        others = self._buy(gift)
        self.authenticate("paul_portal", "paul_portal")
        page = self.url_open("/my/credits").text
        for text in (
            "35.00",
            "Pays any purchase, wholly or in part",
            "Never expires",
            voucher._get_voucher_code_text(),
        ):
            self.assertIn(text, page)
        report = "/report/html/booking_credits.report_voucher/"
        self.assertIn(report.replace("html", "pdf") + str(voucher.id), page)
        self.assertEqual(self.url_open(f"{report}{voucher.id}").status_code, 200)
        with mute_logger("odoo.http"):
            refused = self.url_open(f"{report}{others.id}")
        self.assertNotIn(others._get_voucher_code_text(), refused.text)
