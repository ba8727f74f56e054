from odoo import api, fields, models


class BookingCancelMany(models.TransientModel):
    """Cancels classes and slots: with their bookings, free seats and waiting lists."""

    _inherit = "booking.cancel.many"

    event_ids = fields.Many2many(
        comodel_name="event.event", string="Classes", readonly=True
    )
    slot_ids = fields.Many2many(
        comodel_name="event.slot", string="Slots", readonly=True
    )

    @api.depends("event_ids", "slot_ids")
    def _compute_effects(self):
        """Override: a class or slot without bookings can be cancelled too."""
        super()._compute_effects()
        for wizard in self:
            if wizard.event_ids or wizard.slot_ids:
                wizard.can_apply = True
            texts = wizard._get_class_texts() + wizard._get_slot_texts()
            wizard.effects = "\n".join(filter(None, [*texts, wizard.effects]))

    @api.model_create_multi
    def create(self, vals_list):
        """Override: what this dialog says is partly read with sudo.

        :raise AccessError: for a class that the user may not see
        """
        wizards = super().create(vals_list)
        wizards._check_classes()
        return wizards

    # === Actions === #

    def action_apply(self):
        """Override to cancel the classes and slots, once their bookings are.

        One of which a booking could not be cancelled stays, to be tried again.
        """
        self._check_classes()
        if self.by != "provider":
            return super().action_apply()
        # what was booked while the dialog was open
        self.line_ids |= self.event_ids._get_class_bookings()
        self.line_ids |= self.slot_ids._get_slot_bookings()
        slots = self._get_slots_to_cancel()  # while their bookings still stand
        res = super().action_apply()
        left = self._get_bookings()
        (self.event_ids - left.event_id)._cancel_class()
        (slots - left.event_slot_id)._cancel_slot(self.reason)
        return res

    # === Steps === #

    def _check_classes(self):
        """Refuse classes that the user may not see."""
        # sudo: of what the user may not see nothing is read but that it is there.
        wizards = self.sudo()
        wizards.event_ids.with_env(self.env).check_access("read")
        wizards.slot_ids.with_env(self.env).check_access("read")

    def _get_slots_to_cancel(self):
        """Return the slots that do not take place once these bookings are cancelled.

        Those that were chosen, and those in which we leave nobody: their seats must
        not go on sale again.
        """
        self.ensure_one()
        slots = self.slot_ids
        if self.by != "provider":
            return slots.browse()
        lines = self._get_bookings().filtered("event_slot_id")
        coming = lines.event_slot_id.filtered(
            lambda slot: slot.start_datetime > fields.Datetime.now()
        )
        standing = coming._get_slot_bookings() - lines
        return slots | (coming - standing.event_slot_id)

    def _get_class_texts(self):
        """Say what becomes of free seats and of those who wait."""
        texts = []
        for event in self.event_ids:
            paid = event._get_class_bookings()._get_seats()
            waiting = event.booking_waiting_count
            if parts := self._get_parts(event.registration_ids, paid, waiting):
                texts.append(f"{event.name}: {', '.join(parts)}.")
        return texts

    def _get_slot_texts(self):
        """Say which slots go off sale, and what becomes of free seats in them."""
        texts = []
        for slot in self._get_slots_to_cancel().filtered(
            lambda slot: slot.event_id not in self.event_ids
        ):
            paid = slot._get_slot_bookings()._get_seats()
            waiting = len(
                slot.event_id.booking_waiting_ids.filtered(
                    lambda entry, slot=slot: entry.event_slot_id == slot
                    and entry.position
                )
            )
            parts = [
                self.env._("it goes off sale"),
                *self._get_parts(slot.registration_ids, paid, waiting),
            ]
            name = f"{slot.event_id.name}, {slot.display_name}"
            texts.append(f"{name}: {', '.join(parts)}.")
        return texts

    def _get_parts(self, seats, paid, waiting):
        _ = self.env._
        free = seats.filtered(lambda seat: seat.state in ("draft", "open"))
        free -= paid.with_env(self.env)
        parts = []
        if free:
            parts.append(_("seats that nobody paid and that go: %s", len(free)))
        if waiting:
            parts.append(_("taken off the waiting list: %s", waiting))
        return parts
