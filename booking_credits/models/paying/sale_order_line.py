from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare, float_is_zero, format_datetime

from ...const import CREDIT_GROUPS, MEASURES
from ...inside import told
from ...line_change import LineChange
from ...words import format_units


class SaleOrderLine(models.Model):
    """A booking, or a credit line that pays one.

    A credit line of credits or sessions mirrors the line that it pays: same discount,
    taxes and quantity, and the opposite price. So what is left to pay in money is
    exact, without rounding. A credit line of money takes an amount off the order. No
    credit line ever reaches an invoice.
    """

    _inherit = "sale.order.line"

    #: fields that decide money, credits or terms, and the verb that changes each
    _booking_guarded = {
        "booking_policy": "_keep_booking_terms",
        "booking_credit_price_agreed": "_keep_booking_terms",
        "booking_cancel_date": "_note_cancelled",
        "booking_cancel_by": "_note_cancelled",
        "booking_forgiven_on": "_note_forgiven",
        "booking_kept_quantity": "_cancel_by_terms",
        "booking_credit_paid_line_id": "_pay_with_booking_credits",
        "booking_credit_measure": "_pay_with_booking_credits",
        "booking_credit_quantity": "_pay_with_booking_credits",
        "booking_credit_rate": "_pay_with_booking_credits",
        "booking_credit_lot_ids": "_pay_with_booking_credits",
        "booking_credit_lot_order": "_pay_with_booking_credits",
        "booking_credit_reason": "_pay_with_booking_credits",
        "booking_credit_stock_taken": "_sync_pack_stock",
    }

    # --- a booking
    booking_ok = fields.Boolean(related="product_id.booking_ok")
    booking_start = fields.Datetime(string="Start", copy=False)
    booking_end = fields.Datetime(
        string="End",
        compute="_compute_booking_end",
        store=True,
        readonly=False,
        copy=False,
        help="When the service has been delivered; its revenue is posted then.",
    )
    booking_credit_price = fields.Float(
        string="In Credits",
        digits="Booking Credits",
        compute="_compute_booking_credit_price",
        help="Credits that one of the product's units costs here.",
    )
    booking_credit_price_agreed = fields.Float(
        string="Agreed Price in Credits",
        digits="Booking Credits",
        readonly=True,
        copy=False,
        help="Credits that one of the product's units cost when the booking was made.",
    )
    booking_cancel_date = fields.Datetime(
        string="Cancelled On", readonly=True, copy=False
    )
    booking_policy = fields.Json(
        string="Cancellation Terms",
        readonly=True,
        copy=False,
        help="The terms agreed when the booking was made.",
    )
    booking_credit_line_ids = fields.One2many(
        comodel_name="sale.order.line",
        inverse_name="booking_credit_paid_line_id",
        string="Credit Lines",
        copy=False,
    )

    # --- a credit line
    booking_credit_paid_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Pays",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="cascade",
        help="The booking that this line pays with credits.",
    )
    booking_credit_measure = fields.Selection(
        selection=MEASURES,
        string="Pays in",
        readonly=True,
        copy=False,
        help="Set on credit lines only.",
    )
    booking_credit_lot_ids = fields.Many2many(
        comodel_name="booking.credit.lot",
        string="Pay With",
        copy=False,
        check_company=True,
        groups=CREDIT_GROUPS,
        help="The credits that staff chose; empty: the best ones.",
    )
    booking_credit_quantity = fields.Float(
        string="Credits",
        digits="Booking Credits",
        compute="_compute_booking_credit_quantity",
        store=True,
        precompute=True,
        help="Credits that this line spends, as agreed at the confirmation.",
    )

    # --- a pack
    booking_credit_beneficiary_id = fields.Many2one(
        comodel_name="res.partner",
        string="Credits For",
        copy=False,
        index="btree_not_null",
        help="Who receives the credits of this pack; empty: the customer.",
    )
    booking_voucher_to = fields.Char(
        string="Voucher For", copy=False, help="Name printed on the gift voucher."
    )
    booking_voucher_message = fields.Text(
        string="Voucher Message", copy=False, help="Printed on the gift voucher."
    )

    price_unit = fields.Float(recursive=True)
    discount = fields.Float(recursive=True)
    tax_ids = fields.Many2many(recursive=True)

    _booking_dates_ordered = models.Constraint(
        "CHECK(booking_end IS NULL OR booking_start IS NULL "
        "OR booking_end >= booking_start)",
        "A booking cannot end before it starts.",
    )

    # === Computes === #

    @api.depends("product_id.booking_credit_price")
    def _compute_booking_credit_price(self):
        for line in self:
            line.booking_credit_price = line.product_id.booking_credit_price

    @api.depends("booking_start", "product_id")
    def _compute_booking_end(self):
        for line in self:
            hours = line.product_id.booking_duration if line.product_id else 0.0
            line.booking_end = line.booking_start and (
                line.booking_start + relativedelta(minutes=round(hours * 60))
            )

    @api.depends(
        "product_uom_qty",
        "booking_credit_measure",
        "booking_credit_paid_line_id.product_uom_id",
        "booking_credit_paid_line_id.booking_credit_price",
        "price_unit",
        "booking_credit_rate",
        "state",
    )
    def _compute_booking_credit_quantity(self):
        for line in self:
            if line._is_credit_line_agreed():
                continue
            paid_line = line.booking_credit_paid_line_id
            if line.booking_credit_measure == "money":
                line.booking_credit_quantity = line._get_money_paid()
            elif not paid_line or paid_line.combo_item_id:
                # what belongs to a menu is paid with the menu
                line.booking_credit_quantity = 0.0
            else:
                cost = paid_line._get_booking_cost(line.booking_credit_measure)
                line.booking_credit_quantity = float(
                    cost * Decimal(str(line.product_uom_qty))
                )

    def _compute_name(self):
        """Override of `sale` to say what a credit line spends.

        Depends on nothing more than there: a name that somebody typed on another line
        would be lost. ``_set_credit_line_names`` keeps those of credit lines true.
        """
        credit_lines = self._get_credit_lines()
        super(SaleOrderLine, self - credit_lines)._compute_name()
        credit_lines.filtered(
            lambda line: not line.name or not line._is_credit_line_agreed()
        )._set_credit_line_names()

    def _set_credit_line_names(self):
        for line in self:
            translated = line.with_context(lang=line.order_id._get_lang())
            name = translated._get_booking_credit_line_name()
            if line.name != name:
                line.name = name

    @api.depends("booking_credit_paid_line_id.price_unit")
    def _compute_price_unit(self):
        """Override of `sale` to mirror the price of the booking."""
        credit_lines = self._get_credit_lines()
        super(SaleOrderLine, self - credit_lines)._compute_price_unit()
        for line in credit_lines.filtered("booking_credit_paid_line_id"):
            price = -line.booking_credit_paid_line_id.price_unit
            line.update({"price_unit": price, "technical_price_unit": price})

    @api.depends("booking_credit_paid_line_id.discount")
    def _compute_discount(self):
        """Override of `sale` to mirror the discount of the booking."""
        credit_lines = self._get_credit_lines()
        super(SaleOrderLine, self - credit_lines)._compute_discount()
        for line in credit_lines:
            line.discount = line.booking_credit_paid_line_id.discount

    @api.depends("booking_credit_paid_line_id.tax_ids")
    def _compute_tax_ids(self):
        """Override of `sale` to mirror taxes, and to sell packs taxed at use without."""
        credit_lines = self._get_credit_lines()
        untaxed = (self - credit_lines).filtered(
            lambda line: line.product_id.product_tmpl_id._is_taxed_at_use()
        )
        super(SaleOrderLine, self - credit_lines - untaxed)._compute_tax_ids()
        for line in credit_lines:
            line.tax_ids = line.booking_credit_paid_line_id.tax_ids
        untaxed.tax_ids = False

    def _compute_analytic_distribution(self):
        """Override of `sale`: a credit line is never posted."""
        credit_lines = self._get_credit_lines()
        super(SaleOrderLine, self - credit_lines)._compute_analytic_distribution()
        credit_lines.analytic_distribution = False

    @api.depends(
        "booking_credit_line_ids.product_uom_qty",
        "booking_cancel_date",
        "booking_kept_quantity",
    )
    def _compute_qty_to_invoice(self):
        """Override of `sale`: neither what credits pay nor what is cancelled.

        What is kept of a cancelled booking is to be invoiced.
        """
        super()._compute_qty_to_invoice()
        for line in self:
            paid = sum(line.booking_credit_line_ids.mapped("product_uom_qty"))
            if line.booking_kept_quantity and line.state == "sale":
                due = line._get_standing_quantity(paid) + line.booking_kept_quantity
                line.qty_to_invoice = max(due - line.qty_invoiced, 0.0)
            elif line.booking_credit_measure or line.booking_cancel_date:
                line.qty_to_invoice = 0.0
            elif paid and line.qty_to_invoice > 0:
                line.qty_to_invoice = max(line.qty_to_invoice - paid, 0.0)

    def _get_standing_quantity(self, paid):
        """Return what is to be invoiced of a booking that lost places, but its fee."""
        if self.booking_cancel_date:
            return 0.0
        ordered = self.product_uom_qty
        if self.product_id.invoice_policy != "order":
            ordered = self.qty_delivered
        return max(ordered - paid, 0.0)

    @api.depends(
        "booking_credit_line_ids.product_uom_qty",
        "booking_cancel_date",
        "booking_kept_quantity",
    )
    def _compute_invoice_status(self):
        """Override of `sale`: what credits pay, or is cancelled, counts as invoiced.

        A fee in money is to be invoiced.
        """
        super()._compute_invoice_status()
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        for line in self.filtered(lambda line: line.state == "sale"):
            due = not float_is_zero(line.qty_to_invoice, digits)
            if line.booking_kept_quantity and due:
                line.invoice_status = "to invoice"
            elif line.booking_cancel_date or line._is_paid_with_booking_credits():
                line.invoice_status = "invoiced"

    # === Constraints === #

    @api.constrains("booking_credit_paid_line_id", "product_uom_qty")
    def _check_booking_credit_line(self):
        for line in self.filtered("booking_credit_paid_line_id"):
            paid_line = line.booking_credit_paid_line_id
            paid = sum(paid_line.booking_credit_line_ids.mapped("product_uom_qty"))
            digits = self.env["decimal.precision"].precision_get("Product Unit")
            if (
                line.order_id != paid_line.order_id
                or float_compare(paid, paid_line.product_uom_qty, digits) > 0
            ):
                raise ValidationError(
                    self.env._(
                        "Credits pay %(paid)s × “%(service)s” on %(order)s, but only "
                        "%(ordered)s are ordered.",
                        paid=format_units(self.env, paid),
                        service=paid_line.product_id.display_name,
                        order=paid_line.order_id.display_name,
                        ordered=format_units(self.env, paid_line.product_uom_qty),
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `sale`: what a new line sells, books or pays follows the rules.

        :raise AccessError: naming the field that only a verb writes
        :raise UserError: naming the value, or what does not fit, and the remedy
        """
        self._check_new_values(vals_list)
        lines = super().create(vals_list)
        lines._keep_pack_limits()
        lines._place_new_credit_lines()
        lines._get_credit_lines()._check_credit_line_editable()
        lines._cap_money_of_order()
        lines.order_id._sync_booking_prepayment()
        lines._check_added_to_confirmed()
        lines._check_credit_lines_true()
        return lines

    def write(self, vals):
        """Override of `sale`: a booking, what pays it and what it sells change together.

        :raise AccessError: naming the field that only a verb writes
        :raise UserError: naming the value, or what does not fit, and the remedy
        :raise InsufficientCreditsError: if credits cannot pay the changed booking
        """
        change = LineChange(vals)
        lines = self._drop_mirrored_discounts(change)
        lines._check_new_change(change)
        lines = lines._give_back_for_change(change)
        lines._check_credit_lines_kept(change)
        lines._note_terms_before(change)
        lines._give_back_exchanged_packs(change)
        lines._shrink_credit_lines(change)
        lines._check_new_start(change)
        res = super(SaleOrderLine, lines).write(vals)
        lines._name_changed_credit_lines(change)
        lines._keep_limits_of_change(change)
        lines._keep_terms_of_moves(change)
        lines._cap_changed_money(change)
        self._pay_changed_bookings(change)
        self._sync_changed_prepayment(change)
        self._check_changed_credit_lines(change)
        return res

    def unlink(self):
        """Override of `sale`: what is paid, and asked before, follows what is left."""
        orders = self.order_id
        res = super().unlink()
        left = orders.exists()
        if not told(self, "cap_later"):
            left._cap_money_lines()
        left._sync_booking_prepayment()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_post_pending_credits(self):
        """Post what waits for these lines: account and taxes are read from them."""
        # sudo: who deletes quotations need not read the ledger.
        entries = self.env["booking.credit.entry"].sudo()
        pending = entries.search(
            [
                ("operation_id.order_line_id", "in", self.ids),
                ("posting_state", "=", "pending"),
            ]
        )
        self.env["booking.credit.posting"]._post_entries(pending)

    # === Steps of the verbs, for bridges to extend === #

    def _has_started(self):
        self.ensure_one()
        return bool(self.booking_start) and self.booking_start <= fields.Datetime.now()

    def _get_booking_title(self):
        """Return what customers know this booking by."""
        self.ensure_one()
        return self.product_id.name

    def _get_booking_start_text(self):
        """Write the start as it is on the clock of the studio."""
        self.ensure_one()
        if not self.booking_start:
            return ""
        return format_datetime(
            self.env,
            self.booking_start,
            tz=self.company_id.sudo().booking_credit_tz,
            dt_format="EEEE d MMMM y, HH:mm",
        )

    def _get_credit_lines(self):
        """Return the lines among these that pay others with credits."""
        return self.filtered("booking_credit_measure")

    def _is_credit_line_agreed(self):
        """Return whether what this credit line spends is settled for good."""
        self.ensure_one()
        return bool(
            self._origin.booking_credit_quantity and self.state not in ("draft", "sent")
        )

    def _is_paid_with_booking_credits(self):
        """Return whether this is a credit line, or wholly paid by credit lines."""
        self.ensure_one()
        if self.booking_credit_measure:
            return True
        paid = sum(self.booking_credit_line_ids.mapped("product_uom_qty"))
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return bool(paid) and float_compare(paid, self.product_uom_qty, digits) >= 0

    def _count_as_bookings(self, quantity):
        """Return how many bookings ``quantity`` in this line's unit are: 1 dozen, 12.

        Prices in credits, sessions and caps are for one unit of the product.
        """
        self.ensure_one()
        unit, product_unit = self.product_uom_id, self.product_id.uom_id
        if not unit or not product_unit or unit == product_unit:
            return quantity
        return unit._compute_quantity(quantity, product_unit, round=False)

    def _get_booking_credit_line_name(self):
        _ = self.env._
        number = format_units(self.env, self.booking_credit_quantity)
        if self.booking_credit_measure == "money":
            return _("Paid with customer credit")
        if self.booking_credit_paid_line_id.combo_item_id:
            return _("Included")
        if self.booking_credit_measure == "session":
            return (
                _("Paid with 1 session")
                if number == "1"
                else _("Paid with %s sessions", number)
            )
        return (
            _("Paid with 1 credit")
            if number == "1"
            else _("Paid with %s credits", number)
        )

    def _get_booking_document(self):
        """Return how the ledger calls this booking: “S00012 – Yoga class”."""
        self.ensure_one()
        name = self.product_id.with_context(display_default_code=False).display_name
        return f"{self.order_id.name} – {name or self.name}"

    def _get_menu_lines(self):
        """Return this line, and for a menu the lines that belong to it."""
        self.ensure_one()
        return self | self._get_linked_lines().filtered("combo_item_id")

    def _can_be_invoiced_alone(self):
        """Override of `sale`: a credit line is never invoiced."""
        return super()._can_be_invoiced_alone() and not self.booking_credit_measure

    def _is_discount_line(self):
        """Override of `sale` to keep credit lines out of discounts."""
        return super()._is_discount_line() or bool(self.booking_credit_measure)

    def _sellable_lines_domain(self):
        """Override of `sale`: a credit line is not sold."""
        return super()._sellable_lines_domain() & fields.Domain(
            "booking_credit_measure", "=", False
        )

    def _can_be_edited_on_portal(self):
        """Override of `sale`: a credit line follows its booking."""
        return super()._can_be_edited_on_portal() and not (self.booking_credit_measure)
