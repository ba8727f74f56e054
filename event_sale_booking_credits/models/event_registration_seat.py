from odoo import api, models
from odoo.tools import SQL


class EventRegistration(models.Model):
    """The last seat is sold once.

    Odoo counts the seats that are taken, and two transactions that count at the same
    time both find the last one free. Here each writes to the row of the class before it
    counts: at REPEATABLE READ, Odoo's isolation, the second one fails with a
    serialization error, is run again by Odoo, and finds no seat.
    """

    _inherit = "event.registration"

    @api.constrains("active", "state", "event_id", "event_slot_id", "event_ticket_id")
    def _check_seats_availability(self):
        """Override of `event`: one transaction at a time counts seats.

        Who books now does not pass those who wait.

        :raise ValidationError: naming the class and how many wait
        """
        taking = self.filtered(
            lambda seat: seat.state in ("open", "done") and seat.active
        )
        limited = taking.filtered(
            lambda seat: (seat.event_id.seats_limited and seat.event_id.seats_max)
            or seat.event_ticket_id.seats_max
        )
        limited.event_id._lock_seats()
        res = super()._check_seats_availability()
        self._check_nobody_passed()
        return res

    def _update_mail_schedulers(self):
        """Override of `event`: mails of seats that credits pay go after the transaction.

        Odoo sends them at once and commits, which must not be in the middle of a
        booking: so its own job does it, as soon as the booking is done.
        """
        # sudo: whoever takes a seat need not read orders.
        paid = self.filtered(
            lambda seat: seat.state == "open"
            and seat.sudo().sale_order_id.order_line._get_credit_lines()
        )
        super(EventRegistration, self - paid)._update_mail_schedulers()
        if paid and self.env["event.mail"].sudo().search_count(
            [
                ("event_id", "in", paid.event_id.ids),
                ("interval_type", "=", "after_sub"),
            ],
            limit=1,
        ):
            self.env.ref("event.event_mail_scheduler").sudo()._trigger()
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()


class EventEvent(models.Model):
    _inherit = "event.event"

    def _lock_seats(self):
        """Let no other transaction take or promise seats of these classes.

        One that does so at the same time is run again by Odoo (`retrying`), or by the
        job that called it.
        """
        if not self:
            return
        self.env.cr.execute(
            SQL(
                "UPDATE event_event SET booking_seat_version = "
                "COALESCE(booking_seat_version, 0) + 1 WHERE id IN %s",
                tuple(sorted(self.ids)),
            )
        )
        self.invalidate_recordset(["booking_seat_version"], flush=False)
