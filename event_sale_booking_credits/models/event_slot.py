from odoo import api, fields, models

from odoo.addons.booking_credits.inside import check_guarded, tell_fields


class EventSlot(models.Model):
    """A slot of a class moves with its bookings, and is cancelled with them."""

    _inherit = "event.slot"

    _booking_guarded = {
        "booking_cancelled": "action_cancel_slot",
        "booking_cancel_reason": "action_cancel_slot",
    }

    booking_cancelled = fields.Boolean(
        string="Cancelled",
        readonly=True,
        copy=False,
        help="We have cancelled it: its seats are not on sale again.",
    )
    booking_cancel_reason = fields.Char(
        string="Reason", readonly=True, copy=False, help="Why; customers were told."
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `event`: what is cancelled follows from the dialog."""
        check_guarded(self.browse(), vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Override of `event` to move the bookings with their slot."""
        check_guarded(self, [vals])
        res = super().write(vals)
        if {"date", "start_hour", "end_hour"} & vals.keys():
            self.event_id._move_bookings(slots=self)
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_leave_waiting(self):
        # sudo: who deletes a slot need not keep its list; what is held is freed.
        entries = self.env["event.waiting"].sudo()
        entries.search([("event_slot_id", "in", self.ids)])._leave("closed")

    # === Actions === #

    def action_cancel_slot(self):
        """Open the dialog that cancels these slots for everybody (S2-03)."""
        self.event_id._check_desk()
        self.check_access("read")
        action = self.env["booking.cancel.many"]._open(
            self._get_slot_bookings(), "provider"
        )
        wizard = self.env["booking.cancel.many"].browse(action["res_id"])
        wizard.slot_ids = self
        return {**action, "name": self.env._("Cancel Slot")}

    def action_put_on_sale(self):
        """Sell seats again in these slots, which take place after all."""
        self.check_access("write")
        slots = tell_fields(self, "booking_cancelled", "booking_cancel_reason")
        slots.write({"booking_cancelled": False, "booking_cancel_reason": False})

    # === Business verbs === #

    def _cancel_slot(self, reason):
        """Cancel these slots, whose paid bookings are cancelled already."""
        # sudo: the front desk cancels slots, and does not plan them.
        slots = self.sudo().filtered(lambda slot: not slot.booking_cancelled)
        seats = slots.registration_ids
        seats.filtered(
            lambda seat: seat.state in ("draft", "open")
        )._cancel_with_booking()
        slots.write({"booking_cancelled": True, "booking_cancel_reason": reason})
        for event in slots.event_id:
            event._close_waiting(
                event.booking_waiting_ids.filtered(
                    lambda entry: entry.event_slot_id in slots
                )
            )

    # === Steps, for bridges to extend === #

    def _get_slot_bookings(self):
        """Return the confirmed bookings of these slots, paid with whatever."""
        bookings = self.event_id._get_class_bookings()
        return bookings.filtered(lambda line: line.event_slot_id in self)
