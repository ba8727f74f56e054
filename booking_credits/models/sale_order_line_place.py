from odoo import models

from ..inside import told


class SaleOrderLine(models.Model):
    """Keeps a credit line beside what it pays, so that sections add up."""

    _inherit = "sale.order.line"

    def _drop_mirrored_discounts(self, change):
        """Return these lines; a discount on all of them spares what mirrors one."""
        if told(self, "discounting") and "discount" in change.vals:
            return self - self._get_credit_lines()
        return self

    def _place_new_credit_lines(self):
        """Place credit lines in the section of their booking."""
        for order in self._get_credit_lines().order_id:
            order.order_line._place_credit_lines()

    def _place_credit_lines(self):
        """Number the lines of one order anew if credit lines fall in other sections.

        Lines that were never dragged all have the same number: a new one comes last,
        below the last section.
        """
        lines = self.sorted()
        if not any(line.display_type == "line_section" for line in lines):
            return
        placed = self.browse()
        for line in lines - lines.filtered("booking_credit_paid_line_id"):
            placed |= line
            placed |= line.booking_credit_line_ids
        if placed.ids != lines.ids:
            for number, line in enumerate(placed, start=10):
                line.sequence = number
