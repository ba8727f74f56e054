from datetime import datetime, time
from zoneinfo import ZoneInfo

from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model
    def _get_booking_credit_companies(self):
        """Return the companies that use credits, for the nightly jobs."""
        return self.sudo().search([("chart_template", "!=", False)])

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base` to take the time zone of the new company's address."""
        companies = super().create(vals_list)
        for company in companies.filtered("partner_id.tz"):
            company.booking_credit_tz = company.partner_id.tz
        return companies

    # === Time === #

    def _booking_credit_today(self, moment=None):
        """Return the date in this company's time zone.

        :param datetime moment: in UTC without zone; now when not given
        """
        self.ensure_one()
        moment = moment or fields.Datetime.now()
        zone = ZoneInfo(self.booking_credit_tz or "UTC")
        return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()

    def _booking_credit_day_start(self, day):
        """Return the moment, in UTC without zone, at which ``day`` begins here."""
        self.ensure_one()
        zone = ZoneInfo(self.booking_credit_tz or "UTC")
        start = datetime.combine(day, time.min, zone)
        return start.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
