from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import float_round

from ...typed import read_decimal
from ...words import format_units


class ProductProduct(models.Model):
    """A pack or a service: what its deletion would take along."""

    _inherit = "product.product"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sold_pack(self):
        # sudo: who deletes products need not read credits.
        lots = self.env["booking.credit.lot"].sudo()
        sold = lots._read_group(
            [("product_id", "in", self.ids)], ["product_id"], ["__count"]
        )
        if sold:
            raise UserError(
                "\n".join(
                    self.env._(
                        "“%(pack)s” was sold %(count)s times and cannot be deleted. "
                        "Archive it: nobody buys it any more, and what was sold stays "
                        "as it is.",
                        pack=product.display_name,
                        count=count,
                    )
                    for product, count in sold
                )
            )

    # === Steps of the verbs, for bridges to extend === #

    def _count_packs(self, quantity, uom=None):
        """Return how many packs ``quantity`` is: a started pack counts as one.

        :param float quantity: in ``uom``, or in the product's own unit
        """
        self.ensure_one()
        if uom:
            quantity = uom._compute_quantity(
                quantity, self.uom_id, round=False, raise_if_failure=False
            )
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        quantity = float_round(quantity, precision_digits=digits)
        return int(float_round(quantity, precision_digits=0, rounding_method="UP"))

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
