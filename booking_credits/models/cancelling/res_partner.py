from odoo import api, fields, models

from ...inside import check_guarded


class ResPartner(models.Model):
    _inherit = "res.partner"

    #: fields that decide money, credits or terms, and the verb that changes each
    _booking_guarded = {"booking_forgiven_on": "_note_forgiven"}

    booking_forgiven_on = fields.Datetime(
        string="Last Forgiven",
        readonly=True,
        copy=False,
        help="When a late cancellation of this customer was last forgiven.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Override to let nobody say that a customer was forgiven.

        :raise AccessError: naming the field
        """
        if any("booking_forgiven_on" in vals for vals in vals_list):
            check_guarded(self.browse(), vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Override of `base`; see :meth:`create`."""
        if "booking_forgiven_on" in vals:
            check_guarded(self, [vals])
        return super().write(vals)
