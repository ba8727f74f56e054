from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..exceptions import InsufficientCreditsError


class BookingCreditPay(models.TransientModel):
    """Shows which credits pay an order, and why; staff may choose otherwise.

    What it shows is what the order's own plan says, and what its button does.
    """

    _name = "booking.credit.pay"
    _inherit = ["booking.credit.dialog"]
    _description = "Pay with Credits"
    _check_company_auto = True

    order_id = fields.Many2one(
        comodel_name="sale.order", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", related_sudo=False)
    currency_id = fields.Many2one(related="order_id.currency_id", related_sudo=False)
    customer_id = fields.Many2one(
        related="order_id.partner_id", related_sudo=False, string="Customer"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Credits Of",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        check_company=True,
        domain="""[
            '|', ('id', '=', customer_id), ('booking_credit_lot_ids', 'any', [
                ('is_open', '=', True), ('code', '=', False),
                ('company_id', '=', company_id)])]""",
    )
    is_other = fields.Boolean(
        compute="_compute_is_other", help="Credits of another customer pay."
    )
    reason = fields.Char(help="Both customers' histories keep it.")
    line_ids = fields.One2many(
        comodel_name="booking.credit.pay.line",
        inverse_name="wizard_id",
        string="What Is Paid",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    lot_ids = fields.One2many(
        comodel_name="booking.credit.pay.lot",
        inverse_name="wizard_id",
        string="With Which Credits",
        compute="_compute_lot_ids",
        store=True,
        readonly=False,
    )
    has_money = fields.Boolean(compute="_compute_amount_max")
    amount_max = fields.Monetary(
        string="At Most",
        compute="_compute_amount_max",
        help="What customer credit can pay of this order.",
    )
    amount = fields.Monetary(
        string="Customer Credit",
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="How much of the order customer credit pays: all of it, or any part.",
    )
    total_text = fields.Text(compute="_compute_total_text")
    pays = fields.Boolean(compute="_compute_total_text")
    refusals = fields.Html(
        string="Why Can't I Use It?", compute="_compute_refusals", sanitize=False
    )
    new_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Add a Session",
        domain="[('booking_ok', '=', True), ('sale_ok', '=', True)]",
        check_company=True,
        help="A service that is not on the order yet.",
    )
    new_start = fields.Datetime(
        string="On", default=lambda self: fields.Datetime.now().replace(second=0)
    )

    @api.depends("order_id")
    def _compute_partner_id(self):
        for wizard in self:
            wizard.partner_id = wizard.order_id.partner_id

    @api.depends("partner_id", "order_id")
    def _compute_is_other(self):
        for wizard in self:
            own = wizard.customer_id | wizard.customer_id.commercial_partner_id
            wizard.is_other = bool(wizard.partner_id) and wizard.partner_id not in own

    @api.depends("order_id")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = [Command.clear()] + [
                Command.create({"order_line_id": line.id})
                for line in wizard.order_id.order_line._get_unpaid_bookings()
            ]

    @api.depends("partner_id", "order_id")
    def _compute_lot_ids(self):
        for wizard in self:
            lots, _refusals = wizard._get_offer()
            wizard.lot_ids = [Command.clear()] + [
                Command.create({"lot_id": lot.id, "sequence": number})
                for number, lot in enumerate(lots)
            ]

    @api.depends("lot_ids.use", "lot_ids.sequence", "line_ids.pay")
    def _compute_amount_max(self):
        for wizard in self:
            everything = wizard.order_id.amount_total
            wizard.amount_max = wizard._plan_amount(everything)
            compare = wizard.currency_id.compare_amounts
            wizard.has_money = compare(wizard.amount_max, 0) > 0

    @api.depends("lot_ids.use", "lot_ids.sequence", "line_ids.pay")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard._plan_amount()

    @api.depends("lot_ids.use", "lot_ids.sequence", "line_ids.pay", "amount")
    @api.depends_context("lang")
    def _compute_total_text(self):
        for wizard in self:
            plan = wizard._get_plan()
            wizard.pays = bool(plan)
            wizard.total_text = "\n".join(wizard._get_total_texts(plan))

    @api.depends("partner_id", "order_id")
    @api.depends_context("lang")
    def _compute_refusals(self):
        for wizard in self:
            _lots, refusals = wizard._get_offer()
            rows = Markup().join(
                Markup("<li><b>%s</b> %s<br/>%s</li>")
                % (
                    lot._get_pack_name(),
                    f"({lot._in_words(lot.expired_quantity or None)})",
                    refusal,
                )
                for lot, refusal in refusals.items()
            )
            wizard.refusals = rows and (
                Markup("<ul class='text-muted mb-0 ps-3'>%s</ul>") % rows
            )

    # === Actions === #

    def action_pay(self):
        """Put what the dialog shows on the order; the confirmation spends it.

        :raise AccessError: for others than the front desk
        :raise InsufficientCreditsError: if nothing can be paid, saying why
        :raise UserError: without a reason for credits of somebody else (S2-24), or for
            an amount that customer credit cannot pay
        """
        self.ensure_one()
        self.env["booking.credit.lot"]._check_may("user")
        order = self.order_id
        order.check_access("write")
        self._check_reason()
        self._check_amount()
        paid = order._pay_with_booking_credits(
            lots=self._get_chosen_lots(),
            lines=self._get_ticked_lines(),
            amount=self._get_amount(),
            reason=self.reason if self.is_other else None,
        )
        if not paid:
            raise InsufficientCreditsError(order._get_booking_credit_refusal())
        return {"type": "ir.actions.act_window_close"}

    def action_add_session(self):
        """Put a service on the order, to be paid here (S3-13).

        :raise UserError: without a service
        """
        self.ensure_one()
        order = self.order_id
        order.check_access("write")
        if not self.new_product_id:
            raise UserError(
                self.env._("Choose the service that %s gets.", order.partner_id.name)
            )
        order.order_line = [Command.create(self._prepare_session_vals())]
        return order.action_open_booking_credit_pay()

    def action_sell_pack(self):
        """Sell a pack instead, and use it for this order at once (S3-09)."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_sell_action"
        )
        return {
            **action,
            "context": {
                "default_partner_id": self.customer_id.id,
                "default_order_id": self.order_id.id,
            },
        }

    # === Steps === #

    def _get_offer(self):
        """Return the lots that can pay, and why the others cannot."""
        self.ensure_one()
        order, partner = self.order_id._origin, self.partner_id._origin
        if not order or not partner:
            return self.env["booking.credit.lot"], {}
        return order._get_booking_credit_offer(partner)

    def _get_plan(self):
        """Return what the choices in this dialog pay; see ``sale.order``."""
        self.ensure_one()
        return self._plan(self._get_amount())

    def _plan(self, amount=None):
        if not self.order_id:
            return []
        return self.order_id._origin._plan_booking_credits(
            self._get_chosen_lots(), self._get_ticked_lines(), amount
        )

    def _plan_amount(self, amount=None):
        """Return what customer credit pays, at most ``amount``; else what is best."""
        self.ensure_one()
        plan = self._plan(amount)
        return float(sum(p.quantity for p in plan if p.measure == "money"))

    def _get_chosen_lots(self):
        """Return the lots that staff chose, in their order; None for the best ones."""
        self.ensure_one()
        rows = self.lot_ids.sorted("sequence")
        chosen = rows.filtered("use").lot_id._origin
        best = chosen.sorted(lambda lot: lot._get_burn_key())
        if not self.is_other and chosen.ids == best.ids and len(chosen) == len(rows):
            return None
        return chosen

    def _is_own_order(self):
        """Return whether staff chose another order of spending than the best one."""
        self.ensure_one()
        chosen = self.lot_ids.sorted("sequence").filtered("use").lot_id._origin
        return chosen.ids != chosen.sorted(lambda lot: lot._get_burn_key()).ids

    def _get_ticked_lines(self):
        """Return the bookings to pay; None for all."""
        self.ensure_one()
        if all(self.line_ids.mapped("pay")):
            return None
        return self.line_ids.filtered("pay").order_line_id._origin

    def _get_amount(self):
        """Return what customer credit pays at most; None for what is best."""
        self.ensure_one()
        best = self._plan_amount()
        same = self.currency_id.compare_amounts(self.amount, best) == 0
        return None if same else self.amount

    def _check_reason(self):
        """Ask why somebody else's credits pay (S2-24).

        :raise UserError: naming both customers
        """
        if self.is_other and not (self.reason or "").strip():
            raise UserError(
                self.env._(
                    "Say why credits of %(owner)s pay for %(customer)s: both histories "
                    "keep it.",
                    owner=self.partner_id.display_name,
                    customer=self.customer_id.display_name,
                )
            )

    def _check_amount(self):
        """Refuse an amount below zero, or more than customer credit can pay (S0-10).

        :raise UserError: naming the amounts
        """
        compare = self.currency_id.compare_amounts
        too_much = compare(self.amount, self.amount_max) > 0
        if compare(self.amount, 0) < 0 or too_much:
            raise UserError(
                self.env._(
                    "Customer credit cannot pay %(amount)s of %(order)s: enter an "
                    "amount from 0 to %(most)s.",
                    amount=self.currency_id.format(self.amount),
                    order=self.order_id.display_name,
                    most=self.currency_id.format(self.amount_max),
                )
            )

    def _prepare_session_vals(self):
        return {
            "product_id": self.new_product_id.id,
            "booking_start": self.new_start,
        }

    def _get_total_texts(self, plan):
        """Say what this costs and what is left: one sentence each."""
        self.ensure_one()
        _ = self.env._
        order = self.order_id._origin
        texts = []
        by_measure = {}
        for payment in plan:
            by_measure.setdefault(payment.measure, []).extend(payment.slices)
        for measure, slices in by_measure.items():
            texts.append(self._get_measure_text(measure, slices, bool(texts)))
        if not plan:
            texts.append(self._get_shortage_text())
        paid = order._get_planned_amounts(plan).values()
        money = [float(p.quantity) for p in plan if p.measure == "money"]
        left = order.currency_id.round(order.amount_total - sum(paid) - sum(money))
        texts.append(
            _("%s is left to pay in money.", order.currency_id.format(left))
            if order.currency_id.compare_amounts(left, 0) > 0
            else _("Nothing is left to pay in money.")
        )
        return texts

    def _get_measure_text(self, measure, slices, more):
        """Write “This costs 170 credits, Anna has 200: 30 left.”

        :param bool more: another measure comes before
        """
        lots = self.lot_ids.filtered("use").lot_id._origin
        lots = lots.filtered(lambda lot: lot.measure == measure)
        units = float(sum(units for _lot, units in slices))
        values = {
            "cost": lots._count_in_words(measure, units),
            "customer": self.partner_id.name or self.partner_id.display_name,
        }
        if any(lot.unlimited for lot, _units in slices):
            return self.env._(
                "This costs %(cost)s; %(customer)s has an unlimited pass.", **values
            )
        has = sum(lots.filtered(lambda lot: not lot.unlimited).mapped("available"))
        values["has"] = lots._get_number_text(measure, has)
        values["left"] = lots._get_number_text(measure, lots._round_units(has - units))
        if measure == "money":
            return self.env._(
                "Customer credit pays %(cost)s, %(customer)s has %(has)s: %(left)s "
                "left.",
                **values,
            )
        if more:
            return self.env._(
                "And %(cost)s, %(customer)s has %(has)s: %(left)s left.", **values
            )
        return self.env._(
            "This costs %(cost)s, %(customer)s has %(has)s: %(left)s left.", **values
        )

    def _get_shortage_text(self):
        """Say that nothing pays, and what to do about it."""
        if not self.line_ids:
            return self.env._(
                "No service on %s is to be paid. Add the one that was given.",
                self.order_id.name,
            )
        if self.lot_ids:
            return self.env._("Nothing is chosen: tick what is paid, and with what.")
        return self.env._(
            "%s has no credits that can pay this: see why below, sell a pack, or take "
            "money.",
            self.partner_id.name or self.partner_id.display_name,
        )
