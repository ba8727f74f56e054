from collections import defaultdict

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError

from ...line_change import QUANTITY


class SaleOrderLine(models.Model):
    """Takes packs from what is left of them, and gives them back.

    Lines that sell customer credit: their price is the amount.
    """

    _inherit = "sale.order.line"

    booking_credit_stock_taken = fields.Integer(
        string="Packs Taken",
        readonly=True,
        copy=False,
        help="Packs that this line has taken from those that are left.",
    )

    _booking_credit_stock_index = models.Index(
        "(order_id) WHERE booking_credit_stock_taken > 0"
    )

    @api.constrains("product_id", "price_unit", "product_uom_qty", "discount")
    def _check_customer_credit_amount(self):
        """Customer credit is money: nothing, or less, cannot be sold (S2-09)."""
        for line in self.filtered(lambda line: line._sells_money()):
            currency = line.currency_id
            if currency.compare_amounts(line.price_subtotal, 0) <= 0:
                raise ValidationError(
                    self.env._(
                        "“%(product)s” on %(order)s is %(amount)s: enter an amount "
                        "above zero as its price.",
                        product=line.product_id.display_name,
                        order=line.order_id.display_name,
                        amount=currency.format(line.price_subtotal),
                    )
                )

    def _sells_money(self):
        """Return whether this line sells customer credit."""
        self.ensure_one()
        return (
            not self.display_type
            and self.product_id.booking_credit_pack
            and self.product_id.booking_credit_measure == "money"
        )

    # === CRUD === #

    @api.ondelete(at_uninstall=False)
    def _unlink_give_back_packs(self):
        self._give_back_pack_stock()

    @api.onchange("product_id", "product_uom_qty", "product_uom_id")
    def _onchange_booking_credit_limits(self):
        """Tell staff early what the confirmation would refuse."""
        if not self.product_id.booking_credit_pack or not self.order_id.partner_id:
            return None
        pack, order = self.product_id.product_tmpl_id, self.order_id
        numbers = order.order_line._count_packs_by_template()
        number = max(numbers.get(pack, 0), self._count_packs())
        customer = pack._prepare_pack_customer(
            order.partner_id, order.company_id, order._origin
        )
        text = pack._get_pack_refusal(number, order.partner_id, customer["bought"])
        if not text and pack.booking_credit_stock_limited:
            missing = number - self._origin.booking_credit_stock_taken
            if missing > pack.booking_credit_stock:
                text = pack._get_sold_out_text(number)
        return pack._warn(text)

    # === Business verbs === #

    def _give_back_exchanged_packs(self, change):
        """Give back what lines took of a pack that they will not sell any more."""
        if "product_id" in change.vals:
            self.filtered(
                lambda line: line.product_id.id != change.vals["product_id"]
            )._give_back_pack_stock()

    def _keep_limits_of_change(self, change):
        if change.touches(*QUANTITY):
            self._keep_pack_limits()

    def _keep_pack_limits(self):
        """Check and take what lines of confirmed orders sell since their change."""
        sold = self.filtered(
            lambda line: line.state == "sale" and line.product_id.booking_credit_pack
        )
        if sold:
            sold.order_id._check_pack_limits()
            sold._sync_pack_stock()

    def _sync_pack_stock(self, reserve=False):
        """Take the packs that these lines sell, or give back what they sell no more.

        Safe to run twice: each line remembers what it has taken.

        :param bool reserve: take for quotations as well, before money is paid
        :raise PackLimitError: if fewer packs are left
        """
        changes = {}
        for line in self:
            sells = line.state == "sale" or (reserve and line.state != "cancel")
            limited = line.product_id.booking_credit_stock_limited
            wanted = max(line._count_packs(), 0) if sells and limited else 0
            if wanted != line.booking_credit_stock_taken:
                changes[line] = wanted
        self._take_packs(changes)

    def _give_back_pack_stock(self):
        self._take_packs({line: 0 for line in self if line.booking_credit_stock_taken})

    def _take_packs(self, wanted):
        """Let each line hold as many packs as ``wanted`` says."""
        numbers = defaultdict(int)
        for line, number in wanted.items():
            pack = line.product_id.product_tmpl_id
            numbers[pack] += number - line.booking_credit_stock_taken
        self.env["product.template"]._take_booking_credit_stock(numbers)
        for line, number in wanted.items():
            # sudo: a shopper's order is confirmed for them.
            line.sudo().booking_credit_stock_taken = number

    # === Steps of the verbs, for bridges to extend === #

    def _get_packs_to_invoice(self):
        """Return the lines among these that sell packs and are to invoice."""
        return self.filtered(
            lambda line: line.product_id.booking_credit_pack and line.qty_to_invoice > 0
        )

    def _count_packs(self):
        """Return how many packs this line sells."""
        self.ensure_one()
        product = self.product_id
        if self.display_type or not product.booking_credit_pack:
            return 0
        return product._count_packs(self.product_uom_qty, self.product_uom_id)

    def _count_packs_by_template(self):
        """Return how many packs these lines sell together, by template."""
        numbers = defaultdict(int)
        for line in self:
            if number := line._count_packs():
                numbers[line.product_id.product_tmpl_id._origin] += number
        return numbers

    def _is_pack_hidden(self, customer):
        """Return whether a shopper put a pack here that is not offered to them.

        Staff may sell every pack in a customer's name, also as a quotation that the
        customer pays on the portal (S0-37): who put the pack on the order decides.
        """
        self.ensure_one()
        user = self.env.user
        by_staff = user._is_internal() and user.id != SUPERUSER_ID
        if by_staff or not self._count_packs() or not self.create_uid.share:
            return False
        return not self.product_id.product_tmpl_id._is_pack_offered(**customer)

    def _prepare_voucher_text_vals(self):
        """Return what is printed on the gift voucher that this line sold."""
        return {
            "voucher_to": self.booking_voucher_to,
            "voucher_message": self.booking_voucher_message,
        }
