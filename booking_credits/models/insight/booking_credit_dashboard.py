from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import date_utils, format_date

from ...const import MEASURES
from ...words import is_singular

#: days that “soon” is, and that tops and rates look back
SOON_DAYS = 30
RECENT_DAYS = 90
TOP = 5

#: figure of a month -> what happened, and the sign that makes it positive
MONTH_FIGURES = {
    "sold": (("sold",), 1),
    "used": (("used", "earned", "returned"), -1),
    "expired": (("expired",), -1),
    "fees": (("fee", "no_show"), -1),
}


class BookingCreditDashboard(models.AbstractModel):
    """What an owner wants to know at a glance, of one company at a time.

    Amounts are in the currency of that company; each figure comes with the action that
    opens the records behind it.
    """

    _name = "booking.credit.dashboard"
    _description = "Booking Credit Dashboard"

    @api.model
    def get_data(self, company_id=None):
        """Return all figures of the dashboard, in a few grouped queries.

        :param int company_id: one of the companies that the user has switched on; the
            current one when not given
        :raise AccessError: for others than managers and accountants, and for a company
            that the user has not switched on
        """
        self._check_may_read()
        company = self._get_company(company_id)
        board = self.with_company(company)
        return {
            "company": {"id": company.id, "name": company.name},
            "companies": self._get_company_choices(),
            "currency_id": company.currency_id.id,
            "currency": company.currency_id.name,
            "today": format_date(self.env, company._booking_credit_today()),
            "owed": board._get_owed(),
            **board._get_months(),
            "expiring": board._get_expiring(),
            "packs": board._get_top_packs(),
            "services": board._get_top_services(),
            "asleep": board._get_asleep(),
            "cancellations": board._get_cancellations(),
        }

    def _get_company_choices(self):
        """Return the companies that the user has switched on, with their currencies."""
        return [
            {
                "id": company.id,
                "name": f"{company.name} ({company.currency_id.name})",
            }
            for company in self.env.companies
        ]

    def _check_may_read(self):
        user = self.env.user
        if not (
            self.env.su
            or user.has_group("booking_credits.booking_credits_group_manager")
            or user.has_group("booking_credits.booking_credits_group_accountant")
        ):
            raise AccessError(
                self.env._(
                    "The dashboard is for managers and accountants of booking credits."
                )
            )

    def _get_company(self, company_id):
        lots = self.env["booking.credit.lot"]
        company = lots._to_records("res.company", company_id) or self.env.company
        if company not in self.env.companies:
            raise AccessError(
                self.env._(
                    "Switch on the company first, at the top right of the screen."
                )
            )
        return company

    # === Panels, for bridges to extend === #

    def _get_owed(self):
        """Return what the business owes today: S1-05, the value of unused credits."""
        company = self.env.company
        domain = [("company_id", "=", company.id), ("value", "!=", 0)]
        values = dict(
            self.env["booking.credit.lot"]._read_group(
                domain, ["vat_kind"], ["value:sum"]
            )
        )
        title = self.env._("Unused Credits")
        return {
            "value": self._round(sum(values.values())),
            "rows": self._get_owed_rows(title, domain, values),
            **self._get_undelivered(company),
            "action": self._open_lots(title, domain),
        }

    def _get_owed_rows(self, title, domain, values):
        """Return one row for each kind of VAT."""
        _ = self.env._
        labels = {
            "single": _("VAT paid at sale (net)"),
            "multi": _("VAT due at use (gross)"),
        }
        return [
            {
                "key": kind,
                "label": label,
                "value": self._round(values.get(kind)),
                "action": self._open_lots(title, [*domain, ("vat_kind", "=", kind)]),
            }
            for kind, label in labels.items()
        ]

    def _get_undelivered(self, company):
        """Return what is used on bookings whose revenue is not posted yet."""
        pending = [
            ("company_id", "=", company.id),
            ("posting_state", "=", "pending"),
        ]
        undelivered = self.env["booking.credit.entry"]._read_group(
            pending, [], ["value:sum"]
        )[0][0]
        return {
            "undelivered": -self._round(undelivered),
            "undelivered_action": self._open(
                "booking.credit.entry",
                self.env._("Booked, Not Delivered Yet"),
                pending,
            ),
        }

    def _get_months(self):
        """Return the figures of this month beside the last, and those of the chart.

        This month is compared with last month until the same day.
        """
        today = self.env.company._booking_credit_today()
        first = date_utils.start_of(today, "month")
        start = first - relativedelta(months=11)
        by_month = {}
        report = self.env["booking.credit.analysis"]
        for month, kind, value in report._read_group(
            self._in_period(start, today), ["date:month", "kind"], ["value:sum"]
        ):
            by_month.setdefault(fields.Date.to_date(month), {})[kind] = value
        return {
            "months": self._get_month_rows(by_month, first, today),
            "chart": self._get_chart(by_month, start, today),
        }

    def _get_month_rows(self, by_month, first, today):
        """Return one row for each figure of the month that began on ``first``."""
        last = first - relativedelta(months=1)
        same_day = self._get_sums_by_kind(last, today - relativedelta(months=1))
        end = first - timedelta(days=1)
        return [
            {
                "key": key,
                "label": label,
                "value": self._figure(by_month.get(first), key),
                "before": self._figure(same_day, key),
                "whole": self._figure(by_month.get(last), key),
                "action": self._open_figure(key, label, first, today),
                "before_action": self._open_figure(key, label, last, end),
            }
            for key, label in self._get_figure_labels().items()
        ]

    def _get_sums_by_kind(self, first, last):
        """Return the value that moved from ``first`` to ``last``, by kind."""
        return dict(
            self.env["booking.credit.analysis"]._read_group(
                self._in_period(first, last), ["kind"], ["value:sum"]
            )
        )

    def _get_chart(self, by_month, start, today):
        """Return twelve months of sold against used."""
        months = [start + relativedelta(months=number) for number in range(12)]
        return {
            "labels": [
                format_date(self.env, month, date_format="MMM yy") for month in months
            ],
            "series": [
                self._get_chart_series(key, by_month, months, today)
                for key in ("sold", "used")
            ],
        }

    def _get_chart_series(self, key, by_month, months, today):
        """Return one figure month by month, each of which opens its movements."""
        label = self._get_figure_labels()[key]
        return {
            "key": key,
            "label": label,
            "values": [self._figure(by_month.get(month), key) for month in months],
            "actions": [
                self._open_figure(
                    key, label, month, min(date_utils.end_of(month, "month"), today)
                )
                for month in months
            ],
        }

    def _get_expiring(self):
        """Return what ends within the next days if nobody uses it."""
        company = self.env.company
        today = company._booking_credit_today()
        domain = [
            ("company_id", "=", company.id),
            ("is_open", "=", True),
            ("valid_until", ">=", today),
            ("valid_until", "<=", today + timedelta(days=SOON_DAYS)),
        ]
        title = self.env._("Ending Within %s Days", SOON_DAYS)
        return {
            **self._get_lot_totals(domain),
            "rows": self._get_expiring_rows(title, domain),
            "action": self._open_lots(title, domain),
        }

    def _get_expiring_rows(self, title, domain):
        """Return the customers who lose the most, and the first day it ends."""
        rows = self.env["booking.credit.lot"]._read_group(
            domain,
            ["partner_id"],
            ["value:sum", "valid_until:min"],
            limit=TOP,
            order="value:sum desc, partner_id",
        )
        return [
            {
                "id": partner.id,
                "name": partner.display_name,
                "value": self._round(value),
                "note": format_date(self.env, until),
                "action": self._open_lots(
                    title, [*domain, ("partner_id", "=", partner.id)]
                ),
            }
            for partner, value, until in rows
        ]

    def _get_asleep(self):
        """Return who has credits and has not booked for a long time."""
        company = self.env.company
        domain = self._get_asleep_domain(company)
        title = self.env._("Unused Credits, No Booking for 60 Days")
        return {
            **self._get_lot_totals(domain),
            "rows": self._get_asleep_rows(domain),
            "action": self._open(
                "res.partner",
                title,
                [("booking_credit_asleep", "=", True)],
                ("list", "kanban", "form"),
                {"booking_credit_company_id": company.id},
            ),
        }

    def _get_asleep_domain(self, company):
        """Return the domain of the lots that those customers could use today."""
        return [
            ("company_id", "=", company.id),
            ("is_open", "=", True),
            ("code", "=", False),
            "|",
            ("valid_until", "=", False),
            ("valid_until", ">=", company._booking_credit_today()),
            ("partner_id.booking_credit_asleep", "=", True),
        ]

    def _get_asleep_rows(self, domain):
        """Return the customers who have the most of these lots, and their last use."""
        rows = self.env["booking.credit.lot"]._read_group(
            domain,
            ["partner_id"],
            ["value:sum"],
            limit=TOP,
            order="value:sum desc, partner_id",
        )
        last_use = self._get_last_uses([partner.id for partner, _value in rows])
        never = self.env._("never")
        return [
            {
                "id": partner.id,
                "name": partner.display_name,
                "value": self._round(value),
                "note": last_use.get(partner, never),
                "action": self._open_record(partner),
            }
            for partner, value in rows
        ]

    def _get_last_uses(self, partner_ids):
        """Return the last day on which customers used credits, in words."""
        last_use = self.env["booking.credit.analysis"]._read_group(
            [
                ("company_id", "=", self.env.company.id),
                ("partner_id", "in", partner_ids),
                ("kind", "=", "used"),
            ],
            ["partner_id"],
            ["date:max"],
        )
        return {partner: format_date(self.env, day) for partner, day in last_use}

    # === Steps === #

    def _get_figure_labels(self):
        _ = self.env._
        return {
            "sold": _("Sold"),
            "used": _("Used"),
            "expired": _("Expired"),
            "fees": _("Kept as fees"),
        }

    def _figure(self, by_kind, key):
        kinds, sign = MONTH_FIGURES[key]
        total = sum((by_kind or {}).get(kind) or 0.0 for kind in kinds)
        return self._round(sign * total)

    def _round(self, value):
        # no “-0.00”
        return self.env.company.currency_id.round(value or 0.0) + 0.0

    def _in_period(self, first, last):
        return [
            ("company_id", "=", self.env.company.id),
            ("date", ">=", fields.Date.to_string(first)),
            ("date", "<=", fields.Date.to_string(last)),
        ]

    def _recently(self):
        today = self.env.company._booking_credit_today()
        return self._in_period(today - timedelta(days=RECENT_DAYS), today)

    def _get_lot_totals(self, domain):
        """Return value, customers and units, in words, of the lots of ``domain``."""
        lots = self.env["booking.credit.lot"]
        value, customers = lots._read_group(
            domain, [], ["value:sum", "partner_id:count_distinct"]
        )[0]
        return {
            "value": self._round(value),
            "customers": customers,
            "customers_text": self._count_customers(customers),
            "units": self._get_lot_units_texts(domain),
        }

    def _get_lot_units_texts(self, domain):
        """Return the units and the passes of the lots of ``domain``, in words."""
        lots = self.env["booking.credit.lot"]
        units, passes = {}, 0
        for measure, unlimited, balance, held, count in lots._read_group(
            domain,
            ["measure", "unlimited"],
            ["balance:sum", "held:sum", "__count"],
        ):
            if unlimited:
                passes += count
            else:
                units[measure] = units.get(measure, 0.0) + balance - held
        lot = lots.new({"company_id": self.env.company.id})
        texts = [
            lot._count_in_words(measure, units[measure])
            for measure, _label in MEASURES
            if units.get(measure)
        ]
        return texts + ([self._count_passes(passes)] if passes else [])

    def _count_passes(self, number):
        _ = self.env._
        if is_singular(self.env, number):
            return _("%s pass", number)
        return _("%s passes", number)

    def _count_customers(self, number):
        _ = self.env._
        if is_singular(self.env, number):
            return _("%s customer", number)
        return _("%s customers", number)
