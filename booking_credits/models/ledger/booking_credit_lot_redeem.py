from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from ...burndown import burn_down
from ...exceptions import IdempotencyConflictError, InsufficientCreditsError
from ...ledger import as_decimal
from ...validity import last_valid_day


class BookingCreditLot(models.Model):
    """Credits spent on bookings."""

    _inherit = "booking.credit.lot"

    # === Business verbs === #

    @api.model
    def _restore(self, entries, reason, key=None):
        """Give back what ``entries`` spent, once each, with the value recorded then.

        What comes back to a lot that has expired meanwhile follows the rule of its
        pack. The booking itself stays as it is. The books are put right at once.

        :param entries: entries of type ``redeem``, of one company
        :raise UserError: without a reason, or if nothing is left to give back
        """
        entries = entries.sorted("id")
        self._check_reason(reason, entries.partner_id)
        request = {"entries": entries.ids}
        restored = entries.browse()
        batches = entries.grouped(lambda entry: entry.operation_id.order_line_id)
        for index, (line, batch) in enumerate(batches.items()):
            # one operation for each booking; the first carries the caller's key
            document = {"key": f"{key}/{index}" if key and index else key}
            replay = self._find_replay("restore", request, document, batch.lot_id)
            if replay is not None:
                restored |= replay
                continue
            restored |= self._post(
                "restore",
                self._prepare_restore_postings(batch),
                request=request,
                order_line=line,
                reason=reason,
                **document,
            )
        self._post_restored(entries, restored)
        return restored

    def _redeem(self, quantity, product, keep_order=False, bookings=1, **document):
        """Spend ``quantity`` units of these lots on ``product``.

        :param float quantity: units, > 0
        :param product: the service that is paid
        :param float bookings: how many bookings that pays; they count for caps
        :param bool keep_order: spend the lots as they come; else by burn order
        :param document: see ``booking.credit.operation._post_acts``
        :return: the ``booking.credit.entry`` records, in the order of spending
        :raise InsufficientCreditsError: if these lots cannot pay all of it
        """
        use = {
            "lots": self,
            "quantity": quantity,
            "product": product,
            "keep_order": keep_order,
            "bookings": bookings,
            **document,
        }
        return self._redeem_many([use])[0]

    @api.model
    def _redeem_many(self, uses):
        """Spend credits on many bookings of one company, all or none.

        Uses that want the same lot are served in the order given, each from what
        those before it left. The number of statements does not grow with the uses.

        :param list uses: one dict for each use: ``lots``, ``quantity`` and
            ``product``, and what else :meth:`_redeem` takes
        :return: list of ``booking.credit.entry`` records, one for each use
        :raise InsufficientCreditsError: if the lots of one use cannot pay it
        """
        lots = self.browse({lot_id for use in uses for lot_id in use["lots"].ids})
        requests = [
            {
                "lots": use["lots"].ids,
                "quantity": use["quantity"],
                "product": use["product"].id,
            }
            for use in uses
        ]
        keys = [use.get("key") for use in uses]
        done = self.env["booking.credit.operation"]._find_replays(
            "redeem", zip(keys, requests, strict=True), lots.company_id
        )
        lots._release_lapsed()
        acts, act_of_use = lots._prepare_redeem_acts(uses, requests, done)
        # what had become income is owed again, of what is spent only
        spent = {posting["lot"].id for act in acts for posting in act["postings"]}
        self.browse(spent).sudo()._wake()
        posted = self._post_acts(acts)
        lots._start_validity()
        return [
            posted[act_of_use[number]] if number in act_of_use else done[key]
            for number, key in enumerate(keys)
        ]

    def _prepare_redeem_acts(self, uses, requests, done):
        """Return the acts of the uses that are not done, one for each key.

        :param dict done: entries by the keys that were used before
        :return: the acts, and the index of the act of each use, by index of the use
        :raise IdempotencyConflictError: if two uses have the same key
        """
        burn_lots = {lot.id: lot._get_burn_lot() for lot in self}
        acts, act_of_key, act_of_use = [], {}, {}
        for number, (use, request) in enumerate(zip(uses, requests, strict=True)):
            key = use.get("key")
            if key in done:
                continue
            if key and key in act_of_key:
                act_of_use[number] = act_of_key[key]
                if acts[act_of_key[key]]["request"] != request:
                    raise IdempotencyConflictError(self._get_key_twice_message(key))
                continue
            act_of_use[number] = act_of_key[key] = len(acts)
            acts.append(self._prepare_redeem_act(use, request, burn_lots))
        return acts, act_of_use

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _prepare_restore_postings(self, entries):
        """Return the postings that give ``entries`` back.

        :raise UserError: naming what was given back already
        """
        restorable = entries._get_restorable()
        missing = entries - entries.browse([entry.id for entry, _q, _v in restorable])
        if missing or not entries:
            raise UserError(
                self.env._(
                    "Nothing is left to give back of %s: choose movements of type "
                    "“Used” that were not given back yet.",
                    ", ".join(missing.mapped("display_name")) or self.env._("nothing"),
                )
            )
        today = entries.company_id._booking_credit_today()
        postings = entries._prepare_restore_postings(reversed(restorable))
        for entry, quantity, _value in restorable:
            if entry.lot_id._is_expired(today):
                back = Decimal(str(quantity))
                postings += entry.lot_id._take_late_return(back, today)
        return postings

    def _post_acts(self, acts):
        """See ``booking.credit.operation._post_acts``."""
        return self.env["booking.credit.operation"]._post_acts(acts) if acts else []

    def _prepare_redeem_act(self, use, request, burn_lots):
        """Return the act of one use; see :meth:`_redeem_many`."""
        plan = ("lots", "quantity", "product", "keep_order", "bookings", "limits")
        quantity = use["lots"]._quantize_units(use["quantity"])
        bookings = as_decimal(use.get("bookings", 1))
        slices = use["lots"]._allot(
            quantity,
            use["product"],
            burn_lots,
            use.get("keep_order"),
            use.get("limits"),
        )
        return {
            "kind": "redeem",
            "request": request,
            "product": None if use.get("order_line") else use["product"],
            "postings": [
                {
                    "type": "redeem",
                    "lot": lot,
                    "quantity": -units,
                    "bookings": bookings * units / quantity,
                }
                for lot, units in slices
            ],
            **{name: value for name, value in use.items() if name not in plan},
        }

    def _allot(self, quantity, product, burn_lots, keep_order=False, limits=None):
        """Split ``quantity`` units over these lots.

        :param dict burn_lots: what each lot has available, by id; updated here
        :param dict limits: what a lot may pay at most, by id, where that is less
        :return: list of ``(lot, units)``
        :raise InsufficientCreditsError: if they have less available
        """
        wanted = self._quantize_units(quantity)
        lots = [burn_lots[lot_id] for lot_id in self.ids]
        if limits:
            lots = [
                lot._replace(available=min(lot.available, limits[lot.id]))
                if lot.id in limits
                else lot
                for lot in lots
            ]
        slices, missing = burn_down(lots, wanted, keep_order)
        if missing:
            raise InsufficientCreditsError(
                self._get_shortage_message(product, wanted, missing)
            )
        for lot_id, units in slices:
            left = burn_lots[lot_id].available - units
            burn_lots[lot_id] = burn_lots[lot_id]._replace(available=left)
        return [(self.browse(lot_id), units) for lot_id, units in slices]

    def _get_key_twice_message(self, key):
        return self.env._(
            "The key “%s” stands for two different requests. Use a key for each.", key
        )

    def _start_validity(self):
        """Set the end of lots whose validity runs from their first use."""
        for lot in self.filtered(
            lambda lot: lot.first_use_unit and not lot.valid_until
        ):
            # sudo: the use decides, whoever books.
            lot.sudo().valid_until = last_valid_day(
                lot.company_id._booking_credit_today(),
                lot.first_use_unit,
                lot.first_use_number,
            )
