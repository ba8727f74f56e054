from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..refund import kept_slices, returned_percent, returned_quantity
from ..words import format_units


class SaleOrderLine(models.Model):
    """What a cancellation gives back: one quote for what is shown and posted."""

    _inherit = "sale.order.line"

    def action_cancel_booking(self):
        """Open the dialog that shows what comes back before the booking is cancelled."""
        self.ensure_one()
        if not (self._get_booking_spent_entries() or self._get_bookings_invoiced()):
            raise UserError(
                self.env._(
                    "“%s” has no credits to give back: it is cancelled already, or it "
                    "is to be paid in money.",
                    self.name,
                )
            )
        return self._open_booking_cancel(self.order_id, self)

    def _cancel_booking(self, give_all_back=False, reason=None):
        """Cancel the bookings among these lines under the terms they were made.

        Safe to run twice: what came back once does not come back again (S2-19).

        :param bool give_all_back: set the terms aside, in the customer's favour
        :param str reason: why, for the history
        :return: the ``booking.credit.entry`` records
        """
        entries = self.env["booking.credit.entry"].sudo()
        counts = self._count_redemptions()
        for line in self:
            spent = line._get_booking_spent_entries()._get_restorable()
            if not spent:
                continue
            quote = line._get_booking_cancel_quote(give_all_back)
            entries |= self.env["booking.credit.operation"]._post(
                "restore",
                line._prepare_cancel_postings(spent, quote),
                order_line=line,
                reason=reason,
                key=f"cancel:{line._name}:{line.id}:{counts.get(line.id, 0)}",
            )
            line.booking_cancel_date = fields.Datetime.now()
            line.order_id.message_post(body=line._get_booking_cancelled_text(quote))
        self.env["booking.credit.posting"]._post_entries(
            entries.filtered(lambda entry: entry.type == "expire")
        )
        return entries

    def _get_booking_cancel_quote(self, give_all_back=False):
        """Compute what cancelling this booking now gives back.

        The one place: what is shown before and what is posted both come from here.

        :return: dict of ``percent``, ``hours_left`` (None without a start),
            ``expired`` (lots to which nothing comes back) and ``measures``: for each
            measure paid with, a dict of ``spent``, ``returned``, ``kept`` and
            ``lost`` units
        """
        self.ensure_one()
        hours = None
        if self.booking_start:
            left = self.booking_start - fields.Datetime.now()
            hours = Decimal(int(left.total_seconds())) / 3600
        tiers, no_show = self.env["booking.cancellation.policy"]._get_tiers(
            self.booking_policy
        )
        percent = Decimal(100)
        if not give_all_back:
            percent = returned_percent(tiers, hours, no_show)
        measures = {}
        spent = self._get_booking_spent_entries()._get_restorable()
        for entry, quantity, _value in spent:
            part = measures.setdefault(
                entry.lot_id.measure, {"spent": Decimal(0), "lost": Decimal(0)}
            )
            part["spent"] += Decimal(str(quantity))
        for measure, part in measures.items():
            step = self._get_booking_rounding(measure)
            part["returned"] = returned_quantity(part["spent"], percent, step)
            part["kept"] = part["spent"] - part["returned"]
        quote = {"percent": percent, "hours_left": hours, "measures": measures}
        quote["expired"] = self._take_lost_off_quote(spent, quote)
        return quote

    def _take_lost_off_quote(self, spent, quote):
        """Count in ``quote`` what comes back to expired lots as lost (S0-29).

        :return: those lots
        """
        today = self.company_id._booking_credit_today()
        expired = self.env["booking.credit.lot"].sudo()
        for entry, _fee, back in self._split_cancel_fees(spent, quote):
            lot = entry.lot_id
            if back and lot._is_expired(today) and lot._forfeits_late_return():
                part = quote["measures"][lot.measure]
                part["returned"] -= back
                part["lost"] += back
                expired |= lot
        return expired

    def _split_cancel_fees(self, spent, quote):
        """Share the fee out over what was spent, first spent first.

        :return: list of ``(entry, fee, back)``, in units
        """
        split = []
        for measure, part in quote["measures"].items():
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
        return Decimal(str(self.company_id.booking_credit_rounding))

    def _prepare_cancel_postings(self, spent, quote):
        """Return the postings of a cancellation.

        All units go back to the lots that paid, with the value recorded when they
        were spent. Then the fee is kept, first spent first, so that what comes back
        goes to the lots that were spent last. What comes back to a lot that has
        expired meanwhile follows the rule of its pack at once.
        """
        postings = [
            {
                "type": "restore",
                "lot": entry.lot_id,
                "quantity": quantity,
                "value": value,
                "source_entry": entry,
            }
            for entry, quantity, value in reversed(spent)
        ]
        today = self.company_id._booking_credit_today()
        split = self._split_cancel_fees(spent, quote)
        postings += [
            {"type": "fee", "lot": entry.lot_id, "quantity": -fee}
            for entry, fee, _back in split
            if fee
        ]
        for entry, _fee, back in split:
            if back and entry.lot_id._is_expired(today):
                postings += entry.lot_id._take_late_return(back, today)
        return postings

    def _get_booking_cancel_text(self, give_all_back=False):
        """Say what comes back: “cancel now: 85 of 170 credits come back” (S1-35)."""
        quote = self._get_booking_cancel_quote(give_all_back)
        text = self.env._(
            "%(booking)s: cancel now and %(returned)s come back.",
            booking=self.product_id.display_name,
            returned=self._get_booking_returned_text(quote),
        )
        return " ".join([text, *self._get_booking_lost_texts(quote)])

    def _get_booking_cancelled_text(self, quote):
        if any(part["kept"] for part in quote["measures"].values()):
            text = self.env._(
                "%(booking)s cancelled: %(returned)s came back. The rest is kept as "
                "fee.",
                booking=self.product_id.display_name,
                returned=self._get_booking_returned_text(quote),
            )
        else:
            text = self.env._(
                "%(booking)s cancelled: %(returned)s came back.",
                booking=self.product_id.display_name,
                returned=self._get_booking_returned_text(quote),
            )
        return " ".join([text, *self._get_booking_lost_texts(quote)])

    def _get_booking_lost_texts(self, quote):
        """Say why credits do not come back to lots that have expired (S0-29)."""
        return [
            self.env._(
                "%(lot)s expired on %(day)s: nothing comes back to it.",
                lot=lot.name,
                day=format_date(self.env, lot.valid_until),
            )
            for lot in quote["expired"]
        ]

    def _get_booking_returned_text(self, quote):
        """Write “5 of 10 credits, 1 of 1 session”."""
        lot = self.env["booking.credit.lot"].sudo()
        lot = lot.new({"company_id": self.company_id.id})
        return ", ".join(
            self.env._(
                "%(returned)s of %(spent)s",
                returned=format_units(self.env, part["returned"]),
                spent=lot._count_in_words(measure, float(part["spent"])),
            )
            for measure, part in quote["measures"].items()
        )

    @api.model
    def _open_booking_cancel(self, order, lines=None):
        """Return the action that opens the cancellation dialog."""
        wizard = self.env["booking.cancel"].create(
            {"order_id": order.id, "line_ids": [(6, 0, lines.ids if lines else [])]}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel"),
            "res_model": "booking.cancel",
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }
