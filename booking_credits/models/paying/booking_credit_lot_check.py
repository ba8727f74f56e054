from odoo import api, models
from odoo.tools import SQL

from ...words import format_units

#: What the credit lines of orders say against what the ledger has moved for them: for
#: each booking, and each credit line of money. A booking that stands was paid with what
#: its credit lines say; one that was cancelled, or not confirmed, has everything back
#: (its fee is a movement of its own). What staff gave back by hand, or for one session of
#: a course, leaves the booking as it is. Money also comes back in parts, and the line
#: then says what it paid first.
ORDERS = """
      WITH spent AS (
        SELECT act.order_line_id AS line_id, lot.measure, -sum(entry.quantity) AS net,
               -COALESCE(sum(entry.quantity) FILTER (
                   WHERE entry.type = 'redeem' OR act.request IS NULL
                      OR NOT jsonb_exists_any(
                          act.request, ARRAY['entries', 'session'])), 0) AS standing,
               bool_or(entry.type = 'restore') AS returned
          FROM booking_credit_operation act
          JOIN booking_credit_entry entry
            ON entry.operation_id = act.id AND entry.type IN ('redeem', 'restore')
          JOIN booking_credit_lot lot ON lot.id = entry.lot_id
         WHERE act.company_id = %(company)s AND act.order_line_id IS NOT NULL
      GROUP BY act.order_line_id, lot.measure
    ), said AS (
        SELECT COALESCE(booking_credit_paid_line_id, id) AS line_id,
               booking_credit_measure AS measure, sum(booking_credit_quantity) AS units
          FROM sale_order_line
         WHERE company_id = %(company)s AND booking_credit_measure IS NOT NULL
      GROUP BY 1, 2
    ), compared AS (
        SELECT line_id, measure, COALESCE(spent.net, 0) AS net,
               COALESCE(spent.standing, 0) AS standing,
               COALESCE(spent.returned, FALSE) AS returned,
               CASE WHEN line.state = 'sale' AND line.booking_cancel_date IS NULL
                    THEN COALESCE(said.units, 0) ELSE 0 END AS units,
               line.state
          FROM spent
     FULL JOIN said USING (line_id, measure)
          JOIN sale_order_line line ON line.id = line_id
    )
    SELECT line_id, measure, units, net
      FROM compared
     WHERE CASE WHEN measure = 'money' AND state IN ('sale', 'cancel') AND returned
                THEN net < 0 OR (state = 'sale' AND net > units)
                ELSE units NOT BETWEEN LEAST(net, standing)
                                   AND GREATEST(net, standing) END
  ORDER BY line_id
"""


#: Bookings that stand and count as paid with credits, though no credits were spent. What
#: belongs to a menu is paid with the menu.
UNPAID = """
    SELECT booking.id, sum(paying.product_uom_qty)
      FROM sale_order_line paying
      JOIN sale_order_line booking ON booking.id = paying.booking_credit_paid_line_id
     WHERE paying.company_id = %(company)s AND booking.state = 'sale'
       AND booking.booking_cancel_date IS NULL AND booking.combo_item_id IS NULL
       AND booking.product_uom_qty > 0
  GROUP BY booking.id
    HAVING COALESCE(sum(paying.booking_credit_quantity), 0) <= 0
       AND NOT EXISTS (
           SELECT FROM booking_credit_operation act
             JOIN booking_credit_entry entry ON entry.operation_id = act.id
            WHERE act.order_line_id = booking.id
              AND entry.type IN ('redeem', 'hold'))
  ORDER BY booking.id
"""


class BookingCreditLot(models.Model):
    """What of *Check Ledger* compares lots with the orders that they pay."""

    _inherit = "booking.credit.lot"

    # === Steps === #

    @api.model
    def _check_bookings(self, company):
        """Compare what orders of ``company`` say is paid with what the ledger has moved.

        An outlet: an add-on that keeps seats or times adds those that nothing pays.

        :return: one sentence for each difference, naming order, number and remedy
        """
        self.env.flush_all()
        return self._check_paid_bookings(company) + self._check_unspent(company)

    @api.model
    def _check_paid_bookings(self, company):
        lines = self.env["sale.order.line"].sudo()
        texts = []
        for line_id, measure, units, net in self.env.execute_query(
            SQL(ORDERS, company=company.id)
        ):
            line = lines.browse(line_id)
            texts.append(
                self.env._(
                    "%(order)s of %(customer)s, “%(line)s”: the order says that "
                    "%(said)s pay it, the ledger has spent %(spent)s. %(remedy)s",
                    order=line.order_id.name,
                    customer=line.order_id.partner_id.display_name,
                    line=line.product_id.display_name,
                    said=self._write_units(company, measure, units),
                    spent=self._write_units(company, measure, net),
                    remedy=self._get_booking_remedy(units, net),
                )
            )
        return texts

    @api.model
    def _check_unspent(self, company):
        lines = self.env["sale.order.line"].sudo()
        texts = []
        for line_id, quantity in self.env.execute_query(
            SQL(UNPAID, company=company.id)
        ):
            line = lines.browse(line_id)
            texts.append(
                self.env._(
                    "%(order)s of %(customer)s, “%(line)s”: %(number)s bookings count "
                    "as paid with credits, and no credits were spent. Cancel the "
                    "booking, and book it anew.",
                    order=line.order_id.name,
                    customer=line.order_id.partner_id.display_name,
                    line=line.product_id.display_name,
                    number=format_units(self.env, quantity),
                )
            )
        return texts

    @api.model
    def _get_booking_remedy(self, said, spent):
        """Say what sets right an order that says ``said`` while ``spent`` was spent."""
        if spent > said:
            return self.env._(
                "Give back the excess: open the credits that paid, and correct them."
            )
        return self.env._(
            "Cancel the booking and book it anew, or take what is missing from the "
            "customer's credits."
        )
