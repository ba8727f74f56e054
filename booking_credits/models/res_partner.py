from datetime import timedelta

from odoo import fields, models

from ..const import CREDIT_GROUPS


class ResPartner(models.Model):
    _inherit = "res.partner"

    booking_credit_lot_ids = fields.One2many(
        comodel_name="booking.credit.lot",
        inverse_name="partner_id",
        string="Credits",
        readonly=True,
        groups=CREDIT_GROUPS,
    )

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
