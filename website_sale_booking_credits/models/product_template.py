from odoo import api, models


class ProductTemplate(models.Model):
    """Shows a new pack in the shop as soon as it is saved (S0-25)."""

    _inherit = "product.template"

    # === Onchanges === #

    @api.onchange("booking_credit_pack")
    def _onchange_booking_credit_pack(self):
        """Override of `booking_credits` to show what saving will do."""
        res = super()._onchange_booking_credit_pack()
        if self.booking_credit_pack and not self._origin.booking_credit_pack:
            self.is_published = True
        return res

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `product` to publish new packs."""
        for vals in vals_list:
            if vals.get("booking_credit_pack") and "website_published" not in vals:
                vals.setdefault("is_published", True)
        return super().create(vals_list)

    def write(self, vals):
        """Override of `product` to publish products that become packs."""
        publishes = vals.get("booking_credit_pack") and not (
            {"is_published", "website_published"} & vals.keys()
        )
        new_packs = self.browse()
        if publishes:
            new_packs = self.filtered(lambda product: not product.booking_credit_pack)
        res = super().write(vals)
        if new_packs:
            new_packs.is_published = True
        return res

    def copy_data(self, default=None):
        """Override of `product`: a copy is not offered before it is finished."""
        vals_list = super().copy_data(default)
        for vals in vals_list:
            if vals.get("booking_credit_pack"):
                vals.setdefault("is_published", False)
        return vals_list

    # === Steps of the verbs, for bridges to extend === #

    def _is_pack_sold_out(self):
        self.ensure_one()
        return (
            self.booking_credit_pack
            and self.booking_credit_stock_limited
            and self.booking_credit_stock <= 0
        )

    def _get_sold_out_text(self, number):
        """Override of `booking_credits`: shoppers cannot raise what is left."""
        if self.env.user._is_internal():
            return super()._get_sold_out_text(number)
        if self.booking_credit_stock <= 0:
            return self.env._("“%s” is sold out. Choose another pack.", self.name)
        return self.env._(
            "“%(pack)s” is almost sold out: %(left)s are left. Take %(left)s or fewer.",
            pack=self.name,
            left=self.booking_credit_stock,
        )
