from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..exceptions import InsufficientCreditsError
from ..words import format_units


class BookingCreditSell(models.TransientModel):
    """Uses the pack that is sold for the visit of today, in one click (S3-09)."""

    _inherit = "booking.credit.sell"

    order_id = fields.Many2one(
        comodel_name="sale.order",
        string="For",
        readonly=True,
        ondelete="cascade",
        help="The quotation whose bookings the pack pays.",
    )
    use_now = fields.Boolean(
        string="Use It for This Visit",
        compute="_compute_use_now",
        store=True,
        readonly=False,
        help="Books the service, and pays it with the new credits.",
    )
    can_use = fields.Boolean(compute="_compute_service_ids")
    service_ids = fields.Many2many(
        comodel_name="product.product",
        string="Services",
        compute="_compute_service_ids",
    )
    service_id = fields.Many2one(
        comodel_name="product.product",
        string="Service",
        compute="_compute_service_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', service_ids)]",
        check_company=True,
    )
    start = fields.Datetime(
        default=lambda self: fields.Datetime.now().replace(second=0)
    )
    use_text = fields.Char(compute="_compute_use_text")
    amount = fields.Monetary(
        string="Of It",
        groups="account.group_account_invoice",
        help="What is paid this way; the rest is paid the other way.",
    )
    rest_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Rest Paid By",
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        check_company=True,
        groups="account.group_account_invoice",
        help="Only when the customer pays in two ways.",
    )

    @api.depends("pack_id", "company_id")
    def _compute_service_ids(self):
        for wizard in self:
            pack = wizard.pack_id
            domain = wizard._get_service_domain()
            wizard.service_ids = self.env["product.product"].search(domain)
            # a gift voucher is used by whoever claims it
            wizard.can_use = bool(pack) and not pack.booking_credit_voucher

    @api.depends("order_id", "can_use")
    def _compute_use_now(self):
        for wizard in self:
            wizard.use_now = bool(wizard.can_use and wizard.order_id)

    @api.depends("service_ids")
    def _compute_service_id(self):
        for wizard in self:
            services = wizard.service_ids
            if wizard.service_id not in services or not wizard.service_id:
                wizard.service_id = services if len(services) == 1 else False

    @api.depends("use_now", "service_id", "pack_id", "quantity", "order_id")
    @api.depends_context("lang")
    def _compute_use_text(self):
        for wizard in self:
            wizard.use_text = wizard.use_now and wizard._get_use_text()

    # === Actions === #

    # === Business verbs === #

    def _use_credits(self, sold):
        """Pay the visit of today with what the order ``sold`` gave.

        It is confirmed if nothing else is to be paid on it.

        :return: the order of the booking
        :raise UserError: while the credits wait for a payment
        :raise InsufficientCreditsError: if they cannot pay it, saying why
        """
        lots = sold.booking_credit_lot_ids
        if not lots:
            raise UserError(
                self.env._(
                    "The credits of %s are there as soon as it is paid: sell the pack, "
                    "take the payment, and use “Pay with Credits”.",
                    sold.name,
                )
            )
        order = self.order_id or self._create_booking()
        if not order._pay_with_booking_credits(lots=lots):
            raise InsufficientCreditsError(self._get_unusable_text(order, lots))
        if order.currency_id.is_zero(order.amount_total):
            order.action_confirm()
        return order

    def _create_booking(self):
        return self.env["sale.order"].create(self._prepare_booking_vals())

    def _pay_rest(self, invoice):
        """Register the second payment, where the customer pays in two ways (S3-10)."""
        if not self.env["account.journal"].has_access("read"):
            return
        if self.rest_journal_id and invoice.amount_residual:
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create({"journal_id": self.rest_journal_id.id})._create_payments()

    # === Steps, for bridges to extend === #

    @api.model
    def _get_pack_for_order(self, pack):
        """Return a pack that pays the bookings of the order; ``pack`` if it does."""
        order = self.env["sale.order"].browse(self.env.context.get("default_order_id"))
        bookings = order.order_line._get_unpaid_bookings()
        if not bookings or self._pays_one(pack, bookings):
            return pack
        domain = [
            *pack._check_company_domain(order.company_id),
            ("booking_credit_pack", "=", True),
            ("sale_ok", "=", True),
        ]
        able = pack.search(domain).filtered(lambda pack: self._pays_one(pack, bookings))
        # a card for this very service rather than a pack for everything
        able = able.sorted(lambda pack: not pack.booking_credit_product_ids)
        return able[:1] or pack

    @api.model
    def _pays_one(self, pack, bookings):
        """Return whether what ``pack`` gives pays one of ``bookings``."""
        if not pack or pack.booking_credit_voucher:
            return False
        measure = pack.booking_credit_measure
        paid = bookings.filtered(
            lambda line: line.product_id.filtered_domain(self._get_scope_domain(pack))
        )
        return any(
            pack.booking_credit_unlimited
            or measure == "money"
            or line._get_booking_cost(measure) <= pack.booking_credit_quantity
            for line in paid
        )

    def _get_unusable_text(self, order, lots):
        """Say why the new credits pay no booking of ``order``."""
        today = order.company_id._booking_credit_today()
        sentences = [
            lot._get_refusal(line.product_id, today, line.booking_start)
            or lot._get_short_refusal(
                line.product_id, line._get_booking_cost(lot.measure)
            )
            for line in order.order_line._get_unpaid_bookings()
            for lot in lots
        ]
        return "\n".join(dict.fromkeys(sentences)) or self.env._(
            "No booking on %s is to be paid.", order.display_name
        )

    def _get_service_domain(self):
        """Return the domain of the services that the chosen pack pays."""
        domain = Domain("booking_ok", "=", True) & Domain("sale_ok", "=", True)
        domain &= Domain(
            self.env["product.product"]._check_company_domain(self.company_id)
        )
        return domain & self._get_scope_domain(self.pack_id)

    @api.model
    def _get_scope_domain(self, pack):
        """Return the domain of the products that ``pack`` is limited to."""
        services = pack.booking_credit_product_ids
        categories = pack.booking_credit_categ_ids
        if not services and not categories:
            return Domain.TRUE
        return Domain("product_tmpl_id", "in", services.ids) | Domain(
            "categ_id", "child_of", categories.ids
        )

    def _prepare_booking_vals(self):
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "order_line": [
                Command.create(
                    {"product_id": self.service_id.id, "booking_start": self.start}
                )
            ],
        }

    def _get_use_text(self):
        """Write “10 sessions are sold, 1 session is used now: 9 sessions left.”"""
        self.ensure_one()
        pack = self.pack_id
        lots = self.env["booking.credit.lot"].new({"company_id": self.company_id.id})
        measure = pack.booking_credit_measure
        if not self.service_id or self.order_id or measure == "money":
            return False
        cost = 1.0 if measure == "session" else self.service_id.booking_credit_price
        given = pack.booking_credit_quantity * self.quantity
        values = {
            "given": lots._count_in_words(measure, given),
            "cost": lots._count_in_words(measure, cost),
        }
        if pack.booking_credit_unlimited:
            return self.env._("%(cost)s used now, unlimited.", **values)
        left = lots._count_in_words(measure, given - cost)
        if given < cost:
            return self.env._(
                "%(given)s sold, this service costs %(cost)s: choose a larger pack.",
                **values,
            )
        return self.env._(
            "%(given)s sold, %(cost)s used now: %(left)s left.", left=left, **values
        )

    def _check_customer(self):
        """Credits belong to somebody: no customer, no sale (S3-08).

        :raise UserError: naming the pack
        """
        for wizard in self.filtered(lambda wizard: not wizard.partner_id):
            raise UserError(
                self.env._(
                    "Choose the customer first: “%(pack)s” is sold in somebody's name, "
                    "who then owns its %(number)s credits.",
                    pack=wizard.pack_id.display_name,
                    number=format_units(
                        self.env, wizard.pack_id.booking_credit_quantity
                    ),
                )
            )

    def _check_service(self):
        """Check that there is something to use the pack for.

        :raise UserError: naming the pack and the remedy
        """
        for wizard in self.filtered("use_now"):
            if wizard.order_id or (wizard.can_use and wizard.service_id):
                continue
            raise UserError(
                self.env._(
                    "Choose the service for which “%(pack)s” is used now, or untick "
                    "“Use It for This Visit”.",
                    pack=wizard.pack_id.display_name,
                )
            )

    @api.constrains("amount", "rest_journal_id", "pack_id", "quantity")
    def _check_amount(self):
        """Two payments: the first is above zero (S3-10)."""
        for wizard in self.sudo().filtered("rest_journal_id"):
            if wizard.currency_id.compare_amounts(wizard.amount, 0) <= 0:
                raise UserError(
                    self.env._(
                        "%(amount)s of “%(pack)s” cannot be paid first: enter the "
                        "amount above zero, the rest is paid by %(journal)s.",
                        amount=wizard.currency_id.format(wizard.amount),
                        pack=wizard.pack_id.display_name,
                        journal=wizard.rest_journal_id.display_name,
                    )
                )
