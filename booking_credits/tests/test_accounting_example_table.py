"""The worked example that an accountant reads first: every row, to the cent."""

from decimal import Decimal
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import BookingCreditsCommon


class ExampleCommon(BookingCreditsCommon):
    """A pack of 10 for 120.00 incl. 20 %, and words for journal entries."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.company
        cls.vat = cls.company_data["default_tax_sale"].copy(
            {"name": "VAT 20", "amount": 20, "price_include_override": "tax_included"}
        )
        cls.yoga = cls._create_service(
            "Class", 1, 12.0, taxes_id=[Command.set(cls.vat.ids)]
        )
        cls.policy.no_show_percent = 0
        cls.yoga.booking_cancellation_policy_id = cls.policy
        company.booking_credit_rounding = 0.5
        cls.packs = {
            "single": cls._create_pack(
                "10 classes", 10, 120.0, taxes_id=[Command.set(cls.vat.ids)]
            ),
            "multi": cls._create_pack(
                "10 classes or more", 10, 120.0, booking_credit_vat_kind="multi"
            ),
        }
        journal = cls.company_data["default_journal_bank"]
        cls.accounts = {
            "single": company.booking_credit_liability_account_id,
            "multi": company.booking_credit_multi_liability_account_id,
            "411": cls.company_data["default_account_receivable"],
            "512": journal.default_account_id,
            "706": cls.company_data["default_account_revenue"],
            "fee": company.booking_credit_fee_account_id,
            "breakage": company.booking_credit_breakage_account_id,
            "vat": cls.vat.invoice_repartition_line_ids.account_id,
        }
        cls.names = {account: name for name, account in cls.accounts.items()}
        cls.bob = cls.env["res.partner"].create({"name": "Bob"})
        # payments go to the bank at once: 512, as in the table
        lines = journal.inbound_payment_method_line_ids
        (
            lines | journal.outbound_payment_method_line_ids
        ).payment_account_id = journal.default_account_id

    def _run_job_without_commit(self, job, *args):
        """Run ``job`` in the transaction of the test."""
        with patch.object(
            self.registry["ir.cron"], "_commit_progress", lambda *_a, **_kw: 600.0
        ):
            job(*args)

    def _post_due(self):
        return self.env["booking.credit.posting"]._post_due(self.company).move_id

    def _balance(self, kind, day=None, partner=None):
        """Return what the books say is owed for credits of ``kind``."""
        domain = [
            ("account_id", "=", self.accounts[kind].id),
            ("parent_state", "=", "posted"),
        ]
        if day:
            domain.append(("date", "<=", day))
        if partner:
            domain.append(("partner_id", "=", partner.id))
        lines = self.env["account.move.line"]._read_group(domain, [], ["balance:sum"])
        return -lines[0][0]

    def _lines(self, moves):
        """Return ``{account: balance}`` of ``moves``, zeros left out."""
        sums = {}
        for line in moves.line_ids:
            name = self.names.get(line.account_id, line.account_id.name)
            sums[name] = round(sums.get(name, 0) + line.balance, 3)
        return {name: amount for name, amount in sums.items() if amount}

    def _refund_paid_out(self, lot, units):
        """Credit ``units`` of ``lot`` and pay them out; return both entries."""
        note = lot.refund(units, "asked for it").move_id
        self._pay(note)
        return note | note.matched_payment_ids.move_id


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestExampleTable(ExampleCommon):
    def _check(self, row, kind, moves, expected, owed):
        """Compare one row of the table: its entry, the ledger, and the books."""
        with self.subTest(row=row, kind=kind):
            named = {kind if k == "owed" else k: v for k, v in expected.items()}
            self.assertEqual(self._lines(moves), named)
            self.assertEqual(self._balance(kind), owed)
            lots = self.env["booking.credit.lot"].search(
                [("liability_account_id", "=", self.accounts[kind].id)]
            )
            self.assertAlmostEqual(sum(lots.mapped("value")), owed)
            self.assertLedgerIsSound()

    def _sell(self, kind):
        order = self._create_order(self.packs[kind])
        invoice = self._invoice(order)
        net = {"vat": -20.0} if kind == "single" else {}
        owed = 100.0 if kind == "single" else 120.0
        with self.subTest(row="E1", kind=kind):
            self.assertEqual(self._lines(invoice), {"411": 120.0, kind: -owed, **net})
            self.assertEqual(self._balance(kind), owed)
        with freeze_time("2026-01-06 09:00:00"):
            self._pay(invoice)
        payment = invoice.matched_payment_ids.move_id
        self._check("E2", kind, payment, {"512": 120.0, "411": -120.0}, owed)
        return order.booking_credit_lot_ids

    def _attend(self, day, partner=None):
        """Book a class on the day before ``day``, attend it, and post the night."""
        with freeze_time(f"{day} 08:00:00"):
            self._book(hours=2, partner=partner)
        with freeze_time(f"{day} 22:00:00"):
            return self._post_due()

    def _used(self, kind, net, account="706"):
        """Return the lines of a use worth ``net`` before VAT."""
        if kind == "single":
            return {kind: net, account: -net}
        return {kind: net * 1.2, account: -net, "vat": -net * 0.2}

    def _run(self, kind):
        unit = 10.0 if kind == "single" else 12.0
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._sell(kind)
        lot.sudo().valid_until = "2026-07-04"
        with freeze_time("2026-01-08 09:00:00"):
            free = self.env["booking.credit.lot"].grant(self.anna, 2, "welcome").lot_id
        self._check("E3", kind, free.entry_ids.move_id, {}, 10 * unit)
        self.assertEqual((free.balance, free.value), (2, 0))
        moves = self._attend("2026-01-10")
        self._check("E4", kind, moves, self._used(kind, 10.0), 9 * unit)
        with freeze_time("2026-01-12 08:00:00"):
            self._book(hours=5)._action_cancel()
            moves = self._post_due()
        self._check("E5", kind, moves, self._used(kind, 5.0, "fee"), 8.5 * unit)
        moves = self._attend("2026-01-13")
        self._check("E6", kind, moves, self._used(kind, 10.0), 7.5 * unit)
        with freeze_time("2026-01-20 09:00:00"):
            moves = self._refund_paid_out(lot, 2)
        vat = {"vat": 4.0} if kind == "single" else {}
        refunded = {kind: 2 * unit, "512": -24.0, **vat}
        self._check("E7", kind, moves, refunded, 5.5 * unit)
        with freeze_time("2026-01-22 09:00:00"):
            entries = lot.transfer(1, self.bob, "friends")
        moves = entries.move_id
        self._check("E8", kind, moves, {}, 5.5 * unit)
        self.assertEqual(
            {line.partner_id: line.balance for line in moves.line_ids},
            {self.anna: unit, self.bob: -unit},
        )
        self.assertEqual(self._balance(kind, partner=self.anna), 4.5 * unit)
        self.assertEqual(self._balance(kind, partner=self.bob), unit)
        bobs = entries[1].lot_id
        bobs.sudo().valid_until = "2026-12-31"
        with freeze_time("2026-07-05 01:00:00"):
            moves = lot._expire().move_id
        expired = 4.5 * unit
        expected = {kind: expired, "breakage": -expired}
        self._check("E9", kind, moves, expected, unit)
        with freeze_time("2026-07-20 09:00:00"):
            until = (
                self.env["booking.credit.lot"]
                ._fields["valid_until"]
                .to_date("2026-12-31")
            )
            moves = lot.sudo()._reactivate(until, Decimal(2)).move_id
        expected = {"breakage": 2 * unit, kind: -2 * unit}
        self._check("E10", kind, moves, expected, 3 * unit)
        moves = self._attend("2026-07-25", partner=self.bob)
        self._check("E11", kind, moves, self._used(kind, 10.0), 2 * unit)
        with self.subTest(row="as of 31/01", kind=kind):
            self.assertEqual(self._balance(kind, "2026-01-31"), 5.5 * unit)

    def test_01_the_example_row_by_row_single_purpose(self):
        """Section 3.1, SPV: 100 −10−5−10−20±0−45+20−10 = 20.00.

        Acceptance test 1 of research.
        """
        self._run("single")
        self.assertEqual(self._balance("single"), 20.0)

    def test_01_the_example_row_by_row_multi_purpose(self):
        """Section 3.1, MPV: 120 −12−6−12−24±0−54+24−12 = 24.00.

        Acceptance test 1 of research.
        """
        self._run("multi")
        self.assertEqual(self._balance("multi"), 24.0)
        # the VAT that was declared is that of what was used: base 35.00
        self.assertEqual(
            sum(
                self.env["account.move.line"]
                .search([("tax_line_id", "=", self.vat.id)])
                .mapped("balance")
            ),
            -7.0,
        )

    def test_a_no_show_that_staff_mark_has_an_account_of_its_own(self):
        """Research 1.7: cancelled after the start; else the account of fees."""
        with freeze_time("2026-01-05 09:00:00"):
            self._buy(self.packs["multi"])
        for account in ("fee", "no_show"):
            with self.subTest(account=account):
                if account == "no_show":
                    self.company._booking_credit_create_own_accounts()
                    own = self.company.booking_credit_no_show_account_id
                    self.names[own] = "no_show"
                    self.assertNotEqual(own, self.accounts["fee"])
                with freeze_time("2026-01-12 08:00:00"):
                    order = self._book(hours=1)
                with freeze_time("2026-01-12 12:00:00"):
                    order.order_line._cancel_booking(reason="did not come")
                    moves = self._post_due()
                self.assertEqual(self._lines(moves), self._used("multi", 10.0, account))

    def test_a_fee_outside_vat_bears_none(self):
        """Section 3.1, variants: C 708810 6.00 without VAT; frozen on the lot."""
        self.company.booking_credit_fee_vat = "outside"
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(self.packs["multi"])
        self.company.booking_credit_fee_vat = "taxed"
        self.assertTrue(lot.fee_outside_vat)
        with freeze_time("2026-01-12 08:00:00"):
            self._book(hours=5)._action_cancel()
            moves = self._post_due()
        self.assertEqual(self._lines(moves), {"multi": 6.0, "fee": -6.0})

    def _use_four_and_credit(self, kind, quantity, price):
        """Use 4 of 10, then credit the rest for ``price`` in all, taxes included."""
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(self.packs[kind])
        for day in range(6, 10):
            self._attend(f"2026-01-{day:02}")
        with freeze_time("2026-01-20 09:00:00"):
            note = lot.source_move_id._reverse_moves([{"invoice_date": "2026-01-20"}])
            note.invoice_line_ids.write(
                {"quantity": quantity, "price_unit": price / quantity}
            )
            note.action_post()
            rest = lot.entry_ids.sorted("id")[-1].move_id
        self.assertRecordValues(lot, [{"balance": 0, "value": 0.0}])
        self.assertEqual(self._balance(kind), 0.0)
        return note, rest

    def test_11_a_refund_below_the_carrying_value_leaves_income(self):
        """4 of 10 used, re-priced at 12.00: 52.00 back, 8.00 stay as income.

        Acceptance test 11 of research.
        """
        note, rest = self._use_four_and_credit("single", 0.6, 62.4)
        self.assertEqual(self._lines(note), {"single": 52.0, "vat": 10.4, "411": -62.4})
        self.assertEqual(self._lines(rest), {"single": 8.0, "706": -8.0})

    def test_11_what_is_kept_of_a_multi_purpose_pack_bears_vat(self):
        """It was the price of uses: 9.60 kept are 8.00 and 1.60 VAT.

        Acceptance test 11 of research.
        """
        note, rest = self._use_four_and_credit("multi", 0.6, 62.4)
        self.assertEqual(self._lines(note), {"multi": 62.4, "411": -62.4})
        self.assertEqual(self._lines(rest), {"multi": 9.6, "706": -8.0, "vat": -1.6})

    def test_10_a_refund_at_the_carrying_value_closes_the_lot(self):
        """10 credits for 99.99 incl.: all that is left, exactly, with its VAT.

        Acceptance test 10 of research.
        """
        pack = self._create_pack(
            "10 classes, odd", 10, 99.99, taxes_id=[Command.set(self.vat.ids)]
        )
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(pack)
        self.assertEqual(lot.value, 83.32)
        self._attend("2026-01-06")
        with freeze_time("2026-01-20 09:00:00"):
            note = lot.refund(9, "moves away").move_id
        self.assertRecordValues(lot, [{"balance": 0, "value": 0.0}])
        self.assertEqual(self._lines(note)["single"], 74.99)
        self.assertEqual(note.amount_untaxed, 74.99)

    def test_business_that_cancels_gives_all_back(self):
        """Nothing is income, and nothing was: S2-03."""
        for kind, owed in (("single", 100.0), ("multi", 120.0)):
            with self.subTest(kind=kind), freeze_time("2026-01-05 09:00:00"):
                lot = self._buy(self.packs[kind])
                order = self._book(hours=1)
                order._cancel_by_provider(order.order_line, "storm")
                self.assertFalse(self._lines(self._post_due()))
                self.assertEqual((lot.balance, lot.value), (10, owed))
                lot.refund(10, "closed")
