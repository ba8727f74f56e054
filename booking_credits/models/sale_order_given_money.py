from odoo import models
from odoo.fields import Command

from ..exceptions import InsufficientCreditsError


class SaleOrder(models.Model):
    """Money that the business gave away is a discount on what it pays.

    A starting credit, or goodwill in money, was never paid by anybody: nothing is owed
    for it, so it cannot settle an invoice. The invoice is lower instead, with its taxes
    (S0-15). Money that was paid settles the invoice in full.
    """

    _inherit = "sale.order"

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


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _get_given_money(self):
        """Return what this credit line pays with given money, not yet discounted.

        In the order's currency. Of money that was paid for in part only, each use
        takes its share.
        """
        self.ensure_one()
        entries = self.env["booking.credit.entry"].sudo()
        entries = entries.search(
            [
                ("operation_id.order_line_id", "=", self.id),
                ("lot_id.measure", "=", "money"),
                ("type", "in", ("redeem", "restore")),
            ]
        )
        used = -sum(entries.mapped("quantity"))
        if self.booking_credit_quantity <= 0 or used <= 0:
            return 0.0
        given = used + sum(entries.mapped("value"))
        paid = -self.price_unit * self.product_uom_qty
        amount = paid * given / self.booking_credit_quantity
        invoiced = self.sudo().invoice_lines.filtered(
            lambda line: line.parent_state != "cancel"
        )
        discounted = -sum(
            line.price_total * (-1 if line.is_refund else 1) for line in invoiced
        )
        return self.order_id.currency_id.round(amount - discounted)

    def _check_no_given_money_for_packs(self):
        """Refuse given money that would buy credits.

        The pack may have been added after the money was planned, or staff chose it.

        :raise InsufficientCreditsError: naming the order, the credits and the remedy
        """
        order = self.order_id
        lots = self.sudo().booking_credit_lot_ids
        if self.booking_credit_measure == "money":
            lots = lots or order._get_usable_credit_lots()
        lots = lots.filtered(lambda lot: lot.measure == "money")
        if lots and not order._filter_money_for_packs(lots):
            raise InsufficientCreditsError(
                self.env._(
                    "%(order)s sells credits, which the given money %(lots)s cannot "
                    "pay. Sell them on an order of their own, or take the credit "
                    "payment off this one.",
                    order=order.name,
                    lots=", ".join(lots.mapped("name")),
                )
            )
