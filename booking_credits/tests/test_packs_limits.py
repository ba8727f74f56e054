from contextlib import contextmanager
from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from ..exceptions import PackLimitError
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestLimits(BookingCreditsCommon):
    """How many packs are sold, to whom, and what customers are offered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bob = cls.env["res.partner"].create({"name": "Bob"})
        cls.shopper = new_test_user(
            cls.env,
            "limits_shopper",
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        # what a shop gives to everyone
        cls.env["ir.model.access"].create(
            [
                {
                    "name": f"shop: {model}",
                    "model_id": cls.env["ir.model"]._get_id(model),
                    "group_id": cls.env.ref(group).id,
                    "perm_read": True,
                }
                for model in ("product.template", "product.product")
                for group in ("base.group_portal", "base.group_public")
            ]
        )

    @contextmanager
    def _refused(self, text=""):
        """Expect a refusal, and that nothing of the sale is left."""
        with self.assertRaisesRegex(PackLimitError, text), self.cr.savepoint():
            yield

    def _sell(self, pack, number=1, partner=None, user=None):
        order = self._create_order(pack, partner=partner, product_uom_qty=number)
        order.with_user(user or self.front_desk).sudo(False).action_confirm()
        return order

    def _shop(self, pack, partner=None, number=1):
        """Confirm an order as a shop does: everything in sudo, for a portal user."""
        env = self.env(user=self.shopper, su=True)
        order = env["sale.order"].create(
            {
                "partner_id": (partner or self.shopper.partner_id).id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create({"product_id": pack.id, "product_uom_qty": number})
                ],
            }
        )
        order.action_confirm()
        return order

    def _offered(self, user=None):
        """Return the packs that ``user`` finds, as in a shop or by RPC."""
        user = user or self.shopper
        templates = self.env["product.template"].with_user(user)
        found = templates.search([("booking_credit_pack", "=", True)])
        products = self.env["product.product"].with_user(user)
        self.assertEqual(
            products.search([("booking_credit_pack", "=", True)]).product_tmpl_id,
            found,
        )
        return found.sudo()

    # --- number

    def test_the_third_buyer_finds_it_sold_out(self):
        """S0-22: stock 2: two are sold, the third is told so."""
        pack = self._create_pack(
            "Summer",
            10,
            50.0,
            booking_credit_stock_limited=True,
            booking_credit_stock=2,
        )
        self._sell(pack)
        self._sell(pack, partner=self.bob)
        self.assertEqual(pack.booking_credit_stock, 0)
        with self._refused("“Summer” is sold out"):
            self._sell(pack)

    def test_more_than_what_is_left_is_refused_with_the_number(self):
        """S0-22: all or nothing, and the refusal says how many can be had."""
        pack = self._create_pack(
            "Two", 1, 5.0, booking_credit_stock_limited=True, booking_credit_stock=2
        )
        with self._refused("3 are asked for and 2 are left"):
            self._sell(pack, 3)
        self.env.invalidate_all()
        self.assertEqual(pack.booking_credit_stock, 2)

    def test_a_cancelled_order_gives_its_packs_back_once(self):
        """S0-22: cancel twice, confirm again, delete: the number stays right."""
        pack = self._create_pack(
            "Five", 1, 5.0, booking_credit_stock_limited=True, booking_credit_stock=5
        )
        order = self._sell(pack, 2)
        self.assertEqual(pack.booking_credit_stock, 3)
        order._action_cancel()
        order._action_cancel()
        self.assertEqual(pack.booking_credit_stock, 5)
        order.action_draft()
        order.action_confirm()
        self.assertEqual(pack.booking_credit_stock, 3)
        order._action_cancel()
        order.unlink()
        self.assertEqual(pack.booking_credit_stock, 5)

    def test_a_confirmed_order_that_changes_takes_the_difference(self):
        """S0-22: more, fewer, and lines added later count as well."""
        pack = self._create_pack(
            "Five", 1, 5.0, booking_credit_stock_limited=True, booking_credit_stock=5
        )
        order = self._sell(pack, 2)
        order.order_line.product_uom_qty = 4
        self.assertEqual(pack.booking_credit_stock, 1)
        order.order_line.product_uom_qty = 1
        self.assertEqual(pack.booking_credit_stock, 4)
        other = self._create_order(self.yoga)
        other.action_confirm()
        other.order_line = [
            Command.create({"product_id": pack.id, "product_uom_qty": 4})
        ]
        self.assertEqual(pack.booking_credit_stock, 0)
        with self._refused():
            other.order_line[1].product_uom_qty = 5

    def test_units_are_converted(self):
        """S0-22: a dozen is twelve packs."""
        pack = self._create_pack(
            "Many", 1, 5.0, booking_credit_stock_limited=True, booking_credit_stock=20
        )
        dozen = self.env.ref("uom.product_uom_dozen")
        pack.uom_ids = dozen
        order = self._create_order(pack, product_uom_id=dozen.id)
        order.action_confirm()
        self.assertEqual(pack.booking_credit_stock, 8)
        self._sell(pack, 2)
        self.assertEqual(pack.booking_credit_stock, 6)

    def test_unlimited_by_default(self):
        """S0-22: off means no limit, and nothing is counted."""
        order = self._sell(self.pack, 99)
        self.assertEqual(self.pack.booking_credit_stock, 0)
        self.assertEqual(order.order_line.booking_credit_stock_taken, 0)

    def test_a_number_per_order(self):
        """S0-24: at most 2: 3 are refused in the back office and in the shop."""
        pack = self._create_pack("Max", 1, 5.0, booking_credit_max_order=2)
        self._sell(pack, 2)
        for sell in (self._sell, self._shop):
            with self._refused("“Max”: 3 are too many"):
                sell(pack, number=3)
        order = self._create_order(pack, pack, product_uom_qty=2)
        with self._refused("4 are too many"):
            order.action_confirm()

    def test_a_number_per_customer(self):
        """S0-24: over all orders, also of a colleague in the same company."""
        pack = self._create_pack("Max", 1, 5.0, booking_credit_max_customer=2)
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        ann, ben = self.env["res.partner"].create(
            [{"name": name, "parent_id": firm.id} for name in ("Ann", "Ben")]
        )
        first = self._sell(pack, 1, ann)
        with self._refused("has 1 and asks for 2. 1 can"):
            self._sell(pack, 2, ben)
        self._sell(pack, 1, ben)
        with self._refused():
            self._sell(pack, 1, firm)
        self._sell(pack, 2, self.bob)
        first._action_cancel()
        self._sell(pack, 1, firm)

    def test_orders_confirmed_together_count_one_after_the_other(self):
        """S0-24: the limit holds in a batch too."""
        pack = self._create_pack("Max", 1, 5.0, booking_credit_max_customer=1)
        orders = self._create_order(pack) | self._create_order(pack)
        with self._refused("limited to 1"):
            orders.action_confirm()

    def test_the_form_warns_before_the_confirmation(self):
        """S0-22, S0-24: staff read it when they enter the line."""
        pack = self._create_pack("Max", 1, 5.0, booking_credit_max_order=2)
        line = self._create_order(pack, product_uom_qty=3).order_line
        warning = line._onchange_booking_credit_limits()["warning"]
        self.assertIn("3 are too many", warning["message"])
        line.product_uom_qty = 2
        self.assertFalse(line._onchange_booking_credit_limits())
        pack.write({"booking_credit_stock_limited": True, "booking_credit_stock": 0})
        warning = line._onchange_booking_credit_limits()["warning"]
        self.assertIn("sold out", warning["message"])

    # --- packs that wait for a payment

    def test_a_sold_out_pack_is_refused_before_money_is_paid(self):
        """S0-22: the last pack is kept for who pays first; nobody pays in vain."""
        pack = self._create_pack(
            "Last", 1, 5.0, booking_credit_stock_limited=True, booking_credit_stock=1
        )
        first, second = self._create_order(pack), self._create_order(pack)
        payment = self._begin_payment(first)
        self.assertEqual(pack.booking_credit_stock, 0)
        with self._refused("sold out"):
            self._begin_payment(second)
        with self._refused("sold out"):
            second.action_confirm()
        payment._set_done()
        first.action_confirm()
        self.assertEqual(pack.booking_credit_stock, 0)
        first._action_cancel()
        self.assertEqual(pack.booking_credit_stock, 1)

    def _release_packs(self, hours):
        moment = fields.Datetime.now() + timedelta(hours=hours)
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref(
                "booking_credits.ir_cron_release_given_up"
            ).method_direct_trigger()

    def test_a_payment_that_is_given_up_frees_its_pack(self):
        """S0-22: after an hour without a result, at once when it failed."""
        pack = self._create_pack(
            "Last", 1, 5.0, booking_credit_stock_limited=True, booking_credit_stock=1
        )
        order = self._create_order(pack)
        payment = self._begin_payment(order)
        self._release_packs(0.5)
        self.assertEqual(pack.booking_credit_stock, 0)
        payment._set_pending()
        self._release_packs(48)
        self.assertEqual(pack.booking_credit_stock, 0, "a bank transfer takes days")
        payment._set_canceled()
        self._release_packs(0)
        self.assertEqual(pack.booking_credit_stock, 1)
        self._begin_payment(order)
        self._release_packs(1.5)
        self.assertEqual(pack.booking_credit_stock, 1)
        order.action_confirm()
        self.assertEqual(pack.booking_credit_stock, 0)

    # --- customers

    def test_packs_of_several_sizes_are_offered_to_everyone(self):
        """S0-19, S0-34, S1-19: packs of 1, 5 and 10, also without signing in."""
        packs = [self._create_pack(f"{n}", n, 10.0 * n) for n in (1, 5, 10)]
        public = self.env.ref("base.public_user")
        public.sudo().company_ids |= self.company
        for user in (self.shopper, public):
            offered = self._offered(user)
            for pack in packs:
                self.assertIn(pack.product_tmpl_id, offered)

    def test_a_pack_for_a_group(self):
        """S0-34: students see and buy it, others neither find, read nor buy it."""
        students = self.env["res.partner.category"].create({"name": "Students"})
        pack = self._create_pack("Students", 5, 20.0)
        pack.booking_credit_tag_ids = students
        self.assertNotIn(pack.product_tmpl_id, self._offered())
        for record in (pack, pack.product_tmpl_id):
            with self.assertRaises(AccessError):
                record.with_user(self.shopper).sudo(False).read(["name"])
        with self._refused("“Students” is not offered to"):
            self._shop(pack)
        self.shopper.partner_id.category_id = students
        self.assertIn(pack.product_tmpl_id, self._offered())
        self.assertEqual(self._shop(pack).state, "sale")
        students.active = False
        self.env.invalidate_all()
        self.assertNotIn(pack.product_tmpl_id, self._offered())

    def test_a_group_that_must_buy_its_own_packs(self):
        """S0-35: kids see pack K only; its credits pay what all credits pay."""
        kids = self.env["res.partner.category"].create(
            {"name": "Kids", "booking_credit_only": True}
        )
        pack = self._create_pack("K", 50, 40.0, booking_credit_tag_ids=kids.ids)
        self.shopper.partner_id.category_id = kids
        self.assertEqual(self._offered(), pack.product_tmpl_id)
        services = self.env["product.template"].with_user(self.shopper)
        if "is_published" in services._fields:  # with eCommerce
            self.yoga.sudo().is_published = True
        self.assertIn(
            self.yoga.product_tmpl_id.id, services.search([("booking_ok", "=", 1)]).ids
        )
        with self._refused("not offered"):
            self._shop(self.pack)
        lot = self._buy(pack, partner=self.shopper.partner_id)
        self._book(partner=self.shopper.partner_id)
        self.assertEqual(lot.balance, 40)

    def test_a_pack_for_new_customers(self):
        """S0-36: cheap the first time; then hidden and refused."""
        pack = self._create_pack("Welcome", 5, 5.0, booking_credit_new_customers=True)
        public = self.env.ref("base.public_user")
        self.assertIn(pack.product_tmpl_id, self._offered())
        self.assertIn(pack.product_tmpl_id, self._offered(public))
        self._shop(pack)
        self.assertNotIn(pack.product_tmpl_id, self._offered())
        self.assertIn(pack.product_tmpl_id, self._offered(public))
        with self._refused("for new customers"):
            self._shop(pack)

    def test_who_bought_another_pack_is_no_new_customer(self):
        """S0-36: any pack counts, staff are told too."""
        pack = self._create_pack("Welcome", 5, 5.0, booking_credit_new_customers=True)
        self._sell(self.pack, 2)
        with self._refused("Anna has already bought packs .2."):
            self._sell(pack)
        self._sell(pack, partner=self.bob)

    def test_who_was_invoiced_without_an_order_is_no_new_customer(self):
        """S0-36: packs sold on a plain invoice count."""
        pack = self._create_pack("Welcome", 5, 5.0, booking_credit_new_customers=True)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.anna.id,
                "invoice_line_ids": [Command.create({"product_id": self.pack.id})],
            }
        )
        invoice.action_post()
        self._pay(invoice)
        with self._refused("for new customers"):
            self._sell(pack)

    def test_new_customers_buy_one_by_default(self):
        """S0-36: the form proposes one pack for each."""
        with Form(self.pack.product_tmpl_id) as form:
            form.booking_credit_new_customers = True
            self.assertEqual(form.booking_credit_max_customer, 1)

    def test_staff_sell_a_hidden_pack_in_a_customer_s_name(self):
        """S0-37: a tag without customers; also when the customer pays on the portal."""
        hidden = self.env["res.partner.category"].create({"name": "Hidden"})
        pack = self._create_pack("Secret", 5, 5.0, booking_credit_tag_ids=hidden.ids)
        public = self.env.ref("base.public_user")
        for user in (self.shopper, public):
            self.assertNotIn(pack.product_tmpl_id, self._offered(user))
        staff = self.env["product.template"].with_user(self.front_desk)
        self.assertIn(pack.product_tmpl_id.id, staff.search([]).ids)
        self.assertEqual(self._sell(pack).state, "sale")
        quotation = self._create_order(pack, partner=self.shopper.partner_id)
        quotation.with_user(self.shopper).sudo().action_confirm()
        self.assertEqual(quotation.state, "sale")

    # --- what a pack gives

    def test_a_price_and_a_number(self):
        """S0-21: pay 40, receive 5: 5 credits worth 40."""
        lot = self._buy(self._create_pack("Five", 5, 40.0))
        self.assertRecordValues(lot, [{"balance": 5, "value": 40.0}])

    def test_with_an_end_or_without(self):
        """S0-23: a fixed date, a duration, none."""
        fixed = date(2030, 1, 31)
        for unit, values, expected in (
            ("fixed", {"booking_credit_valid_until": fixed}, fixed),
            ("none", {}, False),
            ("days", {"booking_credit_validity": 30}, date(2026, 3, 31)),
        ):
            pack = self._create_pack(
                unit, 1, 1.0, booking_credit_validity_unit=unit, **values
            )
            with freeze_time("2026-03-01 12:00:00"):
                self.assertEqual(self._buy(pack).valid_until, expected, unit)

    def test_validity_counts_from_the_purchase(self):
        """S1-18: 15 January, 6 months: 15 July; 31 August: end of February."""
        for day, last in (
            ("2026-01-15", date(2026, 7, 15)),
            ("2026-08-31", date(2027, 2, 28)),
            ("2027-08-31", date(2028, 2, 29)),
        ):
            with freeze_time(f"{day} 12:00:00"):
                self.assertEqual(self._buy().valid_until, last)

    def test_editing_a_pack_does_not_change_what_was_sold(self):
        """S3-07: number, validity and scope stay as they were bought."""
        lot = self._buy()
        before = lot.read(["balance", "valid_until", "limit_dates", "measure"])
        self.pack.write(
            {
                "booking_credit_quantity": 7,
                "booking_credit_validity": 1,
                "booking_credit_limit_dates": True,
                "booking_credit_product_ids": [
                    Command.link(self._create_service("X", 1, 1.0).product_tmpl_id.id)
                ],
                "list_price": 1.0,
            }
        )
        self.assertEqual(
            lot.read(["balance", "valid_until", "limit_dates", "measure"]), before
        )
        self._book()
        self.assertEqual((lot.balance, lot.value), (90, 81.0))

    def test_a_sold_pack_is_archived_not_deleted(self):
        """S3-07: deletion is refused with the remedy; the sold credits stay."""
        lot = self._buy()
        for record in (self.pack, self.pack.product_tmpl_id):
            with self.assertRaisesRegex(UserError, "was sold 1 times.*Archive it"):
                record.unlink()
        self.pack.product_tmpl_id.action_archive()
        self.assertFalse(self.pack.active)
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.pack.product_tmpl_id.unlink()
        self._book()
        self.assertEqual(lot.balance, 90)

    def test_a_pack_that_was_never_sold_is_deleted(self):
        """S3-07."""
        pack = self._create_pack("Mistake", 1, 1.0)
        pack.product_tmpl_id.unlink()
        self.assertFalse(pack.exists())

    def test_a_pack_needs_a_price_unless_it_is_free_on_purpose(self):
        """S3-06: number and price are both required."""
        with self.assertRaisesRegex(ValidationError, "has no price.*Given for Free"):
            self._create_pack("No price", 10, 0.0)
        trial = self._create_pack("Trial", 10, 0.0, booking_credit_free=True)
        self.assertTrue(trial.exists())

    # --- advice

    def _warnings(self, **values):
        """Return what the form of the pack warns of after ``values``."""
        pack = self.pack.product_tmpl_id
        spec = {name: {} for name in ("booking_credit_advice", *values)}
        result = pack.onchange(values, list(values), spec)
        return (result.get("warning") or {}).get("message", "")

    def test_a_validity_over_one_year_warns(self):
        """S0-39: 13 months warn and say why, 12 do not; both can be saved."""
        self.assertIn("more than one year", self._warnings(booking_credit_validity=13))
        self.assertIn("taxes", self._warnings(booking_credit_validity=13))
        self.assertFalse(self._warnings(booking_credit_validity=12))
        self.pack.booking_credit_validity = 13
        self.assertIn("accountant", self.pack.booking_credit_advice)
        self.pack.booking_credit_validity = 12
        self.assertFalse(self.pack.booking_credit_advice)
        self.pack.booking_credit_validity_unit = "none"
        self.assertIn("more than one year", self.pack.booking_credit_advice)

    def test_a_price_above_what_it_pays_for_warns(self):
        """S1-17: 100 credits pay ten classes of 10.00; 100.01 is too much."""
        self.assertFalse(self._warnings(list_price=100.0))
        self.assertRegex(self._warnings(list_price=100.01), "100.01.*100.00")
        self.pack.list_price = 120.0
        self.assertIn("without it", self.pack.booking_credit_advice)

    def test_the_price_of_sessions_is_compared_with_taxes(self):
        """S1-17: 10 sessions of a class of 10.00 plus 20 %."""
        tax = self.env["account.tax"].create({"name": "20", "amount": 20.0})
        self.yoga.taxes_id = tax
        pack = self._create_pack(
            "Card",
            10,
            115.0,
            booking_credit_measure="session",
            booking_credit_product_ids=self.yoga.product_tmpl_id.ids,
        )
        self.assertFalse(pack.booking_credit_advice)
        pack.list_price = 121.0
        self.assertIn("120.00", pack.booking_credit_advice)

    def test_dates_within_the_validity_need_a_pack(self):
        """S0-28: the option waits for the first pack, and says so."""
        packs = self.env["product.template"].search([("booking_credit_pack", "=", 1)])
        settings = self.env["res.config.settings"]
        self.assertTrue(settings.create({}).booking_credit_has_pack)
        packs.action_archive()
        self.assertFalse(settings.create({}).booking_credit_has_pack)

    def test_credits_pay_any_date_while_they_are_valid(self):
        """S0-26, S0-27: the option off and on, at both ends."""
        pack = self._create_pack(
            "January",
            30,
            30.0,
            booking_credit_validity_unit="fixed",
            booking_credit_valid_from=date(2030, 1, 1),
            booking_credit_valid_until=date(2030, 1, 31),
        )
        with freeze_time("2030-01-20 12:00:00"):
            lot = self._buy(pack)
            lot.sudo().valid_from = date(2030, 1, 1)
            self._book(hours=24 * 21)
            self.assertEqual(lot.balance, 20)
            lot.sudo().limit_dates = True
            self._book(hours=24 * 11)
            self.assertEqual(lot.balance, 10)
            start = date(2030, 2, 1) - date(2030, 1, 20)
            with self.assertRaisesRegex(UserError, "pays only bookings from"):
                self._book(hours=start / timedelta(hours=1))
