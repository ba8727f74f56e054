from odoo import fields, models
from odoo.tools import SQL

#: one row for each class, and for each slot of a class with slots
CLASSES = """
    WITH seat AS (
        SELECT event_id, event_slot_id,
               COUNT(*) FILTER (WHERE state IN ('open', 'done')) AS booked,
               COUNT(*) FILTER (WHERE state = 'done') AS attended,
               COUNT(*) FILTER (WHERE state = 'cancel') AS cancelled
          FROM event_registration
         WHERE active
         GROUP BY event_id, event_slot_id
    ), spent AS (
        SELECT line.event_id, line.event_slot_id,
               -SUM(entry.quantity) AS quantity, -SUM(entry.value) AS value
          FROM booking_credit_entry entry
          JOIN booking_credit_operation operation
            ON operation.id = entry.operation_id
          JOIN sale_order_line line ON line.id = operation.order_line_id
          JOIN booking_credit_lot lot ON lot.id = entry.lot_id
         WHERE line.event_id IS NOT NULL
           AND entry.type IN ('redeem', 'restore', 'fee')
           AND lot.measure != 'money'
         GROUP BY line.event_id, line.event_slot_id
    ), list AS (
        SELECT event_id, event_slot_id, COUNT(*) AS waited
          FROM event_waiting
         GROUP BY event_id, event_slot_id
    )
    SELECT COALESCE(slot.id::bigint * 2 + 1, event.id::bigint * 2)
               AS id,
           event.id AS event_id,
           slot.id AS event_slot_id,
           event.event_type_id, event.user_id, event.address_id,
           event.company_id,
           COALESCE(slot.start_datetime, event.date_begin) AS date_begin,
           CASE WHEN event.seats_limited THEN event.seats_max ELSE 0 END
               AS seats_max,
           COALESCE(seat.booked, 0) AS seats_booked,
           COALESCE(seat.attended, 0) AS seats_attended,
           COALESCE(seat.cancelled, 0) AS seats_cancelled,
           COALESCE(list.waited, 0) AS waited,
           COALESCE(spent.quantity, 0) AS taken,
           COALESCE(spent.value, 0) AS value
      FROM event_event event
      LEFT JOIN event_slot slot
        ON event.is_multi_slots AND slot.event_id = event.id
      LEFT JOIN seat
        ON seat.event_id = event.id
       AND seat.event_slot_id IS NOT DISTINCT FROM slot.id
      LEFT JOIN spent
        ON spent.event_id = event.id
       AND spent.event_slot_id IS NOT DISTINCT FROM slot.id
      LEFT JOIN list
        ON list.event_id = event.id
       AND list.event_slot_id IS NOT DISTINCT FROM slot.id
     WHERE event.active
"""


class EventClassReport(models.Model):
    """How full classes are and what their seats have earned, class by class.

    Seats and credits are facts of the registrations and the ledger: what came back
    from a cancellation is not counted, what was kept as a fee is.
    """

    _name = "event.class.report"
    _description = "Class Analysis"
    _auto = False
    _order = "date_begin desc, id desc"
    _rec_name = "event_id"

    event_id = fields.Many2one("event.event", string="Class", readonly=True)
    event_slot_id = fields.Many2one("event.slot", string="Slot", readonly=True)
    event_type_id = fields.Many2one("event.type", string="Template", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    address_id = fields.Many2one("res.partner", string="Place", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_begin = fields.Datetime(string="Start", readonly=True)
    seats_max = fields.Integer(string="Capacity", readonly=True)
    seats_booked = fields.Integer(string="Booked", readonly=True)
    seats_attended = fields.Integer(string="Attended", readonly=True)
    seats_cancelled = fields.Integer(string="Cancelled", readonly=True)
    waited = fields.Integer(readonly=True)
    taken = fields.Float(
        string="Credits Taken", digits="Booking Credits", readonly=True
    )
    value = fields.Monetary(string="Value of Credits", readonly=True)

    @property
    def _table_query(self):
        """One row for each class, and for each slot of a class with slots.

        Classes have even ids and slots odd ones, in 64 bits: twice an id of 32 bits
        fits, and a browser counts so far without rounding.
        """
        return SQL(CLASSES)

    def action_open_class(self):
        """Open the class of this row."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "event.event",
            "res_id": self.event_id.id,
            "view_mode": "form",
        }
