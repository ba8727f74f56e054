import json

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .attack_guards import ODOO, AttackGuardsCase
from .common import BookingCreditsCommon

#: what is no number of packs or bookings; at NaN, infinity and words Odoo itself stops,
#: before anything of ours is asked, and writes nothing
NO_NUMBERS = (-1, 0.01, 0.5, 1.5, 100, 2**40, 1e300, "-1", "0.5")


LINE = "odoo.addons.booking_credits.models.sale_order_line.SaleOrderLine"


class QuantitiesCase(HttpCase):
    """Sends what a browser may send to a route that takes JSON."""

    def _send(self, path, **params):
        """Send ``params`` as JSON, also numbers that JSON does not have.

        :return: the answer: a dict with ``result`` or ``error``
        """
        with mute_logger("odoo.http", "odoo.sql_db"):
            answer = self.url_open(
                path,
                data=json.dumps({"params": params}),
                headers={"Content-Type": "application/json"},
            )
        self.env.invalidate_all(flush=False)
        return answer.json()

    def assertRefused(self, answer, words):
        """Check that an answer is a sentence that says ``words``."""
        self.assertIn("error", answer)
        said = answer["error"]["data"]
        self.assertRegex(said["name"], r"(UserError|ValidationError)$")
        self.assertRegex(said["message"], words)


@tagged("post_install", "-at_install")
class TestAttackQuantities(QuantitiesCase, BookingCreditsCommon):
    """Optional lines of a quotation, whose number the customer chooses on the portal."""

    def setUp(self):
        super().setUp()
        user = new_test_user(
            self.env,
            "quotes",
            groups="base.group_portal",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.anna = user.partner_id
        self.lot = self._buy()
        self.pilates = self._create_service("Pilates", credits=10, price=10.0)
        self.order = self._create_order(self.yoga)
        self.order.order_line = [
            Command.create(
                {
                    "display_type": "line_section",
                    "name": "If you like",
                    "is_optional": True,
                    "sequence": 20,
                }
            ),
            Command.create({"product_id": self.pack.id, "sequence": 21}),
            Command.create({"product_id": self.pilates.id, "sequence": 22}),
        ]
        self.optional = self.order.order_line.filtered(
            lambda line: line.product_id in self.pack | self.pilates
        )
        self.authenticate(user.login, user.login)

    def _update(self, line, **params):
        """Choose a number on the page of the quotation."""
        path = f"/my/orders/{self.order.id}/update_line_dict"
        return self._send(path, line_id=line.id, **params)

    def test_customers_choose_whole_numbers_of_what_is_optional(self):
        """A quarter of a pass, a hundred, less than none."""
        for line in self.optional:
            for number in NO_NUMBERS:
                with self.subTest(product=line.product_id.name, number=number):
                    answer = self._update(line, input_quantity=number)
                    self.assertRefused(answer, "whole number from 1 to 99|a number")
                    self.assertEqual(line.product_uom_qty, 1)
        self._update(self.optional[0], input_quantity=2)
        self.assertEqual(self.optional[0].product_uom_qty, 2)
        self.assertEqual(self.order.amount_total, 10 + 2 * 90 + 10)

    def test_none_of_what_is_optional_is_none(self):
        """Zero, one less than zero, and nothing sent: not ordered, and not given."""
        for line in self.optional:
            for params in (
                {"input_quantity": 0},
                {"remove": True},
                {"input_quantity": None},
                {"input_quantity": 0.001},
            ):
                self._update(line, **params)
                self.assertEqual(line.product_uom_qty, 0)
        self.assertEqual(self.order.amount_total, 10)
        self.order.action_booking_credit_pay()
        self.order.action_confirm()
        self.assertEqual(self.lot.balance, 90)
        self.assertFalse(self.order.booking_credit_lot_ids)

    def test_only_what_is_optional_is_chosen(self):
        """Neither the other lines, nor after the confirmation."""
        booking = self.order.order_line[0]
        self._update(booking, input_quantity=5)
        self.assertEqual(booking.product_uom_qty, 1)
        self.order.action_confirm()
        for line in self.order.order_line:
            self._update(line, input_quantity=5)
        self.assertEqual(self.optional.mapped("product_uom_qty"), [1, 1])

    def test_credits_that_pay_follow_what_is_chosen(self):
        """Fewer bookings than credits pay: never more off than they cost."""
        booking = self.optional[1]
        booking.product_uom_qty = 3
        self.order.action_booking_credit_pay()
        self.assertEqual(self.order.amount_total, 90)
        for number in (2, 1, 0):
            self._update(booking, input_quantity=number)
            self.assertEqual(
                sum(booking.booking_credit_line_ids.mapped("product_uom_qty")), number
            )
            self.assertEqual(self.order.amount_total, 90)

    def test_what_pays_is_not_chosen(self):
        """A credit line beside what is optional is no optional line."""
        self.env["booking.credit.lot"].grant(self.anna, 5, "Gift", measure="money")
        self.optional[0].unlink()  # what buys credit takes none
        mat = self.env["product.product"].create({"name": "Mat", "type": "service"})
        self.order.order_line = [
            Command.create({"product_id": mat.id, "price_unit": 30.0, "sequence": 23})
        ]
        self.order.action_booking_credit_pay()
        total = self.order.amount_total
        lines = self.order.order_line._get_credit_lines()
        self.assertEqual(
            set(lines.mapped("booking_credit_measure")), {"credit", "money"}
        )
        before = lines.mapped("product_uom_qty")
        for line in lines:
            for number in (5, 2, 0.5, 0, -1):
                with self.subTest(measure=line.booking_credit_measure, number=number):
                    self._update(line, input_quantity=number)
                    self.assertEqual(lines.exists().mapped("product_uom_qty"), before)
                    self.assertEqual(self.order.amount_total, total)


#: each guard of what customers choose, and the test that is its attack
GUARDS = {
    ("product.product", "_get_quantity_refusal"): (
        "test_customers_choose_whole_numbers_of_what_is_optional"
    ),
    f"{LINE}._can_be_edited_on_portal": ("test_what_pays_is_not_chosen", ODOO),
    ("sale.order.line", "_prepare_credit_line_changes"): (
        "test_credits_that_pay_follow_what_is_chosen",
        [],
    ),
}


@tagged("post_install", "-at_install")
class TestAttackQuantityGuards(AttackGuardsCase, TestAttackQuantities):
    """Each guard of quantities is needed: without it an attack succeeds."""

    def test_guards(self):
        self.assertNeeded(GUARDS)
