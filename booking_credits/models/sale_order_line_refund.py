from odoo import models


class RefundPlan:
    """Which quantities of which invoice lines are credited, and what that comes to."""

    def __init__(self, parts):
        """:param dict parts: invoice -> dict from invoice line to quantity."""
        self.parts = parts

    @property
    def invoices(self):
        """Return the invoices that are credited."""
        invoices = next(iter(self.parts)).browse() if self.parts else None
        for invoice in self.parts:
            invoices |= invoice
        return invoices

    def mapped_totals(self):
        """Return the total of each credit note, in its currency, taxes included."""
        return {
            invoice: invoice._get_total_of_quantities(quantities)
            for invoice, quantities in self.parts.items()
        }

    def total(self):
        """Return the total of all credit notes."""
        return sum(self.mapped_totals().values())


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _plan_refunds(self, left):
        """Plan which invoice lines are credited for quantities of these lines.

        :param dict left: quantity to credit by order line
        :return: a :class:`RefundPlan`
        """
        left = {line.id: quantity for line, quantity in left.items()}
        sold = self.invoice_lines.filtered(
            lambda line: line.move_id.move_type == "out_invoice"
            and line.parent_state == "posted"
            and line.display_type == "product"
        )
        parts = {}
        for invoice_line in sold:
            for order_line in invoice_line.sale_line_ids:
                quantity = min(invoice_line.quantity, left.get(order_line.id, 0.0))
                if quantity > 0:
                    left[order_line.id] -= quantity
                    quantities = parts.setdefault(invoice_line.move_id, {})
                    quantities[invoice_line] = quantity
        return RefundPlan(parts)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_total_of_quantities(self, quantities):
        """Return what these quantities of lines of this invoice cost, taxes included.

        Computed as for the invoice itself, so that a credit note of these quantities
        has this total.

        :param dict quantities: by invoice line
        """
        self.ensure_one()
        account_tax = self.env["account.tax"]
        base_lines = []
        for line, quantity in quantities.items():
            base_line = self._prepare_product_base_line_for_taxes_computation(line)
            base_lines.append({**base_line, "quantity": quantity})
        account_tax._add_tax_details_in_base_lines(base_lines, self.company_id)
        account_tax._round_base_lines_tax_details(base_lines, self.company_id)
        totals = account_tax._get_tax_totals_summary(
            base_lines, self.currency_id, self.company_id
        )
        return totals["total_amount_currency"]
