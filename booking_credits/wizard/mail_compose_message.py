from odoo import models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def action_send_mail(self):
        """Override of `mail` to note on a prepayment rule who was told about it."""
        res = super().action_send_mail()
        rule_id = self.env.context.get("booking_prepayment_rule_id")
        rule = self.env["booking.prepayment.rule"].browse(rule_id).exists()
        if rule and self.model == "res.partner":
            rule._log_notice(len(self._evaluate_res_ids()))
        return res
