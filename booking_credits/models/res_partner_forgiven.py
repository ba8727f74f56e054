from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    booking_forgiven_on = fields.Datetime(
        string="Last Forgiven",
        readonly=True,
        copy=False,
        help="When a late cancellation of this customer was last forgiven.",
    )
