from datetime import timedelta

from odoo import api, fields, models


class BookingCreditPause(models.TransientModel):
    """Lets an unlimited pass rest for some days; its end moves as far."""

    _name = "booking.credit.pause"
    _inherit = ["booking.credit.dialog"]
    _description = "Let a Pass Rest"

    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        string="Pass",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="lot_id.partner_id", related_sudo=False)
    valid_until = fields.Date(
        related="lot_id.valid_until", related_sudo=False, string="Valid Until"
    )
    first_day = fields.Date(required=True, default=fields.Date.context_today)
    last_day = fields.Date(required=True)
    day_count = fields.Integer(string="Days", compute="_compute_effects")
    new_until = fields.Date(
        string="Valid Until Then",
        compute="_compute_effects",
        help="The last day of the pass, once it has rested.",
    )
    reason = fields.Char(required=True)

    @api.depends("first_day", "last_day", "valid_until")
    def _compute_effects(self):
        for wizard in self:
            first, last = wizard.first_day, wizard.last_day
            known = first and last and first <= last and wizard.valid_until
            wizard.day_count = (last - first).days + 1 if known else 0
            wizard.new_until = (
                wizard.valid_until + timedelta(days=wizard.day_count)
                if known
                else False
            )

    def action_apply(self):
        """Do it.

        :raise AccessError: for others than managers
        :raise UserError: for days that make no sense
        """
        self.ensure_one()
        self.lot_id.pause(self.first_day, self.last_day, self.reason)
        return {"type": "ir.actions.act_window_close"}
