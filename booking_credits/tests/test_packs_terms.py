from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
class TestPack(BookingCreditsCommon):
    def test_a_pack_needs_credits_and_a_validity(self):
        """S1-17, S3-06: the required fields, each with a clear refusal."""
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.cr.savepoint():
                self._create_pack("Nothing", 0, 10.0)
        with self.assertRaisesRegex(ValidationError, "at least 1"):
            self._create_pack("No days", 1, 1, booking_credit_validity=0)
        with self.assertRaisesRegex(ValidationError, "fixed date: enter it"):
            self._create_pack("When", 1, 1, booking_credit_validity_unit="fixed")

    def test_a_pack_is_paid_in_advance(self):
        with self.assertRaisesRegex(ValidationError, "in advance"):
            self._create_pack("Later", 1, 1, invoice_policy="delivery")

    def test_a_service_needs_a_price_in_credits(self):
        with self.assertRaisesRegex(ValidationError, "price in credits"):
            self._create_service("Free", credits=0, price=0)

    def test_the_form_prepares_a_pack(self):
        with Form(self.env["product.template"]) as form:
            form.name = "Five"
            form.type = "service"
            form.booking_credit_pack = True
            form.booking_credit_quantity = 5
            form.booking_credit_vat_kind = "multi"
        self.assertRecordValues(
            form.record,
            [{"type": "service", "invoice_policy": "order", "taxes_id": []}],
        )

    def test_packs_with_tags_are_hidden_from_others(self):
        """S0-34, S0-37: tagged customers see the pack, others do not; staff always."""
        tag = self.env["res.partner.category"].create({"name": "Students"})
        pack = self._create_pack("Students", 5, 20.0)
        pack.booking_credit_tag_ids = tag
        shopper = new_test_user(self.env, "shopper", groups="base.group_portal")
        template = pack.product_tmpl_id
        rules = self.env["ir.rule"].with_user(shopper)
        domain = rules._compute_domain("product.template", "read")
        # what the rule lets the shopper see, whatever else a portal user may read
        products = self.env["product.template"].with_user(shopper).sudo()
        self.assertNotIn(template, products.search(domain))
        shopper.partner_id.category_id = [Command.link(tag.id)]
        self.assertIn(template, products.search(domain))
        staff = self.env["product.template"].with_user(self.front_desk)
        self.assertIn(template, staff.search([]))
