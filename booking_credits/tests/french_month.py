"""January of a French studio whose VAT is due on payment: lived, checked, closed.

The story behind "Closing a month" in docs/accounting.md. A test lives it and checks each
figure; ``bin/accounting --month`` lives it in a database to look at.
"""

from datetime import date, timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time

LAST_DAY = date(2026, 1, 31)


class FrenchMonth:
    """What happens from 2 January to 1 February, on the chart of accounts ``fr``."""

    def __init__(self, env):
        self.env, self.company = env, env.company
        self.chart = env["account.chart.template"].with_company(env.company)
        self.vat = self.chart.ref("tva_normale_encaissement_ttc")
        self.vat.active = True
        self.company.write({"booking_credit_tz": "UTC", "booking_credit_rounding": 0.5})
        self.company._booking_credit_setup()
        self.company._apply_booking_credit_preset("FR")
        self.income = env["account.account"].search(
            [("code", "=", "706000"), ("company_ids", "in", env.company.ids)]
        )
        self._make_catalogue()
        names = ("Alice", "Bob", "Chloé", "Dan")
        self.alice, self.bob, self.chloe, self.dan = env["res.partner"].create(
            [{"name": name, "company_id": env.company.id} for name in names]
        )

    def _make_catalogue(self):
        policy = self.env["booking.cancellation.policy"].create(
            {
                "name": "Half back until 4 hours before",
                "tier_ids": [Command.create({"hours": 4, "percent": 50})],
                "no_show_percent": 0,
            }
        )
        self.yoga = self._make_product(
            "Yoga class",
            12.0,
            self.vat,
            booking_ok=True,
            booking_credit_price=1,
            booking_cancellation_policy_id=policy.id,
            property_account_income_id=self.income.id,
        )
        pack = {"booking_credit_pack": True, "booking_credit_quantity": 10}
        self.single = self._make_product("10 classes", 120.0, self.vat, **pack)
        self.trial = self._make_product(
            "5 classes to try",
            60.0,
            self.vat,
            **{**pack, "booking_credit_quantity": 5},
        )
        self.multi = self._make_product(
            "10 credits for everything",
            120.0,
            self.vat.browse(),
            booking_credit_vat_kind="multi",
            **pack,
        )

    def _make_product(self, name, price, tax, **values):
        return self.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "invoice_policy": "order",
                "list_price": price,
                "taxes_id": [Command.set(tax.ids)],
                "company_id": self.company.id,
                **values,
            }
        )

    # --- what people do

    def sell(self, day, partner, pack):
        """Sell ``pack`` on ``day``; return its invoice."""
        with freeze_time(f"{day} 09:00:00"):
            order = self.env["sale.order"].create(
                {
                    "partner_id": partner.id,
                    "order_line": [Command.create({"product_id": pack.id})],
                }
            )
            order.action_confirm()
            invoice = order._create_invoices()
            invoice.action_post()
        return invoice

    def pay(self, day, invoice, amount=None):
        """Register a payment of ``invoice``, of all of it if no amount is given."""
        with freeze_time(f"{day} 10:00:00"):
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            wizard.create({"amount": amount} if amount else {})._create_payments()

    def book(self, moment, partner, hours=2):
        """Book a class that begins ``hours`` after ``moment``; return the order."""
        with freeze_time(moment):
            start = fields.Datetime.now() + timedelta(hours=hours)
            order = self.env["sale.order"].create(
                {
                    "partner_id": partner.id,
                    "order_line": [
                        Command.create(
                            {"product_id": self.yoga.id, "booking_start": start}
                        )
                    ],
                }
            )
            order.action_booking_credit_pay()
            order.action_confirm()
        return order

    def night(self, day):
        """Do what the jobs do in the first hours of ``day``."""
        with freeze_time(f"{day} 02:00:00"):
            lots = self.env["booking.credit.lot"].search(
                [("company_id", "=", self.company.id), ("valid_until", "<", day)]
            )
            lots.sudo()._expire_in_ledger()
            return self.env["booking.credit.posting"]._post_due(self.company).move_id

    def lot(self, invoice):
        """Return the credits that ``invoice`` has given."""
        return invoice.invoice_line_ids.booking_credit_source_lot_ids

    # --- the month

    def live(self):
        """Live January; the night to 1 February posts the last class of it."""
        trial = self.sell("2026-01-02", self.dan, self.trial)
        self.pay("2026-01-02", trial)
        self.lot(trial).sudo().valid_until = "2026-01-20"
        paid = self.sell("2026-01-05", self.alice, self.single)
        self.pay("2026-01-05", paid)
        self.half_paid = self.sell("2026-01-06", self.bob, self.single)
        self.pay("2026-01-06", self.half_paid, 60.0)
        self.pay("2026-01-07", self.sell("2026-01-07", self.chloe, self.multi))
        self.book("2026-01-10 08:00:00", self.alice)
        self.book("2026-01-10 08:00:00", self.chloe)
        self.night("2026-01-11")
        order = self.book("2026-01-12 08:00:00", self.chloe, hours=5)
        with freeze_time("2026-01-12 08:10:00"):
            order._action_cancel()
        self.night("2026-01-13")
        with freeze_time("2026-01-20 09:00:00"):
            note = self.lot(paid).refund(2, "moves away").move_id
        self.pay("2026-01-20", note)
        self.night("2026-01-21")
        self.book("2026-01-31 18:00:00", self.alice)
        return self.night("2026-02-01")

    def post_by_hand(self):
        """Post 7.00 on the account of unused credits, as somebody in a hurry does."""
        debt = self.company.booking_credit_liability_account_id
        sides = ((debt, 7.0), (self.income, -7.0))
        with freeze_time("2026-02-02 09:00:00"):
            move = self.env["account.move"].create(
                {
                    "date": LAST_DAY,
                    "ref": "Correction",
                    "line_ids": [
                        Command.create({"account_id": account.id, "balance": amount})
                        for account, amount in sides
                    ],
                }
            )
            move.action_post()
        return move

    def tie_out(self):
        """Run the tie-out of the month, as on 2 February."""
        with freeze_time("2026-02-02 10:00:00"):
            return self.env["booking.credit.tie.out"]._run(self.company, LAST_DAY)

    def undo(self, move):
        """Reverse what was posted by hand, on the same day."""
        with freeze_time("2026-02-02 11:00:00"):
            return move._reverse_moves([{"date": move.date}], cancel=True)

    def lock(self):
        """Close the month."""
        self.company.sudo().fiscalyear_lock_date = LAST_DAY

    # --- what the books say

    def balance(self, code):
        """Return the balance of an account at the end of the month (+ is a debit)."""
        lines = self.env["account.move.line"].search(
            [
                ("company_id", "=", self.company.id),
                ("account_id.code", "=", code),
                ("parent_state", "=", "posted"),
                ("date", "<=", LAST_DAY),
            ]
        )
        return self.company.currency_id.round(sum(lines.mapped("balance")))

    def grid(self, name):
        """Return what the month puts on the line ``name`` of the VAT return (CA3)."""
        lines = self.env["account.move.line"].search(
            [
                ("company_id", "=", self.company.id),
                ("tax_tag_ids.name", "=", name),
                ("parent_state", "=", "posted"),
                ("date", "<=", LAST_DAY),
                # what waits for its payment is declared with the cash-basis entry
                "|",
                ("move_id.always_tax_exigible", "=", True),
                "|",
                ("move_id.tax_cash_basis_rec_id", "!=", False),
                ("tax_line_id.tax_exigibility", "=", "on_invoice"),
            ]
        )
        return -self.company.currency_id.round(sum(lines.mapped("balance")))

    def roll_forward(self):
        """Return the roll-forward of January: value by row and code of the account."""
        report = self.env["booking.credit.roll.forward"].sudo()
        table = report.get_report(
            {
                "company_ids": self.company.ids,
                "date_from": "2026-01-01",
                "date_to": "2026-01-31",
                "basis": "event",
            }
        )
        rows = {}
        for section in table["sections"]:
            account_id = int(section["key"].split("-")[1])
            account = self.env["account.account"].browse(account_id)
            rows[account.with_company(self.company).code] = {
                row["key"]: row["cells"].get("value", 0.0) for row in section["rows"]
            }
        return rows
