from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_datetime

from ...const import YEARS
from ...words import format_clock

#: as browsers write the value of a field for day and time
START_FORMAT = "%Y-%m-%dT%H:%M"


class ProductTemplate(models.Model):
    """The start that customers choose for a booking."""

    _inherit = "product.template"

    booking_grid = fields.Integer(
        string="Starts Every",
        default=5,
        help="Minutes: customers choose a start on this grid, from midnight on. 60: at "
        "each full hour.",
    )
    booking_opens = fields.Float(
        string="Bookable From",
        help="Time of day, on the studio's clock, of the first start that customers "
        "choose.",
    )
    booking_closes = fields.Float(
        string="Bookable Until",
        default=24.0,
        help="Time of day by which the last booking that customers choose must have "
        "ended.",
    )

    _booking_grid_sound = models.Constraint(
        "CHECK(booking_grid IS NULL OR booking_grid BETWEEN 1 AND 1440)",
        "Customers choose a start every 1 to 1440 minutes.",
    )
    _booking_opening_sound = models.Constraint(
        "CHECK(COALESCE(booking_opens, 0) >= 0 AND COALESCE(booking_closes, 24) <= 24 "
        "AND COALESCE(booking_opens, 0) < COALESCE(booking_closes, 24))",
        "A service can be booked between 0:00 and 24:00, and opens before it closes.",
    )

    # === Steps, for bridges to extend === #

    def _needs_booking_start(self):
        """Return whether shoppers choose when this service takes place."""
        self.ensure_one()
        return self.booking_ok and self.service_tracking == "no"

    def _get_booking_start_limits(self):
        """Return what the field for the start needs.

        :return: dict of ``min`` and ``max`` (on the clock of the studio, the earliest
            on the service's grid), ``step`` (seconds) and ``tz``
        """
        # sudo: shoppers need not read the settings of the company.
        zone = self.env.company.sudo().booking_credit_tz or "UTC"
        now = datetime.now(ZoneInfo(zone))
        grid = self.booking_grid or 1
        passed = now.hour * 60 + now.minute
        now += timedelta(minutes=grid - passed % grid)
        last = now + timedelta(days=self.env.company.sudo().booking_horizon_days)
        return {
            "min": now.strftime(START_FORMAT),
            "max": last.strftime("%Y-%m-%dT23:59"),
            "step": grid * 60,
            "tz": zone.replace("_", " "),
        }

    def _read_booking_start(self, text):
        """Return the start that a shopper has chosen, in UTC.

        :param str text: ``2026-11-30T18:00`` on the clock of the studio
        :raise UserError: naming the service, if there is no start, if it is past or too
            far ahead, or where the service does not start then
        """
        self.ensure_one()
        try:
            local = datetime.strptime(str(text or ""), START_FORMAT)
        except ValueError:
            local = None
        # in other years no time zone can be computed
        if not local or local.year not in YEARS:
            raise UserError(
                self.env._("Choose the day and the time for “%s” first.", self.name)
            )
        if refusal := self._get_local_start_refusal(local):
            raise UserError(refusal)
        zone = self.env.company.sudo().booking_credit_tz or "UTC"
        start = local.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
        start = start.replace(tzinfo=None)
        if start <= fields.Datetime.now():
            raise UserError(
                self.env._(
                    "“%(service)s” on %(start)s is past. Choose a later time.",
                    service=self.name,
                    start=format_datetime(self.env, start, tz=zone),
                )
            )
        return start

    def _get_local_start_refusal(self, local):
        """Say why customers cannot choose this start; empty if they can.

        :param datetime local: on the clock of the studio
        """
        self.ensure_one()
        _ = self.env._
        company = self.env.company
        last = company._booking_credit_today() + timedelta(
            days=company.sudo().booking_horizon_days
        )
        if local.date() > last:
            return _(
                "“%(service)s” on %(day)s is too far ahead: choose a day no later "
                "than %(last)s.",
                service=self.name,
                day=format_date(self.env, local.date()),
                last=format_date(self.env, last),
            )
        minute = local.hour * 60 + local.minute
        if minute % (self.booking_grid or 1):
            return _(
                "“%(service)s” starts every %(grid)s minutes, not at %(time)s. Choose "
                "another time.",
                service=self.name,
                grid=self.booking_grid,
                time=format_clock(self.env, minute / 60),
            )
        return self._get_hours_refusal(minute)

    def _get_hours_refusal(self, minute):
        """Say that this does not take place at that time of the day; empty if so.

        :param int minute: of the day at which it starts
        """
        opens, closes = self.booking_opens, self.booking_closes or 24.0
        end = minute + round(self.booking_duration * 60)
        if minute < round(opens * 60) or (closes < 24 and end > round(closes * 60)):
            return self.env._(
                "“%(service)s” takes place from %(opens)s to %(closes)s, not at "
                "%(time)s. Choose another time.",
                service=self.name,
                opens=format_clock(self.env, opens),
                closes=format_clock(self.env, closes),
                time=format_clock(self.env, minute / 60),
            )
        return ""

    def _write_booking_start(self, start):
        """Write a start, in UTC, as the field for it does; see the method above."""
        zone = self.env.company.sudo().booking_credit_tz or "UTC"
        local = start.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
        return local.strftime(START_FORMAT)
