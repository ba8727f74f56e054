import math

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL


class SaleOrder(models.Model):
    """Puts packs within their limits, and bookings with their start, into a cart."""

    _inherit = "sale.order"

    # === Overrides of `website_sale` === #

    def _cart_add(self, product_id, quantity=1.0, *, uom_id=None, **kwargs):
        """Override of `website_sale` to refuse units and parts that are not sold.

        :raise UserError: naming the product, the number and the remedy
        """
        product = self.env["product.product"].browse(product_id)
        if product.booking_credit_pack or product.booking_ok:
            uom = self._read_cart_unit(product, uom_id)
            refusal = product._get_quantity_refusal(
                abs(self._read_cart_number(product, quantity)) or 1.0, uom, math.inf
            )
            if refusal:
                raise UserError(refusal)
            uom_id = uom.id
        return super()._cart_add(product_id, quantity, uom_id=uom_id, **kwargs)

    def _cart_find_product_line(self, product_id, uom_id, booking_start=None, **kwargs):
        """Override of `website_sale`: another start is another booking."""
        lines = super()._cart_find_product_line(product_id, uom_id, **kwargs)
        template = self.env["product.product"].browse(product_id).product_tmpl_id
        lines -= lines._get_credit_lines()
        if not template._needs_booking_start():
            return lines
        start = template._read_booking_start(booking_start)
        return lines.filtered(lambda line: line.booking_start == start)

    def _prepare_order_line_values(
        self, product_id, quantity, uom_id, *, booking_start=None, **kwargs
    ):
        """Override of `website_sale` to keep the start that the shopper has chosen."""
        values = super()._prepare_order_line_values(
            product_id, quantity, uom_id, **kwargs
        )
        product = self.env["product.product"].browse(values["product_id"])
        template = product.product_tmpl_id
        if template._needs_booking_start():
            values["booking_start"] = template._read_booking_start(booking_start)
        return values

    def _cart_update_line_quantity(self, line_id, quantity, **kwargs):
        """Override of `website_sale`: what credits pay follows the bookings."""
        lines = self.order_line.filtered(lambda line: line.id == line_id)
        if lines._get_credit_lines():
            # as for a line that does not exist
            return super()._cart_update_line_quantity(None, quantity, **kwargs)
        return super()._cart_update_line_quantity(line_id, quantity, **kwargs)

    def _verify_updated_quantity(
        self, order_line, product_id, new_qty, uom_id, **kwargs
    ):
        """Override of `website_sale` to keep the limits of packs (S0-22, S0-24)."""
        product = self.env["product.product"].browse(product_id)
        if product.booking_credit_pack or product.booking_ok:
            new_qty = self._read_cart_number(product, new_qty)
        new_qty, warning = super()._verify_updated_quantity(
            order_line, product_id, new_qty, uom_id, **kwargs
        )
        if new_qty <= 0 or not (product.booking_credit_pack or product.booking_ok):
            return new_qty, warning
        limit = self.company_id.sudo().booking_max_quantity
        allowed, reason = limit, product._get_quantity_refusal(new_qty, None, limit)
        if product.booking_credit_pack:
            packs, text = self._count_packs_allowed(product, order_line)
            if packs < allowed:
                allowed, reason = packs, text
        if new_qty <= allowed:
            return new_qty, warning
        return allowed, reason

    # === Steps, for bridges to extend === #

    def _lock_cart(self):
        """Let one request at a time work on this cart, from here on.

        If another one has changed it since this one began, PostgreSQL refuses the
        lock and Odoo runs this request again, on what the other one has left.
        """
        self.env.execute_query(
            SQL("SELECT id FROM sale_order WHERE id = %s FOR UPDATE", self.id)
        )

    def _read_cart_number(self, product, quantity):
        """Return a number that a browser has sent for packs or bookings.

        :raise UserError: naming the product and the number, if it is none
        """
        try:
            number = float(quantity)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise UserError(product._get_quantity_refusal(quantity, None, 0))
        return number

    def _read_cart_unit(self, product, uom_id):
        """Return the unit that a browser has sent; the product's own if it sent none.

        :raise UserError: naming the product, if it is not sold by that unit
        """
        # sudo: shoppers do not read units.
        allowed = product.sudo().uom_id | product.sudo().uom_ids
        if not uom_id:
            return product.sudo().uom_id
        uom = allowed.filtered(lambda unit: str(unit.id) == str(uom_id))
        if not uom:
            raise UserError(
                self.env._(
                    "“%(product)s” is not sold by this unit: choose %(allowed)s.",
                    product=product.display_name,
                    allowed=", ".join(allowed.mapped("name")),
                )
            )
        return uom

    def _count_packs_allowed(self, product, order_line):
        """Return how many packs this cart may hold on one line, and why not more.

        :param order_line: the line that is changed; what other lines hold counts
        :return: ``(number, sentence for the shopper)``
        """
        self.ensure_one()
        pack = product.product_tmpl_id
        others = self.order_line - order_line
        here = others._count_packs_by_template().get(pack, 0)
        customer = pack._prepare_pack_customer(self.partner_id, self.company_id)
        had = customer["bought"].get(pack, 0)
        if not pack._is_pack_offered(**customer):
            return 0, self.env._(
                "“%s” is not offered to you. Choose another pack.", pack.name
            )
        limits = [
            (limit - here, text) for limit, text in self._get_pack_limits(pack, had)
        ]
        if pack.booking_credit_stock_limited:
            free = pack.booking_credit_stock + order_line.booking_credit_stock_taken
            limits.append((free - here, pack._get_sold_out_text(free + 1)))
        number, text = min(limits, default=(float("inf"), ""))
        return max(number, 0), text

    def _get_pack_limits(self, pack, had):
        """Return the limits of ``pack`` for an order and a customer, in words as well.

        :param had: how many packs the customer has bought before
        :return: list of ``(number, sentence)``
        """
        limits = []
        if most := pack.booking_credit_max_order:
            text = self.env._(
                "“%(pack)s”: at most %(limit)s on one order.",
                pack=pack.name,
                limit=most,
            )
            limits.append((most, text))
        if most := pack.booking_credit_max_customer:
            text = self.env._(
                "“%(pack)s”: at most %(limit)s for each customer.",
                pack=pack.name,
                limit=most,
            )
            limits.append((most - had, text))
        return limits
