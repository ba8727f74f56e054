from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from odoo.addons.booking_credits.tests.test_accounting_example_table import (
    ExampleCommon,
)


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAgreement(ExampleCommon):
    """Acceptance test 16 of research: credits sold by one company, used at another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data = cls.setup_other_company()
        cls.taker = data["company"]
        cls.taker.write({"booking_credit_tz": "UTC"})
        cls.taker._booking_credit_setup()
        cls.env.user.company_ids |= cls.taker
        cls.taker_vat = data["default_tax_sale"].copy(
            {"name": "VAT 20", "amount": 20, "price_include_override": "tax_included"}
        )
        on_top = {"amount": 20, "price_include_override": "tax_excluded"}
        supply = data["default_tax_sale"].copy({"name": "IC 20", **on_top})
        bought = cls.company_data["default_tax_purchase"].copy(
            {"name": "IC 20 bought", **on_top}
        )
        # a new company adds its own default tax to every service
        cls.yoga.taxes_id = cls.vat | cls.taker_vat
        cls.service = cls.env["product.product"].create(
            {
                "name": "Credits of other companies",
                "type": "service",
                "taxes_id": [Command.set(supply.ids)],
                "supplier_taxes_id": [Command.set(bought.ids)],
            }
        )
        cls.there, cls.here = (
            cls.env["account.account"].create(
                {
                    "name": f"Current account {company.name}",
                    "code": code,
                    "account_type": "asset_current",
                    "reconcile": True,
                    "company_ids": [Command.set(company.ids)],
                }
            )
            for company, code in ((cls.company, "451001"), (cls.taker, "451002"))
        )
        cls.agreement = cls.env["booking.credit.agreement"].create(
            {
                "company_id": cls.company.id,
                "deliverer_id": cls.taker.id,
                "issuer_account_id": cls.there.id,
                "deliverer_account_id": cls.here.id,
                "product_id": cls.service.id,
                "percent": 80.0,
            }
        )
        cls.names |= {
            cls.there: "451-B",
            cls.here: "451-A",
            cls.taker.booking_credit_liability_account_id: "single",
            cls.taker.booking_credit_multi_liability_account_id: "multi",
            data["default_account_receivable"]: "411-A",
            data["default_account_revenue"]: "706",
            data["default_account_tax_sale"]: "vat",
            cls.company_data["default_account_payable"]: "401-B",
            cls.company_data["default_account_expense"]: "604",
            bought.invoice_repartition_line_ids.account_id: "vat in",
        }

    def _sell(self, kind):
        with freeze_time("2026-01-05 09:00:00"):
            return self._buy(self.packs[kind])

    def _hand_over(self, lot, day="2026-02-10", quantity=1):
        """Hand over; return the lot of the other company, and what was posted."""
        before = self.env["account.move"].search([])
        with freeze_time(f"{day} 09:00:00"):
            entry = lot.hand_over(quantity, self.taker, "trains in the other town")
        lots = self.env["booking.credit.lot"].search(
            [("company_id", "=", self.taker.id)], order="id desc", limit=1
        )
        self.assertEqual(entry.quantity, -quantity)
        return lots, self.env["account.move"].search([]) - before

    def _use_there(self):
        """Use one credit at the other company; return the night's entry."""
        with freeze_time("2026-02-10 10:00:00"):
            order = self.env["sale.order"].with_company(self.taker)
            order = order.create(
                {
                    "partner_id": self.anna.id,
                    "company_id": self.taker.id,
                    "order_line": [Command.create({"product_id": self.yoga.id})],
                }
            )
            order.action_booking_credit_pay()
            order.action_confirm()
            self.assertEqual(order.amount_total, 0.0)
        with freeze_time("2026-02-10 22:00:00"):
            return self.env["booking.credit.posting"]._post_due(self.taker).move_id

    def _posted_by(self, moves, company):
        return self._lines(moves.filtered(lambda move: move.company_id == company))

    def assertBothTiedOut(self):
        for company in self.company | self.taker:
            run = self.env["booking.credit.tie.out"]._run(company)
            self.assertEqual(run.result, "green", run.line_ids.mapped("reason"))

    def test_16_vat_due_at_use_goes_over_with_the_debt(self):
        """A: D 419120 12 · C 451-B 12. B: D 451-A 12 · C 706 10 · C VAT 2.

        Acceptance test 16 of research.
        """
        lot = self._sell("multi")
        other, moves = self._hand_over(lot)
        self.assertEqual(
            self._posted_by(moves, self.company), {"multi": 12.0, "451-B": -12.0}
        )
        self.assertEqual(
            self._posted_by(moves, self.taker), {"451-A": 12.0, "multi": -12.0}
        )
        self.assertRecordValues(
            other, [{"balance": 1, "value": 12.0, "partner_id": self.anna.id}]
        )
        self.assertEqual((lot.balance, lot.value), (9, 108.0))
        self.assertBothTiedOut()
        used = self._use_there()
        self.assertEqual(self._lines(used), {"multi": 12.0, "706": -10.0, "vat": -2.0})
        self.assertBothTiedOut()

    def test_16_vat_paid_at_sale_is_a_supply_to_the_seller(self):
        """B: D 411-A 9.60 · C 706 8 · C VAT 1.60. A: D 604 8 · D VAT 1.60 · C 401-B.

        And A: D 419110 10 · C 706 10. Acceptance test 16 of research.
        """
        lot = self._sell("single")
        other, moves = self._hand_over(lot)
        ours = self._posted_by(moves, self.company)
        self.assertEqual(
            {name: ours[name] for name in ("single", "604", "vat in", "401-B")},
            {"single": 10.0, "604": 8.0, "vat in": 1.6, "401-B": -9.6},
        )
        self.assertAlmostEqual(sum(ours.values()), 0.0)
        self.assertEqual(
            self._posted_by(moves, self.taker),
            {"411-A": 9.6, "single": -8.0, "vat": -1.6},
        )
        self.assertEqual(other.value, 8.0)
        self.assertBothTiedOut()
        self.assertEqual(self._lines(self._use_there()), {"single": 8.0, "706": -8.0})
        self.assertBothTiedOut()

    def test_16_where_one_side_is_locked_both_post_later(self):
        """What the companies owe each other is equal on every day.

        Acceptance test 16 of research.
        """
        lots = {kind: self._sell(kind) for kind in ("single", "multi")}
        self.taker.sudo().fiscalyear_lock_date = "2026-02-28"
        for kind, lot in lots.items():
            with self.subTest(kind=kind):
                _other, moves = self._hand_over(lot)
                self.assertEqual(set(map(str, moves.mapped("date"))), {"2026-03-01"})
        self.assertBothTiedOut()

    def test_without_an_agreement_it_is_refused(self):
        lot = self._sell("multi")
        self.agreement.active = False
        with self.assertRaisesRegex(UserError, f"{self.taker.name} takes no credits"):
            lot.hand_over(1, self.taker, "trains in the other town")
        self.assertEqual(lot.balance, 10)

    def test_only_who_works_in_both_companies_hands_over(self):
        lot = self._sell("multi")
        with self.assertRaises(AccessError):
            lot.with_user(self.front_desk).hand_over(1, self.taker, "no")
        self.env.user.company_ids -= self.taker
        with self.assertRaisesRegex(AccessError, "not one of your companies"):
            lot.hand_over(1, self.taker, "no")

    def test_an_agreement_that_makes_no_sense_is_refused(self):
        for values in (
            {"deliverer_id": self.company.id},
            {"percent": 0.0},
            {"issuer_account_id": self.here.id},
        ):
            with self.assertRaises(ValidationError):
                self.agreement.write(values)

    def test_the_dialog_offers_who_agreed(self):
        lot = self._sell("multi")
        wizard = self.env["booking.credit.hand.over"].with_context(
            default_lot_id=lot.id
        )
        with freeze_time("2026-02-10 09:00:00"):
            form = Form(wizard)
            self.assertEqual(form.choice_ids[:], self.taker)
            form.target_id = self.taker
            form.quantity = 2
            form.reason = "moved house"
            saved = form.save()
            saved.action_apply()
            saved.action_apply()
        self.assertEqual(lot.balance, 8, "pressed twice, done once")
