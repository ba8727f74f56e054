from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.booking_credits.tests.common import BookingCreditsCommon
from odoo.addons.booking_credits.tests.test_ledger_kinds import KindsCommon


@tagged("post_install", "-at_install")
class TestAllowances(KindsCommon):
    """Credits that come again every month, given by the nightly job."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bob = cls.env(su=True)["res.partner"].create({"name": "Bob"})

    def _allow(self, **values):
        with freeze_time("2026-01-01 08:00:00"):
            allowance = self.env(su=True)["booking.credit.allowance"].create(
                {
                    "name": "Members",
                    "quantity": 8,
                    "next_date": "2026-01-01",
                    "partner_ids": [Command.set((self.anna | self.bob).ids)],
                    "company_id": self.company.id,
                    **values,
                }
            )
        self._run("2026-01-01 08:00:00")
        return allowance

    def _run(self, moment, times=1):
        cron = self.env(su=True).ref("booking_credits_allowance.ir_cron_allowance")
        with freeze_time(moment), self.enter_registry_test_mode():
            for _n in range(times):
                cron.method_direct_trigger()

    def _lot(self, allowance, partner):
        return allowance.lot_ids.filtered(lambda lot: lot.partner_id == partner)

    def test_a_monthly_plan_gives_its_amount_each_month_to_its_members(self):
        """S3-03, S3-17: 60.00 a month for any service, as long as one is a member."""
        allowance = self._allow(
            quantity=60, measure="money", partner_ids=[Command.set(self.anna.ids)]
        )
        lot = self._lot(allowance, self.anna)
        self.assertEqual((lot.balance, lot.valid_until), (60.0, False))
        self.assertFalse(lot.eligible_product_ids or lot.eligible_categ_ids)
        order = self._create_order(self._service(45.0, credits=5))
        self.assertIn("60.00", order.booking_credit_summary)
        order.action_booking_credit_pay()
        order.action_confirm()
        # S3-20: what is left shows on the next order, without a list kept by hand
        self.assertIn("15.00", self._create_order(self.yoga).booking_credit_summary)
        self._run("2026-02-01 01:00:00")
        self.assertEqual(lot.balance, 60.0)

    def test_the_level_is_reset_on_the_first(self):
        """S0-16: 3 becomes 8, not 11; 8 stays 8; twice is once."""
        allowance = self._allow()
        anna, bob = (self._lot(allowance, p) for p in (self.anna, self.bob))
        self.assertEqual((anna.balance, bob.balance), (8, 8))
        service = self._service(5.0, credits=5)
        with freeze_time("2026-01-10 08:00:00"):
            self._book_at("2026-01-12 10:00:00", service)
        self.assertEqual(anna.balance, 3)
        self._run("2026-01-31 22:00:00")
        self.assertEqual(anna.balance, 3)
        self._run("2026-02-01 01:00:00", times=2)
        self.assertEqual((anna.balance, bob.balance), (8, 8))
        self.assertEqual(anna.entry_ids.sorted("id").mapped("type")[-1], "reset")
        self.assertEqual(bob.entry_ids.mapped("type"), ["grant"])

    def test_a_member_who_stopped_is_not_reset(self):
        """S0-17: what is left stays, nothing comes on the next 1st."""
        allowance = self._allow()
        anna = self._lot(allowance, self.anna)
        with freeze_time("2026-01-10"):
            anna._redeem(5, self.yoga)
        allowance.stopped_partner_ids = self.anna
        self._run("2026-02-01 01:00:00")
        self._run("2026-03-01 01:00:00")
        self.assertEqual(anna.balance, 3)

    def test_it_does_not_add_up_unless_asked(self):
        """S3-22: 60 unused, next month 60; added 120; rolled over at most 90."""
        for mode, cap, expected in (
            ("reset", 0, 60),
            ("add", 0, 120),
            ("rollover", 90, 90),
        ):
            allowance = self._allow(mode=mode, cap=cap, quantity=60, measure="money")
            self._run("2026-02-01 01:00:00", times=2)
            self.assertEqual(set(allowance.lot_ids.mapped("balance")), {expected}, mode)

    def test_a_monthly_amount_pays_tickets_until_it_is_used_up(self):
        """S3-18 … S3-20, S3-22: 60.00: ticket 45.00 pays 0, next 20.00 pays 5.00."""
        self._allow(quantity=60, measure="money")
        for price, due in ((45.0, 0.0), (20.0, 5.0)):
            service = self._service(price)
            order = self._create_order(service)
            order.action_booking_credit_pay()
            self.assertEqual(order.amount_total, due)
            self.assertEqual(self._invoice(order).amount_residual, due)

    # --- merged contacts

    def _merge(self, kept, *others):
        merge = self.env(su=True)["base.partner.merge.automatic.wizard"].create({})
        partners = kept.union(*others)
        merge._merge(partners.ids, kept)

    def test_merged_contacts_keep_the_credits_of_both(self):
        """Both had bought, and both had the same allowance: nothing is lost."""
        bought = self._sell("2026-01-05")
        allowance = self._allow()
        anna, bob = (self._lot(allowance, p) for p in (self.anna, self.bob))
        with freeze_time("2026-01-10"):
            bob._redeem(5, self.yoga)
            self._merge(self.bob, self.anna)
            self.assertFalse(self.anna.exists())
            bob.invalidate_recordset()
            self.assertEqual((bob.balance, anna.balance), (11, 0))
            self.assertEqual((bought | anna | bob).partner_id, self.bob)
            self.assertEqual(self.bob.booking_credit_summary, "111 credits")
        self._run("2026-02-01 01:00:00")
        self.assertEqual((bob.balance, anna.balance), (8, 0))
        self.assertEqual(allowance.lot_ids, bob)

    def test_three_contacts_merged_with_none_of_the_allowance(self):
        kept = self.env(su=True)["res.partner"].create({"name": "Anna R."})
        allowance = self._allow()
        self._merge(kept, self.anna, self.bob)
        self.assertEqual(allowance.lot_ids.partner_id, kept)
        self.assertEqual(allowance.lot_ids.balance, 16)

    def test_merged_contacts_do_not_start_what_one_of_them_stopped(self):
        """S0-17 for merged contacts."""
        allowance = self._allow()
        allowance.stopped_partner_ids = self.anna
        self._merge(self.bob, self.anna)
        self._run("2026-02-01 01:00:00")
        self.assertEqual(allowance.lot_ids.balance, 16)


@tagged("post_install", "-at_install")
class TestAllowanceVerbs(BookingCreditsCommon):
    """What staff do with allowances by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bob = cls.env["res.partner"].create({"name": "Bob"})

    def _create_allowance(self, **values):
        return self.env["booking.credit.allowance"].create(
            {
                "name": "Members",
                "quantity": 8,
                "next_date": "2026-01-01",
                "partner_ids": [Command.set((self.anna | self.bob).ids)],
                "company_id": self.company.id,
                **values,
            }
        )

    def test_an_allowance_resets_every_month(self):
        """S0-16, S3-22: 3 left becomes 8; twice gives the same."""
        with freeze_time("2026-01-05"):
            allowance = self._create_allowance()
            allowance.action_give()
            lot = allowance.lot_ids.filtered(lambda x: x.partner_id == self.anna)
            lot._redeem(5, self.yoga)
        with freeze_time("2026-02-01 08:00:00"):
            allowance.action_give()
            allowance.action_give()
            self.assertEqual(lot.balance, 8)
            self.assertEqual(len(lot.entry_ids), 3)
        self.assertEqual(len(allowance.lot_ids), 2)

    def test_stopped_customers_are_skipped(self):
        """S0-17: no reset on the next 1st."""
        with freeze_time("2026-01-05"):
            allowance = self._create_allowance()
            allowance.action_give()
        allowance.stopped_partner_ids = self.bob
        lot = allowance.lot_ids.filtered(lambda x: x.partner_id == self.bob)
        with freeze_time("2026-01-20"):
            lot._redeem(5, self.yoga)
        with freeze_time("2026-02-01"):
            allowance.action_give()
        self.assertEqual(lot.balance, 3)

    def test_an_allowance_can_roll_over_up_to_a_cap(self):
        """S3-22: roll-over is an option."""
        with freeze_time("2026-01-05"):
            allowance = self._create_allowance(mode="rollover", cap=12)
            allowance.action_give()
        with freeze_time("2026-02-01"):
            allowance.action_give()
        self.assertEqual(set(allowance.lot_ids.mapped("balance")), {12})

    def test_an_allowance_pays_nothing_for_the_time_in_the_archive(self):
        """S0-16: six months archived, then one period, not seven."""
        allowance = self.env["booking.credit.allowance"].create(
            {
                "name": "Add",
                "quantity": 8,
                "mode": "add",
                "company_id": self.company.id,
                "partner_ids": [Command.set(self.anna.ids)],
            }
        )
        allowance._give_due()
        allowance.active = False
        with freeze_time(fields.Datetime.now() + timedelta(days=185)):
            self.env.invalidate_all()
            allowance.active = True
            allowance._give_due()
            self.assertEqual(allowance.lot_ids.balance, 16)
