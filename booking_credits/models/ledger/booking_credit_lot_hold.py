from decimal import Decimal
from itertools import chain

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ...exceptions import InsufficientCreditsError
from ...ledger import as_decimal

#: holds whose time is over, and what is left of each
LAPSED = """
      SELECT hold.id, hold.lot_id, hold.held + COALESCE(
                 (SELECT sum(done.held) FROM booking_credit_entry done
                   WHERE done.source_entry_id = hold.id), 0) AS units
        FROM booking_credit_entry hold
        JOIN booking_credit_operation operation
          ON operation.id = hold.operation_id
       WHERE hold.lot_id = ANY(%(lots)s) AND hold.type = 'hold'
         AND operation.hold_until < %(now)s
         AND hold.held + COALESCE(
                 (SELECT sum(done.held) FROM booking_credit_entry done
                   WHERE done.source_entry_id = hold.id), 0) > 0
    ORDER BY hold.id
"""


class BookingCreditLot(models.Model):
    """Credits set aside for a while: holds, and what becomes of them."""

    _inherit = "booking.credit.lot"

    # === Business verbs === #

    def _hold(
        self,
        quantity,
        product,
        until=None,
        keep_order=False,
        bookings=1,
        limits=None,
        request=None,
        **document,
    ):
        """Set ``quantity`` units aside for ``product``; nothing is spent yet.

        :param datetime until: UTC; afterwards the hold counts no more
        :param float bookings: how many bookings that will pay; they count for caps
        :return: the entries of type ``hold``: pass them to :meth:`_redeem_held` or
            :meth:`_release`
        :raise InsufficientCreditsError: if these lots have less available
        """
        request = request or {
            "lots": self.ids,
            "quantity": quantity,
            "product": product.id,
            "until": str(until),
        }
        if replay := self._find_replay("hold", request, document):
            return replay
        self._release_lapsed()
        burn_lots = {lot.id: lot._get_burn_lot() for lot in self}
        slices = self._allot(quantity, product, burn_lots, keep_order, limits)
        postings = self._prepare_hold_postings(slices, quantity, bookings)
        return self._post(
            "hold", postings, request=request, hold_until=until, **document
        )

    def _prepare_hold_postings(self, slices, quantity, bookings):
        """Return what sets ``slices`` aside; each has its share of ``bookings``."""
        whole = self._quantize_units(quantity)
        return [
            {
                "type": "hold",
                "lot": lot,
                "held": units,
                "bookings": as_decimal(bookings) * units / whole,
            }
            for lot, units in slices
        ]

    @api.model
    def _release(self, holds, **document):
        """Free what is still set aside by ``holds``. Safe to run twice.

        :param holds: entries of type ``hold``
        """
        entries = self.env["booking.credit.entry"]
        # one operation belongs to one company
        for company, batch in holds.grouped("company_id").items():
            postings = [
                {
                    "type": "release",
                    "lot": hold.lot_id,
                    "held": -units,
                    "source_entry": hold,
                }
                for hold, units in batch._get_open_holds()
            ]
            entries |= self._post("release", postings, company=company, **document)
        return entries

    @api.model
    def _redeem_held(self, holds, **document):
        """Spend what ``holds`` set aside, on the lots that they chose.

        :param holds: entries of type ``hold`` of one operation
        :raise InsufficientCreditsError: if a hold has lapsed or was released
        """
        request = {"holds": holds.ids}
        if replay := self._find_replay("redeem", request, document, holds.lot_id):
            return replay
        rows = holds._get_open_holds()
        self._check_holds_open(holds, rows)
        postings = [
            {
                "type": "redeem",
                "lot": hold.lot_id,
                "quantity": -units,
                "held": -units,
                "source_entry": hold,
                "bookings": Decimal(str(hold.bookings)),
            }
            for hold, units in rows
        ]
        # what had become income is owed again
        holds.lot_id.sudo()._wake()
        entries = self._post("redeem", postings, request=request, **document)
        holds.lot_id._start_validity()
        return entries

    @api.model
    def _check_holds_open(self, holds, rows):
        """Refuse holds that have lapsed or were released.

        :param list rows: ``(hold entry, units)`` of those that are open
        :raise InsufficientCreditsError: naming lot, document and time
        """
        now = fields.Datetime.now()
        for hold in holds:
            until = hold.operation_id.hold_until
            if hold not in [entry for entry, _units in rows] or (until and until < now):
                raise InsufficientCreditsError(
                    self.env._(
                        "The credits held on %(lot)s for “%(document)s” have been "
                        "free again since %(until)s. Pay with credits again.",
                        lot=hold.lot_id.name,
                        document=hold.document or hold.display_name,
                        until=format_datetime(
                            self.env,
                            until or hold.write_date,
                            tz=hold.company_id.booking_credit_tz,
                        ),
                    )
                )

    # === Jobs === #

    @api.model
    def _cron_release_holds(self, batch_size=500):
        """Free the holds whose time is over (they already count no more)."""
        batches = [
            self._get_batches(
                company, Domain("id", "in", lots.ids), batch_size, "_release_lapsed"
            )
            for company, lots in self._get_lapsed_lots().grouped("company_id").items()
        ]
        self.env["booking.credit.job"]._run("release lapsed holds", chain(*batches))

    # === Steps of the verbs, for bridges to extend === #

    def _release_lapsed(self):
        """Free the lapsed holds on these lots."""
        holds = (
            self.env["booking.credit.entry"]
            .sudo()
            .browse(
                [hold_id for hold_id, _lot_id, _units in self._query_lapsed_holds()]
            )
        )
        return self._release(holds) if holds else holds

    def _get_lapsed_holds(self):
        """Return the units of lapsed holds by lot id."""
        lapsed = {}
        for _hold_id, lot_id, units in self._query_lapsed_holds():
            lapsed[lot_id] = lapsed.get(lot_id, 0.0) + float(units)
        return lapsed

    @api.model
    def _get_lapsed_lots(self):
        """Return all lots with lapsed holds."""
        lots = self.search([("held", ">", 0)])
        return lots.browse(lots._get_lapsed_holds())

    def _query_lapsed_holds(self):
        """Return ``(hold entry id, lot id, units)`` of lapsed holds on these lots."""
        held = [lot.id for lot in self if lot.held]
        if not held:
            return []
        self.env["booking.credit.operation"].flush_model(["hold_until"])
        return self.env.execute_query(
            SQL(
                LAPSED,
                lots=held,
                now=fields.Datetime.now(),
            )
        )
