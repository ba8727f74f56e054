from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import CREDIT_GROUPS

#: days without a booking after which a customer with credits should be asked
ASLEEP_DAYS = 60


#: customers who have credits, and have used none since a day
ASLEEP = """
    (SELECT lot.partner_id
       FROM booking_credit_lot lot
      WHERE lot.company_id = %(company)s AND lot.is_open AND lot.code IS NULL
        AND (lot.valid_until IS NULL OR lot.valid_until >= %(today)s)
        AND lot.valid_from <= %(since)s
        AND NOT EXISTS (
            SELECT FROM booking_credit_entry entry
              JOIN booking_credit_lot own ON own.id = entry.lot_id
             WHERE own.partner_id = lot.partner_id
               AND own.company_id = lot.company_id
               AND entry.type = 'redeem' AND entry.date > %(since)s
               -- what a pass earns each night is no visit
               AND (entry.bookings <> 0 OR entry.quantity <> 0)))
"""


class ResPartner(models.Model):
    """Customers who have credits and do not come."""

    _inherit = "res.partner"

    booking_credit_asleep = fields.Boolean(
        string="Credits, and No Booking for 60 Days",
        compute="_compute_booking_credit_asleep",
        search="_search_booking_credit_asleep",
        groups=CREDIT_GROUPS,
        help="Has had credits to use for 60 days or more, and booked nothing with them.",
    )

    @api.depends_context("company", "booking_credit_company_id")
    def _compute_booking_credit_asleep(self):
        asleep = self.search(
            [("id", "in", self.ids), ("booking_credit_asleep", "=", True)]
        )
        for partner in self:
            partner.booking_credit_asleep = partner in asleep

    def _search_booking_credit_asleep(self, operator, value):
        if operator != "in":
            return NotImplemented
        wanted = True in value
        return [("id", "in" if wanted else "not in", self._get_asleep_query())]

    # === Steps, for bridges to extend === #

    @api.model
    def _get_asleep_query(self):
        """Return SQL for the ids of these customers, in the current company.

        The dashboard may ask for another one of those that are switched on.
        """
        asked = self.env.context.get("booking_credit_company_id")
        asked = asked if type(asked) is int else ()
        company = self.env["res.company"].browse(asked) & self.env.companies
        company = company or self.env.company
        today = company._booking_credit_today()
        self.env["booking.credit.lot"].flush_model()
        self.env["booking.credit.entry"].flush_model()
        return SQL(
            ASLEEP,
            company=company.id,
            today=today,
            since=today - timedelta(days=ASLEEP_DAYS),
        )
