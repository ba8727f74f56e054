from datetime import timedelta

from odoo import models

from ..inside import told

#: days at least for which credits can be used that the provider had to give back
PROVIDER_GRACE_DAYS = 30


class BookingCreditLotLateReturn(models.Model):
    """Credits that come back when theirs have expired."""

    _inherit = "booking.credit.lot"

    # === Steps of the verbs, for bridges to extend === #

    def _prepare_same_terms(self):
        """Return the terms of this lot, for a lot that comes out of it."""
        self.ensure_one()
        copied = self.copy_data({"name": False})[0]
        copied.pop("name")
        for field in ("source_line_id", "partner_id", "origin"):
            copied.pop(field, None)
        return copied

    def _take_late_return(self, quantity, today):
        """Apply the pack's rule to credits that came back after their expiry.

        Nothing comes back where bookings are limited to the validity (S0-29).

        :return: the postings that follow from it, in the same operation
        """
        self.ensure_one()
        if told(self, "provider_cancels") or self.env.context.get(
            "booking_credits_provider_cancels"
        ):
            # nobody else is at fault: what comes back can be used (S2-03)
            days = max(self.grace_days, PROVIDER_GRACE_DAYS)
            return self._extend_late_return(today + timedelta(days=days))
        if self._forfeits_late_return():
            return [{"type": "expire", "lot": self, "quantity": -quantity}]
        return self._extend_late_return(today + timedelta(days=self.grace_days))

    def _extend_late_return(self, valid_until):
        """Let what comes back live until ``valid_until``, and nothing else.

        :return: the posting that writes off what the nightly job has not yet
        """
        # sudo: whoever cancels, the terms that were sold decide.
        lot = self.sudo()
        lot._release_lapsed()
        left = lot._quantize_units(lot.available)
        lot.valid_until = valid_until
        return [{"type": "expire", "lot": lot, "quantity": -left}] if left > 0 else []

    def _forfeits_late_return(self):
        """Return whether credits that come back after the expiry are lost."""
        self.ensure_one()
        if told(self, "provider_cancels") or self.env.context.get(
            "booking_credits_provider_cancels"
        ):
            return False
        limited = self.limit_dates or self.company_id.booking_credit_limit_dates
        return self.late_return == "forfeit" or limited
