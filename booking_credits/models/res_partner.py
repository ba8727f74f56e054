from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    booking_credit_lot_ids = fields.One2many(
        comodel_name="booking.credit.lot",
        inverse_name="partner_id",
        string="Credits",
        readonly=True,
        groups="booking_credits.booking_credits_group_user",
    )
    booking_credit_summary = fields.Char(
        string="Credits Left",
        compute="_compute_booking_credit_summary",
        groups="booking_credits.booking_credits_group_user",
        help="What this customer can use today.",
    )

    @api.depends_context("company", "lang")
    @api.depends(
        "booking_credit_lot_ids.balance",
        "booking_credit_lot_ids.held",
        "booking_credit_lot_ids.valid_until",
    )
    def _compute_booking_credit_summary(self):
        company = self.env.company
        today = company._booking_credit_today()
        lots_by_partner = dict(
            self.env["booking.credit.lot"]._read_group(
                [
                    ("partner_id", "in", self.ids),
                    ("company_id", "=", company.id),
                    ("is_open", "=", True),
                    ("valid_from", "<=", today),
                    "|",
                    ("valid_until", "=", False),
                    ("valid_until", ">=", today),
                ],
                ["partner_id"],
                ["id:recordset"],
            )
        )
        for partner in self:
            lots = lots_by_partner.get(partner, self.env["booking.credit.lot"])
            partner.booking_credit_summary = lots._in_words() or self.env._("0 credits")

    def action_view_booking_credits(self):
        """Open the credits of this customer."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_lot_action"
        )
        return {
            **action,
            "domain": [("partner_id", "=", self.id)],
            "context": {"default_partner_id": self.id},
        }
