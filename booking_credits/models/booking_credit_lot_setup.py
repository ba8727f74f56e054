from markupsafe import Markup

from odoo import api, models


class BookingCreditLot(models.Model):
    _inherit = "booking.credit.lot"

    @api.model
    def get_empty_list_help(self, help_message):
        """Override of `mail` to lead managers to the guided setup, until a pack exists."""
        help_message = super().get_empty_list_help(help_message)
        setup = self.env["booking.credit.setup"]
        if not setup.has_access("create") or setup._get_packs():
            return help_message
        return (help_message or Markup()) + Markup(
            '<p><a type="action" name="{action}" class="btn btn-primary">{text}</a></p>'
        ).format(
            action="booking_credits.booking_credit_setup_action",
            text=self.env._("Set up booking credits in five steps"),
        )
