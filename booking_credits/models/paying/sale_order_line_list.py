from odoo import api, fields, models

from ...inside import told
from ...words import format_units


class SaleOrderLine(models.Model):
    """What the list of bookings shows beside the fields of the order.

    Keeps a credit line beside what it pays, so that sections add up.
    """

    _inherit = "sale.order.line"

    booking_state = fields.Selection(
        selection=[
            ("draft", "Quotation"),
            ("booked", "Booked"),
            ("done", "Took Place"),
            ("cancelled", "Cancelled"),
            ("provider", "Cancelled by Us"),
            ("no_show", "No-Show"),
        ],
        string="Booking",
        compute="_compute_booking_state",
    )
    booking_paid_text = fields.Char(
        string="Paid With", compute="_compute_booking_paid_text"
    )
    booking_unpaid = fields.Boolean(
        string="Not Paid",
        compute="_compute_booking_paid_text",
        search="_search_booking_unpaid",
        help="Neither paid with credits nor invoiced.",
    )

    @api.depends("state", "booking_cancel_date", "booking_cancel_by", "booking_end")
    def _compute_booking_state(self):
        now = fields.Datetime.now()
        for line in self:
            end = line.booking_end or line.booking_start
            if line.booking_cancel_date or line.state == "cancel":
                by = line.booking_cancel_by
                line.booking_state = (
                    by if by in ("provider", "no_show") else "cancelled"
                )
            elif line.state != "sale":
                line.booking_state = "draft"
            else:
                line.booking_state = "done" if end and end <= now else "booked"

    @api.depends(
        "booking_credit_line_ids.booking_credit_quantity",
        "product_uom_qty",
        "invoice_status",
    )
    @api.depends_context("lang")
    def _compute_booking_paid_text(self):
        _ = self.env._
        for line in self:
            lot = self.env["booking.credit.lot"].sudo()
            in_words = lot.new({"company_id": line.company_id.id})._count_in_words
            texts = [
                in_words(measure, sum(part.mapped("booking_credit_quantity")))
                for measure, part in line.booking_credit_line_ids.grouped(
                    "booking_credit_measure"
                ).items()
            ]
            unpaid = line._get_booking_unpaid()
            # sudo: the front desk need not read invoices.
            invoiced = line.sudo().qty_invoiced > 0
            if unpaid and invoiced:
                texts.append(_("invoice"))
            elif unpaid and texts:
                texts.append(_("%s to invoice", format_units(self.env, unpaid)))
            line.booking_paid_text = ", ".join(texts)
            line.booking_unpaid = bool(
                unpaid and not invoiced and not line.booking_cancel_date
            )

    def _search_booking_unpaid(self, operator, value):
        """Find bookings of which something is neither paid with credits nor invoiced."""
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        return fields.Domain(
            [
                ("booking_cancel_date", "=", False),
                ("qty_invoiced", "=", 0),
                ("invoice_status", "in", ("to invoice", "no")),
            ]
        )

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
