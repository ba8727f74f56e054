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
        # sudo: shoppers read neither units nor what a credit line stands for.
        product = self.sudo()
        return (
            product._get_unit_refusal(uom)
            or product._get_number_refusal(quantity, limit)
            or product._get_units_refusal(quantity, uom)
        )

    def _get_unit_refusal(self, uom):
        """Say that this is not sold by the unit ``uom``; empty if it is."""
        allowed = self.uom_id | self.uom_ids
        if not uom or uom in allowed:
            return ""
        return self.env._(
            "“%(product)s” is not sold by the unit “%(unit)s”: choose %(allowed)s.",
            unit=uom.sudo().name,
            allowed=", ".join(f"“{name}”" for name in allowed.mapped("name")),
            product=self.display_name,
        )

    def _get_number_refusal(self, quantity, limit):
        """Say that this is no whole number from 1 to ``limit``; empty if it is one."""
        number = read_decimal(quantity)
        if number is not None and not number % 1 and 1 <= number <= limit:
            return ""
        known = number is not None
        return self.env._(
            "“%(product)s” cannot be ordered %(number)s times: enter a whole "
            "number from 1 to %(limit)s.",
            limit=limit,
            product=self.display_name,
            number=format_units(self.env, quantity) if known else str(quantity)[:40],
        )

    def _get_units_refusal(self, quantity, uom):
        """Say that so many of ``uom`` make no whole number of units; empty if so."""
        if not uom or uom == self.uom_id:
            return ""
        units = Decimal(str(uom._compute_quantity(quantity, self.uom_id)))
        if not units % 1:
            return ""
        return self.env._(
            "%(number)s × “%(unit)s” of “%(product)s” is not a whole number of "
            "them: order it by “%(own)s”.",
            unit=uom.sudo().name,
            own=self.uom_id.name,
            product=self.display_name,
            number=str(quantity)[:40],
        )
