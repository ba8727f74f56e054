from odoo import api, fields, models
from odoo.exceptions import UserError


class BookingVoucherClaim(models.TransientModel):
    """A customer hands a gift voucher in: code and customer, nothing else."""

    _name = "booking.voucher.claim"
    _inherit = ["booking.credit.dialog"]
    _description = "Claim a Voucher"

    code = fields.Char(required=True, help="As printed; spaces do not matter.")
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", required=True
    )
    note = fields.Text(compute="_compute_note")
    claimable = fields.Boolean(compute="_compute_note")

    @api.depends("code")
    def _compute_note(self):
        """Say what the code is worth, or why it is refused, before it is claimed."""
        lots = self.env["booking.credit.lot"]
        for wizard in self:
            wizard.note, wizard.claimable = "", False
            if not wizard.code:
                continue
            try:
                lot = lots._get_claimable(wizard.code)
            except UserError as error:
                wizard.note = str(error)
            else:
                wizard.claimable = True
                wizard.note = self.env._(
                    "Right to %(right)s, bought by %(buyer)s. %(terms)s",
                    right=lot.right_text,
                    buyer=lot._get_voucher_buyer().display_name,
                    terms=lot.terms_text,
                )

    def action_claim(self):
        """Give what is left of the voucher to the customer; open what they have now.

        :raise UserError: if the code is unknown, expired, or was claimed already
        """
        self.ensure_one()
        lot = self.env["booking.credit.lot"]._get_claimable(self.code)
        entries = self.env["booking.credit.lot"].claim(self.code, self.partner_id)
        received = entries[-1:].lot_id or lot
        return {
            "type": "ir.actions.act_window",
            "name": received.name,
            "res_model": "booking.credit.lot",
            "res_id": received.id,
            "view_mode": "form",
        }
