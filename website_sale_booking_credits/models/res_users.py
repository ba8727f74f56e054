from odoo import api, fields, models

from odoo.addons.booking_credits.const import CREDIT_GROUPS


class ResUsers(models.Model):
    _inherit = "res.users"

    # a field, since the header is there twice: for phones, and for wide screens
    booking_credit_balance_text = fields.Char(
        string="Credits in the Header",
        compute="_compute_booking_credit_balance_text",
        compute_sudo=True,
        groups=CREDIT_GROUPS,
        help="What this customer can use today: “200 credits, 3 sessions”. Empty for "
        "visitors, for staff, and for customers without credits.",
    )

    @api.depends("share", "partner_id")
    @api.depends_context("company", "lang")
    def _compute_booking_credit_balance_text(self):
        lots = self.env["booking.credit.lot"]
        for user in self:
            user.booking_credit_balance_text = (
                lots._get_usable_lots(user.partner_id, self.env.company)._in_words()
                if user.share and not user._is_public()
                else ""
            )

    def _get_booking_balance_text(self):
        """Write what this customer can use today; empty if nothing."""
        self.ensure_one()
        # sudo: the balance of one's own credits, as on the page of credits.
        return self.sudo().booking_credit_balance_text
