from decimal import Decimal

from odoo import fields, models
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

    def _cap_later(self, vals):
        """Return these orders where nothing is capped before all lines have changed."""
        return tell(self, cap_later=True) if "order_line" in vals else self

    def _cap_changed_money(self, vals):
        if "order_line" in vals:
            self._cap_money_lines()

    def _cap_money_lines(self):
        """Let customer credit pay no more than what these orders cost."""
        self._cap_money_of_quotations()
        self._give_lowered_money_back()

    def _cap_money_of_quotations(self):
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

    def _check_credit_lines_kept(self, change):
        """Keep spent credit lines as they are."""
        if change.touches(*PAYS):
            self._get_credit_lines().filtered(
                lambda line: line._changes_credit_line(change.vals)
            )._check_credit_line_editable()

    def _cap_changed_money(self, change):
        if change.touches(*AMOUNTS):
            self._cap_money_of_order()

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

        A cancellation takes places off, and a booking that changes is paid anew.

        :raise UserError: naming the order and the remedy
        """
        if told(self, "cancelling"):
            return
        for line in self.filtered(lambda line: line.state == "sale"):
            if line._is_credit_changing():
                continue
            raise UserError(
                self.env._(
                    "“%(line)s” on %(order)s cannot be added or changed: the order is "
                    "confirmed and its credits are spent. Cancel the booking and make "
                    "a new one.",
                    line=line.name,
                    order=line.order_id.name,
                )
            )
