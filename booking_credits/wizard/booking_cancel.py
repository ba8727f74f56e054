from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import float_compare, float_round

from ..inside import tell
from ..words import format_units


class BookingCancel(models.TransientModel):
    """Shows what a cancellation does to credits, before it is done (S1-35, S2-22)."""

    _name = "booking.cancel"
    _inherit = "booking.credit.dialog"
    _description = "Cancel Bookings"

    order_id = fields.Many2one(
        comodel_name="sale.order", required=True, readonly=True, ondelete="cascade"
    )
    line_ids = fields.Many2many(
        comodel_name="sale.order.line",
        string="Bookings",
        readonly=True,
        help="Empty: the whole order is cancelled.",
    )
    ordered = fields.Float(
        compute="_compute_ordered", digits="Product Unit", string="Booked"
    )
    can_part = fields.Boolean(compute="_compute_ordered")
    places = fields.Float(
        string="How Many",
        digits="Product Unit",
        compute="_compute_places",
        store=True,
        readonly=False,
        help="Of several bookings on this line; the others stand.",
    )
    give_all_back = fields.Boolean(
        string="Give Everything Back",
        help="Set the cancellation terms aside, in the customer's favour.",
    )
    reason = fields.Char()
    extend_days = fields.Integer(
        string="Extend Validity By",
        help="If we cancel: days that are added to the credits that paid.",
    )
    terms = fields.Text(compute="_compute_terms", string="Agreed Terms")
    effects = fields.Text(compute="_compute_effects")
    provider_effects = fields.Text(
        string="If We Cancel", compute="_compute_effects", help="Nothing is lost."
    )
    can_give_back = fields.Boolean(compute="_compute_effects")
    gives_back = fields.Boolean(compute="_compute_effects")
    can_extend = fields.Boolean(compute="_compute_effects")
    token = fields.Char(
        default=lambda self: str(uuid4()),
        required=True,
        help="Makes a second press of the button cancel nothing more.",
    )

    @api.depends("line_ids")
    def _compute_ordered(self):
        for wizard in self:
            line = wizard.line_ids
            single = len(line) == 1
            wizard.ordered = line.product_uom_qty if single else 0.0
            wizard.can_part = (
                single
                and line.product_uom_qty > 1
                and not (line.combo_item_id or line.product_type == "combo")
            )

    @api.depends("line_ids")
    def _compute_places(self):
        for wizard in self:
            wizard.places = wizard.ordered

    @api.depends("order_id", "line_ids")
    @api.depends_context("lang")
    def _compute_terms(self):
        for wizard in self:
            bookings = (wizard.line_ids or wizard.order_id.order_line).filtered(
                lambda line: line.booking_ok and not line.booking_credit_measure
            )
            terms = dict.fromkeys(line._get_booking_terms_text() for line in bookings)
            wizard.terms = "\n\n".join(terms)

    @api.depends("order_id", "line_ids", "give_all_back", "places", "extend_days")
    @api.depends_context("lang")
    def _compute_effects(self):
        for wizard in self:
            order, lines = wizard.order_id, wizard.line_ids
            sentences = order._get_customer_cancel_effects(
                lines or order.order_line,
                wizard.give_all_back,
                wizard._get_part(),
            )
            if not lines:
                sentences += order._get_sold_credit_effects()
            wizard.gives_back = bool(sentences)
            wizard.can_give_back = wizard.gives_back or not lines
            wizard.effects = "\n".join(sentences)
            paying = (lines or order.order_line)._get_paying_lots()
            extended = paying.filtered("valid_until")
            wizard.can_extend = bool(extended)
            provider = order._get_provider_cancel_effects(lines)
            if extended and wizard.extend_days:
                provider.append(
                    self.env._(
                        "%(lots)s can be used %(days)s days longer.",
                        lots=", ".join(extended.mapped("name")),
                        days=wizard.extend_days,
                    )
                )
            wizard.provider_effects = "\n".join(provider)

    # === Constraints === #

    @api.constrains("order_id", "line_ids")
    def _check_lines(self):
        """Refuse bookings of another order.

        :raise UserError: naming the bookings and the order
        """
        for wizard in self:
            foreign = wizard.line_ids.filtered(
                lambda line, order=wizard.order_id: line.order_id != order
            )
            if foreign:
                raise UserError(
                    self.env._(
                        "%(bookings)s are not on %(order)s: cancel them on their own "
                        "order.",
                        bookings=", ".join(f"“{line.name}”" for line in foreign),
                        order=wizard.order_id.name,
                    )
                )

    # === Actions === #

    def action_cancel_bookings(self):
        """Cancel what the dialog shows.

        :raise AccessError: if somebody below manager sets the terms aside
        :raise UserError: if more is to be cancelled than was booked
        """
        self.ensure_one()
        self.order_id.check_access("write")
        self._check_may_give_all_back()
        self._check_places()
        part = self._get_part()
        self.order_id._cancel_for_customer(
            self.line_ids or self.order_id.order_line,
            give_all_back=self.give_all_back,
            reason=self.reason,
            places=part,
            key=f"cancel:{self.token}" if part else None,
        )
        if not self.line_ids and not self.order_id._has_fee_to_invoice():
            tell(self.order_id, confirmed=True).action_cancel()
        return {"type": "ir.actions.act_window_close"}

    def _check_may_give_all_back(self):
        """Refuse to set the terms aside below manager.

        :raise AccessError: for others
        """
        if self.give_all_back and not self.env.user.has_group(
            "booking_credits.booking_credits_group_manager"
        ):
            raise AccessError(
                self.env._(
                    "Only managers of booking credits may set the cancellation terms "
                    "aside."
                )
            )

    def action_cancel_by_provider(self):
        """Cancel for reasons of ours: the customer loses nothing (S2-03).

        :raise AccessError: for others than the front desk
        :raise UserError: without a reason, or for a part of a line
        """
        self.ensure_one()
        self.order_id.check_access("write")
        self.env["booking.credit.lot"]._check_may("user")
        if not (self.reason or "").strip():
            raise UserError(
                self.env._(
                    "Say why %s is cancelled by us: the customer is told.",
                    self.order_id.name,
                )
            )
        self._check_days()
        if self._get_part():
            raise UserError(
                self.env._(
                    "We cancel all %(number)s places of “%(booking)s”, or let the "
                    "customer cancel some of them.",
                    number=format_units(self.env, self.ordered),
                    booking=self.line_ids.name,
                )
            )
        self.order_id._cancel_by_provider(self.line_ids, self.reason, self.extend_days)
        return {"type": "ir.actions.act_window_close"}

    # === Steps === #

    def _get_part(self):
        """Return how many places are cancelled, or None for all of them."""
        self.ensure_one()
        if not self.can_part or not self.places:
            return None
        return self.places if self.places < self.ordered else None

    def _check_places(self):
        """Refuse more places than were booked, or parts of one.

        :raise UserError: naming the booking and the number
        """
        if not self.can_part:
            return
        whole = float_round(self.places, precision_digits=0)
        if (
            float_compare(self.places, whole, precision_digits=2)
            or not 0 < self.places <= self.ordered
        ):
            raise UserError(
                self.env._(
                    "%(number)s of “%(booking)s” cannot be cancelled: enter a whole "
                    "number from 1 to %(ordered)s.",
                    number=format_units(self.env, self.places),
                    booking=self.line_ids.name,
                    ordered=format_units(self.env, self.ordered),
                )
            )

    def _check_days(self):
        """Refuse days that the user may not add; see ``_check_extend_days``."""
        self.env["booking.credit.lot"]._check_extend_days(
            self.extend_days, self.order_id.company_id
        )
