from odoo import fields, models


class ResPartnerCategory(models.Model):
    _inherit = "res.partner.category"

    booking_credit_only = fields.Boolean(
        string="Own Credit Packs Only",
        help="Customers with this tag are offered only the packs for their tags.",
    )
