from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_payment.tests.common import AccountPaymentCommon


@tagged("post_install", "-at_install")
class TestOnline(AccountPaymentCommon):
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
