from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, date_utils, format_date

from ...const import BOOKING_MEASURES
from ...inside import told
from ...words import format_units

#: bookings that lots pay, day by day: spent and held
USES = """
      SELECT used.lot_id, used.service_date, sum(used.bookings)
        FROM (
          SELECT lot_id, service_date, bookings
            FROM booking_credit_entry
           WHERE lot_id = ANY(%(lots)s) AND type IN ('redeem', 'restore')
             AND service_date BETWEEN %(first)s AND %(last)s
       UNION ALL
          SELECT hold.lot_id, hold.service_date,
                 hold.bookings * (hold.held + COALESCE(
                     (SELECT sum(done.held) FROM booking_credit_entry done
                       WHERE done.source_entry_id = hold.id), 0)) / hold.held
            FROM booking_credit_lot lot
            JOIN booking_credit_entry hold
              ON hold.lot_id = lot.id AND hold.type = 'hold'
             AND hold.service_date BETWEEN %(first)s AND %(last)s
            JOIN booking_credit_operation operation
              ON operation.id = hold.operation_id
           WHERE lot.id = ANY(%(lots)s) AND lot.held > 0 AND hold.held > 0
             AND (operation.hold_until IS NULL
                  OR operation.hold_until >= %(now)s)
        ) used
    GROUP BY used.lot_id, used.service_date
"""


class BookingCreditLot(models.Model):
    _inherit = "booking.credit.lot"

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _get_usable_lots(self, partner, company, product=None, start=None):
        """Return the lots that can pay today, in burn order.

        A lot past its last day is not among them, whether or not the nightly job
        has run.

        :param partner: the customer; the lots of its company are usable as well
        :param product: the service to pay; every service when not given
        :param datetime start: when the booking takes place, in UTC
        """
        today = company._booking_credit_today()
        lots = self.search_fetch(self._get_open_domain(partner, company)).filtered(
            lambda lot: lot._has_left() and not lot.code
        )
        if product is not None:
            lots = lots.filtered(
                lambda lot: not lot._get_refusal(product, today, start)
            )
        return lots.sorted(lambda lot: lot._get_burn_key())

    def _get_unit_cost(self, product):
        """Return the units that one booking of ``product`` costs on this lot."""
        if self.measure == "credit":
            return product.booking_credit_price
        return 1.0

    def _get_refusal(self, product, today, start=None, bookings=1):
        """Say why this lot cannot pay for ``product`` today; empty if it can.

        A lot that is not saved yet is asked what it would pay when it is sold: all of
        it is there, and no booking counts for its caps.

        :param datetime start: when the booking takes place, in UTC
        :param bookings: as counted by caps
        """
        self.ensure_one()
        day = self.company_id._booking_credit_today(start) if start else today
        return (
            self._get_validity_refusal(today)
            or self._get_scope_refusal(product)
            or self._get_rest_refusal()
            or self._get_date_refusal(day)
            or self._get_cap_refusal(day, bookings)
            or self._get_money_only_refusal(product)
        )

    def _get_validity_refusal(self, today):
        """Say why this lot cannot be used ``today``, a local date."""
        if self._is_expired(today):
            return self.env._(
                "%(lot)s expired on %(day)s.",
                lot=self.name,
                day=format_date(self.env, self.valid_until),
            )
        if self.valid_from > today:
            return self.env._(
                "%(lot)s is valid from %(day)s.",
                lot=self.name,
                day=format_date(self.env, self.valid_from),
            )
        return ""

    def _get_rest_refusal(self):
        """Say why nothing of this lot can be used: nothing is left, or it is a gift."""
        if not self.ids:
            return ""
        if not self._has_left():
            return self._get_empty_refusal()
        if self.code:
            return self.env._(
                "%(lot)s is a gift voucher: it is used by whoever claims its code.",
                lot=self.name,
            )
        return ""

    def _get_date_refusal(self, day):
        """Say why this lot cannot pay a booking on ``day``, a local date (S0-27).

        A pass pays no booking on a day on which it rests.
        """
        if self.pause_start and self.pause_start <= day <= self.pause_end:
            return self.env._(
                "%(lot)s rests from %(first)s to %(last)s.",
                lot=self.name,
                first=format_date(self.env, self.pause_start),
                last=format_date(self.env, self.pause_end),
            )
        if not self.limit_dates or (
            self.valid_from <= day and not self._is_expired(day)
        ):
            return ""
        return self.env._(
            "%(lot)s pays only bookings from %(first)s to %(last)s, not on %(day)s.",
            lot=self.name,
            first=format_date(self.env, self.valid_from),
            last=format_date(self.env, self.valid_until),
            day=format_date(self.env, day),
        )

    def _get_cap_refusal(self, day, bookings=1):
        """Say which cap a booking on ``day`` would break (S0-31)."""
        _ = self.env._
        for period, cap, text in (
            ("day", self.cap_day, _("bookings a day")),
            ("week", self.cap_week, _("bookings a week")),
            ("month", self.cap_month, _("bookings a month")),
        ):
            if not cap:
                continue
            first, last = self._get_cap_period(period, day)
            used = self._count_bookings(first, last)
            if self._compare_units(used + bookings, cap) > 0:
                return _(
                    "%(lot)s pays at most %(cap)s %(period)s: from %(first)s to "
                    "%(last)s, %(used)s are made already.",
                    lot=self.name,
                    cap=format_units(self.env, cap),
                    period=text,
                    used=format_units(self.env, used),
                    first=format_date(self.env, first),
                    last=format_date(self.env, last),
                )
        return ""

    @api.model
    def _get_cap_period(self, period, day):
        """Return the first and last day of the ``period`` around ``day``."""
        if period == "day":
            return day, day
        if period == "week":
            # from Monday (ISO 8601) for everyone: a cap is a term of the sale
            first = date_utils.start_of(day, "week")
            return first, first + relativedelta(days=6)
        return date_utils.get_month(day)

    def _count_bookings(self, first, last):
        """Return the bookings that this lot pays from ``first`` to ``last``."""
        uses = told(self, "uses")
        days = (
            [(self.id, *row) for row in uses.by_lot.get(self.id, {}).items()]
            if uses
            else self._query_uses(first, last)
        )
        return sum(
            (bookings for _lot, day, bookings in days if first <= day <= last), 0.0
        )

    def _query_uses(self, first, last):
        """Return the bookings that these lots pay, day by day, for their caps.

        What is set aside counts as what is spent: two carts that are being paid, or two
        waiting lists, cannot both have the last booking of a day. A hold that has
        lapsed counts no more.

        :return: list of ``(lot id, local day of the booking, bookings)``
        """
        if not self.ids:
            return []
        self.env["booking.credit.operation"].flush_model(["hold_until"])
        rows = self.env.execute_query(
            SQL(
                USES,
                lots=self.ids,
                first=first,
                last=last,
                now=fields.Datetime.now(),
            )
        )
        return [(lot_id, day, float(number or 0)) for lot_id, day, number in rows]

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
