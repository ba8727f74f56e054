from odoo import fields, models


class SaleOrder(models.Model):
    """Shows staff what to mind about the customer (S3-21)."""

    _inherit = "sale.order"

    booking_credit_comment = fields.Char(
        related="partner_id.booking_credit_comment",
        string="Staff Comment",
        groups="base.group_user",
    )
