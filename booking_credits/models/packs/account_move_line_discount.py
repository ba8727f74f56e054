from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _share_discounts_with_packs(self):
        """Move the share of packs from the discount lines among these to the packs."""
        for discount in self.filtered(lambda line: line._is_order_discount()):
            sold = discount.move_id.invoice_line_ids.filtered(
                lambda line, d=discount: line.display_type == "product"
                and line.tax_ids == d.tax_ids
                and line.sale_line_ids.order_id == d.sale_line_ids.order_id
                and line._get_line_price() > 0
            )
            total = sum(line._get_line_price() for line in sold)
            whole = discount._get_line_price()
            for line in sold.filtered("product_id.booking_credit_pack"):
                if discount.exists():
                    discount._give_discount_share(line, whole, total)

    def _give_discount_share(self, pack_line, whole, total):
        """Take the share of ``pack_line`` off this discount line, and off the pack.

        :param float whole: the discount, < 0
        :param float total: what it was given on, > 0
        """
        before = pack_line._get_line_price()
        after = before + self.currency_id.round(whole * before / total)
        pack_line.write(
            {
                "price_unit": after / pack_line.quantity,
                "discount": 0.0,
                "extra_tax_data": False,
            }
        )
        # what the price of a unit could not take stays on the discount
        moved = pack_line._get_line_price() - before
        left = self.currency_id.round(self._get_line_price() - moved)
        if self.currency_id.is_zero(left):
            self.unlink()
        else:
            self.write({"price_unit": left / self.quantity, "extra_tax_data": False})

    def _is_order_discount(self):
        self.ensure_one()
        product = self.company_id.sale_discount_product_id
        return bool(
            product and self.product_id == product and self._get_line_price() < 0
        )

    def _get_line_price(self):
        """Return price times quantity less discount, as taxes are in the price."""
        return self.currency_id.round(
            self.price_unit * self.quantity * (1 - self.discount / 100)
        )
