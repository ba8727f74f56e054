from datetime import timedelta
from functools import partial
from itertools import chain

from odoo import api, models
from odoo.tools import SQL

from .booking_credit_notice import NEWS_DAYS

#: how customers come to credits that they hear of by mail
TOLD_ORIGINS = ("purchase", "grant", "signup")


#: customers who used credits lately, and have few left
LOW = """
    WITH used AS (
        SELECT DISTINCT lot.partner_id
          FROM booking_credit_entry entry
          JOIN booking_credit_lot lot ON lot.id = entry.lot_id
         WHERE entry.company_id = %(company)s AND entry.type = 'redeem'
           AND entry.date >= %(since)s AND lot.measure = %(measure)s
           AND lot.unlimited IS NOT TRUE AND lot.code IS NULL
           AND NOT EXISTS (
               SELECT FROM booking_credit_lot pass
                WHERE pass.partner_id = lot.partner_id AND pass.unlimited
                  AND pass.company_id = lot.company_id AND pass.is_open)
    ), history AS (
        SELECT entry.id, entry.type, entry.quantity, entry.operation_id,
               lot.id AS lot_id, lot.partner_id,
               sum(entry.quantity) OVER (
                   PARTITION BY lot.partner_id ORDER BY entry.id) AS total
          FROM used
          JOIN booking_credit_lot lot ON lot.partner_id = used.partner_id
           AND lot.company_id = %(company)s AND lot.measure = %(measure)s
           AND lot.unlimited IS NOT TRUE AND lot.code IS NULL
          JOIN booking_credit_entry entry ON entry.lot_id = lot.id
    ), low AS (
        SELECT partner_id, sum(quantity) AS units,
               max(id) FILTER (WHERE type = 'redeem') AS last_use,
               max(id) FILTER (WHERE type != 'restore' AND quantity > 0
                                 AND total >= %(number)s) AS refill
          FROM history
      GROUP BY partner_id
    )
    SELECT %(now)s, %(uid)s, 'low', 'waiting', %(company)s, low.partner_id,
           history.lot_id, history.operation_id,
           concat_ws(':', 'low', low.partner_id, %(measure)s, low.refill)
      FROM low
      JOIN history ON history.id = low.last_use
     WHERE low.units < %(number)s AND low.refill IS NOT NULL
"""


#: what expired lately, but what comes again by itself
EXPIRED = """
      SELECT %(now)s, %(uid)s, 'expired', 'waiting', lot.company_id,
             lot.partner_id, lot.id, entry.operation_id,
             'expired:' || entry.id
        FROM booking_credit_entry entry
        JOIN booking_credit_operation operation
          ON operation.id = entry.operation_id
         AND operation.kind = 'expire'
        JOIN booking_credit_lot lot ON lot.id = entry.lot_id
       WHERE entry.company_id = %(company)s AND entry.type = 'expire'
         AND entry.date >= %(since)s AND lot.code IS NULL
         AND NOT lot.origin = ANY(%(renewed)s)
         AND (entry.quantity < 0 OR lot.unlimited)
    ORDER BY entry.id
"""


class BookingCreditNotice(models.Model):
    """Finds what customers are to be told, in what happened to credits."""

    _inherit = "booking.credit.notice"

    # === Steps, for bridges to extend === #

    @api.model
    def _get_renewed_origins(self):
        """Return the origins of credits that come again by themselves: no news.

        :return: list of values of ``booking.credit.lot.origin``
        """
        return []

    @api.model
    def _get_columns(self):
        return SQL(
            "(create_date, create_uid, kind, state, company_id, partner_id, lot_id, "
            "operation_id, key)"
        )

    @api.model
    def _get_low_query(self, company, measure, number):
        """Return the query of customers who used credits lately and have few left.

        A customer counts whose balance has been ``number`` or more, and who has no
        pass beside it.
        """
        since = company._booking_credit_today() - timedelta(days=NEWS_DAYS)
        return SQL(
            LOW,
            company=company.id,
            measure=measure,
            number=number,
            since=since,
            now=self.env.cr.now(),
            uid=self.env.uid,
        )

    # === Business verbs === #

    @api.model
    def _queue_received(self, lots):
        """Note that the customers of these new lots hear what they received.

        Not for gift vouchers, which wait for whoever claims them, nor for what is
        imported from another system.
        """
        context = self.env.context
        if context.get("import_file") or context.get("booking_credits_no_mail"):
            return self.browse()
        notices = self._queue(
            [
                {
                    "kind": "received",
                    "company_id": lot.company_id.id,
                    "partner_id": lot.partner_id.id,
                    "lot_id": lot.id,
                    "operation_id": None,
                    "key": f"received:{lot.id}",
                }
                for lot in lots.sudo()
                if lot.origin in TOLD_ORIGINS
                and not lot.code
                and lot.company_id.booking_credit_mail_received
            ]
        )
        if notices:
            self._wake_up()
        return notices

    @api.model
    def _queue_cancelled(self, operations):
        """Note that the customers hear what came back with these cancellations."""
        notices = self._queue(
            [
                {
                    "kind": "cancelled",
                    "company_id": operation.company_id.id,
                    "partner_id": operation.order_line_id.order_id.partner_id.id,
                    "lot_id": None,
                    "operation_id": operation.id,
                    "key": f"cancelled:{operation.id}",
                }
                for operation in operations.sudo()
                if operation.order_line_id
                and operation.company_id.booking_credit_mail_cancelled
            ]
        )
        if notices:
            self._wake_up()
        return notices

    @api.model
    def _queue_ending(self, steps):
        """Note that the customers of lots hear that these end soon (S1-34).

        :param dict steps: the step of the reminder, in days before the end, by lot
        """
        return self._queue(
            [
                {
                    "kind": "ending",
                    "company_id": lot.company_id.id,
                    "partner_id": lot.partner_id.id,
                    "lot_id": lot.id,
                    "operation_id": None,
                    "key": f"ending:{lot.id}:{lot.valid_until}:{days}",
                }
                for lot, days in steps.items()
            ]
        )

    @api.model
    def _queue_expired(self, company):
        """Note what expired lately in ``company``, however much it is.

        Allowances come again by themselves, so nobody is told that one has ended.
        """
        if not company.booking_credit_mail_expired:
            return self.browse()
        since = company._booking_credit_today() - timedelta(days=NEWS_DAYS)
        self.env.flush_all()
        return self._insert(
            self._get_columns(),
            SQL(
                EXPIRED,
                now=self.env.cr.now(),
                uid=self.env.uid,
                company=company.id,
                since=since,
                renewed=self._get_renewed_origins(),
            ),
        )

    @api.model
    def _queue_low(self, company):
        """Note whose credits have fallen below the numbers of ``company``.

        The key names the refill after which it happened: the next news comes only
        after the balance was that high again by a purchase or a gift.
        """
        notices = self.browse()
        self.env.flush_all()
        for measure, number in company._get_booking_credit_low():
            notices |= self._insert(
                self._get_columns(), self._get_low_query(company, measure, number)
            )
        return notices

    # === Jobs === #

    @api.model
    def _cron_tell(self, batch_size=100):
        """Tell customers what has happened to their credits. Safe to run twice."""
        batches = []
        for company in self.env["res.company"]._get_booking_credit_companies():
            news = self.sudo().with_company(company)
            batches.append(
                [
                    (company, partial(news._queue_expired, company)),
                    (company, partial(news._queue_low, company)),
                ]
            )
            batches.append(news._get_waiting_batches(company, batch_size))
        self.env["booking.credit.job"]._run(
            "tell customers", chain.from_iterable(batches)
        )
