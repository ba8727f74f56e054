from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError


class SaleOrderLine(models.Model):
    """How customers read their bookings, and cancel them on the portal."""

    _inherit = "sale.order.line"

    # === Business verbs === #

    def _cancel_booking_as_customer(self):
        """Cancel one booking under its terms; the caller checks whose it is.

        :raise UserError: if it is cancelled already, has started, or is not paid with
            credits
        """
        self.ensure_one()
        if not self._can_be_cancelled_by_customer():
            raise UserError(self._get_no_cancel_text())
        return self.order_id._cancel_for_customer(
            self, reason=self.env._("Cancelled by the customer")
        )

    # === Steps of the verbs, for bridges to extend === #

    def _can_be_cancelled_by_customer(self):
        """Return whether customers may cancel this booking themselves now."""
        self.ensure_one()
        return (
            self.state == "sale"
            and not self.booking_cancel_date
            and not self._has_started()
            and bool(self._get_booking_spent_entries() or self._is_money_returned())
        )

    def _is_money_returned(self):
        """Return whether the terms say what becomes of money that was invoiced."""
        self.ensure_one()
        return bool(
            self._get_bookings_invoiced()
            and self._get_booking_money_return() in ("refund", "credit", "keep")
        )

    def _get_no_cancel_text(self):
        self.ensure_one()
        _ = self.env._
        booking = self._get_booking_title()
        if self.booking_cancel_date:
            return _("%s is cancelled already.", booking)
        if self._has_started():
            return _(
                "%(booking)s started on %(start)s and can no longer be cancelled.",
                booking=booking,
                start=self._get_booking_start_text(),
            )
        return _("%s is not paid with credits. Please contact us.", booking)

    def _get_booking_price_in_credits(self):
        """Write what this booking costs in credits: “20 credits” (S0-12, S1-16).

        Empty where its price is shown in money only.
        """
        self.ensure_one()
        product = self.product_id.product_tmpl_id
        if product._get_booking_price_display(self.company_id) == "money":
            return ""
        price = self.booking_credit_price
        if self.state not in ("draft", "sent"):
            price = self.booking_credit_price_agreed or price
        number = self._count_as_bookings(self.product_uom_qty)
        lots = self.env["booking.credit.lot"]
        return lots._count_in_words("credit", number * price)

    def _get_portal_bookings(self):
        """Return the bookings among these lines, as customers see them."""
        return self.filtered(
            lambda line: line.booking_ok
            and not line.display_type
            and not line.booking_credit_measure
        ).sorted(lambda line: (line.booking_start or fields.Datetime.now(), line.id))

    def _get_booking_terms_text(self):
        """Write the cancellation terms: those agreed, or those of today (S1-20)."""
        self.ensure_one()
        policies = self.env["booking.cancellation.policy"].sudo()
        snapshot = self.booking_policy
        if self.state in ("draft", "sent"):
            snapshot = self._get_booking_policy().sudo()._get_snapshot()
        return policies._get_terms_text(snapshot)

    def _get_booking_cancel_now_text(self):
        """Write “Cancel now: 85 of 170 credits come back” (S1-35)."""
        self.ensure_one()
        _ = self.env._
        quote = self._get_booking_cancel_quote()
        text = self._get_booking_returned_text(quote.measures)
        returned = [part["returned"] for part in quote.measures.values()]
        texts = [
            *self._get_booking_why_texts(quote),
            *self._get_booking_money_texts(quote),
        ]
        if not text:
            return _("Cancel now: %s", " ".join(texts))
        text = (
            _("Cancel now: %s comes back.", text)
            if returned == [1]
            else _("Cancel now: %s come back.", text)
        )
        return " ".join([text, *texts])

    def _get_booking_came_back_text(self):
        """Write what the last cancellation gave back, from the ledger.

        Empty if this booking was not cancelled.
        """
        self.ensure_one()
        measures = {}
        for entry in self._get_last_restore().entry_ids:
            part = measures.setdefault(
                entry.lot_id.measure, {"spent": Decimal(0), "returned": Decimal(0)}
            )
            units = Decimal(str(entry.quantity))
            part["returned"] += units
            part["spent"] += units if entry.type == "restore" else 0
        if not measures:
            return ""
        return self.env._("%s came back.", self._get_booking_returned_text(measures))
