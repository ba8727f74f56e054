from odoo import models

from ...exceptions import CreditsMovedError
from ...inside import told
from ...words import format_units


class AccountMove(models.Model):
    _inherit = "account.move"

    # === Steps of the verbs, for bridges to extend === #

    def _take_back_booking_credits(self, line):
        """Take the credits back that the credit note line ``line`` refunds.

        :raise CreditsMovedError: if more is refunded than is unused
        """
        # sudo: who writes credit notes need not be allowed to move credits.
        line = line.sudo()
        lots = line.booking_credit_lot_id or line._get_refunded_lots()
        if not lots:
            return
        lot = lots.sorted("balance", reverse=True)[:1]
        lot._wake()
        quantity, document = self._get_units_taken_back(line, lot)
        self._check_units_taken_back(line, lot, quantity)
        line.booking_credit_lot_id = lot
        entries = self.env["booking.credit.operation"]._post(
            "refund",
            lot._prepare_refund_postings(quantity, line),
            document=line.move_id.name,
            product=lot._get_last_service(),
            **document,
        )
        self.env["booking.credit.posting"]._post_entries(entries)

    def _get_units_taken_back(self, line, lot):
        """Return how many units ``line`` takes back, and the document of the refund.

        A bonus of the lot comes back with it first, unless the refund was asked for
        by the number of its units.
        """
        asked = told(self, "refund")
        if asked and asked.line_id == line.id:
            return asked.quantity, asked.document
        quantity = line._get_refunded_quantity(lot)
        lot._fold_bonus(
            min(quantity / lot.granted, 1.0) if lot.granted else 1.0,
            line.move_id.name,
        )
        return quantity, {"key": f"refund:{line._name}:{line.id}"}

    def _check_units_taken_back(self, line, lot, quantity):
        """Refuse to take back more units, or more value, than is unused.

        :raise CreditsMovedError: naming the lot, the numbers and the remedy
        """
        currency = line.company_id.currency_id
        left = lot._compare_units(lot.available, quantity)
        left_value = currency.compare_amounts(lot.value, line.balance)
        if left < 0 or left_value < 0:
            raise CreditsMovedError(
                self.env._(
                    "The credit note takes back %(quantity)s credits worth %(amount)s, "
                    "but %(lot)s has %(available)s unused credits worth %(value)s. "
                    "Refund at most what is unused. %(uses)s",
                    quantity=format_units(self.env, quantity),
                    amount=currency.format(line.balance),
                    lot=lot.name,
                    available=format_units(self.env, lot.available),
                    value=currency.format(lot.value),
                    uses=lot._get_uses_text(),
                )
            )


class AccountMoveLine(models.Model):
    """Credit notes on packs that name no invoice."""

    _inherit = "account.move.line"

    def _get_refundable_lots(self):
        """Return what this credit note line without an invoice can take back.

        Nothing while the customer has such a pack that is not paid: the credit note is
        then to be matched with it, and lowers what is given.
        """
        self.ensure_one()
        partner = self.move_id.commercial_partner_id
        domain = [
            ("product_id", "=", self.product_id.id),
            ("company_id", "=", self.company_id.id),
            ("partner_id.commercial_partner_id", "=", partner.id),
        ]
        lots = self.env["booking.credit.lot"].sudo()
        if self._has_unpaid_packs(domain):
            return lots
        return lots.search([*domain, ("source_line_id", "!=", False)])

    def _has_unpaid_packs(self, domain):
        """Return whether a pack of ``domain`` is invoiced, and has given nothing yet."""
        return self.search_count(
            [
                *domain,
                ("move_id.move_type", "in", ("out_invoice", "out_receipt")),
                ("parent_state", "=", "posted"),
                ("booking_credit_source_lot_ids", "=", False),
                ("booking_credit_lot_id", "=", False),
            ],
            limit=1,
        )

    # === Business verbs === #

    def _get_refunded_lots(self):
        """Return the lots sold by the invoice lines that this credit note reverses.

        Without a link to an invoice: those of the customer, if none waits for payment.
        """
        self.ensure_one()
        invoice = self.move_id.reversed_entry_id
        if not invoice:
            return self._get_refundable_lots()
        lines = invoice.invoice_line_ids.filtered(
            lambda line: line.product_id == self.product_id
            and (not self.sale_line_ids or line.sale_line_ids & self.sale_line_ids)
        )
        return lines.booking_credit_source_lot_ids

    def _get_refunded_quantity(self, lot):
        """Return the units of ``lot`` that this credit note line takes back.

        Its share of what the sale gave: the pack may give another number by now.
        """
        self.ensure_one()
        # what was credited before the grant was never given
        before = self.search(
            [
                ("booking_credit_lot_id", "=", lot.id),
                ("move_id.move_type", "=", "out_refund"),
                ("id", "!=", self.id),
            ]
        )
        before -= lot.entry_ids.move_line_id
        sold = lot.source_line_id.quantity - sum(before.mapped("quantity"))
        if lot.measure == "money" or sold <= 0:
            template = self.product_id.product_tmpl_id
            return template._get_booking_credits_given(self)
        return self.quantity * lot.granted / sold
