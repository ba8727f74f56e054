from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _signup_create_user(self, values):
        """Override of `auth_signup` to give the starting credit (S0-14, S0-15)."""
        user = super()._signup_create_user(values)
        user.partner_id._grant_booking_signup_credits(user.company_id)
        return user
