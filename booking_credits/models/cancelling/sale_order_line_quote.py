from collections import defaultdict
from decimal import Decimal

from odoo import fields, models
from odoo.tools import format_date, format_datetime

from ...cancellation import CancelQuote
from ...ledger import as_decimal
from ...refund import kept_slices, returned_percent, returned_quantity
from ...words import format_hours, format_units


class SaleOrderLine(models.Model):
    """What a cancellation gives back: one quote for what is shown and posted."""

    _inherit = "sale.order.line"

    # === In words === #

    def _get_booking_cancel_text(
        self, give_all_back=False, quote=None, show_money=True
    ):
        """Say what comes back: “cancel now: 85 of 170 credits come back” (S1-35).

        :param dict quote: if it is known already
        :param bool show_money: say what becomes of the part paid in money too
        """
        quote = quote or self._get_booking_cancel_quote(give_all_back)
        booking = self.product_id.display_name
        if quote.places:
            booking = self.env._(
                "%(number)s × %(booking)s",
                number=format_units(self.env, quote.places),
                booking=booking,
            )
        returned = self._get_booking_returned_text(quote.measures)
        if returned:
            text = self.env._(
                "%(booking)s: cancel now and %(returned)s come back.",
                booking=booking,
                returned=returned,
            )
        else:
            text = self.env._("%(booking)s:", booking=booking)
        return " ".join(
            [
                text,
                *self._get_booking_lost_texts(quote),
                *self._get_booking_why_texts(quote),
                *(self._get_booking_money_texts(quote) if show_money else []),
            ]
        )

    def _get_booking_lost_texts(self, quote):
        """Say why credits do not come back to lots that have expired (S0-29)."""
        return [
            self.env._(
                "%(lot)s expired on %(day)s: nothing comes back to it.",
                lot=lot.name,
                day=format_date(self.env, lot.valid_until),
            )
            for lot in quote.expired
        ]

    def _get_booking_why_texts(self, quote):
        """Say what decided, where it is not the time that is left."""
        _ = self.env._
        if quote.forgiven:
            return [self._get_forgiven_text(*quote.forgiven)]
        if quote.why == "undo":
            return [_("Booked just now: this is a free undo.")]
        if quote.why == "free":
            return [self._get_booking_free_text(self.booking_policy["free"])]
        if quote.why == "moved" and quote.percent < 100:
            return [
                _(
                    "It was moved %s before its start: that time counts.",
                    format_hours(self.env, max(quote.hours_left, 0)),
                )
            ]
        return []

    def _get_forgiven_text(self, number, count, days):
        """Say that this late cancellation is one of those that are forgiven."""
        return self.env._(
            "Late, and forgiven: %(number)s of %(count)s in %(days)s days.",
            number=number,
            count=count,
            days=days,
        )

    def _get_booking_free_text(self, free):
        """Say why cancelling costs nothing, and until when.

        :param dict free: of the policy of this booking
        """
        if free["why"] == "moved":
            return self.env._("We moved it: cancelling costs nothing.")
        until = format_datetime(
            self.env,
            fields.Datetime.to_datetime(free["until"]),
            tz=self.company_id.sudo().booking_credit_tz,
            dt_format="short",
        )
        return self.env._(
            "You came from the waiting list: until %s cancelling costs nothing.", until
        )

    def _get_booking_returned_text(self, measures):
        """Write “5 of 10 credits, 1 of 1 session”.

        :param dict measures: of a quote; ``returned`` and ``spent`` of each
        """
        lot = self.env["booking.credit.lot"].sudo()
        lot = lot.new({"company_id": self.company_id.id})
        return ", ".join(
            self.env._(
                "%(returned)s of %(spent)s",
                returned=format_units(self.env, part["returned"]),
                spent=lot._count_in_words(measure, float(part["spent"])),
            )
            for measure, part in measures.items()
        )

    # === Steps of the verbs, for bridges to extend === #

    def _get_booking_cancel_quote(self, give_all_back=False, places=None):
        """Compute what cancelling this booking now gives back; see the next method."""
        self.ensure_one()
        return self._get_booking_cancel_quotes(give_all_back, places)[self]

    def _get_booking_cancel_quotes(self, give_all_back=False, places=None):
        """Compute what cancelling these bookings together now gives back.

        The one place: what is shown before and what is posted both come from here.
        Late cancellations are forgiven in the order of the lines.

        :param bool give_all_back: set the terms aside, in the customer's favour
        :param float places: how many of the bookings on each line; None: all of them
        :return: dict from line to :class:`..cancellation.CancelQuote`
        """
        spent = self._get_spent_rows()
        forgiven = self._count_forgiven()
        quotes = {}
        for line in self:
            part = places if places and places < line.product_uom_qty else None
            rows = line._take_rows_of_places(spent[line], part)
            if line.booking_credit_measure == "money":
                rows = line._leave_money_of_fees(rows)
            terms = line._get_terms_now(give_all_back)
            quote = line._prepare_cancel_quote(rows, terms, part)
            if line._is_forgivable(quote, forgiven):
                terms["percent"] = Decimal(100)
                quote = line._prepare_cancel_quote(rows, terms, part)
                quote.forgiven = line._take_forgiven(forgiven)
            quotes[line] = quote
        return quotes

    def _prepare_cancel_quote(self, rows, terms, places):
        """Return the quote of this booking for a percentage that is known."""
        measures = {}
        for entry, quantity, _value in rows:
            part = measures.setdefault(
                entry.lot_id.measure, {"spent": Decimal(0), "lost": Decimal(0)}
            )
            part["spent"] += Decimal(str(quantity))
        for measure, part in measures.items():
            step = self._get_booking_rounding(measure)
            part["returned"] = returned_quantity(part["spent"], terms["percent"], step)
            part["kept"] = part["spent"] - part["returned"]
        quote = CancelQuote(
            percent=terms["percent"],
            hours_left=terms["hours_left"],
            why=terms["why"],
            places=places,
            spent=rows,
            measures=measures,
        )
        quote.expired = self._take_lost_off_quote(rows, quote)
        quote.money = self._get_booking_money_quote(
            terms["percent"], places, terms["give_all_back"]
        )
        return quote

    def _get_terms_now(self, give_all_back=False):
        """Return the percentage that comes back now, and why.

        :return: dict of ``percent``, ``hours_left`` and ``why``: None, ``undo``,
            ``moved`` (by the customer) or ``free`` (see :meth:`_let_out_free`)
        """
        self.ensure_one()
        policies = self.env["booking.cancellation.policy"]
        snapshot, now = self.booking_policy, fields.Datetime.now()
        hours, why = self._get_hours_left(snapshot, now)
        tiers, no_show = policies._get_tiers(snapshot)
        started = hours is not None and hours < 0
        percent = returned_percent(tiers, hours, no_show)
        if give_all_back:
            percent, why = Decimal(100), None
        elif percent < 100 and not started and self._is_free_to_leave():
            percent, why = Decimal(100), "free"
        elif percent < 100 and not started and policies._is_undo(snapshot, now):
            percent, why = Decimal(100), "undo"
        return {
            "percent": percent,
            "hours_left": hours,
            "why": why,
            "give_all_back": give_all_back,
        }

    def _get_hours_left(self, snapshot, now):
        """Return the hours that count for the terms, and ``moved`` if those of a move.

        Without a start there are none.
        """
        if not self.booking_start:
            return None, None
        hours = self.env["booking.cancellation.policy"]._count_hours(
            snapshot, self.company_id, now, self.booking_start
        )
        late = self._get_hours_when_moved()
        if late is not None and hours >= 0 and late < hours:
            return late, "moved"
        return hours, None

    def _take_rows_of_places(self, rows, places):
        """Return the part of ``rows`` that ``places`` bookings have cost.

        Bookings paid in money are given up first, then those that were paid last: so
        what comes back goes to the lots that were spent last.

        :param float places: None: all of them
        """
        if not places:
            return rows
        left = max(places - self._get_booking_unpaid(), 0.0)
        units = defaultdict(Decimal)
        for credit_line in self.booking_credit_line_ids.sorted("id", reverse=True):
            taken = min(credit_line.product_uom_qty, left)
            if taken > 0:
                share = as_decimal(taken) / as_decimal(credit_line.product_uom_qty)
                units[credit_line.booking_credit_measure] += (
                    as_decimal(credit_line.booking_credit_quantity) * share
                )
                left -= taken
        return self._take_last_units(rows, units)

    def _take_last_units(self, rows, units):
        """Return the part of ``rows`` that makes up ``units``, what was spent last first.

        :param list rows: ``(entry, units, value)``, in the order of spending
        :param units: ``defaultdict`` of ``Decimal`` by measure; used up here
        :return: rows in the order of spending
        """
        part = []
        for entry, quantity, value in reversed(rows):
            lot = entry.lot_id
            wanted = lot._round_units(float(units[lot.measure]))
            taken = min(quantity, wanted)
            if taken <= 0:
                continue
            units[lot.measure] -= as_decimal(taken)
            if lot._compare_units(taken, quantity):
                value = lot.currency_id.round(value * taken / quantity)
            part.append((entry, taken, value))
        return part[::-1]

    def _leave_money_of_fees(self, rows):
        """Return ``rows`` without the customer credit that pays for what was kept.

        Of bookings of this order that were cancelled before: the fee is paid with it.
        """
        order = self.order_id
        kept = sum(
            line.booking_kept_quantity * line._get_booking_unit_total()
            for line in order.order_line
        )
        kept /= self.booking_credit_rate or 1.0
        currency = order.company_id.currency_id
        left = []
        for entry, units, value in rows:
            back = currency.round(max(units - kept, 0.0))
            kept = max(kept - units, 0.0)
            if back:
                left.append((entry, back, currency.round(value * back / units)))
        return left

    def _take_lost_off_quote(self, spent, quote):
        """Count in ``quote`` what comes back to expired lots as lost (S0-29).

        :return: those lots
        """
        today = self.company_id._booking_credit_today()
        expired = self.env["booking.credit.lot"].sudo()
        for entry, _fee, back in self._split_cancel_fees(spent, quote):
            lot = entry.lot_id
            if back and lot._is_expired(today) and lot._forfeits_late_return():
                part = quote.measures[lot.measure]
                part["returned"] -= back
                part["lost"] += back
                expired |= lot
        return expired

    def _split_cancel_fees(self, spent, quote):
        """Share the fee out over what was spent, first spent first.

        :return: list of ``(entry, fee, back)``, in units
        """
        split = []
        for measure, part in quote.measures.items():
            rows = [row for row in spent if row[0].lot_id.measure == measure]
            units = [Decimal(str(quantity)) for _entry, quantity, _value in rows]
            fees = kept_slices(units, part["kept"])
            split += [
                (row[0], fee, quantity - fee)
                for row, quantity, fee in zip(rows, units, fees, strict=True)
            ]
        return split

    def _get_booking_rounding(self, measure):
        """Return the smallest part of a unit that a cancellation gives back."""
        if measure == "money":
            return Decimal(str(self.company_id.currency_id.rounding))
        if measure == "session":
            return Decimal(1)
        # the step that was agreed; bookings from before it was kept follow the company
        agreed = (self.booking_policy or {}).get("rounding")
        return Decimal(str(agreed or self.company_id.booking_credit_rounding))
