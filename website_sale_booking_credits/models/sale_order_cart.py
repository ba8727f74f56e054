from odoo import models


class SaleOrder(models.Model):
    """Puts packs within their limits, and bookings with their start, into a cart."""

    _inherit = "sale.order"

    # === Overrides of `website_sale` === #

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
        new_qty, warning = super()._verify_updated_quantity(
            order_line, product_id, new_qty, uom_id, **kwargs
        )
        product = self.env["product.product"].browse(product_id)
        if not product.booking_credit_pack or new_qty <= 0:
            return new_qty, warning
        allowed, reason = self._count_packs_allowed(product, order_line)
        if new_qty <= allowed:
            return new_qty, warning
        return allowed, reason

    # === Steps, for bridges to extend === #

    def _count_packs_allowed(self, product, order_line):
        """Return how many packs this cart may hold on one line, and why not more.

        :param order_line: the line that is changed; what other lines hold counts
        :return: ``(number, sentence for the shopper)``
        """
        self.ensure_one()
        _ = self.env._
        pack = product.product_tmpl_id
        others = self.order_line - order_line
        here = others._count_packs_by_template().get(pack, 0)
        customer = pack._prepare_pack_customer(self.partner_id, self.company_id)
        had = customer["bought"].get(pack, 0)
        if not pack._is_pack_offered(**customer):
            text = _("“%s” is not offered to you. Choose another pack.", pack.name)
            return 0, text
        limits = []
        if pack.booking_credit_max_order:
            limits.append(
                (
                    pack.booking_credit_max_order - here,
                    _(
                        "“%(pack)s”: at most %(limit)s on one order.",
                        pack=pack.name,
                        limit=pack.booking_credit_max_order,
                    ),
                )
            )
        if pack.booking_credit_max_customer:
            limits.append(
                (
                    pack.booking_credit_max_customer - had - here,
                    _(
                        "“%(pack)s”: at most %(limit)s for each customer.",
                        pack=pack.name,
                        limit=pack.booking_credit_max_customer,
                    ),
                )
            )
        if pack.booking_credit_stock_limited:
            free = pack.booking_credit_stock + order_line.booking_credit_stock_taken
            limits.append((free - here, pack._get_sold_out_text(free + 1)))
        number, text = min(limits, default=(float("inf"), ""))
        return max(number, 0), text
