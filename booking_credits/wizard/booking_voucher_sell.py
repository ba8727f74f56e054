from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..words import format_units


class BookingVoucherSell(models.TransientModel):
    """“Sell as Voucher”: adds customer credit or a gift voucher to an order (S2-07).

    Without an order it makes one: what follows, invoice, payment and ledger, is the
    same (S2-06).
    """

    _name = "booking.voucher.sell"
    _inherit = ["booking.credit.dialog"]
    _description = "Sell as Voucher"

    order_id = fields.Many2one(
        comodel_name="sale.order",
        string="Order",
        readonly=True,
        ondelete="cascade",
        help="Empty: a new quotation is made.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", compute="_compute_company_id"
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_company_id"
    )
    kind = fields.Selection(
        selection=[("money", "Customer credit"), ("voucher", "Gift voucher")],
        required=True,
        default="money",
        help="Customer credit: an amount of money, for any purchase.\n"
        "Gift voucher: a right to an activity, whatever its price then.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="Who pays.",
    )
    beneficiary_id = fields.Many2one(
        comodel_name="res.partner",
        string="Beneficiary",
        compute="_compute_beneficiary_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="Who may use it; the customer, if you do not change it.",
    )
    amount = fields.Monetary(help="What the customer pays, and can spend later.")
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="Right To",
        domain="[('booking_credit_pack', '=', True), ('sale_ok', '=', True),"
        " ('booking_credit_voucher', '=', True),"
        " ('company_id', 'in', (company_id, False))]",
    )
    quantity = fields.Float(string="Number", digits="Product Unit", default=1.0)
    voucher_to = fields.Char(string="For", help="Name printed on the voucher.")
    voucher_message = fields.Text(string="Message", help="Printed on the voucher.")

    @api.depends("order_id")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.order_id.company_id or self.env.company
            wizard.currency_id = (
                wizard.order_id.currency_id or wizard.company_id.currency_id
            )

    @api.depends("order_id")
    def _compute_partner_id(self):
        for wizard in self:
            wizard.partner_id = wizard.order_id.partner_id or wizard.partner_id

    @api.depends("partner_id")
    def _compute_beneficiary_id(self):
        for wizard in self:
            wizard.beneficiary_id = wizard.partner_id

    def action_sell(self):
        """Add the voucher to the order, or to a new one, and open it.

        :raise ValidationError: for an amount or a number that is not above zero
        :raise UserError: if the order is cancelled or locked
        """
        self.ensure_one()
        line = self._sell()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": line.order_id.id,
            "view_mode": "form",
        }

    def _sell(self):
        """Return the new order line."""
        self._check_sellable()
        order = self.order_id or self.env["sale.order"].create(
            self._prepare_order_vals()
        )
        return self.env["sale.order.line"].create(
            {"order_id": order.id, **self._prepare_line_vals()}
        )

    def _check_sellable(self):
        order = self.order_id
        if order.state == "cancel" or order.locked:
            raise UserError(
                self.env._(
                    "%s is cancelled or locked: sell the voucher on a new order.",
                    order.name,
                )
            )
        if (
            self.kind == "money"
            and self.currency_id.compare_amounts(self.amount, 0) < 1
        ):
            raise ValidationError(
                self.env._(
                    "Customer credit of %s cannot be sold: enter an amount above zero.",
                    self.currency_id.format(self.amount),
                )
            )
        if self.kind == "voucher" and (not self.product_id or self.quantity <= 0):
            raise ValidationError(
                self.env._(
                    "%(number)s × “%(voucher)s” cannot be sold: choose a gift voucher "
                    "and a number above zero.",
                    number=format_units(self.env, self.quantity),
                    voucher=self.product_id.display_name or "",
                )
            )

    def _prepare_order_vals(self):
        return {"partner_id": self.partner_id.id, "company_id": self.company_id.id}

    def _prepare_line_vals(self):
        beneficiary = self.beneficiary_id - self.partner_id
        vals = {"booking_credit_beneficiary_id": beneficiary.id}
        if self.kind == "money":
            product = self.env.ref("booking_credits.product_customer_credit")
            return {**vals, "product_id": product.id, "price_unit": self.amount}
        return {
            **vals,
            "product_id": self.product_id.id,
            "product_uom_qty": self.quantity,
            "booking_voucher_to": self.voucher_to,
            "booking_voucher_message": self.voucher_message,
        }
