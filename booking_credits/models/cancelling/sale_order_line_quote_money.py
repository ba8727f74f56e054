from decimal import Decimal

from odoo import fields, models

from ...ledger import as_decimal
from ...refund import kept_quantity


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
    """What of a booking is paid in money, and what a cancellation leaves to pay.

    One rule: once a booking is cancelled, exactly the quantity that is kept is
    invoiced. What was invoiced above it is credited; what is missing stays to invoice.
    """

    _inherit = "sale.order.line"

    booking_kept_quantity = fields.Float(
        string="Kept Quantity",
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="Part of the bookings cancelled on this line that the customer pays all "
        "the same, in money.",
    )

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

    # === In words === #

    def _get_booking_money_texts(self, quote):
        """Say what a cancellation does to money, before and after (S1-35)."""
        _ = self.env._
        money, currency = quote.money, self.currency_id
        if not money["quantity"]:
            return []
        texts = []
        amounts = {
            "back": currency.format(money["back"]),
            "total": currency.format(money["total"]),
        }
        if money["how"] == "manual":
            return (
                [_("It is paid in money: the invoice stays.")] if money["total"] else []
            )
        if money["how"] == "keep" and money["total"]:
            texts.append(_("%s paid in money are not given back.", amounts["total"]))
        elif money["total"]:
            texts.append(self._get_money_back_text(money, amounts))
        if money["to_invoice"]:
            texts.append(
                _(
                    "%s are to be invoiced as cancellation fee.",
                    currency.format(money["to_invoice"]),
                )
            )
        elif not money["total"]:
            texts.append(_("Nothing is to be paid in money."))
        return texts

    def _get_money_back_text(self, money, amounts):
        _ = self.env._
        currency = self.currency_id
        if (
            currency.compare_amounts(money["open"], money["back"]) >= 0
            and money["back"]
        ):
            return _(
                "%(back)s of %(total)s are taken off %(invoices)s, which is not paid.",
                invoices=", ".join(money["invoices"].mapped("name")),
                **amounts,
            )
        if money["how"] == "credit":
            return _(
                "%(back)s of %(total)s paid in money come back as customer credit.",
                **amounts,
            )
        return _(
            "%(back)s of %(total)s paid in money come back with a credit note.",
            **amounts,
        )

    # === Steps of the verbs, for bridges to extend === #

    def _prepare_invoice_line(self, **optional_values):
        """Override of `sale` to call a fee a fee, and to post it as one."""
        vals = super()._prepare_invoice_line(**optional_values)
        if not (self.booking_cancel_date and self.booking_kept_quantity):
            return vals
        # sudo: who bills reads neither policies nor the company's accounts
        line = self.sudo().with_company(self.company_id)
        snapshot = line.booking_policy or {}
        product = line.env["product.product"].browse(snapshot.get("fee_product_id"))
        product = product.exists()
        name = self.env._(
            "%(fee)s: %(booking)s",
            fee=product.display_name or self.env._("Cancellation fee"),
            booking=self._get_booking_document(),
        )
        return {**vals, "name": name, "account_id": self._get_fee_account(product).id}

    def _get_fee_account(self, product):
        """Return the account of fees: that of their product, else the company's."""
        account = None
        if product:
            account = product.product_tmpl_id.get_product_accounts(
                self.order_id.fiscal_position_id
            )["income"]
        return account or self.company_id._get_booking_credit_account("fee")

    def _get_booking_money_return(self, give_all_back=False):
        """Return what becomes of money that comes back; see ``MONEY_RETURNS``.

        Terms that say nothing about money, as those of earlier bookings, leave the
        invoice as it is.
        """
        self.ensure_one()
        how = (self.booking_policy or {}).get("money_return") or "manual"
        if how == "keep" and give_all_back:
            how = "refund"
        if how in ("refund", "credit") and self.order_id._has_given_money_invoiced():
            # its share of the discount belongs to all lines of the invoice
            return "manual"
        return how

    def _get_booking_money_quote(self, percent, places=None, give_all_back=False):
        """Compute what a cancellation does to the part that is paid in money.

        :param Decimal percent: what comes back
        :param float places: how many of the bookings; None: all of them
        :return: dict of ``how`` (see ``MONEY_RETURNS``), quantities: ``quantity``
            (cancelled, not paid with credits), ``kept``, ``credit`` and ``invoice``,
            and amounts in the order's currency: ``total`` (invoiced of it), ``back``
            and ``fee`` (what is kept), ``to_invoice``, ``open`` (what of ``back`` only
            lowers an invoice that is not paid) and ``invoices``
        """
        self.ensure_one()
        how = self._get_booking_money_return(give_all_back)
        quote = dict.fromkeys(
            ("quantity", "kept", "credit", "invoice", "total", "back", "fee", "open"),
            0.0,
        )
        quote.update(how=how, to_invoice=0.0, invoices=self.env["account.move"])
        if self.booking_credit_measure or not self.booking_ok or self.state != "sale":
            return quote
        unpaid = self._get_booking_unpaid()
        quantity = min(places or unpaid, unpaid)
        invoiced = self._get_invoiced_of(quantity, unpaid)
        kept = self._get_kept_quantity(quantity, percent, invoiced, how)
        quote.update(
            quantity=quantity,
            kept=kept,
            credit=max(invoiced - kept, 0.0),
            invoice=max(kept - invoiced, 0.0),
        )
        quote.update(self._get_money_quote_amounts(quote, invoiced))
        return quote

    def _get_invoiced_of(self, quantity, unpaid):
        """Return how much of the last ``quantity`` of ``unpaid`` is invoiced."""
        # sudo: who cancels bookings need not read invoices.
        line = self.sudo()
        invoiced = line.qty_invoiced - (unpaid - quantity) - line.booking_kept_quantity
        return min(max(invoiced, 0.0), quantity)

    def _get_money_quote_amounts(self, quote, invoiced):
        """Return the amounts of a quote, from its quantities.

        :param float invoiced: what of the quantity is invoiced
        """
        currency, unit = self.currency_id, self._get_booking_unit_total()
        amounts = {
            "fee": currency.round(quote["kept"] * unit),
            "to_invoice": currency.round(quote["invoice"] * unit),
        }
        # sudo: who cancels bookings need not read invoices.
        line = self.sudo()
        if invoiced:
            plan = line._plan_refunds({self: invoiced})
            amounts["total"] = sum(plan.mapped_totals().values())
        if quote["credit"]:
            plan = line._plan_refunds({self: quote["credit"]})
            totals = plan.mapped_totals()
            amounts["back"] = sum(totals.values())
            amounts["open"] = sum(
                min(total, invoice.amount_residual) for invoice, total in totals.items()
            )
            amounts["invoices"] = plan.invoices
        return amounts

    def _get_kept_quantity(self, quantity, percent, invoiced, how):
        """Return how many of ``quantity`` cancelled bookings the customer pays.

        :param float invoiced: how many of them are invoiced
        """
        if how == "manual":
            return invoiced
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        step = Decimal(1).scaleb(-digits)
        kept = float(kept_quantity(as_decimal(quantity), percent, step))
        if not invoiced and self.order_id._get_deposit_lines():
            kept = 0.0  # the deposit is what a late cancellation costs (S4-02)
        return max(kept, invoiced) if how == "keep" else kept
