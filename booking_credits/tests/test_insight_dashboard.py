from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .common import BookingCreditsCommon


class DashboardCommon(BookingCreditsCommon):
    """A studio in the middle of a month, with something to see in each panel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "owner",
            groups="booking_credits.booking_credits_group_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.yoga.booking_cancellation_policy_id = cls.policy
        cls.bob = cls.env["res.partner"].create({"name": "Bob"})
        cls.today = fields.Date.to_date("2026-06-15")
        cls.month_pack = cls._create_pack(
            "Month",
            10,
            50.0,
            booking_credit_measure="session",
            booking_credit_validity_unit="days",
            booking_credit_validity=20,
        )

    def _live(self):
        """Let three months go by."""
        with freeze_time("2026-03-10 10:00:00"):
            self.sleeping = self._buy(partner=self.bob)
        with freeze_time("2026-05-05 10:00:00"):
            self.lot = self._buy()
            self._book()
        with freeze_time("2026-06-08 10:00:00"):
            self.ending = self._buy(self.month_pack)
            self._book(hours=5, product=self._expensive())._action_cancel()
            missed = self._book(hours=1, product=self._expensive())
        with freeze_time("2026-06-08 13:00:00"):
            missed._action_cancel()

    def _expensive(self):
        """Return a service that the sessions of the month pack do not pay."""
        if not hasattr(self, "spa"):
            self.spa = self._create_service("Spa", credits=20, price=20.0)
            self.spa.booking_cancellation_policy_id = self.policy
            self.ending.sudo().eligible_product_ids = self.yoga.product_tmpl_id
        return self.spa

    def _data(self, user=None, **arguments):
        board = self.env["booking.credit.dashboard"].with_user(user or self.manager)
        with freeze_time(f"{self.today} 12:00:00"):
            return board.get_data(**arguments)

    def _behind(self, figure):
        """Return the records that a click on ``figure`` opens, as the owner."""
        action = figure["action"]
        model = self.env[action["res_model"]].with_user(self.manager)
        with freeze_time(f"{self.today} 12:00:00"):
            return model.with_context(action["context"]).search(action["domain"])


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestDashboard(DashboardCommon):
    """S1-05: what the owner sees is what the ledger and the books say."""

    def test_what_is_owed_is_the_value_of_unused_credits(self):
        """S1-05: by VAT, and as the tie-out with the general ledger says."""
        self._live()
        multi = self._buy(
            self._create_pack("Gross", 10, 60.0, booking_credit_vat_kind="multi")
        )
        owed = self._data()["owed"]
        tie_out = self.company._get_booking_credit_tie_out()
        self.assertEqual(owed["value"], sum(row["unused"] for row in tie_out))
        self.assertEqual(
            owed["undelivered"], sum(row["undelivered"] for row in tie_out)
        )
        self.assertEqual(owed["rows"][1]["value"], multi.value)
        self.assertEqual(owed["value"], sum(row["value"] for row in owed["rows"]))
        for figure in (owed, *owed["rows"]):
            behind = self._behind(figure)
            self.assertAlmostEqual(sum(behind.mapped("value")), figure["value"])

    def test_this_month_beside_the_last(self):
        """S1-05: sold, used, expired and kept; each figure opens its records."""
        self._live()
        months = {figure["key"]: figure for figure in self._data()["months"]}
        self.assertEqual(
            {key: (m["value"], m["before"], m["whole"]) for key, m in months.items()},
            {
                "sold": (50, 90, 90),
                "used": (0, 9, 9),
                "expired": (0, 0, 0),
                # half of 20 credits, then all of them, at 0.90
                "fees": (27, 0, 0),
            },
        )
        for key, sign in (("sold", 1), ("used", -1), ("fees", -1)):
            rows = self._behind(months[key])
            self.assertAlmostEqual(
                sign * sum(rows.mapped("value")), months[key]["value"]
            )

    def test_the_comparison_stops_at_the_same_day_of_last_month(self):
        """S1-05: a month that is half over is not compared with a whole one."""
        with freeze_time("2026-05-20 10:00:00"):
            self._buy()
        sold = self._data()["months"][0]
        self.assertEqual((sold["before"], sold["whole"]), (0, 90))

    def test_twelve_months_of_sold_and_used(self):
        """S1-05: the chart adds up to the ledger."""
        self._live()
        chart = self._data()["chart"]
        sold, used = chart["series"]
        self.assertEqual(len(chart["labels"]), 12)
        self.assertEqual(sold["values"][-4:], [90, 0, 90, 50])
        self.assertEqual(used["values"][-4:], [0, 0, 9, 0])
        may = self._behind({"action": {**sold["actions"][-2]}})
        self.assertEqual(may.mapped("lot_id"), self.lot)

    def test_what_ends_soon(self):
        """S1-34: units, value and customers of the next 30 days."""
        self._live()
        expiring = self._data()["expiring"]
        self.assertEqual(expiring["units"], ["10 sessions"])
        self.assertEqual((expiring["value"], expiring["customers"]), (50, 1))
        self.assertEqual(expiring["rows"][0]["name"], "Anna")
        self.assertEqual(self._behind(expiring), self.ending)
        self.assertEqual(self._behind(expiring["rows"][0]), self.ending)

    def test_a_pass_that_ends_is_no_number_of_credits(self):
        """S0-32: “10 sessions, 1 pass”."""
        self._live()
        with freeze_time(f"{self.today} 10:00:00"):
            self._buy(
                self._create_pack(
                    "Pass",
                    0,
                    30.0,
                    booking_credit_unlimited=True,
                    booking_credit_limit_dates=True,
                    booking_credit_validity_unit="days",
                    booking_credit_validity=20,
                )
            )
        expiring = self._data()["expiring"]
        self.assertEqual(expiring["units"], ["10 sessions", "1 pass"])
        self.assertEqual(expiring["value"], 80)

    def test_who_has_credits_and_does_not_come(self):
        """S1-34: not who booked, nor who has just bought; the click lists them."""
        self._live()
        with freeze_time(f"{self.today} 10:00:00"):
            self._buy(partner=self.env["res.partner"].create({"name": "New"}))
        asleep = self._data()["asleep"]
        self.assertEqual((asleep["customers"], asleep["units"]), (1, ["100 credits"]))
        self.assertEqual(asleep["rows"][0]["note"], "never")
        self.assertEqual(self._behind(asleep), self.bob)
        with freeze_time(f"{self.today} 10:00:00"):
            partners = self.bob | self.anna
            self.assertEqual(partners.mapped("booking_credit_asleep"), [True, False])
            self._book(partner=self.bob)
            self.env.invalidate_all()
            self.assertFalse(self.bob.booking_credit_asleep)

    def test_packs_and_services_at_the_top(self):
        """S1-05: of the last 90 days."""
        self._live()
        data = self._data()
        self.assertEqual(
            [(row["name"], row["value"], row["count"]) for row in data["packs"]],
            [("100 credits", 90, 1), ("Month", 50, 1)],
        )
        top = data["services"][0]
        self.assertEqual((top["name"], top["value"], top["count"]), ("Yoga", 9, 1))
        self.assertEqual(self._behind(data["packs"][0]).lot_id, self.lot)

    def test_late_cancellations_and_no_shows(self):
        """S1-20: of three bookings one was cancelled late, one was not attended."""
        self._live()
        cancellations = self._data()["cancellations"]
        self.assertEqual(cancellations["bookings"], 3)
        rows = cancellations["rows"]
        self.assertEqual(
            [(row["count"], row["percent"]) for row in rows], [(1, 33.3), (1, 33.3)]
        )
        self.assertEqual(self._behind(rows[1]).kind, "no_show")

    def test_it_takes_a_few_queries_however_much_there_is(self):
        """S1-05: the number of queries does not grow with the records."""
        self._live()
        self._data()

        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._data()
            return self.env.cr.sql_log_count - before

        few = count()
        for number in range(3):
            self._buy(
                partner=self.env["res.partner"].create({"name": f"More {number}"})
            )
        self.assertLessEqual(count(), few + 2)
        self.assertLess(few, 60)

    def test_an_empty_studio_has_a_dashboard_too(self):
        """S1-05: zeros, no errors."""
        data = self._data()
        self.assertEqual(data["owed"]["value"], 0)
        self.assertEqual(data["cancellations"]["rows"][0]["percent"], 0)

    def test_who_may_see_it(self):
        """S1-29: managers and accountants; no figures for the front desk."""
        self._live()
        self.assertEqual(self._data(self.accountant)["owed"], self._data()["owed"])
        with self.assertRaisesRegex(AccessError, "managers and accountants"):
            self._data(self.front_desk)
        menu = self.env.ref("booking_credits.booking_credit_dashboard_menu")
        visible = self.env["ir.ui.menu"].with_user(self.front_desk)
        self.assertNotIn(menu.id, visible._visible_menu_ids())
        visible = self.env["ir.ui.menu"].with_user(self.accountant)
        self.assertIn(menu.id, visible._visible_menu_ids())

    def test_one_company_and_its_currency_at_a_time(self):
        """S1-05: the choice is among the companies that are switched on."""
        self._live()
        other = self._create_company(
            name="Elsewhere", currency_id=self.env.ref("base.CHF").id
        )
        with self.assertRaises(AccessError):
            self._data(company_id=other.id)
        self.manager.company_ids |= other
        board = (
            self.env["booking.credit.dashboard"]
            .with_user(self.manager)
            .with_context(allowed_company_ids=[self.company.id, other.id])
        )
        self.assertEqual(
            [company["id"] for company in board.get_data()["companies"]],
            [self.company.id, other.id],
        )
        data = board.get_data(other.id)
        self.assertEqual((data["currency"], data["owed"]["value"]), ("CHF", 0))
        action = data["asleep"]["action"]
        partners = board.env["res.partner"].with_context(action["context"])
        with freeze_time(f"{self.today} 12:00:00"):
            self.assertFalse(partners.search(action["domain"]))
            self.assertEqual(
                board.env["res.partner"].search(action["domain"]), self.bob
            )


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestDashboardTour(DashboardCommon, HttpCase):
    """What the owner does in the browser, in headless Chromium."""

    def test_the_owner_looks_and_clicks_through(self):
        """S1-05: figures, a click to the records behind each, and back."""
        start = fields.Datetime.now()
        with freeze_time(start - timedelta(days=70)):
            self._buy(partner=self.bob)
        self._buy()
        self._book()
        self.start_tour(
            "/odoo/booking-credits-dashboard",
            "booking_credits_dashboard",
            login="owner",
        )
