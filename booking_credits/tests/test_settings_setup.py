from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..exceptions import MissingSetupError
from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestSetup(BookingCreditsCommon):
    """The guided setup, as the manager of a new studio goes through it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company.sudo()
        cls.boss = new_test_user(
            cls.env,
            "setup_boss",
            groups="booking_credits.booking_credits_group_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.packs = cls.env["product.template"].search(
            [("booking_credit_pack", "=", True)]
        )
        (cls.packs | cls.yoga.product_tmpl_id).active = False
        cls.company.booking_credit_liability_account_id = False
        cls.company.booking_credit_journal_id = False

    def _setup(self, **values):
        setup = self.env["booking.credit.setup"].with_user(self.boss)
        return setup.create({"pack_price": 90.0, "service_price": 12.0, **values})

    def _finish(self, setup):
        """Press *Next* to the end; return the action that the last one opens."""
        action = {}
        for _step in range(5):
            action = setup.action_next()
        return action

    def test_five_steps_lead_from_nothing_to_a_pack(self):
        """S0-06, S1-17, S1-20: accounts, mode, terms, pack, service; opens the pack."""
        setup = self._setup(payment_mode="credit_only", price_display="credits")
        self.assertTrue(setup.pack_new and setup.service_new)
        action = self._finish(setup)
        self.assertEqual(action["res_model"], "product.template")
        pack = self.env["product.template"].browse(action["res_id"])
        self.assertRecordValues(
            pack,
            [
                {
                    "name": "10 classes",
                    "list_price": 90.0,
                    "booking_credit_pack": True,
                    "booking_credit_quantity": 10,
                    "booking_credit_validity": 6,
                    "booking_credit_validity_unit": "months",
                    "booking_credit_vat_kind": "single",
                    "invoice_policy": "order",
                }
            ],
        )
        self.assertEqual(self.company.booking_payment_mode, "credit_only")
        self.assertEqual(self.company.booking_price_display, "credits")
        self.assertTrue(self.company.booking_credit_liability_account_id)
        self.assertTrue(self.company.booking_credit_journal_id)
        policy = self.company.booking_cancellation_policy_id
        self.assertEqual(policy.tier_ids.mapped("percent"), [100, 50])
        service = self.env["product.template"].search([("name", "=", "Class")])
        self.assertTrue(service.booking_ok)
        self.assertEqual(service.booking_credit_price, 1)

    def test_what_was_set_up_can_be_sold_and_booked(self):
        """S0-38, S1-03: the pack gives credits that pay the service."""
        self._finish(self._setup())
        pack = self.env["product.product"].search([("name", "=", "10 classes")])
        service = self.env["product.product"].search([("name", "=", "Class")])
        lot = self._buy(pack)
        self.assertEqual(lot.balance, 10)
        self._book(service)
        self.assertEqual(lot.balance, 9)

    def test_a_second_run_makes_nothing_twice(self):
        """S0-06: same answers, same records; what is not asked stays as it is."""
        self._finish(self._setup(policy="day"))
        accounts = self.company._get_booking_credit_liability_accounts()
        journal = self.company.booking_credit_journal_id
        policy = self.company.booking_cancellation_policy_id
        packs = self.env["product.template"].search_count([])
        again = self._setup()
        self.assertFalse(again.pack_new or again.service_new)
        self.assertEqual(again.policy, "keep")
        self.assertIn("CRED", again.accounts)
        self._finish(again)
        self._finish(self._setup(pack_new=True, service_new=True, policy="day"))
        self.assertEqual(
            self.company._get_booking_credit_liability_accounts(), accounts
        )
        self.assertEqual(self.company.booking_credit_journal_id, journal)
        self.assertEqual(self.company.booking_cancellation_policy_id, policy)
        self.assertEqual(self.env["product.template"].search_count([]), packs)

    def test_an_existing_service_is_opened_to_bookings(self):
        """S1-17: nothing is entered twice."""
        massage = self.env["product.template"].create(
            {"name": "Massage", "type": "service", "list_price": 60.0}
        )
        setup = self._setup(service_id=massage.id)
        setup._onchange_service_id()
        setup.service_credits = 6
        self._finish(setup)
        self.assertRecordValues(
            massage,
            [{"booking_ok": True, "booking_credit_price": 6, "list_price": 60.0}],
        )

    def test_a_company_without_chart_of_accounts_is_told_what_to_do(self):
        """S0-06: nothing is made before."""
        company = self.env["res.company"].create({"name": "New studio"})
        self.boss.company_ids = [Command.link(company.id)]
        setup = self.env["booking.credit.setup"].with_user(self.boss)
        setup = setup.with_company(company).create({})
        self.assertFalse(setup.has_chart)
        with self.assertRaisesRegex(MissingSetupError, "New studio.*Localization"):
            setup.action_next()
        self.assertFalse(company.booking_credit_journal_id)

    def test_only_managers_set_up(self):
        """S0-06: neither the front desk nor accountants."""
        for user in (self.front_desk, self.accountant):
            setup = self.env["booking.credit.setup"].with_user(user)
            with self.assertRaises(AccessError):
                setup.action_open()
            with self.assertRaises(AccessError):
                setup.create({})
        action = self.env["booking.credit.setup"].with_user(self.boss).action_open()
        self.assertEqual(action["res_model"], "booking.credit.setup")

    def test_each_step_says_what_is_missing(self):
        """S1-17: name, number, price, validity; credits of the service."""
        for step, values, message in (
            ("pack", {"pack_name": " "}, "a name"),
            ("pack", {"pack_quantity": 0}, "more than zero"),
            ("pack", {"pack_price": 0}, "costs"),
            ("pack", {"pack_validity": 0}, "how long"),
            ("service", {"service_name": False}, "a name"),
            ("service", {"service_credits": 0}, "how many credits"),
            ("payment", {"payment_mode": "both", "price_display": "credits"}, "only"),
        ):
            setup = self._setup(step=step, **values)
            with self.assertRaisesRegex(UserError, message):
                setup.action_next()

    def test_steps_can_be_taken_back(self):
        """S0-06: what was answered stays."""
        setup = self._setup(payment_mode="level")
        setup.action_next()
        setup.action_next()
        self.assertEqual(setup.step, "policy")
        setup.action_back()
        self.assertEqual((setup.step, setup.payment_mode), ("payment", "level"))

    def test_the_empty_list_of_credits_leads_to_the_setup(self):
        """S0-06: managers only, and only until there is a pack."""
        lots = self.env["booking.credit.lot"]
        link = "booking_credit_setup_action"
        self.assertIn(link, lots.with_user(self.boss).get_empty_list_help(""))
        self.assertNotIn(
            link, lots.with_user(self.front_desk).get_empty_list_help("") or ""
        )
        self.packs.active = True
        self.assertNotIn(link, lots.with_user(self.boss).get_empty_list_help("") or "")
