from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestRevenuePlace(BookingCreditsCommon):
    """Revenue by place: the analytic accounts of the bookings."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls.env["account.analytic.plan"]
        cls.plan = plan.create({"name": "Studios"})
        cls.teams = plan.create({"name": "Teams"})
        cls.north, cls.south, cls.team = cls.env["account.analytic.account"].create(
            [
                {"name": "North", "plan_id": cls.plan.id},
                {"name": "South", "plan_id": cls.plan.id},
                {"name": "Day team", "plan_id": cls.teams.id},
            ]
        )
        cls.analyst = new_test_user(
            cls.env,
            "analyst",
            groups="account.group_account_manager,analytic.group_analytic_accounting",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.judo = cls._create_service("Judo", credits=20, price=20.0)

    def setUp(self):
        super().setUp()
        self._buy()

    def tell_a_day(self):
        """Yoga in both studios, judo in one, and one yoga class that nobody placed."""
        team = self.team.id
        for service, distribution in (
            (self.yoga, {f"{self.north.id},{team}": 100}),
            (self.yoga, {str(self.south.id): 100}),
            (self.judo, {str(self.south.id): 100}),
            (self.yoga, {str(team): 100}),
        ):
            self._book(service, analytic_distribution=distribution)

    def table(self, user=None, **options):
        today = fields.Date.today()
        self.model = self.env["booking.credit.revenue"].with_user(user or self.analyst)
        return self.model.get_report(
            {
                "company_ids": self.company.ids,
                "date_from": today - timedelta(days=5),
                "date_to": today + timedelta(days=5),
                "plan": str(self.plan.id),
                **options,
            }
        )

    def values(self, table, kind="used"):
        """Return the value of each row of one kind of movement."""
        (section,) = (
            part
            for part in table["sections"]
            if part["key"] == f"{self.company.id}-{kind}"
        )
        return {row["label"]: row["cells"]["value"] for row in section["rows"]}

    def assertOpens(self, table):
        """Check that each figure is the sum of the movements that it opens."""
        for section in table["sections"]:
            for row in section["rows"]:
                action = self.model.action_open_cell(
                    table["options"], section["key"], row["key"], "value"
                )
                found = self.env["booking.credit.entry"].search(action["domain"])
                self.assertAlmostEqual(
                    -sum(found.mapped("value")), row["cells"]["value"], 2, row["label"]
                )

    def test_revenue_by_place_and_by_service_and_place(self):
        self.tell_a_day()
        table = self.table(by="place")
        self.assertEqual(
            self.values(table),
            {"North": 9.0, "South": 27.0, "No place": 9.0, "Total": 45.0},
        )
        self.assertOpens(table)
        table = self.table(by="both")
        self.assertEqual(
            self.values(table),
            {
                "Yoga · North": 9.0,
                "Yoga · South": 9.0,
                "Judo · South": 18.0,
                "Yoga · No place": 9.0,
                "Total": 45.0,
            },
        )
        self.assertOpens(table)

    def test_services_of_one_place(self):
        self.tell_a_day()
        table = self.table(place=str(self.south.id))
        self.assertEqual(self.values(table), {"Judo": 18.0, "Yoga": 9.0, "Total": 27.0})
        self.assertIn("Place: South", table["subtitles"])
        self.assertOpens(table)

    def test_places_are_those_of_the_chosen_plan(self):
        self.tell_a_day()
        table = self.table(by="place", plan=str(self.teams.id))
        self.assertEqual(
            self.values(table), {"Day team": 18.0, "No place": 27.0, "Total": 45.0}
        )
        # a place of another plan is forgotten
        table = self.table(plan=str(self.teams.id), place=str(self.south.id))
        self.assertEqual(table["options"]["place"], "0")
        self.assertEqual(self.values(table)["Total"], 45.0)

    def test_a_shared_booking_is_parted_to_the_cent(self):
        """9.00 in thirds of 33.33 %, and 9.00 of which a quarter is nowhere."""
        shared = {str(self.north.id): 33.33, str(self.south.id): 66.66}
        self._book(analytic_distribution=shared)
        self._book(analytic_distribution={str(self.north.id): 75})
        self.assertEqual(
            self.values(self.table(by="place")),
            {"North": 9.75, "South": 6.0, "No place": 2.25, "Total": 18.0},
        )

    def test_places_are_the_analytic_items_of_the_books(self):
        """What the report says of each place is what was posted to it."""
        self.tell_a_day()
        self.env["booking.credit.posting"]._post_entries(
            self.env["booking.credit.entry"].search(
                [("type", "=", "redeem"), ("company_id", "=", self.company.id)]
            )
        )
        values = self.values(self.table(by="place", basis="books"))
        for place in (self.north, self.south):
            items = self.env["account.analytic.line"].search(
                [(self.plan._column_name(), "=", place.id)]
            )
            self.assertEqual(sum(items.mapped("amount")), values[place.name])

    def test_without_analytic_accounting_there_are_no_places(self):
        self.tell_a_day()
        table = self.table(self.accountant, by="place", place=str(self.south.id))
        self.assertFalse(
            {"by", "plan", "place"} & {part["name"] for part in table["filters"]}
        )
        self.assertEqual(
            self.values(table), {"Yoga": 27.0, "Judo": 18.0, "Total": 45.0}
        )
        filters = {part["name"]: part for part in self.table()["filters"]}
        self.assertEqual(
            [choice[1] for choice in filters["place"]["choices"]],
            ["All", "North", "South"],
        )
        # a plan without accounts has no places
        self.env["account.analytic.plan"].create({"name": "Empty"})
        plans = {part["name"]: part for part in self.table()["filters"]}["plan"]
        self.assertNotIn("Empty", [choice[1] for choice in plans["choices"]])
