from datetime import timedelta

from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestProposal(BookingCreditsCommon):
    """When a customer with a card gets its service, the order proposes it (S3-12)."""

    def setUp(self):
        super().setUp()
        self.massage = self._create_service("Massage", credits=60, price=60.0)
        self.card = self._create_pack(
            "Massage card",
            3,
            150.0,
            booking_credit_measure="session",
            booking_credit_validity=6,
            booking_credit_validity_unit="months",
            booking_credit_product_ids=[Command.link(self.massage.product_tmpl_id.id)],
        )

    def _proposal(self, order):
        order.invalidate_recordset(["booking_credit_proposal"])
        return order.with_user(self.front_desk).booking_credit_proposal

    def test_a_matching_card_is_proposed_by_itself(self):
        """S3-12: “Anna has Massage card: 3 × Massage left, until …”."""
        self._buy(self.card)
        order = self._create_order(self.massage)
        self.assertRegex(
            self._proposal(order),
            "^Anna has Massage card: 3 × Massage left, until .*[.]$",
        )

    def test_another_service_is_not_proposed(self):
        """S3-12: “not for another service”, nor for who has no card."""
        self._buy(self.card)
        cut = self._create_service("Cut", credits=30, price=30.0)
        self.assertFalse(self._proposal(self._create_order(cut)))
        self.assertFalse(self._proposal(self._create_order(self.product_a)))
        paul = self.env["res.partner"].create({"name": "Paul"})
        self.assertFalse(self._proposal(self._create_order(self.massage, partner=paul)))

    def test_the_form_proposes_while_it_is_filled_in(self):
        """S3-12: as soon as the service is on it, before it is saved."""
        self._buy(self.card)
        form = Form(self.env["sale.order"].with_user(self.front_desk))
        form.partner_id = self.anna
        self.assertFalse(form.booking_credit_proposal)
        with form.order_line.new() as line:
            line.product_id = self.massage
        self.assertIn("3 × Massage left", form.booking_credit_proposal)

    def test_it_is_gone_when_paid(self):
        self._buy(self.card)
        order = self._create_order(self.massage)
        order.action_booking_credit_pay()
        self.assertFalse(self._proposal(order))
        order.action_booking_credit_unpay()
        self.assertTrue(self._proposal(order))
        order.action_confirm()
        self.assertFalse(self._proposal(order), "confirmed, to be paid in money")

    def test_it_is_gone_when_declined(self):
        self._buy(self.card)
        order = self._create_order(self.massage)
        order.with_user(self.front_desk).action_decline_booking_credits()
        self.assertFalse(self._proposal(order))
        self.assertTrue(order.booking_credit_can_pay, "the button is still there")
        self.assertTrue(self._proposal(order.copy()), "a copy is asked anew")

    def test_what_expired_is_not_proposed(self):
        """S0-04: its last day counts, the day after does not."""
        lot = self._buy(self.card)
        order = self._create_order(self.massage)
        with freeze_time(lot.valid_until):
            self.assertTrue(self._proposal(order))
        with freeze_time(lot.valid_until + timedelta(days=1)):
            self.assertFalse(self._proposal(order))

    def test_many_lines_need_no_more_queries_than_one(self):
        """S3-12: the banner asks once, however many bookings and caps there are."""
        pack = self._create_pack("Daily", 900, 90, booking_credit_cap_week=99)
        self._buy(self.card)
        self._buy(pack)
        counts = []
        for number in (1, 1, 8):  # the first one fills Odoo's own caches
            order = self._create_order(*[self.yoga, self.massage] * number)
            self.env.flush_all()
            self.env.invalidate_all()
            order = order.with_user(self.front_desk)
            self.assertEqual(len(order.order_line), 2 * number)
            order.order_line.mapped("product_id.product_tmpl_id.categ_id.parent_path")
            before = self.env.cr.sql_log_count
            self.assertTrue(order.booking_credit_proposal)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
