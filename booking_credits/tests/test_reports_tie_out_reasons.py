"""Reasons of the tie-out that need a life of their own; the others: test_tie_out."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestTieOutReasons(BookingCreditsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.liability = cls.company.booking_credit_liability_account_id
        cls.income = cls.company_data["default_account_revenue"]

    def _tie_out(self, day=None):
        return self.env["booking.credit.tie.out"]._run(self.company, day)

    def test_an_exchange_difference_is_named(self):
        """Somebody matches items in another currency on the account of credits."""
        euro = self.env.ref("base.EUR")
        if euro == self.company.currency_id:
            euro = self.env.ref("base.USD")
        euro.active = True
        for day, rate in (("2026-01-01", 2.0), ("2026-02-01", 2.5)):
            self.env["res.currency.rate"].create(
                {
                    "currency_id": euro.id,
                    "name": day,
                    "rate": rate,
                    "company_id": self.company.id,
                }
            )
        moves = self.env["account.move"].create(
            [
                {
                    "date": day,
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": account.id,
                                "currency_id": euro.id,
                                "amount_currency": sign * 100.0,
                                "balance": sign * amount,
                            }
                        )
                        for account, sign in (
                            (self.liability, side),
                            (self.income, -side),
                        )
                    ],
                }
                for day, amount, side in (
                    ("2026-01-10", 50.0, -1),
                    ("2026-02-10", 40.0, 1),
                )
            ]
        )
        moves.action_post()
        items = moves.line_ids.filtered(lambda line: line.account_id == self.liability)
        items.reconcile()
        exchange = items.full_reconcile_id.reconciled_line_ids.move_id - moves
        self.assertEqual(exchange.journal_id, self.company.currency_exchange_journal_id)
        run = self._tie_out(max((moves | exchange).mapped("date")))
        self.assertEqual(run.result, "red")
        found = {line.document: line.reason for line in run.line_ids}
        self.assertEqual(found.pop(exchange.name), "exchange")
        self.assertEqual(found, dict.fromkeys(moves.mapped("name"), "manual"))
        items.remove_move_reconcile()
        (moves | exchange).filtered(lambda move: move.state == "posted").button_draft()
