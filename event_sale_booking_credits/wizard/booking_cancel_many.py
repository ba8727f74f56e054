from odoo import api, fields, models


class BookingCancelMany(models.TransientModel):
    """Cancels classes: with their bookings, free seats and waiting lists."""

    _inherit = "booking.cancel.many"

    event_ids = fields.Many2many(
        comodel_name="event.event", string="Classes", readonly=True
    )

    @api.depends("event_ids")
    def _compute_effects(self):
        """Override: a class without bookings can be cancelled too."""
        super()._compute_effects()
        for wizard in self.filtered("event_ids"):
            wizard.can_apply = True
            texts = wizard._get_class_texts()
            wizard.effects = "\n".join(filter(None, [*texts, wizard.effects]))

    def action_apply(self):
        """Override to cancel the classes, once their bookings are.

        A class of which a booking could not be cancelled stays, to be tried again.
        """
        res = super().action_apply()
        if self.event_ids and self.by == "provider":
            left = self._get_bookings().event_id
            (self.event_ids - left)._cancel_class()
        return res

    def _get_class_texts(self):
        """Say what becomes of free seats and of those who wait."""
        _ = self.env._
        texts = []
        for event in self.event_ids:
            paid = event._get_class_bookings()._get_seats()
            free = event.registration_ids.filtered(
                lambda seat: seat.state in ("draft", "open")
            )
            free -= paid.with_env(self.env)
            parts = []
            if free:
                parts.append(_("seats that nobody paid and that go: %s", len(free)))
            if event.booking_waiting_count:
                parts.append(
                    _("taken off the waiting list: %s", event.booking_waiting_count)
                )
            if parts:
                texts.append(f"{event.name}: {', '.join(parts)}.")
        return texts
