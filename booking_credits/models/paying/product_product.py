from decimal import Decimal

from odoo import models

from ...words import format_units
from .sale_order_line_rule import read_decimal


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_quantity_refusal(self, quantity, uom, limit):
        """Say why this many of a pack or a service cannot be sold; empty if they can.

        :param float quantity: in ``uom``
        :param uom: unit; only the product's own and those that its seller allowed
        :param int limit: at most, in ``uom``
        """
        self.ensure_one()
        _ = self.env._
        # sudo: shoppers read neither units nor what a credit line stands for.
        product = self.sudo()
        allowed = product.uom_id | product.uom_ids
        names = {"product": product.display_name, "number": str(quantity)[:40]}
        if uom and uom not in allowed:
            return _(
                "“%(product)s” is not sold by the unit “%(unit)s”: choose %(allowed)s.",
                unit=uom.sudo().name,
                allowed=", ".join(f"“{name}”" for name in allowed.mapped("name")),
                **names,
            )
        number = read_decimal(quantity)
        if number is None or number % 1 or not 1 <= number <= limit:
            if number is not None:
                names["number"] = format_units(self.env, quantity)
            return _(
                "“%(product)s” cannot be ordered %(number)s times: enter a whole "
                "number "
                "from 1 to %(limit)s.",
                limit=limit,
                **names,
            )
        units = number
        if uom and uom != product.uom_id:
            units = Decimal(str(uom._compute_quantity(quantity, product.uom_id)))
        if units % 1:
            return _(
                "%(number)s × “%(unit)s” of “%(product)s” is not a whole number of "
                "them: order it by “%(own)s”.",
                unit=uom.sudo().name,
                own=product.uom_id.name,
                **names,
            )
        return ""
