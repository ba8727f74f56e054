from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ConcurrencyError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import BookingCreditsCommon

JOB_LOG = "odoo.addons.booking_credits.models.ledger.booking_credit_job"


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestJobs(BookingCreditsCommon):
    """Jobs go on after a failure, and come back for what they did not reach."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.job = cls.env["booking.credit.job"]
        cls.other = cls.setup_other_company()["company"]
        cls.other._booking_credit_setup()
        cls.lots = cls.env["booking.credit.lot"].sudo()

    def _run(self, batches, seconds=60.0):
        """Run ``batches``; return the answer and what was reported each time."""
        told = []

        def commit(cron, processed=0, *, remaining=None, deactivate=False):
            told.append((processed, remaining))
            return seconds

        with (
            patch.object(type(self.env["ir.cron"]), "_commit_progress", commit),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            return self.job.with_env(self.env(cr=cr))._run("test", batches), told

    def _give(self, company, quantity=5, **vals):
        return self.lots.with_company(company)._grant(
            [
                {
                    "partner_id": self.anna.id,
                    "company_id": company.id,
                    "origin": "grant",
                    "valid_from": company._booking_credit_today(),
                    **vals,
                }
            ],
            [{"quantity": quantity}],
        )

    def test_a_company_that_fails_does_not_stop_the_others(self):
        """S1-32: the log names job and company; the other company is served."""
        with self.assertLogs(JOB_LOG, "ERROR") as log:
            answer, told = self._run(
                [(self.company, lambda: 1 / 0), (self.other, lambda: 3)]
            )
        self.assertTrue(answer)
        self.assertEqual(told, [(0, 1), (3, 1), (0, 0)])
        self.assertIn("“test”", log.output[0])
        self.assertIn(self.company.name, log.output[0])

    def test_a_job_out_of_time_says_that_something_remains(self):
        """S1-32: Odoo calls it again soon, not on the next day."""
        served = []
        batches = [
            (self.company, lambda: served.append(1) or 0),
            (self.company, lambda: served.append(2) or 1),
            (self.other, lambda: served.append(3) or 1),
        ]
        answer, told = self._run(batches, seconds=0.0)
        self.assertFalse(answer)
        # what had nothing to do does not use up the turn of the others
        self.assertEqual(served, [1, 2])
        self.assertGreater(told[-1][1], 0)

    def test_a_lost_race_is_run_once_more(self):
        """S1-16: a serialization failure is nobody's fault."""
        tries = []

        def lose_once():
            tries.append(1)
            if len(tries) == 1:
                raise ConcurrencyError("lost")
            return 1

        answer, told = self._run([(self.company, lose_once)])
        self.assertTrue(answer)
        self.assertEqual(told, [(1, 1), (0, 0)])

        def lose():
            tries.append(1)
            raise ConcurrencyError("lost")

        tries.clear()
        with self.assertLogs(JOB_LOG, "ERROR"):
            self._run([(self.company, lose)])
        self.assertEqual(len(tries), 2)

    def test_what_failed_is_rolled_back(self):
        """S1-32: nothing of a batch that failed stays."""

        def half(env):
            env["res.partner"].create({"name": "Half done"})
            env.flush_all()
            raise ValueError("half done")

        with (
            mute_logger(JOB_LOG),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            env = self.env(cr=cr)
            job = self.job.with_env(env)
            self.assertTrue(job._run("test", [(self.company, lambda: half(env))]))
        self.assertFalse(self.anna.search([("name", "=", "Half done")]))

    def test_the_expiry_job_reaches_every_company(self):
        """S1-32: one company cannot be served; the other one is."""
        lots = [
            self._give(c, valid_until=c._booking_credit_today())
            for c in (self.company, self.other)
        ]
        expire = type(self.lots)._expire_batch

        def fail_first(model, company, limit):
            if company == self.company:
                raise ValueError("broken")
            return expire(model, company, limit)

        cron = self.env.ref("booking_credits.ir_cron_expire")
        with (
            freeze_time(fields.Datetime.now() + timedelta(days=3)),
            patch.object(type(self.lots), "_expire_batch", fail_first),
            self.assertLogs(JOB_LOG, "ERROR") as log,
            self.enter_registry_test_mode(),
        ):
            cron.method_direct_trigger()
        self.assertEqual([lot.balance for lot in lots], [5, 0])
        self.assertIn("expire credits", log.output[0])

    def test_lapsed_holds_of_two_companies_are_released(self):
        """S1-09: one job for all companies."""
        until = fields.Datetime.now() + timedelta(minutes=5)
        lots = self.lots
        for company in self.company | self.other:
            lot = self._give(company)
            lot._hold(2, self.yoga, until)
            lots |= lot
        cron = self.env.ref("booking_credits.ir_cron_release_holds")
        with freeze_time(until + timedelta(hours=1)), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(lots.mapped("held"), [0, 0])
