from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import float_round


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
