"""A long random life of credits: after every event the ledger is the general ledger."""

import random
from collections import Counter
from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from .test_accounting_example_table import ExampleCommon

EVENTS = 260
#: what happens, and how often
WEIGHTS = {
    "redeem": 30,
    "cancel": 10,
    "restore": 6,
    "transfer": 8,
    "refund": 6,
    "adjust": 6,
    "expire": 8,
    "reactivate": 6,
    "night": 14,
    "mode": 4,
    "lock": 2,
}

#: posted value of the ledger against the books, by account and customer
BOOKS = """
      WITH ledger AS (
        SELECT entry.company_id, lot.liability_account_id AS account_id,
               owner.commercial_partner_id AS partner_id, entry.lot_id,
               sum(entry.value) AS value
          FROM booking_credit_entry entry
          JOIN booking_credit_lot lot ON lot.id = entry.lot_id
          JOIN res_partner owner ON owner.id = lot.partner_id
         WHERE entry.posting_state = 'posted'
           AND entry.company_id = ANY(%(companies)s)
      GROUP BY 1, 2, 3, 4
    ), books AS (
        SELECT line.company_id, line.account_id, line.partner_id,
               line.booking_credit_lot_id AS lot_id, -sum(line.balance) AS value
          FROM account_move_line line
         WHERE line.parent_state = 'posted'
           AND line.company_id = ANY(%(companies)s)
           AND line.account_id = ANY(%(accounts)s)
      GROUP BY 1, 2, 3, 4
    )
    SELECT company_id, account_id, partner_id, lot_id,
           COALESCE(ledger.value, 0), COALESCE(books.value, 0)
      FROM ledger FULL JOIN books USING (company_id, account_id, partner_id, lot_id)
     WHERE COALESCE(ledger.value, 0) <> COALESCE(books.value, 0)
"""


class RandomPostingsCase(ExampleCommon):
    """Two companies, and what happens to their credits; leaves add events of theirs."""

    weights = WEIGHTS
    events = EVENTS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = cls.setup_other_company()
        cls.other = other["company"]
        cls.companies = cls.company | cls.other
        cls.other.write({"booking_credit_tz": "UTC", "booking_credit_rounding": 0.5})
        cls.other._booking_credit_setup()
        cls.other_vat = other["default_tax_sale"].copy(
            {"name": "VAT 10", "amount": 10, "price_include_override": "tax_included"}
        )
        cls.yoga.taxes_id |= cls.other_vat
        cls.packs["single"].taxes_id |= cls.other_vat
        # each multi-purpose pack comes with a bonus that has a share of its price
        cls.packs["multi"].booking_credit_bonus_id = cls._create_pack(
            "Bonus", 2, 30.0, booking_credit_vat_kind="multi"
        )
        cls.packs["multi"].booking_credit_bonus_use_rate = 60

    def _act_in(self, company):
        """Let what follows happen in ``company``."""
        if self.company in self.lots_of:
            self.lots_of[self.company] = self.lots
        self.company = company
        self.lots = self.lots_of[company]

    def _sell_all(self, company, count):
        """Sell ``count`` pairs of odd prices to each customer; one of each VAT.

        The second of each pair comes with its bonus: three lots.
        """
        company.booking_credit_grant_on = "posted"
        for partner in self.partners:
            invoice = self.env["account.move"].with_company(company)
            invoice = invoice.create(
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "invoice_date": fields.Date.today(),
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "product_id": self.packs[kind].id,
                                "price_unit": self.random.randint(1, 30000) / 100,
                            }
                        )
                        for kind in ("single", "multi") * count
                    ],
                }
            )
            invoice.action_post()
        sold = self.env["booking.credit.lot"].search(
            [("source_line_id", "!=", False), ("company_id", "=", company.id)]
        )
        return sold | sold.bonus_lot_ids

    def _pick(self, condition):
        """Return a lot that meets ``condition``, or none."""
        lots = self.lots.filtered(condition)
        lot = self.random.choice(lots) if lots else lots
        return lot.with_company(self.company)

    def _usable(self, lot):
        return lot.available > 0 and not lot._is_expired(self.today())

    def today(self):
        return self.company._booking_credit_today()

    # --- events

    def _do_redeem(self):
        if lot := self._pick(self._usable):
            units = min(self.random.choice((0.5, 1, 2)), lot.available)
            return lot.sudo()._redeem(units, self.yoga)
        return None

    def _get_used(self):
        used = self.lots.entry_ids.filtered(lambda e: e.type == "redeem" and e.quantity)
        rows = used._get_restorable()
        return self.random.choice(rows) if rows else None

    def _do_cancel(self):
        """Give back, keep half as a fee: as a late cancellation does."""
        if not (row := self._get_used()):
            return None
        entry, quantity, value = row
        back = {"lot": entry.lot_id, "quantity": quantity, "value": value}
        fee = {"type": "fee", "lot": entry.lot_id, "quantity": -quantity / 2}
        postings = [{"type": "restore", "source_entry": entry, **back}, fee]
        return entry.lot_id.sudo()._post("restore", postings, product=self.yoga)

    def _do_restore(self):
        if row := self._get_used():
            return row[0].lot_id.sudo()._restore(row[0], "mistake")
        return None

    def _do_transfer(self):
        if lot := self._pick(self._usable):
            target = self.random.choice(self.partners - lot.partner_id)
            units = min(self.random.choice((1, 2)), lot.available)
            entries = lot.transfer(units, target, "gift")
            self.lots |= entries.lot_id
            return entries
        return None

    def _do_refund(self):
        if lot := self._pick(lambda lot: self._usable(lot) and lot.source_line_id):
            units = min(self.random.choice((1, 2.5)), lot.available)
            return lot.refund(units, "asked for it")
        return None

    def _do_adjust(self):
        if lot := self._pick(self._usable):
            return lot.adjust(self.random.choice((-min(1, lot.available), 1)), "typo")
        return None

    def _do_expire(self):
        if lot := self._pick(self._usable):
            lot.sudo().valid_until = self.today() - timedelta(days=1)
            return lot.sudo()._expire()
        return None

    def _do_reactivate(self):
        if lot := self._pick(lambda lot: lot._is_expired(self.today())):
            return lot.reactivate(self.today() + timedelta(days=400))
        return None

    def _do_night(self):
        self.clock.tick(timedelta(days=self.random.randint(1, 6)))
        posting = self.env["booking.credit.posting"]
        if self.company.booking_credit_posting_mode == "monthly":
            self._run_job_without_commit(posting._cron_post_due, 10000, self.company)
        else:
            posting._post_due(self.company)
        return True

    def _do_mode(self):
        modes = ("daily", "each", "monthly")
        self.company.booking_credit_posting_mode = self.random.choice(modes)
        return True

    def _do_lock(self):
        self.company.sudo().fiscalyear_lock_date = self.today() - timedelta(days=10)
        return True

    # --- what must hold

    def _tell_planner(self):
        """Let PostgreSQL know of rows that are not committed.

        Else it takes these tables for empty, and Odoo's own query for the payments of
        an invoice compares every journal item with every other: for minutes.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "ANALYZE account_move, account_move_line, account_payment, "
                "account_partial_reconcile, account_full_reconcile, account_account, "
                "booking_credit_lot, booking_credit_entry, booking_credit_operation"
            )
        )

    def _check_books(self, number, event):
        self.env.flush_all()
        accounts = self.companies._get_booking_credit_liability_accounts()
        differences = self.env.execute_query(
            SQL(BOOKS, companies=self.companies.ids, accounts=accounts.ids)
        )
        self.assertEqual(differences, [], f"{number}: {event}")
        self.assertEqual(
            [
                row
                for row in self.company._get_booking_credit_tie_out()
                if row["difference"]
            ],
            [],
            f"{number}: {event}",
        )
        self._check_more(number, event)
        if number % 20 == 0:
            self._tell_planner()
            self.assertLedgerIsSound()

    def _check_more(self, number, event):
        """Check what leaves add."""

    def _check_end(self):
        """Post what is left: the accounts are worth what the lots are, for good."""
        for company in self.companies:
            self._act_in(company)
            self.env["booking.credit.posting"]._post_due(company)
            self._check_books(self.events, "last night")
            for account in company._get_booking_credit_liability_accounts():
                owed = self.lots.filtered(
                    lambda lot, a=account: lot.liability_account_id == a
                )
                lines = self.env["account.move.line"]._read_group(
                    [("account_id", "=", account.id), ("parent_state", "=", "posted")],
                    [],
                    ["balance:sum"],
                )
                self.assertAlmostEqual(-lines[0][0], sum(owed.mapped("value")))
            run = self.env["booking.credit.tie.out"]._run(company)
            self.assertEqual(run.result, "green", run.line_ids.mapped("reason"))

    def _finish(self):
        """Do what leaves do last."""

    def _live(self):
        """Let chance decide what happens, in two companies, in all posting modes."""
        self.random = random.Random(18)
        with freeze_time("2026-01-05 12:00:00") as self.clock:
            self.partners = self.env["res.partner"].create(
                [{"name": f"Customer {number}"} for number in range(5)]
            )
            self.lots_of = {}
            for company, count in ((self.company, 5), (self.other, 2)):
                self.lots_of[company] = self._sell_all(company, count)
            self.assertEqual(sorted(map(len, self.lots_of.values())), [30, 75])
            self.lots = self.lots_of[self.company]
            self._check_books(0, "sale")
            done = Counter()
            while sum(done.values()) < self.events:
                self._act_in(self.random.choices(self.companies, (3, 1))[0])
                (event,) = self.random.choices(*zip(*self.weights.items(), strict=True))
                if getattr(self, f"_do_{event}")():
                    done[event] += 1
                    self._check_books(sum(done.values()), event)
            self._finish()
            self._check_end()
        self.assertEqual(set(done), set(self.weights))


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestRandomPostings(RandomPostingsCase):
    """The core by itself."""

    def test_18_random_events(self):
        """Acceptance test 18 of research, per company, account, lot and customer."""
        self._live()
