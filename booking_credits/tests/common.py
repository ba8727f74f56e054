from contextlib import contextmanager
from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import common, new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.base.tests.common import BaseCommon

from . import prepared, quick_freeze

quick_freeze.install()

# two browsers that start at once on a busy machine need more than ten seconds
common.CHECK_BROWSER_ITERATIONS = 600


class BookingCreditsCommon(AccountTestInvoicingCommon):
    """A studio with a pack and a class, a customer, and words to say things.

    After every test the ledger must be sound and agree with the books.
    """

    @classmethod
    def setUpClass(cls):
        if prepared.found() and prepared.fits(cls, BookingCreditsCommon):
            # all that Odoo's and our own common classes make is there
            super(BaseCommon, cls).setUpClass()
            return prepared.load(cls)
        super().setUpClass()
        cls._make_studio()

    @classmethod
    def _make_studio(cls):
        cls.company = cls.company_data["company"]
        cls.company.booking_credit_tz = "UTC"
        cls.company._booking_credit_setup()
        cls.env.user.group_ids |= cls.env.ref(
            "booking_credits.booking_credits_group_manager"
        )
        cls.anna = cls.env["res.partner"].create({"name": "Anna"})
        cls.policy = cls.env["booking.cancellation.policy"].create(
            {
                "name": "Classes",
                "tier_ids": [
                    Command.create({"hours": 24, "percent": 100}),
                    Command.create({"hours": 4, "percent": 50}),
                ],
            }
        )
        cls.yoga = cls._create_service("Yoga", credits=10, price=10.0)
        cls.pack = cls._create_pack("100 credits", credits=100, price=90.0)
        cls.front_desk = new_test_user(
            cls.env,
            "front_desk",
            groups="booking_credits.booking_credits_group_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.accountant = new_test_user(
            cls.env,
            "bookkeeper",
            groups="account.group_account_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def tearDown(self):
        self.assertLedgerIsSound()
        super().tearDown()

    # --- making things

    @classmethod
    def _create_service(cls, name, credits, price, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": [Command.clear()],
                "booking_ok": True,
                "booking_credit_price": credits,
                **values,
            }
        )

    @classmethod
    def _create_pack(cls, name, credits, price, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "invoice_policy": "order",
                "list_price": price,
                "taxes_id": [Command.clear()],
                "booking_credit_pack": True,
                "booking_credit_quantity": credits,
                **values,
            }
        )

    def _create_order(self, *products, partner=None, start=None, **line_values):
        """Return a quotation with one line for each product."""
        return self.env["sale.order"].create(
            {
                "partner_id": (partner or self.anna).id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "booking_start": start,
                            **line_values,
                        }
                    )
                    for product in products
                ],
            }
        )

    def _pay(self, invoice):
        """Register the payment of ``invoice`` as staff do."""
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({})
        )
        wizard._create_payments()

    def _invoice(self, order):
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice

    def _draft_credit_note(self, invoice, quantity=1):
        """Return the draft credit note that staff make on ``invoice``."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        refund = self.env["account.move"].browse(wizard.reverse_moves()["res_id"])
        refund.invoice_line_ids.quantity = quantity
        return refund

    def _buy(self, pack=None, partner=None, **line_values):
        """Sell, invoice and pay a pack; return its lot."""
        order = self._create_order(pack or self.pack, partner=partner, **line_values)
        invoice = self._invoice(order)
        self._pay(invoice)
        return order.booking_credit_lot_ids

    def _book(self, product=None, hours=48, partner=None, **line_values):
        """Book with credits a class that starts in ``hours`` hours."""
        start = fields.Datetime.now() + timedelta(hours=hours)
        order = self._create_order(
            product or self.yoga, start=start, partner=partner, **line_values
        )
        order.action_booking_credit_pay()
        order.action_confirm()
        return order

    def _begin_payment(self, order):
        """Begin an online payment of ``order``, as the portal and the shop do."""
        methods = self.env["payment.method"].sudo().with_context(active_test=False)
        method = methods.search([("is_primary", "=", True)], limit=1)
        provider = (
            self.env["payment.provider"]
            .sudo()
            .create({"name": "Dummy", "company_id": self.company.id})
        )
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": method.id,
                    "amount": order.amount_total,
                    "currency_id": order.currency_id.id,
                    "partner_id": order.partner_id.id,
                    "sale_order_ids": [Command.set(order.ids)],
                }
            )
        )

    def assertRaisesRegex(self, error, pattern, *call, **kwargs):
        """As Odoo's ``assertRaises``: what is refused leaves nothing half done."""
        refused = super().assertRaisesRegex(error, pattern)
        if not call:
            return self._roll_back(refused)
        with self._roll_back(refused):
            return call[0](*call[1:], **kwargs)

    @contextmanager
    def _roll_back(self, refused):
        with refused as caught, self.env.cr.savepoint():
            yield caught

    # --- saying things about it

    def assertLedgerIsSound(self):
        """Check what must hold for every lot, whatever a test did to it."""
        lots = self.env["booking.credit.lot"].sudo().search([])
        self.assertEqual(lots._check_ledger(), [])
        for company in lots.company_id:
            self.assertEqual(lots._check_bookings(company), [])
            for row in company._get_booking_credit_tie_out():
                self.assertEqual(row["difference"], 0.0, row)

    def assertPosted(self, move, expected):
        """Compare the items of ``move`` with ``(account, balance)`` pairs."""
        self.assertEqual(
            sorted((line.account_id.name, line.balance) for line in move.line_ids),
            sorted((account.name, balance) for account, balance in expected),
        )
