from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .attack_guards import AttackGuardsCase


@tagged("post_install", "-at_install")
class TestOnline(AccountPaymentCommon, AttackGuardsCase):
    """A pack bought and paid online, without staff."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.company._booking_credit_setup()
        cls.env.user.group_ids |= cls.env.ref(
            "booking_credits.booking_credits_group_manager"
        )
        pack = cls.env["product.product"].create(
            {
                "name": "100 credits",
                "type": "service",
                "invoice_policy": "order",
                "list_price": 90.0,
                "taxes_id": [Command.clear()],
                "booking_credit_pack": True,
                "booking_credit_quantity": 100,
            }
        )
        cls.order = cls.env["sale.order"].create(
            {
                "partner_id": cls.partner.id,
                "order_line": [Command.create({"product_id": pack.id})],
            }
        )
        cls.amount, cls.currency = cls.order.amount_total, cls.order.currency_id

    def _pay_online(self, state):
        transaction = self._create_transaction(
            "redirect", sale_order_ids=[Command.set(self.order.ids)], state=state
        )
        with mute_logger("odoo.addons.sale.models.payment_transaction"):
            transaction._post_process()
        return transaction

    def test_credits_come_with_the_online_payment(self):
        """S1-26, S1-14, S0-01: no staff action, also without automatic invoices."""
        self.env["ir.config_parameter"].sudo().set_param(
            "sale.automatic_invoice", False
        )
        self._pay_online("done")
        self.assertRecordValues(
            self.order.booking_credit_lot_ids, [{"balance": 100, "value": 90.0}]
        )
        self.assertIn(self.order.invoice_ids.payment_state, ("paid", "in_payment"))

    def test_with_automatic_invoices_there_is_one_invoice(self):
        """S1-26: Odoo's own setting does the same, once."""
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", True)
        self._pay_online("done")
        self.assertEqual(len(self.order.invoice_ids), 1)
        self.assertEqual(self.order.booking_credit_lot_ids.balance, 100)

    def test_a_pending_payment_gives_nothing_yet(self):
        """S1-26: a bank transfer that has not arrived."""
        self._pay_online("pending")
        self.assertFalse(self.order.booking_credit_lot_ids)

    def test_a_mail_that_fails_undoes_no_payment(self):
        """A broken template, a missing wkhtmltopdf, a mail server that refuses."""
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", True)
        sale_order, send = (
            self.registry["sale.order"],
            self.registry["account.move.send"],
        )
        broken = UserError("Unable to find Wkhtmltopdf")
        with (
            mute_logger("odoo.addons.booking_credits.safely"),
            patch.object(
                sale_order,
                "message_post_with_source",
                autospec=True,
                side_effect=broken,
            ),
            patch.object(
                send, "_generate_and_send_invoices", autospec=True, side_effect=broken
            ),
        ):
            self._pay_online("done")
        self.assertEqual(self.order.state, "sale")
        self.assertEqual(self.order.booking_credit_lot_ids.balance, 100)
        self.assertIn("Wkhtmltopdf", self.order.activity_ids[:1].note)
        self.assertIn("Wkhtmltopdf", self.order.invoice_ids.activity_ids[:1].note)

    def test_what_cannot_be_confirmed_is_shown_to_staff(self):
        """Money has moved: no refusal, of whatever kind, may throw it back."""
        refusal = ValidationError("The customer of the order has changed")

        def refuse(orders):
            if orders:  # others confirm what they find, also where they find nothing
                raise refusal

        with patch.object(self.registry["sale.order"], "action_confirm", refuse):
            self._pay_online("done")
        self.assertEqual(self.order.state, "draft")
        self.assertIn("has changed", self.order.activity_ids[:1].note)

    def test_a_payment_below_what_is_asked_confirms_nothing(self):
        """0.01 of 90.00, with *Online Payment* off; the money stays with the order."""
        self.order.require_payment = False
        total, self.amount = self.amount, 0.01
        self._pay_online("done")
        self.assertEqual(self.order.state, "draft")
        self.assertIn("0.01", self.order.activity_ids[:1].note)
        self.amount = total - 0.01
        self.reference = "the rest"
        self._pay_online("done")
        self.assertEqual(self.order.state, "sale")

    def test_the_guard_of_payments_is_needed(self):
        """Without what is asked, one cent confirms."""
        guard = ("sale.order", "_get_amount_to_confirm")
        attack = "test_a_payment_below_what_is_asked_confirms_nothing"
        self.assertFalse(self._check_guards({guard: (attack, 0.0)}))
