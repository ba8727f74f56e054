from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.booking_credits.inside import tell


class EventEvent(models.Model):
    """Seats that were paid and that nobody took, after the class."""

    _inherit = "event.event"

    @api.model
    def _cron_no_shows(self):
        """Treat seats that nobody took as no-shows, where the company says so."""
        now = fields.Datetime.now()
        batches = []
        companies = self.env["res.company"].search([("booking_no_show_hours", ">", 0)])
        for company in companies:
            until = now - timedelta(hours=company.booking_no_show_hours)
            seats = self.env["event.registration"].search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "open"),
                    ("event_end_date", "<=", until),
                    ("sale_order_line_id.booking_cancel_date", "=", False),
                    ("sale_order_line_id.booking_credit_line_ids", "!=", False),
                ]
            )
            batches += [
                (company, part._mark_no_show)
                for part in seats.grouped("event_id").values()
            ]
        self.env["booking.credit.job"]._run("note who did not come", batches)


class EventRegistration(models.Model):
    _inherit = "event.registration"

    # === Business verbs === #

    def _mark_no_show(self):
        """Treat these seats as no-shows, under their terms; each order by itself.

        Seats of one line of which some were taken are no-shows in part.

        :return: the seats that are no-shows now
        """
        done = self.browse()
        lines = self.sudo().grouped("sale_order_line_id")
        for line, seats in lines.items():
            if not line._get_bookings_to_cancel():
                continue
            whole = len(seats) >= line.product_uom_qty
            try:
                with self.env.cr.savepoint():
                    line.order_id._cancel_for_customer(
                        tell(line, cancel_seats=tuple(seats.ids)),
                        reason=self.env._("Nobody came"),
                        places=None if whole else float(len(seats)),
                        by="no_show",
                    )
            except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError):
                raise  # the batch is run again
            except UserError as error:
                line.order_id.message_post(body=str(error))
                continue
            done |= seats
        return done
