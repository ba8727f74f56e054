from datetime import date

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.booking_credits.tests.test_accounting_random import (
    WEIGHTS,
    RandomPostingsCase,
)


@tagged("post_install", "-at_install")
class TestRandomEstimates(RandomPostingsCase):
    """A long random life of credits with estimates."""

    weights = {**WEIGHTS, "estimate": 6}
    events = 520

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the other company recognises what nobody uses before it expires
        cls.other.booking_credit_breakage_method = "proportional"
        cls.other.booking_credit_breakage_percent = 12.0

    def _do_estimate(self):
        """Change what is expected never to be used, and catch up with it."""
        cohorts = self.env["booking.credit.cohort"]
        cohorts._assign_lots(self.company)
        cohorts = cohorts.search([("company_id", "=", self.company.id)])
        if not cohorts:
            return None
        self.random.choice(cohorts).percent = self.random.randint(0, 60) / 2
        cohorts._recognise(self.today())
        return True

    def _tell_planner(self):
        """Override: and of what estimates write."""
        super()._tell_planner()
        self.env.cr.execute(
            SQL("ANALYZE booking_credit_cohort, booking_credit_cohort_step")
        )

    def _check_more(self, number, event):
        """Override: breakage in advance."""
        if event == "estimate" or number % 5 == 0:
            self._check_advance(f"{number}: {event}")

    def _check_advance(self, event):
        """Breakage in advance is explained by its steps, and never above what is left.

        What waits to be posted is not used yet, as in the books.
        """
        cohorts = self.env["booking.credit.cohort"].search([])
        recognised = self.env["booking.credit.cohort.step"]._get_amounts(cohorts)
        contra = self.companies._get_booking_credit_contra_accounts()
        balance = sum(
            self.env["account.move.line"]
            .search([("account_id", "in", contra.ids), ("parent_state", "=", "posted")])
            .mapped("balance")
        )
        self.assertAlmostEqual(balance, sum(recognised.values()), 2, event)
        for cohort_id, fact in cohorts._read_facts(date.max).items():
            self.assertGreaterEqual(fact["recognised"], 0, event)
            self.assertLessEqual(fact["recognised"], fact["left"], (cohort_id, event))

    def _finish(self):
        """Override: an estimate of which something is left to recognise."""
        # more than what chance let expire, so that something is left to recognise
        self._act_in(self.other)
        # sudo: the user of the test works in the first company
        cohorts = self.env["booking.credit.cohort"].sudo()
        cohorts._assign_lots(self.other)
        cohorts = cohorts.search([("company_id", "=", self.other.id)])
        cohorts.percent = 80
        cohorts._recognise(self.today())
        self._check_books(self.events, "last estimate")
        self.assertTrue(cohorts.step_ids)

    def test_18_five_hundred_random_events(self):
        """Acceptance test 18 of research: in two companies, in all posting modes.

        Per company, account, lot and customer; with locked periods.
        """
        self._live()
