from odoo import models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _is_waiting_for_credits(self):
        """Return whether credits will pay this quotation, and did not yet."""
        self.ensure_one()
        return self.state in ("draft", "sent") and bool(
            self.order_line._get_credit_lines()
        )

    def _action_confirm(self):
        """Override to refuse seats in classes that do not take place.

        :raise UserError: naming the order and the class
        """
        for line in self.order_line.filtered("booking_ok"):
            if line.event_id.kanban_state == "cancel":
                raise UserError(
                    self.env._(
                        "%(order)s cannot be confirmed: “%(event)s” is cancelled. Take "
                        "it off the order.",
                        order=line.order_id.name,
                        event=line.event_id.name,
                    )
                )
        return super()._action_confirm()
