from datetime import timedelta

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date


class SaleOrderLine(models.Model):
    """How many packs or bookings a line may be for, in which unit, and when.

    One rule for every way in: order form, cart, portal, import, RPC. It is asked when
    a line is entered, again when the order is confirmed, and again when a pack gives
    its credits.
    """

    _inherit = "sale.order.line"

    # === Constraints === #

    @api.constrains("product_id", "product_uom_qty", "product_uom_id")
    def _check_booking_quantity(self):
        self._check_booking_rule(self._get_quantity_refusal)

    @api.constrains("product_id", "booking_start")
    def _check_booking_start(self):
        self._check_booking_rule(self._get_start_refusal)

    # === Steps, for bridges to extend === #

    def _check_booking_rules(self):
        """Refuse packs and bookings in a number, a unit or on a day that is not sold.

        :raise ValidationError: naming product, order, number and remedy
        """
        self._check_booking_quantity()
        self._check_booking_start()

    @api.model
    def _check_booking_rule(self, get_refusal):
        refusals = [get_refusal(line) for line in self]
        if any(refusals):
            raise ValidationError("\n".join(filter(None, refusals)))

    @api.model
    def _get_quantity_refusal(self, line):
        """Say why ``line`` cannot be for this many packs or bookings; or nothing."""
        if not line._is_pack_or_booking() or not line.product_uom_qty:
            return ""
        product, company = line.product_id, line._get_booking_company()
        return product._get_quantity_refusal(
            line.product_uom_qty,
            line.product_uom_id,
            company.sudo().booking_max_quantity,
        )

    @api.model
    def _get_start_refusal(self, line):
        """Say why the booking on ``line`` cannot take place that day; or nothing."""
        if not line.booking_start or not line._is_start_chosen():
            return ""
        company = line._get_booking_company()
        today = company._booking_credit_today()
        last = today + timedelta(days=company.sudo().booking_horizon_days)
        day = company._booking_credit_today(line.booking_start)
        if day <= last:
            return ""
        return self.env._(
            "“%(booking)s” on %(day)s is too far ahead: choose a day no later than "
            "%(last)s.",
            booking=line.product_id.display_name,
            day=format_date(self.env, day),
            last=format_date(self.env, last),
        )

    def _is_pack_or_booking(self):
        """Return whether this line sells a pack or is a booking, or pays a booking."""
        self.ensure_one()
        if self.display_type or self.booking_credit_measure == "money":
            return False
        if self.booking_credit_paid_line_id:
            return True
        product = self.product_id
        return product.booking_credit_pack or product.booking_ok

    def _is_start_chosen(self):
        """Return whether somebody chose when this booking takes place."""
        self.ensure_one()
        return True

    def _get_booking_company(self):
        self.ensure_one()
        return self.company_id or self.order_id.company_id or self.env.company
