from odoo import models

from ..exceptions import CreditsMovedError
from ..inside import tell, tell_fields, told


class SaleOrderLine(models.Model):
    """Lines of confirmed orders that lose places, and lines that cannot be deleted."""

    _inherit = "sale.order.line"

    def _lower_places(self, places):
        """Take ``places`` bookings off this confirmed line, with what paid them.

        The line stays one line, so what is invoiced, copied or booked again is what
        the customer still wants.
        """
        self.ensure_one()
        line = tell(tell_fields(self, "booking_credit_quantity"), cancelling=True)
        left = max(places - self._get_booking_unpaid(), 0.0)
        for credit_line in line.booking_credit_line_ids.sorted("id", reverse=True):
            taken = min(credit_line.product_uom_qty, left)
            if not taken:
                continue
            left -= taken
            rest = credit_line.product_uom_qty - taken
            if not rest:
                credit_line.unlink()
                continue
            units = credit_line.booking_credit_quantity * rest
            units /= credit_line.product_uom_qty
            credit_line.product_uom_qty = rest
            credit_line.booking_credit_quantity = units
            credit_line._set_credit_line_names()
        line.product_uom_qty -= places

    def _check_line_unlink(self):
        """Override of `sale` to say what holds a line of a confirmed order.

        Credit lines are replaced while a booking changes, or loses places.

        :raise CreditsMovedError: naming the order that used the credit and the amount
            (S2-17), or what comes back when the booking is cancelled (S2-18)
        """
        refused = super()._check_line_unlink()
        refused = refused.filtered(lambda line: not line._is_credit_changing())
        if told(self, "cancelling"):
            return refused - self._get_credit_lines()
        texts = [text for line in refused if (text := line._get_no_delete_text())]
        if texts:
            raise CreditsMovedError("\n".join(texts))
        return refused

    def _get_no_delete_text(self):
        """Say why this line of a confirmed order stays, where credits are the reason."""
        self.ensure_one()
        _ = self.env._
        names = {"line": self.name, "order": self.order_id.name}
        # sudo: who sells need not read invoices and credits.
        lots = self.sudo().invoice_lines.booking_credit_source_lot_ids
        for lot in lots:
            if uses := lot._get_uses_text():
                return _(
                    "“%(line)s” on %(order)s cannot be deleted: of %(granted)s sold, "
                    "%(uses)s. Refund what is unused with a credit note.",
                    granted=lot._in_words(lot.granted),
                    uses=uses,
                    **names,
                )
        if lots.filtered("is_open"):
            return _(
                "“%(line)s” on %(order)s sold %(credits)s: cancel the order to take "
                "them back with a credit note.",
                credits=lots._in_words(),
                **names,
            )
        booking = self.booking_credit_paid_line_id or self
        if booking._get_booking_spent_entries():
            return _(
                "“%(line)s” on %(order)s cannot be deleted. Cancel the booking instead: "
                "%(effect)s",
                effect=booking._get_booking_cancel_text(),
                **names,
            )
        return ""
