from collections import defaultdict
from decimal import Decimal

from odoo import api, models
from odoo.fields import Domain

from ...ledger import as_decimal

LINE = "operation_id.order_line_id"


class BookingCreditRevenue(models.AbstractModel):
    """Revenue by place: a studio, a branch, a room.

    A place is an analytic account on the booking, as everywhere in Odoo: that is what
    income is posted to when credits are used. Which plan holds the places is chosen on
    the report. Offered to those who work with analytic accounting.
    """

    _inherit = "booking.credit.revenue"

    # === Options === #

    @api.model
    def _get_default_options(self):
        plan = self._get_place_plans()[:1]
        return {
            **super()._get_default_options(),
            "by": "service",
            "plan": str(plan.id or 0),
            "place": "0",
        }

    @api.model
    def _get_filters(self, options):
        """Override to let the reader choose rows, the plan of places, and a place."""
        filters = super()._get_filters(options)
        plans = self._get_place_plans()
        if not plans:
            return filters
        _ = self.env._
        return [
            *filters,
            {
                "name": "by",
                "label": _("Rows"),
                "type": "select",
                "choices": [
                    ["service", _("Services")],
                    ["place", _("Places")],
                    ["both", _("Services and places")],
                ],
            },
            *self._get_place_filters(plans, self._get_places(options)),
        ]

    @api.model
    def _get_place_filters(self, plans, places):
        """Return the filters that choose the plan of places, and one place."""
        _ = self.env._
        return [
            {
                "name": "plan",
                "label": _("Places are"),
                "type": "select",
                "choices": [[str(plan.id), plan.name] for plan in plans],
            },
            {
                "name": "place",
                "label": _("Place"),
                "type": "select",
                "choices": [
                    ["0", _("All")],
                    *([str(place.id), place.display_name] for place in places),
                ],
            },
        ]

    @api.model
    def _read_options(self, options):
        """Override to forget a place that is not of the plan, or not to be shown."""
        options = super()._read_options(options)
        plans = self._get_place_plans()
        if options["plan"] not in [str(plan.id) for plan in plans]:
            options["plan"] = str(plans[:1].id or 0)
        if not plans or options["by"] not in ("place", "both"):
            options["by"] = "service"
        places = self._get_places(options)
        if options["place"] not in [str(place.id) for place in places]:
            options["place"] = "0"
        return options

    @api.model
    def _get_place_plans(self):
        """Return the plans whose accounts can be places; none without analytics."""
        plans = self.env["account.analytic.plan"]
        if not self.env.su and not self.env.user.has_group(
            "analytic.group_analytic_accounting"
        ):
            return plans
        accounts = self.env["account.analytic.account"].with_context(active_test=False)
        used = [plan.id for (plan,) in accounts._read_group([], ["root_plan_id"])]
        return plans.search([("id", "in", used)])

    @api.model
    def _get_places(self, options):
        """Return the analytic accounts of the chosen plan, those archived as well."""
        accounts = self.env["account.analytic.account"]
        if not int(options["plan"]):
            return accounts
        return accounts.with_context(active_test=False).search(
            [("root_plan_id", "=", int(options["plan"]))]
        )

    @api.model
    def _is_by_place(self, options):
        return options["by"] != "service" or options["place"] != "0"

    # === Table === #

    @api.model
    def _get_subtitles(self, options):
        lines = super()._get_subtitles(options)
        if options.get("place", "0") != "0":
            place = self.env["account.analytic.account"].browse(int(options["place"]))
            lines.append(self.env._("Place: %s", place.display_name))
        return lines

    @api.model
    def _get_place_notes(self):
        return [
            self.env._(
                "A place is an analytic account of the booking. Where a booking is "
                "shared by several places, each has its percentage of units and "
                "value, and the movement counts for each; opening such a figure "
                "shows the whole movements."
            )
        ]

    @api.model
    def _get_place_names(self, options, keys):
        """Name services and places; keys are ``service:place``."""
        parts = {key: key.split(":") for key in keys}
        services = self._get_service_names({s for s, _p in parts.values()})
        places = {str(p.id): p.display_name for p in self._get_places(options)}
        places["0"] = self.env._("No place")
        if options["by"] == "place":
            return {key: places[place] for key, (_s, place) in parts.items()}
        return {
            key: self.env._(
                "%(service)s · %(place)s",
                service=services[service],
                place=places[place],
            )
            for key, (service, place) in parts.items()
        }

    @api.model
    def _with_places(self, options):
        """Return this report knowing the places: they are not looked up for each sum."""
        places = frozenset(self._get_places(options).ids)
        return self.with_context(booking_credit_place_ids=places)

    @api.model
    def _split_among_places(
        self, options, company_id, product_id, distribution, numbers
    ):
        """Part a sum among the places of its bookings, to the cent."""
        wanted = int(options["place"])
        company = self.env["res.company"].browse(company_id)
        shares = self._get_shares(options, distribution or {})
        for place_id, part in self._share_out(company, shares, numbers):
            if wanted in (0, place_id):
                yield self._get_row_key(options, product_id, place_id), part

    @api.model
    def _get_row_key(self, options, product_id, place_id):
        if options["by"] == "service":
            return str(product_id or 0)
        service = product_id if options["by"] == "both" else 0
        return f"{service or 0}:{place_id}"

    @api.model
    def _get_shares(self, options, distribution):
        """Return the percentage of each place; what has no place is under 0."""
        places = self.env.context["booking_credit_place_ids"]
        shares = defaultdict(Decimal)
        for ids, percentage in distribution.items():
            for account_id in map(int, ids.split(",")):
                if account_id in places:
                    shares[account_id] += as_decimal(percentage)
        rest = 100 - sum(shares.values())
        # percentages have two decimals: three thirds make 99.99
        if not shares or abs(rest) > Decimal("0.05"):
            shares[0] += rest
        return shares

    @api.model
    def _share_out(self, company, shares, numbers):
        """Yield ``(place, numbers)``; the last place takes what rounding leaves."""
        digits = self.env["decimal.precision"].precision_get("Booking Credits")
        left = {"units": numbers["units"], "value": numbers["value"]}
        # sudo: the currency of a company that the reader works in
        currency = company.sudo().currency_id
        *first, last = shares
        for place_id in first:
            share = shares[place_id] / 100
            part = {
                "units": round(numbers["units"] * share, digits),
                "value": as_decimal(currency.round(float(numbers["value"] * share))),
            }
            for name, number in part.items():
                left[name] -= number
            yield place_id, {"count": numbers["count"], **part}
        yield last, {"count": numbers["count"], **left}

    # === Behind the figures === #

    @api.model
    def _get_place_row_domain(self, options, row):
        """Find the movements of one place."""
        domain = Domain.TRUE
        place = options["place"]
        if place != "0":
            domain &= self._get_place_domain(options, int(place))
        if row == "total" or options["by"] == "service":
            return domain & self._get_service_row_domain(row)
        service, place = row.split(":")
        domain &= self._get_place_domain(options, int(place))
        if options["by"] == "both":
            domain &= self._get_service_row_domain(service)
        return domain

    @api.model
    def _get_place_domain(self, options, place_id):
        """Return the domain of the movements of bookings at one place; 0: at none."""
        accounts = f"{LINE}.distribution_analytic_account_ids"
        if place_id:
            return Domain(accounts, "in", [place_id])
        return Domain(LINE, "=", False) | Domain(
            accounts, "not in", self._get_places(options).ids
        )
