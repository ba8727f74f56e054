from datetime import timedelta

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

    def _grant_booking_signup_credits(self, company):
        """Give the starting credit of ``company``, once (S0-14).

        :return: the new lots
        """
        lots = self.env["booking.credit.lot"].sudo()
        quantity = company.sudo().booking_credit_signup_quantity
        if quantity <= 0:
            return lots
        # money never expires (S2-10)
        in_money = company.booking_credit_signup_measure == "money"
        days = 0 if in_money else company.booking_credit_signup_days
        today = company._booking_credit_today()
        had = lots.search(
            [
                ("partner_id", "in", self.ids),
                ("company_id", "=", company.id),
                ("origin", "=", "signup"),
            ]
        ).partner_id
        vals_list = [
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "origin": "signup",
                "measure": company.booking_credit_signup_measure,
                "valid_from": today,
                "valid_until": today + timedelta(days=days - 1) if days else False,
            }
            for partner in self - had
        ]
        if not vals_list:
            return lots
        return lots._grant(
            vals_list,
            [{"quantity": quantity} for _vals in vals_list],
            reason=self.env._("Starting credit"),
        )

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
