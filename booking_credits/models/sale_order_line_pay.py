from decimal import Decimal

from odoo import fields, models

from ..burndown import whole_bookings
from ..exceptions import InsufficientCreditsError


class SaleOrderLine(models.Model):
    """Which credits pay a booking, and spending them."""

    _inherit = "sale.order.line"

    def _redeem_credit_lines(self):
        """Spend what these credit lines of one company pay with."""
        counts = (self | self.booking_credit_paid_line_id)._count_redemptions()
        # sudo: a shopper confirms an order without rights on lots; they are the
        # customer's own, or staff chose them.
        lot = self.env["booking.credit.lot"].sudo()
        uses, capped = [], self.browse()
        for line in self - self._redeem_held_lines(counts):
            use = line._prepare_redeem_use(counts)
            if any(x.cap_day or x.cap_week or x.cap_month for x in use["lots"]):
                capped |= line
            else:
                uses.append(use)
        lot._redeem_many(uses)
        for line in capped:
            # one by one: each counts for the caps that the next one meets
            lot._redeem_many([line._prepare_redeem_use(counts)])
        self._log_other_credits()

    def _prepare_redeem_use(self, counts):
        """Return what ``booking.credit.lot._redeem_many`` needs for this credit line.

        :param dict counts: how often each booking was paid, by line id
        :raise InsufficientCreditsError: if none of the lots may pay it
        """
        self.ensure_one()
        self._check_no_given_money_for_packs()
        # money pays the order, not one of its lines
        booking = self.booking_credit_paid_line_id or self
        chosen = self.sudo()._get_chosen_lots()
        if not chosen:
            lots = booking.sudo()._get_booking_usable_lots()
        elif self.booking_credit_measure == "money":
            lots = self.sudo()._filter_usable_lots(chosen)
        else:
            chosen._check_usable(booking.product_id, booking.booking_start)
            lots = chosen
        bookings = booking._count_as_bookings(self.product_uom_qty)
        lots = booking._filter_lots_with_room(
            lots.filtered(lambda lot: lot.measure == self.booking_credit_measure),
            bookings,
        )
        if not lots and booking == self:
            raise InsufficientCreditsError(self._get_money_refusal())
        if not lots:
            raise InsufficientCreditsError(
                self.order_id._get_booking_credit_refusal(booking)
            )
        return {
            "lots": self.order_id._filter_money_for_packs(lots),
            "limits": self._get_money_limits(lots),
            "quantity": self.booking_credit_quantity,
            "product": booking.product_id,
            "keep_order": bool(chosen),
            "bookings": bookings,
            "key": self._get_redeem_key(booking, counts),
            "order_line": booking,
            "reason": self.booking_credit_reason or None,
        }

    def _get_money_refusal(self):
        """Say that the customer credit on an order is not there any more."""
        return self.env._(
            "The customer credit that was to pay %(amount)s of %(order)s is not there "
            "any more. Take the credit payment off the order, and pay again with what "
            "%(customer)s has left.",
            amount=self.currency_id.format(-self.price_total),
            order=self.order_id.name,
            customer=self.order_id.partner_id.display_name,
        )

    def _get_redeem_key(self, booking, counts):
        """Return the idempotency key of the next payment of ``booking``."""
        return f"redeem:{self._name}:{self.id}:{counts.get(booking.id, 0)}"

    def _get_money_paid(self):
        """Return what this credit line of money pays, in company currency."""
        self.ensure_one()
        order = self.order_id
        if self.booking_credit_rate:
            paid = -self.price_unit * self.product_uom_qty
            return order.company_id.currency_id.round(paid / self.booking_credit_rate)
        return order.currency_id._convert(
            -self.price_unit * self.product_uom_qty,
            order.company_id.currency_id,
            order.company_id,
            order.date_order or fields.Date.today(),
        )

    def _get_booking_unpaid_quantity(self):
        """Return how many bookings on this line credits could still pay."""
        self.ensure_one()
        if (
            self.display_type
            or self.booking_credit_measure
            or self.combo_item_id
            or not self.product_id.booking_ok
        ):
            return Decimal(0)
        paid = sum(self.booking_credit_line_ids.mapped("product_uom_qty"))
        return Decimal(str(self.product_uom_qty)) - Decimal(str(paid))

    def _get_unpaid_bookings(self):
        """Return the bookings among these that credits could still pay."""
        return self.filtered(lambda line: line._get_booking_unpaid_quantity() > 0)

    def _get_booking_usable_lots(self):
        """Return the lots that can pay this booking today, in burn order."""
        self.ensure_one()
        return self._filter_usable_lots(self.order_id._get_usable_booking_lots())

    def _filter_usable_lots(self, lots):
        """Return those of ``lots`` that can pay this booking today."""
        self.ensure_one()
        if self.booking_credit_measure == "money":
            # money pays the order, so any line of it will do
            shares = self.order_id._share_money(lots)
            return lots.filtered(lambda lot: shares.get(lot))
        today = self.company_id._booking_credit_today()
        return lots.filtered(
            lambda lot: not lot._get_refusal(self.product_id, today, self.booking_start)
        )

    def _filter_lots_with_room(self, lots, bookings):
        """Return those of ``lots`` whose caps allow ``bookings`` more on this day."""
        self.ensure_one()
        day = self.company_id._booking_credit_today(self.booking_start or None)
        return lots.filtered(lambda lot: not lot._get_cap_refusal(day, bookings))

    def _get_booking_cost(self, measure):
        """Return the units of ``measure`` that one of this line's unit costs."""
        self.ensure_one()
        cost = 1.0
        if measure == "credit":
            cost = self.booking_credit_price
        return Decimal(str(cost)) * Decimal(str(self._count_as_bookings(1.0)))

    def _plan_booking_payment(self, lots, wanted, left):
        """Return how many whole bookings of this line ``lots`` pay, and with what.

        :param lots: lots of one measure, in the order of spending
        :param Decimal wanted: bookings to pay
        :param dict left: units left by lot id after earlier lines; updated here
        :return: the bookings, and a list of ``(lot, units)``
        """
        cost = self._get_booking_cost(lots[:1].measure)
        available = {
            lot: left.get(lot.id, lot._get_burn_lot().available) for lot in lots
        }
        paid = whole_bookings(sum(available.values(), Decimal(0)), cost, wanted)
        slices, to_take = [], paid * cost
        for lot, units in available.items():
            taken = min(units, to_take)
            left[lot.id] = units - taken
            to_take -= taken
            if taken > 0:
                slices.append((lot, taken))
        return paid, slices

    def _prepare_booking_credit_line_vals(self, measure, quantity, lots=None):
        product = self.env.ref("booking_credits.product_credit_payment")
        return {
            "order_id": self.order_id.id,
            "product_id": product.id,
            "product_uom_qty": quantity,
            "booking_credit_paid_line_id": self.id,
            "booking_credit_measure": measure,
            "booking_credit_lot_ids": [(6, 0, lots.ids if lots else [])],
            "sequence": self.sequence,
        }

    def _count_redemptions(self):
        """Return how often these bookings were paid, by id: it numbers the request.

        A no-show that is taken back pays its booking again.
        """
        groups = (
            self.env["booking.credit.operation"]
            .sudo()
            ._read_group(
                [
                    ("order_line_id", "in", self.ids),
                    "|",
                    ("kind", "=", "redeem"),
                    ("idempotency_key", "=like", "came:%"),
                ],
                ["order_line_id"],
                ["__count"],
            )
        )
        return {line.id: count for line, count in groups}

    def _get_booking_spent_entries(self):
        """Return the redemptions of this booking that were not given back."""
        self.ensure_one()
        # sudo: shoppers cancel their own bookings without reading the ledger.
        entries = (
            self.env["booking.credit.entry"]
            .sudo()
            .search(
                [
                    ("operation_id.order_line_id", "=", self.id),
                    ("type", "=", "redeem"),
                ]
            )
        )
        return entries.browse([e.id for e, _q, _v in entries._get_restorable()])
