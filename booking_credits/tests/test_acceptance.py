"""The accountant's acceptance tests that have no file of their own, by their number.

1, 10 and 11 are in ``test_example_table``, 7, 8 and 21 in ``test_posting_settings``,
13 in ``test_passes_earned``, 17 in ``test_concurrency``, 18 in ``test_random_postings``.
"""

from datetime import date

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .test_accounting_example_table import ExampleCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAcceptance(ExampleCommon):
    def _use(self, days, service=None, partner=None):
        """Use one credit on each of ``days``; return the nights' entries."""
        moves = self.env["account.move"]
        for day in days:
            with freeze_time(f"{day} 08:00:00"):
                self._book(service or self.yoga, hours=2, partner=partner)
            with freeze_time(f"{day} 22:00:00"):
                moves |= self._post_due()
        return moves

    def _days(self, number):
        return [f"2026-02-{day:02}" for day in range(1, number + 1)]

    def _spv(self, credits, price, **values):
        return self._create_pack(
            "Pack",
            credits,
            price,
            **{"taxes_id": [Command.set(self.vat.ids)], **values},
        )

    # --- prices and taxes

    def test_02_a_price_without_tax_is_owed_as_it_is(self):
        """Tax on top: 100.00 + 20.00; a use of a multi-purpose pack is 12.00 gross.

        Acceptance test 2 of research.
        """
        on_top = self.vat.copy(
            {"name": "VAT 20 on top", "price_include_override": "tax_excluded"}
        )
        pack = self._spv(10, 100.0, taxes_id=[Command.set(on_top.ids)])
        service = self._create_service(
            "Judo", 1, 10.0, taxes_id=[Command.set(on_top.ids)]
        )
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(pack)
            self.assertEqual(
                self._lines(lot.source_move_id),
                {"411": 120.0, "single": -100.0, "vat": -20.0},
            )
            self._buy(self.packs["multi"], partner=self.bob)
        moves = self._use(["2026-02-01"], service)
        self.assertEqual(self._lines(moves), {"single": 10.0, "706": -10.0})
        moves = self._use(["2026-02-02"], service, self.bob)
        self.assertEqual(self._lines(moves), {"multi": 12.0, "706": -10.0, "vat": -2.0})

    def _check_whole_life(self, rounding):
        """Sell 7 credits for 1000 and use them all: nothing is left, coin by coin."""
        currency = self.company.currency_id
        self.assertAlmostEqual(currency.rounding, rounding)
        with freeze_time("2026-01-05 09:00:00"):
            lots = self._buy(self._spv(7, 1000.0)) | self._buy(
                self._create_pack("M", 7, 1000.0, booking_credit_vat_kind="multi"),
                partner=self.bob,
            )
        sold = [currency.round(value) for value in lots.mapped("value")]
        self._use(self._days(7))
        self._use(self._days(7), partner=self.bob)
        self.assertEqual(lots.mapped("value"), [0.0, 0.0])
        for lot, value in zip(lots, sold, strict=True):
            used = lot.entry_ids.filtered(lambda entry: entry.type == "redeem")
            self.assertEqual(
                currency.compare_amounts(-sum(used.mapped("value")), value), 0
            )
            for entry in used:
                self.assertEqual(
                    currency.compare_amounts(entry.value, currency.round(entry.value)),
                    0,
                )
        self.assertEqual(self._balance("single"), 0.0)
        self.assertEqual(self._balance("multi"), 0.0)

    def test_02_a_currency_without_decimals(self):
        """1000 yen: 119, 119, 119, 119 …; no part of a yen anywhere.

        Acceptance test 2 of research.
        """
        self.company.currency_id = self.env.ref("base.JPY").sudo()
        self.company.currency_id.active = True
        self._check_whole_life(1.0)

    def test_02_a_currency_with_three_decimals(self):
        """1000 dinars: to the thousandth.

        Acceptance test 2 of research.
        """
        dinar = self.env.ref("base.KWD").sudo()
        dinar.write({"active": True, "rounding": 0.001})
        self.company.currency_id = dinar
        self._check_whole_life(0.001)

    def test_03_a_discount_on_the_order_lowers_what_is_owed(self):
        """10 % off the whole order: 90.00 owed, with a class that is income.

        Acceptance test 3 of research.
        """
        order = self._create_order(self.packs["single"], self.yoga)
        self.env["sale.order.discount"].create(
            {
                "sale_order_id": order.id,
                "discount_type": "so_discount",
                "discount_percentage": 0.1,
            }
        ).action_apply_discount()
        with freeze_time("2026-01-05 09:00:00"):
            order.order_line.filtered("product_id.booking_ok").qty_delivered = 1
            invoice = self._invoice(order)
            self._pay(invoice)
        self.assertAlmostEqual(invoice.amount_total, 118.8)
        self.assertEqual(order.booking_credit_lot_ids.value, 90.0)
        self.assertEqual(self._balance("single"), 90.0)

    def test_04_odd_prices_are_released_to_the_cent(self):
        """83.32 / 10: 8.33 8.33 8.34 …; 99.99 / 10 gross: one of them 9.99.

        Acceptance test 4 of research.
        """
        with freeze_time("2026-01-05 09:00:00"):
            single = self._buy(self._spv(10, 99.99))
            multi = self._buy(
                self._create_pack("M", 10, 99.99, booking_credit_vat_kind="multi"),
                partner=self.bob,
            )
        self._use(self._days(10))
        self._use(self._days(10), partner=self.bob)
        values = [
            [-e.value for e in lot.entry_ids.sorted("id") if e.type == "redeem"]
            for lot in (single, multi)
        ]
        self.assertEqual(
            values[0], [8.33, 8.33, 8.34, 8.33, 8.33, 8.33, 8.33, 8.34, 8.33, 8.33]
        )
        self.assertEqual(values[1], [10.0] * 5 + [9.99] + [10.0] * 4)

    def test_05_a_bonus_shares_the_price(self):
        """Buy 4 get 5: 57.60 are 48.00 net, 9.60 for each use.

        Acceptance test 5 of research.
        """
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(self._spv(5, 57.6))
        self.assertEqual(lot.value, 48.0)
        moves = self._use(self._days(5))
        self.assertEqual(
            [-e.value for e in lot.entry_ids if e.type == "redeem"], [9.6] * 5
        )
        self.assertEqual(self._lines(moves), {"single": 48.0, "706": -48.0})

    # --- VAT on payment

    def _due_on_payment(self):
        """Let VAT be due on payment, as for services in France."""
        company = self.company
        company.tax_exigibility = True
        wait = self.env["account.account"].create(
            {
                "name": "VAT awaiting payment",
                "code": "445740",
                "account_type": "liability_current",
                "reconcile": True,
            }
        )
        self.names[wait] = "wait"
        self.vat.write(
            {
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": wait.id,
            }
        )

    def _caba(self, invoice):
        return self.env["account.move"].search(
            [("tax_cash_basis_origin_move_id", "=", invoice.id)]
        )

    def test_06_vat_of_a_single_purpose_pack_is_due_when_it_is_paid(self):
        """Sale: VAT waits. Half paid: half of it is due, whatever is used.

        Acceptance test 6 of research.
        """
        self._due_on_payment()
        with freeze_time("2026-01-05 09:00:00"):
            order = self._create_order(self.packs["single"])
            invoice = self._invoice(order)
            self.assertEqual(
                self._lines(invoice), {"411": 120.0, "single": -100.0, "wait": -20.0}
            )
            wizard = (
                self.env["account.payment.register"]
                .with_context(active_model="account.move", active_ids=invoice.ids)
                .create({"amount": 60.0})
            )
            wizard._create_payments()
        self.assertEqual(self._lines(self._caba(invoice)), {"wait": 10.0, "vat": -10.0})
        self.assertFalse(order.booking_credit_lot_ids)
        with freeze_time("2026-01-06 09:00:00"):
            self._pay(invoice)
        self.assertEqual(self._lines(self._caba(invoice)), {"wait": 20.0, "vat": -20.0})
        # the pairs on the liability account cancel each other out
        self.assertEqual(self._balance("single"), 100.0)
        moves = self._use(["2026-02-01"])
        self.assertEqual(self._lines(moves), {"single": 10.0, "706": -10.0})

    def test_06_a_refund_after_payment_takes_its_vat_back(self):
        """2 of 10 refunded and paid out: 4.00 less to declare.

        Acceptance test 6 of research.
        """
        self._due_on_payment()
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(self.packs["single"])
            note = lot.refund(2, "asked for it").move_id
            self._pay(note)
        self.assertEqual(self._lines(self._caba(note)), {"vat": 4.0, "wait": -4.0})
        self.assertEqual(self._balance("single"), 80.0)

    def test_06_a_refund_before_payment_leaves_no_vat(self):
        """The whole pack is credited and never paid: nothing waits, nothing is due.

        Acceptance test 6 of research.
        """
        self._due_on_payment()
        with freeze_time("2026-01-05 09:00:00"):
            order = self._create_order(self.packs["single"])
            invoice = self._invoice(order)
            note = invoice._reverse_moves([{"invoice_date": "2026-01-05"}], cancel=True)
        moves = invoice | note | self._caba(invoice) | self._caba(note)
        self.assertFalse(self._lines(moves).get("wait"))
        self.assertFalse(self._lines(moves).get("vat"))
        self.assertFalse(order.booking_credit_lot_ids)
        self.assertEqual(self._balance("single"), 0.0)

    def test_06_vat_at_use_is_due_at_once_though_it_is_due_on_payment(self):
        """The voucher has paid: 2.00 on the account of the return, with its grid.

        Acceptance test 6 of research.
        """
        self._due_on_payment()
        with freeze_time("2026-01-05 09:00:00"):
            self._buy(self.packs["multi"])
        moves = self._use(["2026-02-01"])
        self.assertEqual(self._lines(moves), {"multi": 12.0, "706": -10.0, "vat": -2.0})
        self.assertTrue(moves.always_tax_exigible)
        self.assertEqual(
            moves.line_ids.filtered("tax_line_id").tax_tag_ids,
            self.vat.invoice_repartition_line_ids.filtered(
                lambda line: line.repartition_type == "tax"
            ).tag_ids,
        )

    def test_06_an_invoice_for_uses_declares_vat_on_payment(self):
        """The credits pay it, so its VAT is due at once.

        Acceptance test 6 of research.
        """
        self._due_on_payment()
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        firm.with_company(self.company).booking_credit_invoice_uses = True
        with freeze_time("2026-01-05 09:00:00"):
            self._buy(self.packs["multi"], partner=firm)
        self._use(["2026-02-01"], partner=firm)
        invoice = self.env["account.move"].search(
            [("booking_credit_use_invoice", "=", True)]
        )
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(self._lines(self._caba(invoice)), {"wait": 2.0, "vat": -2.0})

    # --- by hand

    def test_09_a_posting_by_hand_is_seen(self):
        """The tie-out tells the difference, and that it is on this account.

        Acceptance test 9 of research.
        """
        with freeze_time("2026-01-05 09:00:00"):
            self._buy(self.packs["single"])
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {"account_id": self.accounts["single"].id, "debit": 7.0}
                    ),
                    Command.create(
                        {"account_id": self.accounts["706"].id, "credit": 7}
                    ),
                ],
            }
        )
        move.action_post()
        rows = {
            row["account"]: row["difference"]
            for row in self.company._get_booking_credit_tie_out()
        }
        self.assertEqual(rows[self.accounts["single"]], -7.0)
        move.button_draft()

    # --- a year later

    def test_12_what_expired_last_year_comes_back_this_year(self):
        """The closed year is not touched: a change of estimate.

        Acceptance test 12 of research.
        """
        with freeze_time("2025-06-05 09:00:00"):
            lot = self._buy(self.packs["single"])
            lot.sudo().valid_until = "2025-12-30"
        with freeze_time("2025-12-31 09:00:00"):
            lot._expire()
        self.company.sudo().fiscalyear_lock_date = "2025-12-31"
        with freeze_time("2026-02-10 09:00:00"):
            entry = lot.reactivate("2026-12-31")
        self.assertEqual(entry.move_id.date, date(2026, 2, 10))
        self.assertFalse(entry.date_shifted)
        self.assertEqual(
            self._lines(entry.move_id), {"breakage": 100.0, "single": -100.0}
        )
        self.assertEqual(self._balance("single", "2025-12-31"), 0.0)
        self.assertEqual(self._balance("single"), 100.0)

    # --- gift vouchers

    def test_14_a_gift_voucher_is_claimed_and_buys_a_pack(self):
        """Section 3.4: Alice's voucher, Bob's pack; VAT arises with the pack.

        Acceptance test 14 of research.
        """
        self.company._booking_credit_create_own_accounts()
        voucher_account = self.company.booking_credit_voucher_account_id
        self.names[voucher_account] = "voucher"
        self.accounts["voucher"] = voucher_account
        gift = self._create_pack(
            "Gift of money",
            1,
            120.0,
            booking_credit_measure="money",
            booking_credit_vat_kind="multi",
            booking_credit_validity_unit="none",
            booking_credit_voucher=True,
        )
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(gift)
            self.assertEqual(
                self._lines(lot.source_move_id), {"411": 120.0, "voucher": -120.0}
            )
            entries = self.env["booking.credit.lot"].claim(lot.code, self.bob)
            self.assertEqual(
                {line.partner_id: line.balance for line in entries.move_id.line_ids},
                {self.anna: 120.0, self.bob: -120.0},
            )
            order = self._create_order(self.packs["single"], partner=self.bob)
            order.action_booking_credit_pay()
            self.assertEqual(order.amount_total, 0.0)
            invoice = self._invoice(order)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(
            self._lines(invoice), {"411": 120.0, "single": -100.0, "vat": -20.0}
        )
        self.assertEqual(self._balance("voucher"), 0.0)
        self.assertEqual(self._balance("single"), 100.0)
        self.assertEqual(order.booking_credit_lot_ids.partner_id, self.bob)

    def test_money_settles_an_invoice_in_part(self):
        """Customer credit of 50.00 pays 50.00 of 120.00: Dr liability / Cr 411."""
        order = self._create_order(self.packs["single"], partner=self.bob)
        wallet = self._create_pack(
            "Money",
            1,
            50.0,
            booking_credit_measure="money",
            booking_credit_vat_kind="multi",
            booking_credit_validity_unit="none",
        )
        with freeze_time("2026-01-05 09:00:00"):
            self._buy(wallet, partner=self.bob)
            order.action_booking_credit_pay()
            self.assertEqual(order.amount_total, 70.0)
            invoice = self._invoice(order)
        self.assertEqual(invoice.amount_residual, 70.0)
        self.assertEqual(self._balance("multi"), 0.0)

    # --- another currency

    def test_15_a_pack_in_another_currency_keeps_the_rate_of_its_sale(self):
        """IFRIC 22: 110 at 1.10 are 100.00 each day, whatever the rate does.

        Acceptance test 15 of research.
        """
        foreign = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 1.1), ("2026-02-01", 2.0)]
        )
        pack = self._create_pack("Pack", 10, 100.0, booking_credit_vat_kind="multi")
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": foreign.id}
        )
        with freeze_time("2026-01-05 09:00:00"):
            order = self._create_order(pack)
            order.pricelist_id = pricelist
            order.order_line.price_unit = 110.0
            invoice = self._invoice(order)
            self.assertEqual(invoice.currency_id, foreign)
            self._pay(invoice)
        lot = order.booking_credit_lot_ids
        self.assertEqual(lot.value, 100.0)
        moves = self._use(["2026-02-10"])
        self.assertEqual(
            self._lines(moves), {"multi": 10.0, "706": -8.33, "vat": -1.67}
        )
        with freeze_time("2026-02-11 09:00:00"):
            note = lot.refund(9, "moves away").move_id
        self.assertEqual(note.amount_total, 99.0)
        self.assertRecordValues(lot, [{"balance": 0, "value": 0.0}])
        self.assertEqual(self._balance("multi"), 0.0)

    # --- as of a day

    def test_19_the_books_of_a_day_stay_what_they_were(self):
        """What was printed at the end of January is the same in July.

        Acceptance test 19 of research.
        """
        with freeze_time("2026-01-05 09:00:00"):
            lot = self._buy(self.packs["multi"])
        self._use(["2026-01-10", "2026-01-20"])
        printed = self._balance("multi", "2026-01-31")
        self._use(["2026-02-10"])
        with freeze_time("2026-07-06 09:00:00"):
            lot._expire()
        self.assertEqual(printed, 96.0)
        self.assertEqual(self._balance("multi", "2026-01-31"), printed)
        entries = lot.entry_ids.filtered(lambda e: e.move_id.date <= date(2026, 1, 31))
        self.assertEqual(sum(entries.mapped("value")), printed)
