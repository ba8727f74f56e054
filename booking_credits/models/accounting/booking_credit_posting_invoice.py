from collections import defaultdict

from odoo import api, models
from odoo.fields import Command


class BookingCreditPosting(models.AbstractModel):
    """Uses of customers who need an invoice for them.

    The invoice declares the VAT, with a tax that is included in the price: one gross
    amount in six cannot be reached otherwise. A second journal entry pays it with the
    credits: Dr unused credits / Cr receivable, on the day of the invoice.
    """

    _inherit = "booking.credit.posting"

    def _post_invoiced(self, company, partner, day, entries):
        """Write one invoice for ``entries`` of ``partner``, and pay it with them.

        :return: the invoice and the entry that pays it; none if all came back
        """
        moves = self.env["account.move"].sudo().with_context(tracking_disable=True)
        lines = self._prepare_invoiced_lines(company, entries)
        lot_lines = self._prepare_lot_lines(entries)
        if lines:
            invoice = moves.create(
                self._prepare_use_invoice_vals(company, partner, day, lines)
            )
            invoice._post(soft=False)
            moves |= invoice
        if lot_lines:
            moves |= self._post_use_payment(
                moves,
                self._prepare_use_payment_vals(company, partner, day, moves, lot_lines),
            )
        lot_items = moves.line_ids.filtered("booking_credit_lot_id")
        entries._set_posted({item.booking_credit_lot_id: item for item in lot_items})
        entries._set_due_day(day, moves[-1:])
        return moves

    def _post_use_payment(self, invoice, vals):
        """Post the entry that pays ``invoice``, which may be none; return the entry."""
        payment = invoice.create(vals)
        payment._leave_locked_period()
        payment._post(soft=False)
        (invoice | payment)._match_open_receivables()
        return payment

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _is_invoiced_use(self, entry):
        """Return whether ``entry`` is to be invoiced instead of entered."""
        operation = entry.operation_id
        return bool(
            entry.lot_id.vat_kind == "multi"
            and entry.type in ("redeem", "restore", "fee")
            and (operation.order_line_id or operation.product_id)
            and not entry._is_settlement()
            and self._get_invoiced_partner(entry)
            .with_company(entry.company_id)
            .booking_credit_invoice_uses
        )

    @api.model
    def _get_invoiced_partner(self, entry):
        return entry.lot_id.partner_id.commercial_partner_id.sudo()

    def _prepare_invoiced_lines(self, company, entries):
        """Return the invoice lines of what ``entries`` released, taxes included."""
        amounts = defaultdict(float)
        for entry in entries:
            document = entry.document or entry.operation_id.product_id.display_name
            amounts[(self._get_counterpart_key(entry), document)] -= entry.value
        return [
            self._prepare_invoiced_line(key, document, amount)
            for (key, document), amount in amounts.items()
            if not company.currency_id.is_zero(amount)
        ]

    def _prepare_invoiced_line(self, key, document, amount):
        """Return one invoice line of what was released, taxes included."""
        account, tax_ids, analytic, label = key
        taxes = self.env["account.tax"].browse(tax_ids)
        return {
            "name": document or label or account.name,
            "account_id": account.id,
            "quantity": 1.0,
            "price_unit": amount,
            "tax_ids": [Command.set(taxes._get_price_included().ids)],
            "analytic_distribution": dict(analytic) or False,
        }

    def _prepare_use_invoice_vals(self, company, partner, day, lines):
        total = sum(line["price_unit"] for line in lines)
        sign = 1 if total >= 0 else -1
        lines = [{**line, "price_unit": sign * line["price_unit"]} for line in lines]
        return {
            "move_type": "out_invoice" if sign > 0 else "out_refund",
            "company_id": company.id,
            "partner_id": partner.id,
            "invoice_date": day,
            "invoice_payment_term_id": False,
            "currency_id": company.currency_id.id,
            "booking_credit_use_invoice": True,
            "ref": self.env._("Paid with booking credits"),
            "invoice_line_ids": [Command.create(line) for line in lines],
        }

    def _prepare_use_payment_vals(self, company, partner, day, invoice, lot_lines):
        """Return the entry that pays ``invoice`` with the credits of ``lot_lines``."""
        receivable = invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        amount = company.currency_id.round(sum(line["balance"] for line in lot_lines))
        lines = list(lot_lines)
        if not company.currency_id.is_zero(amount):
            account = (
                receivable.account_id[:1]
                or partner.with_company(company).property_account_receivable_id
            )
            lines.append(self._prepare_use_line(company, partner, account, -amount))
        date = invoice.date if invoice else day
        return self._prepare_move_vals(company, date, lines)

    def _prepare_use_line(self, company, partner, account, balance):
        """Return the line that takes what credits pay off the receivable."""
        return {
            "name": self.env._("Paid with booking credits"),
            "account_id": account.id,
            "partner_id": partner.id,
            "balance": balance,
            "amount_currency": balance,
            "currency_id": company.currency_id.id,
        }
