from odoo import models

from ..const import BOOKING_MEASURES


class BookingCreditLot(models.Model):
    _inherit = "booking.credit.lot"

    # === Steps of the verbs, for bridges to extend === #

    def _get_money_only_refusal(self, product):
        """Say why credits cannot pay what takes money only (S0-10)."""
        if self.measure not in BOOKING_MEASURES:
            return ""
        service = product.product_tmpl_id
        if service._get_booking_payment(self.company_id) != "money":
            return ""
        return self.env._(
            "%(lot)s cannot pay for “%(service)s”: it is paid in money.",
            lot=self.name,
            service=product.display_name,
        )

    def _would_pay(self, product, start, bookings):
        """Return whether this lot, not saved yet, would pay ``bookings`` of ``product``.

        :param datetime start: when they take place, in UTC
        :param bookings: as counted by caps
        """
        self.ensure_one()
        company = self.company_id
        today = company._booking_credit_today()
        day = company._booking_credit_today(start) if start else today
        caps = (self.cap_day, self.cap_week, self.cap_month)
        return (
            self.valid_from <= today
            and not self._is_expired(today)
            and self._covers(product)
            and not self._get_date_refusal(day)
            and all(not cap or self._compare_units(bookings, cap) <= 0 for cap in caps)
        )
