from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..inside import tell, told
from ..ledger import as_decimal

#: what decides how much an order costs; money that pays it follows
AMOUNTS = {
    "product_id",
    "product_uom_qty",
    "product_uom_id",
    "price_unit",
    "discount",
    "tax_ids",
}
#: what decides how much a credit line pays
PAYS = AMOUNTS | {
    "order_id",
    "booking_credit_measure",
    "booking_credit_paid_line_id",
    "booking_credit_lot_ids",
}


class SaleOrder(models.Model):
    """Lets customer credit never pay more than there is to pay (S2-12)."""

    _inherit = "sale.order"

    def write(self, vals):
        """Override of `sale` to cap customer credit once all lines have changed."""
        if "order_line" not in vals:
            return super().write(vals)
        orders = tell(self, cap_later=True)
        res = super(SaleOrder, orders).write(vals)
        self._cap_money_lines()
        return res

    def action_confirm(self):
        """Override of `sale` to cap customer credit at what is confirmed."""
        # what is spent is settled from here on: see _is_credit_line_agreed
        self.order_line.mapped("booking_credit_quantity")
        self._cap_money_lines()
        return super().action_confirm()

    def _share_money(self, lots, planned=None):
        """Return what each money lot among ``lots`` may pay of this order.

        A lot for some services only pays at most what those cost. Lots share in the
        order given: in burn order the narrowest first.

        :param dict planned: what is paid otherwise by line, in the order's currency
        :return: dict from lot to ``Decimal`` units of company currency
        """
        self.ensure_one()
        company = self.company_id
        today = company._booking_credit_today()
        convert = self.currency_id._convert
        left = {}
        for line in self.order_line.filtered(
            lambda line: not line.display_type and not line.booking_credit_measure
        ):
            paid = sum(line.booking_credit_line_ids.mapped("price_total"))
            amount = convert(
                line.price_total + paid - (planned or {}).get(line, 0.0),
                company.currency_id,
                company,
                self.date_order or fields.Date.today(),
            )
            left[line] = as_decimal(amount)
        total = max(sum(left.values(), Decimal(0)), Decimal(0))
        shares = {}
        for lot in lots.filtered(lambda lot: lot.measure == "money"):
            units = min(as_decimal(lot.available), total)
            shares[lot] = Decimal(0)
            for line in left:
                if lot._get_refusal(line.product_id, today, line.booking_start):
                    continue
                taken = max(min(units - shares[lot], left[line]), Decimal(0))
                left[line] -= taken
                shares[lot] += taken
            total -= shares[lot]
        return shares

    def _cap_money_lines(self):
        """Lower what customer credit pays of these quotations to what they cost."""
        for order in self:
            lines = order.order_line.filtered(
                lambda line: line.booking_credit_measure == "money"
            )
            if not lines or order.state not in ("draft", "sent"):
                continue
            left = order.amount_total - sum(lines.mapped("price_total"))
            for line in lines:
                paid = max(min(-line.price_total, left), 0.0)
                left -= paid
                if order.currency_id.compare_amounts(paid, 0) <= 0:
                    line.unlink()
                elif order.currency_id.compare_amounts(paid, -line.price_total):
                    line.write({"product_uom_qty": 1.0, "price_unit": -paid})


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    booking_credit_rate = fields.Float(
        string="Rate of Customer Credit",
        digits=0,
        readonly=True,
        copy=False,
        help="Order currency for one unit of company currency when customer credit "
        "was put on the order: what it spends stays as agreed.",
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `sale` to add no credit line after the confirmation."""
        lines = super().create(vals_list)
        lines._get_credit_lines()._check_credit_line_editable()
        lines._cap_money_of_order()
        return lines

    def write(self, vals):
        """Override of `sale` to keep spent credit lines as they are."""
        if PAYS & vals.keys():
            self._get_credit_lines().filtered(
                lambda line: line._changes_credit_line(vals)
            )._check_credit_line_editable()
        res = super().write(vals)
        if AMOUNTS & vals.keys():
            self._cap_money_of_order()
        return res

    def unlink(self):
        """Override of `sale` to cap customer credit at what is left to pay."""
        orders = self.order_id
        res = super().unlink()
        orders = orders.exists()
        if not told(self, "cap_later"):
            orders._cap_money_lines()
        return res

    # === Steps of the verbs, for bridges to extend === #

    def _get_money_limits(self, lots):
        """Return what those of ``lots`` that pay some services only may pay, by id."""
        self.ensure_one()
        narrow = lots.filtered(
            lambda lot: lot.eligible_product_ids or lot.eligible_categ_ids
        )
        if self.booking_credit_measure != "money" or not narrow:
            return {}
        shares = self.order_id._share_money(lots)
        return {lot.id: shares[lot] for lot in narrow}

    def _cap_money_of_order(self):
        lines = self.filtered(lambda line: line.booking_credit_measure != "money")
        if not told(self, "cap_later"):
            lines.order_id._cap_money_lines()

    def _changes_credit_line(self, vals):
        """Return whether ``vals`` change how much this credit line pays."""
        self.ensure_one()
        for name in PAYS & vals.keys():
            field = self._fields[name]
            new = field.convert_to_cache(vals[name], self, validate=False)
            if new != field.convert_to_cache(self[name], self, validate=False):
                return True
        return False

    def _check_credit_line_editable(self):
        """Refuse to change what pays a confirmed order: its credits are spent.

        :raise UserError: naming the order and the remedy
        """
        for line in self.filtered(lambda line: line.state == "sale"):
            raise UserError(
                self.env._(
                    "“%(line)s” on %(order)s cannot be added or changed: the order is "
                    "confirmed and its credits are spent. Cancel the booking and make "
                    "a new one.",
                    line=line.name,
                    order=line.order_id.name,
                )
            )
