from odoo import api, models
from odoo.tools import SQL

from ..const import TAKEN_STATES

#: Order lines that pay fewer seats than are taken with them, or other ones: as the guard
#: of seats asks it, of all lines at once. Who did not come has had the seat.
LINES = """
    SELECT line.id, count(*) AS seats, count(*) FILTER (WHERE seat.elsewhere) AS others,
           line.paid
      FROM (
        SELECT line.id, line.product_id, line.event_id, line.event_slot_id,
               line.event_ticket_id,
               CASE WHEN line.state <> 'sale'
                      OR (line.booking_cancel_date IS NOT NULL
                          AND line.booking_cancel_by IS DISTINCT FROM 'no_show')
                    THEN 0 ELSE line.product_uom_qty END AS paid
          FROM sale_order_line line
         WHERE line.company_id = %(company)s
           ) line
      JOIN product_product product ON product.id = line.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
CROSS JOIN LATERAL (
        SELECT (seat.event_id, seat.event_slot_id, seat.event_ticket_id)
               IS DISTINCT FROM
               (line.event_id, line.event_slot_id, line.event_ticket_id) AS elsewhere
          FROM event_registration seat
         WHERE seat.sale_order_line_id = line.id
           AND seat.active AND seat.state IN %(taken)s
           ) seat
     WHERE template.booking_ok
  GROUP BY line.id, line.paid
    HAVING count(*) > line.paid OR bool_or(seat.elsewhere)
  ORDER BY line.id
"""

#: Seats that no order line pays, and that were not taken as those of guests. There are
#: none but where somebody changed the database: what their classes take is asked of few.
LOOSE = """
    SELECT seat.id
      FROM event_registration seat
 LEFT JOIN sale_order_line line ON line.id = seat.sale_order_line_id
 LEFT JOIN product_product product ON product.id = line.product_id
 LEFT JOIN product_template template ON template.id = product.product_tmpl_id
     WHERE seat.active AND seat.state IN %(taken)s
       AND seat.booking_guest IS NOT TRUE
       AND template.booking_ok IS NOT TRUE
       AND (seat.company_id = %(company)s OR seat.company_id IS NULL)
  ORDER BY seat.id
"""


class BookingCreditLot(models.Model):
    """No seat is taken without what pays it."""

    _inherit = "booking.credit.lot"

    @api.model
    def _check_bookings(self, company):
        """Override to prove that what pays each seat of ``company`` stands."""
        texts = super()._check_bookings(company)
        return [
            *texts,
            *self._check_lines_of_seats(company),
            *self._check_loose_seats(company),
        ]

    @api.model
    def _check_lines_of_seats(self, company):
        lines = self.env["sale.order.line"].sudo()
        texts = []
        for line_id, seats, others, paid in self.env.execute_query(
            SQL(LINES, company=company.id, taken=TAKEN_STATES)
        ):
            texts += self._get_seat_texts(lines.browse(line_id), seats, others, paid)
        return texts

    @api.model
    def _get_seat_texts(self, line, seats, others, paid):
        """Say which seats of ``line`` are elsewhere, or more than it pays.

        :param int others: how many of ``seats`` are elsewhere
        """
        values = {
            "order": line.order_id.name,
            "customer": line.order_id.partner_id.display_name,
            "event": line.event_id.name,
        }
        texts = []
        if others:
            text = self.env._(
                "%(order)s of %(customer)s pays “%(event)s”, and %(number)s of "
                "its seats are elsewhere: in another class, at another time or "
                "with another ticket. Cancel those seats, and book them anew.",
                number=others,
                **values,
            )
            texts.append(text)
        if seats > paid:
            text = self.env._(
                "%(order)s of %(customer)s pays %(paid)s seats in “%(event)s”, "
                "and %(taken)s are taken with it. Cancel those that nothing "
                "pays, or book them anew.",
                paid=int(paid),
                taken=seats,
                **values,
            )
            texts.append(text)
        return texts

    @api.model
    def _check_loose_seats(self, company):
        seats = self.env["event.registration"].sudo()
        seats = seats.browse(
            seat_id
            for (seat_id,) in self.env.execute_query(
                SQL(LOOSE, company=company.id, taken=TAKEN_STATES)
            )
        )
        return [
            self.env._(
                "%(name)s has a seat in “%(event)s” (%(number)s), which is paid with "
                "credits only, and no order pays it. Cancel the seat, and book it.",
                name=seat.display_name,
                event=seat.event_id.name,
                number=seat.id,
            )
            for seat in seats
            if (seat.event_ticket_id or seat.event_id)._takes_credits_only(company)
        ]
