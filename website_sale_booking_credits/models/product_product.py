from odoo import api, models


class ProductProduct(models.Model):
    """Which packs and services go into a cart, whatever asks for it."""

    _inherit = "product.product"

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `product` to publish new packs that are made as variants."""
        for vals in vals_list:
            if vals.get("booking_credit_pack") and "website_published" not in vals:
                vals.setdefault("is_published", True)
        return super().create(vals_list)

    def _is_add_to_cart_allowed(self):
        """Override of `website_sale` to keep packs from whom they are not offered to.

        Record rules hide them already, but products that come along with another one
        are looked up without rules.
        """
        # the user decides, not the sudo
        return super()._is_add_to_cart_allowed() and self.booking_credit_for_user

    def _website_show_quick_add(self):
        """Override of `website_sale`: the date of a booking is chosen on its page."""
        return (
            super()._website_show_quick_add()
            and not self.product_tmpl_id._needs_booking_start()
            and not self.product_tmpl_id._is_pack_sold_out()
        )
