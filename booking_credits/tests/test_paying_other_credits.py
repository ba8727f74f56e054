from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestOtherCredits(BookingCreditsCommon):
    """Credits of another customer pay, with a reason that both histories keep."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        family = cls.env["res.partner"].create({"name": "Zola", "is_company": True})
        address = {"street": "1 rue Haute", "zip": "69001", "city": "Lyon"}
        partners = cls.env["res.partner"].create(
            [
                {"name": "Paul", "parent_id": family.id},
                {"name": "Marie", "parent_id": family.id},
                {"name": "Zoe", **address},
                {"name": "Zac", **address},
                {"name": "Alien"},
            ]
        )
        cls.paul, cls.marie, cls.zoe, cls.zac, cls.alien = partners

    def _open(self, order):
        order = order.with_user(self.front_desk)
        action = order.action_open_booking_credit_pay()
        return order.env[action["res_model"]].browse(action["res_id"])

    def _lend(self, order, owner, reason="birthday"):
        form = Form(self._open(order))
        form.partner_id = owner
        if form.is_other:
            form.reason = reason
        return form.save()

    def _notes(self, record):
        return " ".join(record.message_ids.mapped("body"))

    def test_pauls_credits_pay_maries_order(self):
        """S2-24: picked by staff, logged on both customers and on the order."""
        lot = self._buy(partner=self.paul)
        order = self._create_order(self.yoga, partner=self.marie)
        dialog = self._lend(order, self.paul)
        self.assertIn(
            "This costs 10 credits, Paul has 100: 90 left.", dialog.total_text
        )
        dialog.action_pay()
        self.assertEqual(order.amount_total, 0.0)
        order.with_user(self.front_desk).action_confirm()
        self.assertEqual(lot.balance, 90)
        entry = lot.entry_ids.sorted("id")[-1]
        self.assertEqual(entry.document, f"{order.name} – Yoga")
        self.assertEqual((entry.reason, entry.user_id), ("birthday", self.front_desk))
        for record in (self.paul, self.marie, order):
            notes = self._notes(record)
            self.assertIn(f"({lot.name}) pay {order.name} – Yoga of Zola, Marie", notes)
            self.assertIn("10 credits of Zola, Paul", notes)
            self.assertIn("birthday", notes)
        last = self.marie.message_ids[0]
        self.assertEqual(last.author_id, self.front_desk.partner_id)

    def test_cancelling_gives_them_back_to_their_owner(self):
        """S2-24: to the lot that paid, not to who was booked."""
        lot = self._buy(partner=self.paul)
        order = self._create_order(self.yoga, partner=self.marie)
        self._lend(order, self.paul).action_pay()
        order.action_confirm()
        order.order_line._cancel_booking()
        self.assertEqual(lot.balance, 100)
        self.assertFalse(self.marie.booking_credit_lot_ids)

    def test_ten_units_at_twenty_make_a_plan_without_end(self):
        """S2-24: 10 x 20.00 = 200.00, no time limit; money of another pays as well."""
        plan = self._create_pack(
            "Plan",
            1,
            20.0,
            booking_credit_measure="money",
            booking_credit_validity_unit="none",
            booking_credit_vat_kind="multi",
        )
        lot = self._buy(plan, partner=self.paul, product_uom_qty=10)
        self.assertEqual((lot.balance, lot.valid_until), (200.0, False))
        order = self._create_order(self.yoga, partner=self.marie)
        dialog = self._lend(order, self.paul)
        dialog.amount = 4.0
        dialog.action_pay()
        order.action_confirm()
        self.assertEqual((order.amount_total, lot.balance), (6.0, 196.0))
        self.assertIn("4.00", self._notes(self.paul))

    def test_no_reason_no_credits(self):
        lot = self._buy(partner=self.paul)
        order = self._create_order(self.yoga, partner=self.marie)
        dialog = self._open(order)
        dialog.partner_id = self.paul
        with self.assertRaisesRegex(UserError, "Say why credits of Zola, Paul pay for"):
            dialog.action_pay()
        # nor behind the dialog, by who writes the line itself
        self._buy(partner=self.marie)
        order.action_booking_credit_pay()
        credit = order.order_line._get_credit_lines().with_user(self.front_desk)
        with self.assertRaisesRegex(AccessError, "cannot be entered"):
            credit.booking_credit_lot_ids = lot
        with self.assertRaisesRegex(ValidationError, "without a reason"):
            credit.sudo().booking_credit_lot_ids = lot

    def test_another_customer_on_the_order_is_asked_anew(self):
        """S2-24: credits chosen for Paul are not spent on Marie in silence."""
        lot = self._buy(partner=self.paul)
        order = self._create_order(self.yoga, partner=self.paul)
        order._pay_with_booking_credits(lots=lot)
        order.partner_id = self.marie
        self.assertFalse(order.order_line._get_credit_lines())
        order.action_confirm()
        self.assertEqual(lot.balance, 100)

    def test_vouchers_of_others_are_not_offered(self):
        """S2-24, S2-14: they belong to whoever knows the code."""
        gift = self._create_pack(
            "Gift",
            1,
            20.0,
            booking_credit_measure="session",
            booking_credit_voucher=True,
        )
        voucher = self._buy(gift, partner=self.paul)
        self._buy(partner=self.paul)
        order = self._create_order(self.yoga, partner=self.marie)
        dialog = self._lend(order, self.paul)
        self.assertNotIn(voucher, dialog.lot_ids.lot_id)
        self.assertFalse(dialog.refusals, "nor is it told that they exist")
        dialog.lot_ids[0].lot_id = voucher
        with self.assertRaisesRegex(UserError, "is a gift voucher"):
            dialog.action_pay()

    def test_other_companies_are_refused(self):
        """S2-24: what another company owes does not pay here."""
        other = self.env["res.company"].create({"name": "Other"})
        lots = self.env["booking.credit.lot"].sudo().with_company(other)
        foreign = lots._grant(
            [
                {
                    "partner_id": self.paul.id,
                    "company_id": other.id,
                    "origin": "grant",
                    "valid_from": other._booking_credit_today(),
                }
            ],
            [{"quantity": 50}],
        )
        self._buy(partner=self.paul)
        order = self._create_order(self.yoga, partner=self.marie)
        dialog = self._lend(order, self.paul)
        self.assertNotIn(foreign, dialog.lot_ids.lot_id)
        with self.assertRaises(UserError):
            dialog.lot_ids[0].lot_id = foreign
            dialog.action_pay()
        self.alien.company_id = other
        with self.assertRaises(UserError):
            self._open(order).partner_id = self.alien

    def test_family_and_colleagues_are_proposed_first(self):
        """S2-24: the same company, or the same address, then the others by name."""
        for partner in (self.paul, self.zac, self.alien):
            self._buy(partner=partner)
        partners = self.env["res.partner"].with_user(self.front_desk)
        domain = [("booking_credit_lot_ids.is_open", "=", True)]
        for customer, first in ((self.marie, self.paul), (self.zoe, self.zac)):
            found = partners.with_context(
                booking_credit_related_to=customer.id
            ).name_search("", domain)
            self.assertEqual(found[0][0], first.id)
            self.assertCountEqual(
                [partner_id for partner_id, _name in found],
                (self.paul | self.zac | self.alien).ids,
            )
        plain = partners.name_search("", domain)
        self.assertEqual(plain[0][0], self.alien.id)

    def test_what_was_held_is_logged_as_well(self):
        """S2-24: also when the rest is paid by card before the confirmation."""
        lot = self._buy(partner=self.paul)
        order = self._create_order(self.yoga, self.product_a, partner=self.marie)
        self._lend(order, self.paul).action_pay()
        order._hold_booking_credits()
        self.assertEqual(lot.held, 10)
        order.action_confirm()
        self.assertEqual((lot.balance, lot.held), (90, 0))
        self.assertEqual(lot.entry_ids.sorted("id")[-1].reason, "birthday")
        self.assertIn("birthday", self._notes(self.paul))

    def test_own_credits_need_no_reason(self):
        """Credits of the customer's company are the customer's own."""
        lot = self._buy(partner=self.marie.parent_id)
        order = self._create_order(self.yoga, partner=self.marie)
        dialog = self._lend(order, self.marie.parent_id)
        self.assertFalse(dialog.is_other)
        dialog.action_pay()
        order.action_confirm()
        self.assertEqual(lot.balance, 90)

    def test_a_portal_user_reads_only_their_own(self):
        """S2-24: nobody lends themselves credits: the lots of others stay unseen."""
        lot = self._buy(partner=self.paul)
        portal = self.env["res.users"].create(
            {
                "name": "Marie",
                "login": "marie_portal",
                "partner_id": self.marie.id,
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        order = self._create_order(self.yoga, partner=self.marie)
        with self.assertRaises(AccessError):
            order.with_user(portal).action_open_booking_credit_pay()
        with self.assertRaises(AccessError):
            lot.with_user(portal).read(["balance"])
