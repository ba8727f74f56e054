from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..const import CREDIT_GROUPS, CREDIT_LINE_FIELDS
from ..exceptions import CreditsMovedError, InsufficientCreditsError
from ..inside import check_guarded, tell, tell_fields, told
from ..words import format_units
from .sale_order_guard import SETTLED

#: how long packs and credits wait for a payment that was begun
RESERVATION = timedelta(hours=1)

#: payments in these states may still succeed, or have
ALIVE = ("pending", "authorized", "done")


class SaleOrder(models.Model):
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
    booking_credit_moved = fields.Boolean(
        compute="_compute_booking_credit_moved",
        help="Cancelling this order gives credits back, or takes sold ones back.",
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

    @api.depends("state", "booking_credit_spent_text", "booking_credit_lot_ids")
    def _compute_booking_credit_moved(self):
        for order in self:
            order.booking_credit_moved = order.state == "sale" and bool(
                order.booking_credit_spent_text
                or order.sudo().booking_credit_lot_ids
                or order.order_line._get_bookings_invoiced()
                or order._has_money_at_stake()
            )

    @api.depends("order_line.invoice_lines.booking_credit_source_lot_ids")
    def _compute_booking_credit_lot_ids(self):
        for order in self:
            # sudo: who sells need not read invoices.
            lines = order.sudo().order_line.invoice_lines
            lots = lines.booking_credit_source_lot_ids
            lots = (lots | lots.bonus_lot_ids).with_env(self.env)
            order.booking_credit_lot_ids = lots
            order.booking_credit_lot_count = len(lots)

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

    def action_booking_credit_pay(self):
        """Pay the bookings of this quotation with the customer's credits (S1-03).

        :raise InsufficientCreditsError: if not one booking can be paid, saying what
            is missing and why each lot is refused
        """
        self.ensure_one()
        self.check_access("write")
        lines = self._pay_with_booking_credits()
        if not lines:
            raise InsufficientCreditsError(self._get_booking_credit_refusal())

    def action_booking_credit_unpay(self):
        """Take the credit lines off this quotation."""
        self.ensure_one()
        if self.state not in ("draft", "sent"):
            raise UserError(
                self.env._(
                    "%s is confirmed: cancel its bookings to give credits back.",
                    self.name,
                )
            )
        self.order_line._get_credit_lines().unlink()

    def action_view_booking_credits(self):
        """Open the credits that this order sold."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_lot_action"
        )
        return {**action, "domain": [("id", "in", self.booking_credit_lot_ids.ids)]}

    def action_cancel(self):
        """Override of `sale` to show first what the cancellation does to credits."""
        if told(self, "confirmed") or len(self) != 1:
            return super().action_cancel()
        self._get_revocable_booking_credits()
        if self.locked or not (
            self._get_booking_credit_effects()
            or self.order_line._get_bookings_invoiced()
            or self._has_money_at_stake()
        ):
            return super().action_cancel()
        return self.order_line._open_booking_cancel(self)

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

    # === Business verbs === #

    def _pay_with_booking_credits(
        self, lots=None, lines=None, amount=None, reason=None
    ):
        """Add the credit lines that pay this quotation's bookings.

        Only whole bookings are paid. Nothing is spent before the confirmation.

        :param lots: the lots to use, in this order; the best ones when not given
        :param lines: the bookings to pay; all when not given
        :param float amount: what customer credit pays at most, in the order's
            currency; all that it can when not given
        :param str reason: why credits of another customer pay (S2-24)
        :return: the new ``sale.order.line`` records
        """
        self.ensure_one()
        if lots:
            lots._check_claimed()
            self._check_lots_of_company(lots)
        usable = self._get_usable_booking_lots() if lots is None else lots
        credit_lines = tell_fields(self.env["sale.order.line"], *CREDIT_LINE_FIELDS)
        for payment in self._plan_bookings(usable, lines):
            # a menu is paid with all that belongs to it
            for paid_line in payment.line._get_menu_lines():
                vals = paid_line._prepare_booking_credit_line_vals(
                    payment.measure, float(payment.quantity)
                )
                if lots is not None:
                    vals |= credit_lines._prepare_chosen_vals(payment, reason)
                credit_lines |= credit_lines.create(vals)
        # what is left after them, to the cent
        for payment in self._plan_money(usable, {}, lines, amount):
            vals = self._prepare_money_credit_line_vals(float(payment.quantity))
            if lots is not None:
                vals |= credit_lines._prepare_chosen_vals(payment, reason)
            credit_lines |= credit_lines.create(vals)
        return credit_lines.with_env(self.env)

    def _get_usable_booking_lots(self):
        """Return the customer's lots that can be used today, in burn order.

        Given money does not buy credits.
        """
        self.ensure_one()
        return self._filter_money_for_packs(
            self.env["booking.credit.lot"]._get_usable_lots(
                self.partner_id, self.company_id
            )
        )

    def _plan_money_payment(self, lots, planned=None):
        """Return what the money among ``lots`` pays of this order, in its currency.

        Only what is left when bookings are paid with credits and sessions.

        :param dict planned: what is paid otherwise by line, in the order's currency
        """
        self.ensure_one()
        if any(line.booking_credit_measure == "money" for line in self.order_line):
            return 0.0
        planned = planned or {}
        money = self._filter_money_for_packs(lots)
        money = money.filtered(lambda lot: lot.measure == "money")
        available = self.company_id.currency_id._convert(
            float(sum(self._share_money(money, planned).values(), Decimal(0))),
            self.currency_id,
            self.company_id,
            self.date_order or fields.Date.today(),
        )
        left = self.currency_id.round(self.amount_total - sum(planned.values()))
        return max(min(available, left), 0.0)

    def _get_booking_credit_rate(self):
        """Return the order's currency for one unit of company currency, today."""
        self.ensure_one()
        return self.env["res.currency"]._get_conversion_rate(
            self.company_id.currency_id,
            self.currency_id,
            self.company_id,
            self.date_order or fields.Date.today(),
        )

    def _prepare_money_credit_line_vals(self, amount, lots=None):
        product = self.env.ref("booking_credits.product_credit_payment")
        chosen = (lots or self.env["booking.credit.lot"]).filtered(
            lambda lot: lot.measure == "money"
        )
        return {
            "order_id": self.id,
            "product_id": product.id,
            "product_uom_qty": 1.0,
            "price_unit": -amount,
            "booking_credit_rate": self._get_booking_credit_rate(),
            "tax_ids": [Command.clear()],
            "booking_credit_measure": "money",
            "booking_credit_lot_ids": [Command.set(chosen.ids)],
            "sequence": max(self.order_line.mapped("sequence"), default=10) + 1,
        }

    def _revoke_sold_booking_credits(self):
        """Take back the credits that this order sold, with a credit note (S2-16).

        :raise CreditsMovedError: if some of them were used (S2-17)
        """
        lines = self._get_revocable_booking_credits()
        for invoice, sold in lines.grouped("move_id").items():
            self._reverse_sold_packs(invoice, sold)

    def _get_revocable_booking_credits(self):
        """Return the invoice lines whose credits go when this order is cancelled.

        :raise CreditsMovedError: if some of the credits were used (S2-17)
        """
        self.ensure_one()
        # sudo: who cancels orders need not read invoices.
        lines = self.sudo().order_line.invoice_lines.filtered(
            lambda line: line.booking_credit_source_lot_ids.filtered("is_open")
            or line.booking_credit_source_lot_ids.entry_ids.filtered(
                # used, or given away: both are gone from here
                lambda entry: entry.type in ("redeem", "transfer") and entry.quantity
            )
        )
        lots = lines.booking_credit_source_lot_ids
        for lot in lots | lots.bonus_lot_ids:
            # the balance of an unlimited lot counts its uses below zero
            used = lot._compare_units(
                lot.balance if lot.unlimited else lot.available, lot.granted
            )
            if used < 0:
                raise CreditsMovedError(
                    self.env._(
                        "%(order)s cannot be cancelled: of the %(granted)s credits of "
                        "%(lot)s only %(available)s are unused. %(uses)s. Refund what "
                        "is unused with a credit note.",
                        order=self.name,
                        granted=format_units(self.env, lot.granted),
                        lot=lot.name,
                        available=format_units(self.env, lot.available),
                        uses=lot._get_uses_text(),
                    )
                )
        return lines

    # === Jobs === #

    @api.model
    def _cron_release_given_up(self):
        """Free what waits for the payment of quotations that was given up."""
        self.env["booking.credit.job"]._run(
            "free what waits for a payment",
            [
                (order.company_id, order._release_given_up)
                for order in self._get_waiting_for_payment().sorted("id")
            ],
        )

    def _release_given_up(self):
        """Free what waits for the payment of this quotation, if that was given up.

        :return: this order, or none
        """
        self.ensure_one()
        if not self._is_payment_given_up():
            return self.browse()
        self._release_waiting()
        return self

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _get_waiting_for_payment(self):
        """Return the quotations for which packs or credits are set aside."""
        return self._get_waiting_with_credits() | self._get_waiting_with_packs()

    def _release_waiting(self):
        """Free what is set aside for this quotation."""
        self._release_booking_credits()
        self.order_line._give_back_pack_stock()

    def _is_payment_given_up(self):
        """Return whether no payment of this quotation can be expected any more."""
        self.ensure_one()
        begun_after = fields.Datetime.now() - RESERVATION
        return not self.transaction_ids.filtered(
            lambda tx: tx.state in ALIVE
            or (tx.state == "draft" and tx.create_date > begun_after)
        )

    def _reverse_sold_packs(self, invoice, lines):
        """Post a credit note for ``lines`` of ``invoice``; that takes credits back."""
        refund = invoice._reverse_moves(
            [
                {
                    "ref": self.env._("Cancellation of %s", self.name),
                    "invoice_date": self.company_id._booking_credit_today(),
                }
            ]
        )
        refund.invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
            and not line.sale_line_ids & lines.sale_line_ids
        ).unlink()
        refund._post(soft=False)
        (invoice | refund)._match_open_receivables()
        return refund

    def _check_lots_of_company(self, lots):
        """Refuse credits of another company: they are owed by that one.

        :raise UserError: naming the lots, the companies and the remedy
        """
        foreign = lots.filtered(lambda lot: lot.company_id != self.company_id)
        if foreign:
            raise UserError(
                self.env._(
                    "%(lots)s of %(other)s cannot pay %(order)s of %(company)s. Choose "
                    "credits of that company.",
                    lots=", ".join(foreign.mapped("name")),
                    other=", ".join(foreign.company_id.mapped("name")),
                    order=self.name,
                    company=self.company_id.name,
                )
            )

    def _get_booking_credit_effects(self, give_all_back=False):
        """Say what cancelling this order does to credits (S2-22).

        :param bool give_all_back: set the cancellation terms aside
        :return: one sentence for each effect
        """
        self.ensure_one()
        if self.state != "sale":
            return []
        effects = [
            line._get_booking_cancel_text(give_all_back)
            for line in self.order_line
            if line._get_booking_spent_entries()
        ]
        return effects + self._get_sold_credit_effects()

    def _get_sold_credit_effects(self):
        """Say which sold credits are taken back when this order is cancelled."""
        self.ensure_one()
        return [
            self.env._(
                "%(credits)s of %(customer)s are taken back (%(lot)s).",
                credits=lot._in_words(),
                customer=lot.partner_id.display_name,
                lot=lot.name,
            )
            # sudo: who cancels is told, also without reading credits.
            for lot in self.sudo().booking_credit_lot_ids.filtered("is_open")
        ]

    def _get_booking_credit_refusal(self, lines=None):
        """Say why credits cannot pay ``lines`` of this quotation, lot by lot."""
        self.ensure_one()
        _ = self.env._
        lines = lines or self.order_line.filtered(
            lambda line: line._get_booking_unpaid_quantity() > 0
        )
        if not lines:
            return _("Nothing on %s is to be paid with credits.", self.name)
        today = self.company_id._booking_credit_today()
        owners = self.partner_id | self.partner_id.commercial_partner_id
        lots = (
            self.env["booking.credit.lot"]
            .search(
                [
                    ("partner_id", "in", owners.ids),
                    ("company_id", "=", self.company_id.id),
                ]
            )
            .filtered(lambda lot: lot.state != "used")
        )
        sentences = []
        for line in lines:
            cost = line._get_booking_cost("credit")
            usable = line._get_booking_usable_lots()
            usable = usable.filtered(lambda lot: lot.measure == "credit")
            available = sum((Decimal(str(lot.available)) for lot in usable), Decimal(0))
            if cost > available:
                sentences.append(
                    _(
                        "“%(service)s” costs %(cost)s credits and %(customer)s has "
                        "%(available)s that can be used: %(missing)s are missing.",
                        service=line.product_id.display_name,
                        cost=format_units(self.env, cost),
                        customer=self.partner_id.display_name,
                        available=format_units(self.env, available),
                        missing=format_units(self.env, cost - available),
                    )
                )
            sentences += [
                reason
                for lot in lots
                if (
                    reason := lot._get_refusal(
                        line.product_id,
                        today,
                        line.booking_start,
                        line._count_as_bookings(line.product_uom_qty),
                    )
                )
            ]
        sentences.append(
            _("Buy a pack, or pay in money.")
            if self.env.user.share
            else _("Sell a pack, or let the customer pay in money.")
        )
        return "\n".join(dict.fromkeys(sentences))
