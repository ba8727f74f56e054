from decimal import Decimal

from odoo import fields, models

from ...burndown import whole_bookings
from ...words import format_units


class SaleOrderLine(models.Model):
    """Which credits pay a booking, and spending them."""

    _inherit = "sale.order.line"

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

    def _get_missing_credits_text(self):
        """Say how many credits are missing for this booking; empty if none are."""
        cost = self._get_booking_cost("credit")
        usable = self._get_booking_usable_lots()
        usable = usable.filtered(lambda lot: lot.measure == "credit")
        available = sum((Decimal(str(lot.available)) for lot in usable), Decimal(0))
        if cost <= available:
            return ""
        return self.env._(
            "“%(service)s” costs %(cost)s credits and %(customer)s has "
            "%(available)s that can be used: %(missing)s are missing.",
            service=self.product_id.display_name,
            cost=format_units(self.env, cost),
            customer=self.order_id.partner_id.display_name,
            available=format_units(self.env, available),
            missing=format_units(self.env, cost - available),
        )

    # === Steps of the verbs, for bridges to extend === #

    def _get_booking_unpaid(self):
        """Return how many of the bookings on this line are paid in money."""
        self.ensure_one()
        paid = sum(self.booking_credit_line_ids.mapped("product_uom_qty"))
        return max(self.product_uom_qty - paid, 0.0)

    def _get_booking_unit_total(self):
        """Return what one booking on this line costs in money, taxes included."""
        self.ensure_one()
        return self.price_total / self.product_uom_qty if self.product_uom_qty else 0.0
