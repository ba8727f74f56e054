from odoo import fields, models


class ResPartnerCategory(models.Model):
    _inherit = "res.partner.category"

    booking_credit_only = fields.Boolean(
        string="Only Packs for This Tag",
        help="Customers with this tag are offered only the packs for their tags.",
    )
