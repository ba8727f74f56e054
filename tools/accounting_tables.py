"""Print the worked example of docs/accounting.md, from journal entries of a database.

Makes a new database with the French chart of accounts, lives the example once for each
kind of VAT, and writes down what was posted. The database is removed afterwards. In a
database that is named, with ``booking_credits`` and ``l10n_fr_account`` and no entries
yet, it does the same and takes everything back.
"""

import sys
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from bench import database, environment  # noqa: E402 (found by the line above)
from freezegun import freeze_time  # noqa: E402 (as above)

KINDS = {
    "single": "VAT when the pack is sold (single-purpose)",
    "multi": "VAT when the credits are used (multi-purpose)",
}


class Example:
    """One pack of 10 for 120.00 incl. 20 %, lived from its sale to its end."""

    def __init__(self, env, kind):
        self.env, self.kind, self.company = env, kind, env.company
        self.alice, self.bob = env["res.partner"].create(
            [{"name": "Alice"}, {"name": "Bob"}]
        )
        tax = self._make_tax()
        self.service = self._make_product(
            "Class",
            12.0,
            tax,
            booking_ok=True,
            booking_credit_price=1,
            booking_cancellation_policy_id=env["booking.cancellation.policy"]
            .create({"name": "Half", "tier_ids": [(0, 0, {"hours": 4, "percent": 50})]})
            .id,
        )
        self.pack = self._make_product(
            "10 classes",
            120.0,
            tax if kind == "single" else tax.browse(),
            booking_credit_pack=True,
            booking_credit_quantity=10,
            booking_credit_vat_kind=kind,
        )
        purpose = "liability" if kind == "single" else "multi_liability"
        self.account = self.company._get_booking_credit_account(purpose)
        self.number = 0

    def _make_tax(self):
        tax = self.company.account_sale_tax_id
        return tax.copy(
            {
                "name": f"20 % {self.kind}",
                "amount": 20.0,
                "price_include_override": "tax_included",
                "tax_exigibility": "on_invoice",
            }
        )

    def _make_product(self, name, price, tax, **values):
        return self.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "invoice_policy": "order",
                "list_price": price,
                "taxes_id": [(6, 0, tax.ids)],
                **values,
            }
        )

    # --- the table

    def row(self, day, event, moves):
        """Print one line: what was posted, the ledger, and the books."""
        self.number += 1
        lots = self.env["booking.credit.lot"].search(
            [("liability_account_id", "=", self.account.id)]
        )
        lines = self.env["account.move.line"].search(
            [("account_id", "=", self.account.id), ("parent_state", "=", "posted")]
        )
        entries = lots.entry_ids.filtered(lambda entry: entry.posting_state == "posted")
        ledger = sum(entries.mapped("value"))
        books = -sum(lines.mapped("balance"))
        unpaid = "" if lots else " (unpaid)"
        print(
            f"| E{self.number} | {day} | {event} | {self._write(moves)} | "
            f"{ledger:.2f}{unpaid} | {books:.2f} |"
        )

    def _write(self, moves):
        texts = []
        for line in moves.line_ids.sorted(
            lambda line: (line.move_id.id, -line.balance)
        ):
            if line.balance:
                side = "D" if line.balance > 0 else "C"
                who = (
                    f" {line.partner_id.name}"
                    if len(moves.line_ids) == 2
                    and (len(moves.line_ids.account_id) == 1)
                    else ""
                )
                texts.append(
                    f"{side} {line.account_id.code}{who} {abs(line.balance):.2f}"
                )
        return " · ".join(texts) or "none"

    # --- what happens

    def book(self, partner, hours):
        """Book a class with credits; return the order."""
        from datetime import timedelta

        from odoo import fields

        start = fields.Datetime.now() + timedelta(hours=hours)
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [
                    (0, 0, {"product_id": self.service.id, "booking_start": start})
                ],
            }
        )
        order.action_booking_credit_pay()
        order.action_confirm()
        return order

    def night(self):
        """Post what is due; return the journal entries."""
        return self.env["booking.credit.posting"]._post_due(self.company).move_id

    def attend(self, day, partner):
        """Attend a class on ``day``; return what the night posts."""
        with freeze_time(f"{day} 08:00:00"):
            self.book(partner, 2)
        with freeze_time(f"{day} 22:00:00"):
            return self.night()

    def pay(self, invoice):
        """Register the payment of ``invoice``; return its journal entry."""
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        return wizard.create({})._create_payments().move_id

    def live(self):
        """Print the table."""
        print(f"\n### {KINDS[self.kind]}\n")
        print("| # | date | event | journal entry | ledger | books |")
        print("|---|---|---|---|---|---|")
        with freeze_time("2026-01-05 09:00:00"):
            order = self.env["sale.order"].create(
                {
                    "partner_id": self.alice.id,
                    "order_line": [(0, 0, {"product_id": self.pack.id})],
                }
            )
            order.action_confirm()
            invoice = order._create_invoices()
            invoice.action_post()
            self.row("05/01", "sale of 10", invoice)
        with freeze_time("2026-01-06 09:00:00"):
            self.row("06/01", "payment", self.pay(invoice))
        lot = order.booking_credit_lot_ids
        lot.valid_until = "2026-07-04"
        with freeze_time("2026-01-08 09:00:00"):
            free = lot.grant(self.alice, 2, "welcome").lot_id
            self.row("08/01", "2 given", free.entry_ids.move_id)
        moves = self.attend("2026-01-10", self.alice)
        self.row("10/01", "class attended", moves)
        with freeze_time("2026-01-12 08:00:00"):
            self.book(self.alice, 5)._action_cancel()
            self.row("12/01", "cancelled late, half comes back", self.night())
        moves = self.attend("2026-01-13", self.alice)
        self.row("13/01", "did not come", moves)
        with freeze_time("2026-01-20 09:00:00"):
            note = lot.refund(2, "asked for it").move_id
            self.row("20/01", "2 refunded, paid out", note | self.pay(note))
        with freeze_time("2026-01-22 09:00:00"):
            entries = lot.transfer(1, self.bob, "friends")
            self.row("22/01", "1 transferred to Bob", entries.move_id)
        entries[1].lot_id.valid_until = "2026-12-31"
        with freeze_time("2026-07-05 01:00:00"):
            self.row("05/07", "Alice's 4.5 expire", lot._expire().move_id)
        with freeze_time("2026-07-20 09:00:00"):
            until = lot._fields["valid_until"].to_date("2026-12-31")
            moves = lot._reactivate(until, Decimal(2)).move_id
            self.row("20/07", "2 reactivated", moves)
        self.row("25/07", "Bob attends", self.attend("2026-07-25", self.bob))


def prepare(env):
    """Give the company the French chart, and bank payments that are booked at once."""
    company = env.company
    company.country_id = env.ref("base.fr")
    env["account.chart.template"].try_loading("fr", company)
    company.booking_credit_rounding = 0.5
    company.booking_credit_tz = "UTC"
    company._booking_credit_setup()
    bank = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
    )
    lines = bank.inbound_payment_method_line_ids
    lines |= bank.outbound_payment_method_line_ids
    lines.payment_account_id = bank.default_account_id


def show(name):
    """Print both tables from the database ``name``; what is done there is undone."""
    with environment(name) as env:
        prepare(env)
        for kind in KINDS:
            Example(env, kind).live()
        for row in env.company._get_booking_credit_tie_out():
            assert not row["difference"], row
        print("\nThe ledger is the general ledger on every account.")


def main(names):
    """Print both tables, from the database named or a new one."""
    if names:
        show(names[0])
        return
    with database(("booking_credits", "l10n_fr_account")) as name:
        show(name)


if __name__ == "__main__":
    main(sys.argv[1:])
