from datetime import timedelta

from odoo import models
from odoo.tools import format_date


class BookingCreditLot(models.Model):
    """Days that the business lost are added to the credits that paid (S2-03)."""

    _inherit = "booking.credit.lot"

    def _extend_by_days(self, days, reason):
        """Let these lots be valid for ``days`` days more; not those that never end.

        :param int days: 0: nothing happens
        :param str reason: why, for the history of each lot
        """
        if not days:
            return
        # sudo: who cancels for the business may not edit lots otherwise.
        lots = self.sudo().filtered("valid_until")
        bodies = {}
        for lot in lots:
            lot.valid_until += timedelta(days=days)
            bodies[lot.id] = self.env._(
                "Valid for %(days)s days more, until %(day)s: %(reason)s",
                days=days,
                day=format_date(self.env, lot.valid_until),
                reason=reason,
            )
        if bodies:
            lots._message_log_batch(bodies=bodies)
