import math

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...const import YEARS
from ...inside import check_guarded, told
from .sale_order_guard import DATES, DECIDES, NUMBERS, SETTLED


class SaleOrderLine(models.Model):
    """What of a line is never written, and what is true of credit lines at any time."""

    _inherit = "sale.order.line"

    # === Steps === #

    @api.model
    def _check_new_values(self, vals_list):
        """Refuse lines with closed fields or impossible values.

        :raise AccessError: naming the field that only a verb writes
        :raise UserError: naming the value and the remedy
        """
        check_guarded(self.browse(), vals_list)
        for vals in vals_list:
            self._check_values(vals)

    def _check_new_change(self, change):
        """Refuse what only verbs change, impossible values, and what must stay.

        :raise AccessError: naming the field that only a verb writes
        :raise UserError: naming the value and the remedy
        """
        check_guarded(self, [change.vals])
        self._check_values(change.vals)
        self._check_stays_on_order(change.vals)
        self._check_keeps_start(change.vals)

    def _check_changed_credit_lines(self, change):
        if change.touches(*DECIDES):
            self._check_credit_lines_true()

    @api.model
    def _check_values(self, vals):
        """Refuse numbers and dates that no order can hold.

        :raise UserError: naming the field, the value and the remedy
        """
        for name in NUMBERS.keys() & vals.keys():
            self._check_number_value(name, vals[name])
        for name in DATES:
            if vals.get(name):
                self._check_date_value(name, vals[name])

    @api.model
    def _check_number_value(self, name, value):
        """Refuse what is no number, or too large for the field ``name``."""
        try:
            number = float(value or 0.0)
        except (TypeError, ValueError):
            number = math.nan
        if not abs(number) <= NUMBERS[name]:  # also refuses NaN
            raise UserError(
                self.env._(
                    "%(field)s cannot be “%(value)s”: enter a number.",
                    field=self._fields[name]._description_string(self.env),
                    value=value,
                )
            )

    @api.model
    def _check_date_value(self, name, value):
        """Refuse what is no day, or of a year that the field ``name`` cannot hold."""
        try:
            day = fields.Datetime.to_datetime(value)
        except (TypeError, ValueError):
            day = None
        if day is None or day.year not in YEARS:
            raise UserError(
                self.env._(
                    "%(field)s cannot be “%(value)s”: enter a day and a time.",
                    field=self._fields[name]._description_string(self.env),
                    value=value,
                )
            )

    def _check_stays_on_order(self, vals):
        """Refuse to move a line away from the order that it was confirmed with.

        :raise UserError: naming the line, the order and the remedy
        """
        if "order_id" not in vals:
            return
        for line in self:
            if (
                line.state in SETTLED
                and line.order_id.id != vals["order_id"]
                and (line._is_pack_or_booking() or line.booking_credit_measure)
            ):
                raise UserError(
                    self.env._(
                        "“%(line)s” stays on %(order)s, which is confirmed: cancel it "
                        "there, and add it to the other order.",
                        line=line.name,
                        order=line.order_id.name,
                    )
                )

    def _check_keeps_start(self, vals):
        """Refuse to empty the start of a confirmed booking: its terms count from it.

        :raise UserError: naming the booking and the remedy
        """
        if "booking_start" not in vals or vals["booking_start"]:
            return
        for line in self:
            if line.state == "sale" and line.booking_start:
                raise UserError(
                    self.env._(
                        "“%(booking)s” on %(order)s needs a start: move it to another "
                        "time, or cancel it.",
                        booking=line.product_id.display_name,
                        order=line.order_id.name,
                    )
                )

    def _check_added_to_confirmed(self):
        """Refuse to add a booking that must be paid before to a confirmed order.

        :raise InsufficientCreditsError: naming the booking, what is missing, remedy
        """
        orders = self.filtered(
            lambda line: line.state == "sale" and line._is_credit_only()
        ).order_id
        orders._check_credit_only()

    def _check_credit_lines_true(self):
        """Refuse credit lines that take off the order more than they spend.

        A mirror has price, discount and taxes of its booking; customer credit has
        neither discount nor taxes. While the lines of an order are written one by one,
        this waits for the last.

        :raise ValidationError: naming the line, the order and the remedy
        """
        if told(self, "cap_later"):
            return
        lines = self._get_credit_lines() | self.booking_credit_line_ids
        for line in lines:
            if not line._takes_off_what_it_pays():
                raise ValidationError(
                    self.env._(
                        "“%(line)s” on %(order)s takes off what it pays, no more and "
                        "no less: take the credits off the order, and pay anew.",
                        line=line.name,
                        order=line.order_id.name,
                    )
                )

    def _takes_off_what_it_pays(self):
        """Return whether price, discount and taxes are what a credit line has."""
        paid = self.booking_credit_paid_line_id
        if self.booking_credit_measure == "money":
            return not self.discount and not self.tax_ids and self.price_unit <= 0
        return paid and (
            not self.currency_id.compare_amounts(self.price_unit, -paid.price_unit)
            and self.discount == paid.discount
            and self.tax_ids == paid.tax_ids
        )
