from odoo import api, fields, models


class BookingCreditEntry(models.Model):
    """How customers read the history of their credits.

    How staff read movements: in words, whatever one unit is.
    """

    _inherit = "booking.credit.entry"

    amount_text = fields.Char(
        string="Change",
        compute="_compute_amount_text",
        help="What was added (+) or taken (−), held or freed.",
    )
    balance_text = fields.Char(
        string="Then Left",
        compute="_compute_amount_text",
        help="What was left of these credits after the movement.",
    )

    @api.depends("quantity", "held", "balance_after")
    @api.depends_context("lang")
    def _compute_amount_text(self):
        for entry in self:
            entry.amount_text = entry._get_portal_amount()
            entry.balance_text = entry._get_portal_balance()

    # === Steps of the verbs, for bridges to extend === #

    def _get_portal_title(self):
        """Say in words what this movement was."""
        self.ensure_one()
        _ = self.env._
        # sudo: who moved credits for a customer is a user they cannot read.
        booking = self.sudo().operation_id.order_line_id
        if self.type == "grant" and self.lot_id.origin == "purchase":
            return _("Bonus") if self.lot_id.bonus_of_id else _("Bought")
        if self.type == "transfer":
            return _("Received") if self.quantity > 0 else _("Given away")
        if booking.product_id and self.type in ("redeem", "restore", "fee", "hold"):
            service = booking._get_booking_title()
            return {
                "redeem": _("Paid for %s", service),
                "restore": _("%s cancelled: came back", service),
                "fee": _("%s cancelled: kept as fee", service),
                "hold": _("Held for %s", service),
            }[self.type]
        return dict(self._fields["type"]._description_selection(self.env))[self.type]

    def _get_portal_details(self):
        """Name the document of this movement, or the reason that staff gave."""
        self.ensure_one()
        operation = self.sudo().operation_id
        booking = operation.order_line_id
        parts = []
        if booking.booking_start:
            parts.append(
                self.env["ir.qweb.field.datetime"].value_to_html(
                    booking.booking_start,
                    {
                        "format": "EEEE d MMMM, HH:mm",
                        "tz_name": self.company_id.sudo().booking_credit_tz,
                    },
                )
            )
        elif operation.document and not booking:
            parts.append(operation.document)
        if booking:
            parts.append(booking.order_id.name)
        if operation.reason:
            parts.append(operation.reason)
        return " · ".join(parts)

    def _get_portal_url(self):
        """Return the page of the order of this movement, if the user may read it."""
        self.ensure_one()
        order = self.sudo().operation_id.order_line_id.order_id
        customer = self.env.user.partner_id.sudo().commercial_partner_id
        if order and order.partner_id.commercial_partner_id == customer:
            return f"/my/orders/{order.id}"
        return ""

    def _get_portal_amount(self):
        """Write “+100 credits”, “−10 credits”, or what was held or released."""
        self.ensure_one()
        lot = self.lot_id
        units = self.held if self.type in ("hold", "release") else self.quantity
        if not units:
            return "" if not lot.unlimited else lot._in_words()
        # a hold takes away from what can be used
        positive = (units < 0) if self.type in ("hold", "release") else (units > 0)
        words = lot._count_in_words(lot.measure, abs(units))
        return f"{'+' if positive else '−'}{words}"

    def _is_portal_gain(self):
        """Return whether the customer can use more after this movement."""
        self.ensure_one()
        return self.quantity > 0 or self.type == "release"

    def _get_portal_balance(self):
        """Write what was left after this movement; empty for an unlimited lot."""
        self.ensure_one()
        if self.lot_id.unlimited:
            return ""
        return self.lot_id._count_in_words(self.lot_id.measure, self.balance_after)
