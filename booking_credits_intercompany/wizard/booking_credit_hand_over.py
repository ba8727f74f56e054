from uuid import uuid4

from odoo import api, fields, models


class BookingCreditHandOver(models.TransientModel):
    """Lets another company take over credits of one lot."""

    _name = "booking.credit.hand.over"
    _inherit = ["booking.credit.dialog"]
    _description = "Hand Over to Another Company"

    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        string="Credits",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="lot_id.partner_id", related_sudo=False)
    company_id = fields.Many2one(
        related="lot_id.company_id", related_sudo=False, string="Sold By"
    )
    available_text = fields.Char(related="lot_id.available_text", related_sudo=False)
    choice_ids = fields.Many2many(
        comodel_name="res.company", compute="_compute_choice_ids"
    )
    target_id = fields.Many2one(
        comodel_name="res.company",
        string="Taken By",
        required=True,
        domain="[('id', 'in', choice_ids)]",
    )
    quantity = fields.Float(
        string="Number", digits="Booking Credits", required=True, default=1.0
    )
    reason = fields.Char(required=True)
    token = fields.Char(default=lambda self: str(uuid4()), readonly=True)

    @api.depends("lot_id")
    def _compute_choice_ids(self):
        for wizard in self:
            # sudo: which companies agreed is no secret to who works in both
            agreements = self.env["booking.credit.agreement"].sudo()
            found = agreements.search([("company_id", "=", wizard.company_id.id)])
            wizard.choice_ids = found.deliverer_id & self.env.user.company_ids

    def action_apply(self):
        """Do it, once.

        :raise AccessError: for others than managers of both companies
        """
        self.ensure_one()
        self.lot_id.hand_over(
            self.quantity, self.target_id, self.reason, key=f"hand-over:{self.token}"
        )
        return {"type": "ir.actions.act_window_close"}
