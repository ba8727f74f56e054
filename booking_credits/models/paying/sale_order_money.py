from decimal import Decimal

from odoo import fields, models
from odoo.fields import Command

from ...inside import tell
from ...ledger import as_decimal

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
    """Lets customer credit never pay more than there is to pay (S2-12).

    Money that the business gave away is a discount on what it pays.

    A starting credit, or goodwill in money, was never paid by anybody: nothing is owed
    for it, so it cannot settle an invoice. The invoice is lower instead, with its taxes
    (S0-15). Money that was paid settles the invoice in full.
    """

    _inherit = "sale.order"

    def _share_money(self, lots, planned=None):
        """Return what each money lot among ``lots`` may pay of this order.

        A lot for some services only pays at most what those cost. Lots share in the
        order given: in burn order the narrowest first.

        :param dict planned: what is paid otherwise by line, in the order's currency
        :return: dict from lot to ``Decimal`` units of company currency
        """
        self.ensure_one()
        today = self.company_id._booking_credit_today()
        left = self._get_left_to_pay(planned or {})
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

    def _get_left_to_pay(self, planned):
        """Return what credits and ``planned`` leave to pay, by line.

        :return: dict from line to ``Decimal`` units of company currency
        """
        company = self.company_id
        left = {}
        for line in self.order_line.filtered(
            lambda line: not line.display_type and not line.booking_credit_measure
        ):
            paid = sum(line.booking_credit_line_ids.mapped("price_total"))
            amount = self.currency_id._convert(
                line.price_total + paid - planned.get(line, 0.0),
                company.currency_id,
                company,
                self.date_order or fields.Date.today(),
            )
            left[line] = as_decimal(amount)
        return left

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

    # === Business verbs === #

    def _give_uncovered_money_back(self, reason):
        """Give back the customer credit that paid for bookings cancelled meanwhile.

        What is still to be invoiced keeps its part (S2-03). Credit that has settled
        an invoice comes back with the credit note. Safe to run twice.
        """
        self.ensure_one()
        for line, rows in self._get_uncovered_money():
            line._restore_money(rows, reason)

    def _get_uncovered_money(self, quotes=None):
        """Return the customer credit that pays for nothing on this order any more.

        :param dict quotes: of bookings that are about to be cancelled, by line
        :return: list of ``(credit line, rows)``; a row is ``(entry, units, value)``
        """
        money = self.order_line.filtered(
            lambda line: line.booking_credit_measure == "money"
            # sudo: who cancels bookings need not read invoices.
            and not line.sudo().invoice_lines
        )
        total = self._get_standing_total(quotes or {})
        currency = self.company_id.currency_id
        uncovered = []
        for line in money:
            spent = line._get_booking_spent_entries()
            rate = line.booking_credit_rate or 1.0
            left, rows = currency.round(total / rate), []
            for entry, units, value in spent._get_restorable():
                back = currency.round(max(units - left, 0.0))
                left = max(left - units, 0.0)
                if back:
                    rows.append((entry, back, currency.round(value * back / units)))
            total = left * rate
            if rows:
                uncovered.append((line, rows[::-1]))
        return uncovered

    def _get_standing_total(self, quotes):
        """Return what is to pay in money for what stands, and what is kept as fee.

        :param dict quotes: of bookings that are about to be cancelled, by line
        """
        gone = self.order_line.filtered("booking_cancel_date")
        standing = (self.order_line - gone).filtered(
            lambda line: line.booking_credit_measure != "money"
            and line.booking_credit_paid_line_id not in gone
        )
        total = sum(standing.mapped("price_total"))
        for line in self.order_line:
            kept = line.booking_kept_quantity
            if line in quotes:
                money = quotes[line].money
                kept += money["kept"] - money["quantity"]
            total += kept * line._get_booking_unit_total()
        return max(self.currency_id.round(total), 0.0)

    # === Steps of the verbs, for bridges to extend === #

    def _filter_money_for_packs(self, lots):
        """Return ``lots`` without given money if this order sells credits (S0-15).

        Given money would come out as credits that were paid for, and so as money.
        """
        self.ensure_one()
        if not any(self.order_line.mapped("product_id.booking_credit_pack")):
            return lots
        return lots.filtered(
            lambda lot: lot.measure != "money"
            or lot.currency_id.compare_amounts(lot.value, lot.balance) >= 0
        )

    def _discount_given_money(self, invoice):
        """Lower ``invoice`` by the given money that was used on this order."""
        self.ensure_one()
        for line in self.order_line:
            if line.booking_credit_measure != "money":
                continue
            amount = min(line._get_given_money(), invoice.amount_total)
            if self.currency_id.compare_amounts(amount, 0) <= 0:
                continue
            invoice.invoice_line_ids = [
                Command.create(vals)
                for vals in self._prepare_given_money_vals(invoice, line, amount)
            ]

    def _prepare_given_money_vals(self, invoice, credit_line, amount):
        """Return invoice lines of ``-amount``, taxes included, shared by the taxes."""
        account_tax = self.env["account.tax"]
        base_lines, _tax_lines = invoice._get_rounded_base_and_tax_lines()
        discounts = account_tax._prepare_global_discount_lines(
            base_lines,
            invoice.company_id,
            "fixed",
            amount,
            computation_key=f"given_money,{credit_line.id}",
            grouping_function=lambda base_line: {"account_id": base_line["account_id"]},
        )
        return [
            {
                "product_id": credit_line.product_id.id,
                "name": self.env._("Credit given by %s", self.company_id.name),
                "quantity": discount["quantity"],
                "price_unit": discount["price_unit"],
                "account_id": discount["account_id"].id,
                "tax_ids": [Command.set(discount["tax_ids"].ids)],
                "extra_tax_data": account_tax._export_base_line_extra_tax_data(
                    discount
                ),
                "sale_line_ids": [Command.set(credit_line.ids)],
                "sequence": 999,
            }
            for discount in discounts
        ]
