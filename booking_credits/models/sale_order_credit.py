from odoo import api, fields, models

from ..const import CREDIT_GROUPS


class SaleOrderCredit(models.Model):
    """Gift vouchers and customer credit sold by an order."""

    _inherit = "sale.order"

    booking_voucher_ids = fields.Many2many(
        comodel_name="booking.credit.lot",
        string="Gift Vouchers",
        compute="_compute_booking_voucher_ids",
        groups=CREDIT_GROUPS,
        help="Sold by this order and not claimed yet.",
    )

    @api.depends("booking_credit_lot_ids")
    def _compute_booking_voucher_ids(self):
        for order in self:
            order.booking_voucher_ids = order.booking_credit_lot_ids.filtered(
                lambda lot: lot.kind == "voucher" and lot.is_open
            )

    # === Actions === #

    def action_print_vouchers(self):
        """Print the gift vouchers that this order sold."""
        self.ensure_one()
        return self.booking_voucher_ids.action_print_voucher()

    def action_send_vouchers(self):
        """Send the gift vouchers that this order sold to its customer."""
        self.ensure_one()
        return self.booking_voucher_ids.action_send_voucher()

    def action_sell_voucher(self):
        """Open the dialog that sells customer credit or a gift voucher (S2-07)."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_voucher_sell_action"
        )
        return {**action, "context": {"default_order_id": self.id}}

    # === Steps, for bridges to extend === #

    def _get_update_prices_lines(self):
        """Override of `sale`: the price of customer credit is what was agreed."""
        lines = super()._get_update_prices_lines()
        product = self.env.ref("booking_credits.product_customer_credit")
        return lines.filtered(lambda line: line.product_id != product)
