from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_booking_balance_text(self):
        """Write what this customer can use today: “200 credits, 3 sessions”.

        Empty for visitors, for staff, and for customers without credits.
        """
        self.ensure_one()
        if not self.share or self._is_public():
            return ""
        # sudo: the balance of one's own credits, as on the page of credits.
        lots = self.env["booking.credit.lot"].sudo()
        return lots._get_usable_lots(self.partner_id, self.env.company)._in_words()
