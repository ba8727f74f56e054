from odoo import models


class EventSlot(models.Model):
    _inherit = "event.slot"

    def write(self, vals):
        """Override of `event` to move the bookings with their slot."""
        res = super().write(vals)
        if {"date", "start_hour", "end_hour"} & vals.keys():
            self.event_id._move_bookings(slots=self)
        return res
