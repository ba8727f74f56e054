from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

#: as browsers write the value of a field for day and time
START_FORMAT = "%Y-%m-%dT%H:%M"


class ProductTemplate(models.Model):
    """The start that customers choose for a booking."""

    _inherit = "product.template"

    # === Steps, for bridges to extend === #

    def _needs_booking_start(self):
        """Return whether shoppers choose when this service takes place."""
        self.ensure_one()
        return self.booking_ok and self.service_tracking == "no"

    def _get_booking_start_limits(self):
        """Return what the field for the start needs: earliest start and time zone.

        On the clock of the studio, at the next five minutes.
        """
        # sudo: shoppers need not read the settings of the company.
        zone = self.env.company.sudo().booking_credit_tz or "UTC"
        now = datetime.now(ZoneInfo(zone))
        now += timedelta(minutes=5 - now.minute % 5)
        return {"min": now.strftime(START_FORMAT), "tz": zone.replace("_", " ")}

    def _read_booking_start(self, text):
        """Return the start that a shopper has chosen, in UTC.

        :param str text: ``2026-11-30T18:00`` on the clock of the studio
        :raise UserError: naming the service, if there is no start, or it is past
        """
        self.ensure_one()
        try:
            local = datetime.strptime(str(text or ""), START_FORMAT)
        except ValueError:
            raise UserError(
                self.env._("Choose the day and the time for “%s” first.", self.name)
            )
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

    def _write_booking_start(self, start):
        """Write a start, in UTC, as the field for it does; see the method above."""
        zone = self.env.company.sudo().booking_credit_tz or "UTC"
        local = start.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
        return local.strftime(START_FORMAT)
