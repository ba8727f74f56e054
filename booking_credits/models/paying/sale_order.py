from odoo import api, fields, models

from ...const import CREDIT_GROUPS
from ...inside import check_guarded, tell
from .sale_order_guard import SETTLED


class SaleOrder(models.Model):
    """Shows staff what to mind about the customer (S3-21)."""

    _inherit = "sale.order"

    booking_credit_spent_text = fields.Char(
        string="Paid with Credits", compute="_compute_booking_credit_spent_text"
    )
    booking_credit_summary = fields.Char(
        related="partner_id.booking_credit_summary",
        string="Customer's Credits",
        groups="booking_credits.booking_credits_group_user",
    )
    booking_credit_payable = fields.Boolean(
        compute="_compute_booking_credit_payable",
        help="At least one booking of this quotation is not paid with credits yet.",
    )
    booking_credit_lot_ids = fields.Many2many(
        comodel_name="booking.credit.lot",
        string="Credits Sold",
        compute="_compute_booking_credit_lot_ids",
        groups=CREDIT_GROUPS,
    )
    booking_credit_lot_count = fields.Integer(
        compute="_compute_booking_credit_lot_ids", groups=CREDIT_GROUPS
    )

    booking_credit_comment = fields.Char(
        related="partner_id.booking_credit_comment",
        string="Staff Comment",
        groups="base.group_user",
    )

    @api.depends("order_line.booking_credit_quantity")
    @api.depends_context("lang")
    def _compute_booking_credit_spent_text(self):
        lot = self.env["booking.credit.lot"]
        for order in self:
            lines = order.order_line._get_credit_lines()
            in_words = lot.new({"company_id": order.company_id.id})._count_in_words
            order.booking_credit_spent_text = ", ".join(
                in_words(measure, sum(part.mapped("booking_credit_quantity")))
                for measure, part in lines.grouped("booking_credit_measure").items()
            )

    @api.depends("state", "order_line.product_id", "order_line.booking_credit_line_ids")
    def _compute_booking_credit_payable(self):
        for order in self:
            order.booking_credit_payable = order.state in ("draft", "sent") and any(
                line._get_booking_unpaid_quantity() > 0 for line in order.order_line
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `sale`: orders begin as quotations, and ask what the rules say.

        :raise AccessError: naming the field that only a verb writes
        """
        check_guarded(self.browse(), vals_list)
        orders = super(SaleOrder, tell(self, ask_later=True)).create(vals_list)
        orders = orders.with_env(self.env)
        orders._sync_booking_prepayment()
        orders._check_state_by_verb(
            orders.filtered(lambda order: order.state in SETTLED)
        )
        return orders

    def write(self, vals):
        """Override of `sale`: verbs change the state, and credits follow the rest.

        :raise AccessError: naming the field that only a verb writes
        :raise UserError: if credits were sold to the old customer, or customer credit
            has paid, naming the order and the remedy
        :raise InsufficientCreditsError: if the new customer's credits do not do
        """
        check_guarded(self, [vals])
        self._check_new_state(vals)
        orders = self._ask_later(vals)
        paid = orders._leave_customer(vals)
        res = super(SaleOrder, orders._cap_later(vals)).write(vals)
        orders._cap_changed_money(vals)
        orders._pay_as_new_customer(paid)
        self._sync_changed_prepayment(vals)
        self._check_changed_credit_lines(vals)
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_post_pending_credits(self):
        self.order_line._unlink_post_pending_credits()

    # === Actions === #

    def action_confirm(self):
        """Override of `sale`: what is confirmed keeps the rules, and is paid.

        :raise ValidationError: naming product, order, number and remedy
        :raise UnpaidBookingError: naming bookings, amount and remedy
        :raise InsufficientCreditsError: naming bookings that credits must pay
        """
        self.order_line._check_booking_rules()
        self.order_line._check_credit_lines_true()
        self._check_booking_paid()
        self._check_credit_only()
        # what is spent is settled from here on: see _is_credit_line_agreed
        self.order_line.mapped("booking_credit_quantity")
        self._cap_money_lines()
        return super(SaleOrder, tell(self, state_verb=True)).action_confirm()

    def _action_confirm(self):
        """Override of `sale` to spend the credits, in the same transaction.

        The limits of packs are kept before anything is spent.
        """
        self._check_pack_limits()
        self.order_line._sync_pack_stock()
        self.partner_id._forget_packs_bought()
        res = super()._action_confirm()
        self.order_line._book()
        return res

    def _action_cancel(self):
        """Override of `sale` to give credits back, and to take sold ones back."""
        orders = tell(self, state_verb=True)
        orders._release_booking_credits()
        for order in orders.filtered(lambda order: order.state == "sale"):
            order._revoke_sold_booking_credits()
            order.order_line._cancel_booking()
        res = super(SaleOrder, orders)._action_cancel()
        self.order_line._sync_pack_stock()
        self.partner_id._forget_packs_bought()
        return res

    def action_draft(self):
        """Override of `sale` to let cancelled bookings be booked again."""
        res = super(SaleOrder, tell(self, state_verb=True)).action_draft()
        self.order_line.filtered("booking_cancel_date")._write_cancelled(False, False)
        return res

    def _create_invoices(self, grouped=False, final=False, date=None):
        """Override of `sale`: discounts for given money, and their share for packs."""
        moves = super()._create_invoices(grouped=grouped, final=final, date=date)
        # sudo: who sells need not edit invoices.
        invoices = moves.sudo().filtered(lambda move: move.move_type == "out_invoice")
        for invoice in invoices:
            for order in invoice.invoice_line_ids.sale_line_ids.order_id:
                order._discount_given_money(invoice)
        invoices.invoice_line_ids._share_discounts_with_packs()
        return moves

    def _get_copiable_order_lines(self):
        """Override of `sale`: a copy is paid anew."""
        lines = super()._get_copiable_order_lines()
        return lines - lines._get_credit_lines()
