from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..words import format_units


class BookingCreditSell(models.TransientModel):
    """Sells a pack in a customer's name, in two clicks (S0-38)."""

    _name = "booking.credit.sell"
    _inherit = ["booking.credit.dialog"]
    _description = "Sell a Credit Pack"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id", related_sudo=False)
    # asked for by the buttons, in words (S3-08)
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer")
    pack_id = fields.Many2one(
        comodel_name="product.product",
        string="Pack",
        required=True,
        domain="[('booking_credit_pack', '=', True), ('sale_ok', '=', True)]",
        check_company=True,
        default=lambda self: self._get_default_pack(),
    )
    quantity = fields.Float(digits="Product Unit", default=1.0, required=True)
    journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Paid By",
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        check_company=True,
        groups="account.group_account_invoice",
        default=lambda self: self._get_default_journal(),
    )
    credits_text = fields.Char(string="Gives", compute="_compute_credits_text")
    price = fields.Float(
        related="pack_id.lst_price",
        related_sudo=False,
        string="List Price",
        help="Pricelists and taxes of the customer apply on the order.",
    )

    @api.depends("pack_id", "quantity", "company_id")
    @api.depends_context("lang")
    def _compute_credits_text(self):
        for wizard in self:
            pack = wizard.pack_id
            lot = self.env["booking.credit.lot"].new(
                {
                    "company_id": wizard.company_id.id,
                    "measure": pack.booking_credit_measure,
                }
            )
            if pack.booking_credit_unlimited:
                wizard.credits_text = self.env._("unlimited")
            elif not pack:
                wizard.credits_text = False
            else:
                number = pack.booking_credit_quantity
                if pack.booking_credit_measure == "money":
                    number = pack.lst_price
                wizard.credits_text = lot._in_words(number * wizard.quantity)

    # === Actions === #

    def action_sell(self):
        """Open a quotation for the pack, in the customer's name.

        :raise UserError: without a customer
        """
        self.ensure_one()
        self._check_customer()
        return self._open_order(self._create_order())

    def action_sell_paid(self):
        """Sell the pack, take its payment, and use it for the visit of today (S3-09).

        :raise AccessError: for people who may not invoice
        :raise UserError: without a customer, without a service, or while the credits
            wait for a payment
        """
        self.ensure_one()
        self._check_customer()
        self._check_service()
        order = self._sell_paid()
        self._pay_rest(order.sudo().invoice_ids)
        return self._open_order(self._use_credits(order) if self.use_now else order)

    # === Business verbs === #

    def _sell_paid(self):
        """Sell the pack, and take its payment: the credits are there at once.

        :return: the order
        """
        order = self._create_order()
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        if invoice.payment_state == "not_paid" and invoice.amount_residual:
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create(self._prepare_payment_vals())._create_payments()
        return order

    # === Steps === #

    @api.constrains("quantity")
    def _check_quantity(self):
        for wizard in self:
            if wizard.quantity <= 0:
                raise ValidationError(
                    self.env._(
                        "%(quantity)s × “%(pack)s” cannot be sold: enter a number above "
                        "zero.",
                        quantity=format_units(self.env, wizard.quantity),
                        pack=wizard.pack_id.display_name,
                    )
                )

    @api.model
    def _get_default_pack(self):
        """Propose what pays the bookings of the order, or what is sold most."""
        return self._get_pack_for_order(self._get_pack_sold_most())

    @api.model
    def _get_pack_sold_most(self):
        """Return the pack that this company sells most, of late."""
        packs = self.env["product.product"]
        domain = [
            *packs._check_company_domain(self.env.company),
            ("booking_credit_pack", "=", True),
            ("sale_ok", "=", True),
        ]
        lots = self.env["booking.credit.lot"].search(
            [
                ("product_id", "any", domain),
                ("origin", "=", "purchase"),
                ("company_id", "=", self.env.company.id),
            ],
            order="id desc",
            limit=50,
        )
        counts = lots.grouped("product_id")
        if counts:
            return max(counts, key=lambda pack: len(counts[pack]))
        return packs.search(domain, limit=1)

    @api.model
    def _get_default_journal(self):
        """Propose cash, since the customer stands here; else the bank."""
        journals = self.env["account.journal"]
        if not journals.has_access("read"):
            return journals
        domain = journals._check_company_domain(self.env.company)
        for kind in ("cash", "bank"):
            journal = journals.search([*domain, ("type", "=", kind)], limit=1)
            if journal:
                return journal
        return journals

    def _create_order(self):
        return self.env["sale.order"].create(self._prepare_order_vals())

    def _prepare_order_vals(self):
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "order_line": [
                Command.create(
                    {
                        "product_id": self.pack_id.id,
                        "product_uom_qty": self.quantity,
                    }
                )
            ],
        }

    def _prepare_payment_vals(self):
        """Return the payment: a part only, where the rest is paid another way (S3-10)."""
        vals = {"journal_id": self.journal_id.id} if self.journal_id else {}
        if self.rest_journal_id:
            vals["amount"] = self.amount
        return vals

    @api.model
    def _open_order(self, order):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Order"),
            "res_model": "sale.order",
            "res_id": order.id,
            "view_mode": "form",
        }
