from odoo import fields, models


class BookingCreditPause(models.TransientModel):
    """Lets an unlimited pass rest for some days; its end moves as far."""

    _name = "booking.credit.pause"
    _description = "Let a Pass Rest"

    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        string="Pass",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="lot_id.partner_id")
    valid_until = fields.Date(related="lot_id.valid_until", string="Valid Until")
    first_day = fields.Date(required=True, default=fields.Date.context_today)
    last_day = fields.Date(required=True)
    reason = fields.Char(required=True)

    def action_apply(self):
        """Do it.

        :raise AccessError: for others than managers
        :raise UserError: for days that make no sense
        """
        self.ensure_one()
        self.lot_id.pause(self.first_day, self.last_day, self.reason)
        return {"type": "ir.actions.act_window_close"}
