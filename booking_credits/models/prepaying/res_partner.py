from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _get_booking_prepayment_notice(self):
        """Write, in this customer's language, what a new prepayment rule changes.

        The rule is that of the mail which is being written (S4-03).
        """
        rule_id = self.env.context.get("booking_prepayment_rule_id")
        rule = self.env["booking.prepayment.rule"].browse(rule_id or []).exists()
        return rule._get_notice_text() if rule else ""
