from dataclasses import dataclass
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...exceptions import InsufficientCreditsError
from ...inside import tell
from ...valuation import released_value
from ...words import format_units


@dataclass(frozen=True, eq=False)
class AskedRefund:
    """What the credit note that is being posted takes back, as its verb was asked."""

    line_id: int
    quantity: float
    document: dict


class BookingCreditLot(models.Model):
    """What a credit note takes off a lot, also where it pays back less than it holds.

    Customer credit that becomes a plain debt to the customer again.

    The way back of “Keep as Customer Credit”: to correct a mistake, to match the
    money with an invoice after all, or to pay it out.
    """

    _inherit = "booking.credit.lot"

    def action_release_to_receivable(self):
        """Take what is left off this credit and show the entry that owes it.

        :raise AccessError: for others than accountants
        :raise UserError: if this was not kept from a payment, or nothing is left
        """
        self.ensure_one()
        self._check_may("accountant")
        move = self.sudo()._release_to_receivable()
        return {
            "type": "ir.actions.act_window",
            "name": move.name,
            "res_model": "account.move",
            "res_id": move.id,
            "view_mode": "form",
        }

    def _release_to_receivable(self):
        """Post Dr unused credits / Cr receivable for what is left; return the entry."""
        self.ensure_one()
        self._release_lapsed()
        # what had become income is owed again first
        self._wake()
        self._check_releasable()
        move = self.env["account.move"].with_context(tracking_disable=True)
        move = move.create(self._prepare_release_vals())
        move._post(soft=False)
        posting = {
            "type": "refund",
            "lot": self,
            "quantity": -self.balance,
            "value": -self.value,
            "move_line": move.line_ids.filtered("booking_credit_lot_id"),
        }
        self._post(
            "refund",
            [posting],
            key=f"release:{move._name}:{move.id}",
            document=move.name,
            reason=self.env._("Released to the customer's account"),
        )
        return move

    def _check_releasable(self):
        """Refuse to release what is not owed in money, or is held.

        :raise UserError: naming the lot, the customer and the numbers
        """
        currency = self.currency_id
        if not self.kept_line_id or currency.is_zero(self.value) or self.held:
            raise UserError(
                self.env._(
                    "%(lot)s of %(customer)s cannot be released: %(left)s are available "
                    "and %(held)s are held. Only what was kept from a payment or a "
                    "cancellation is owed in money, and nothing of it may be held.",
                    lot=self.name,
                    customer=self.partner_id.display_name,
                    left=self.available_text,
                    held=currency.format(self.held),
                )
            )

    def _prepare_release_vals(self):
        company = self.company_id
        name = self.env._("Customer credit released: %s", self.name)
        common = {"name": name, "currency_id": self.currency_id.id}
        return {
            "move_type": "entry",
            "journal_id": company.booking_credit_journal_id.id,
            "company_id": company.id,
            "date": company._booking_credit_today(),
            "ref": name,
            "line_ids": [
                Command.create({**common, **vals})
                for vals in self._prepare_release_lines()
            ],
        }

    def _prepare_release_lines(self):
        """Return Dr unused credits / Cr the account that it was kept from."""
        kept = self.kept_line_id
        return [
            {
                "account_id": self.liability_account_id.id,
                "partner_id": self.partner_id.commercial_partner_id.id,
                "balance": self.value,
                "amount_currency": self.value,
                "booking_credit_lot_id": self.id,
            },
            {
                "account_id": kept.account_id.id,
                "partner_id": kept.partner_id.id,
                "balance": -self.value,
                "amount_currency": -self.value,
            },
        ]

    @api.depends("source_line_id", "value")
    def _compute_is_paid(self):
        for lot in self:
            # sudo: the front desk need not read invoices.
            lot.is_paid = bool(lot.sudo().source_line_id) and lot.value > 0

    def _prepare_opening_line(self, balance):
        """Return the journal item that owes what this lot is worth."""
        self.ensure_one()
        balance = self.currency_id.round(balance)
        return {
            "name": self.name,
            "account_id": self.liability_account_id.id,
            "partner_id": self.partner_id.commercial_partner_id.id,
            "balance": balance,
            "amount_currency": balance,
            "currency_id": self.currency_id.id,
            "booking_credit_lot_id": self.id,
        }

    # === Business verbs === #

    def _post_restored(self, entries, restored):
        """Post ``restored`` with what it gives back, also of bookings to come.

        Both on the day of the correction: they cancel each other out.
        """
        posting = self.env["booking.credit.posting"]
        today = {c: c._booking_credit_today() for c in entries.company_id}
        early = entries.filtered(
            lambda entry: entry.posting_state == "pending"
            and posting._get_due_date(entry) > today[entry.company_id]
        )
        for company, batch in early.grouped("company_id").items():
            batch |= restored.filtered(
                lambda entry, batch=batch: entry.source_entry_id in batch
                and entry.posting_state == "pending"
            )
            posting.with_company(company)._post_day(company, today[company], batch)
        posting._post_entries(entries | restored)

    def _refund(self, quantity, reason, key=None):
        """Take unused units of a paid lot back and credit their money to the customer.

        A credit note on the invoice line that sold the lot, for the share of its
        value that these units carry (research: refunds in money). Paying it out is
        ordinary bookkeeping.

        :param float quantity: units, > 0, at most what is available
        :raise UserError: without a reason, or if nothing was paid for this lot
        :raise InsufficientCreditsError: if less is unused
        """
        self.ensure_one()
        self._check_reason(reason)
        document = {"key": key}
        request = {"lot": self.id, "quantity": quantity}
        if replay := self._find_replay("refund", request, document):
            return replay
        self._release_lapsed()
        self._check_refund(quantity)
        # what had become income is owed again, and then paid back
        self.sudo()._wake()
        # of the bonus goes as much as of what is unused
        self._fold_bonus(quantity / self.available, reason=reason)
        line = self._post_refund(
            quantity, {**document, "request": request, "reason": reason}
        )
        entries = self.env["booking.credit.entry"]
        return entries.search([("move_line_id", "=", line.id)])

    def _post_refund(self, quantity, document):
        """Post the credit note that takes ``quantity`` units back; return its line."""
        refund = self._create_refund(quantity, document["reason"])
        line = refund.invoice_line_ids.filtered("booking_credit_lot_id")
        asked = AskedRefund(line.id, quantity, document)
        tell(refund, refund=asked)._post(soft=False)
        # the credit note settles what is still open on the invoice
        (self.source_line_id.move_id | refund)._match_open_receivables()
        return line

    # === Steps of the verbs, for bridges to extend === #

    def _prepare_refund_postings(self, quantity, line):
        """Return the postings of the credit note ``line`` that takes units back.

        Where it takes the last units for less than their value, the rest was the price
        of what has been used: it is income of the last service, with its VAT if that is
        due at use; of an unused pack it is a fee.

        :param float quantity: units, > 0
        """
        self.ensure_one()
        postings = [
            {
                "type": "refund",
                "lot": self,
                "quantity": -quantity,
                "value": -line.balance,
                "move_line": line,
            }
        ]
        rest = self.currency_id.round(self.value - line.balance)
        closes = self.unlimited or not self._compare_units(self.balance, quantity)
        if closes and self.currency_id.compare_amounts(rest, 0) > 0:
            postings.append(self._prepare_rest_posting(rest))
        return postings

    def _prepare_rest_posting(self, rest):
        """Return the posting of the value that is left when no unit is."""
        return {
            "type": "redeem" if self._get_last_service() else "fee",
            "lot": self,
            "quantity": 0,
            "value": -rest,
            "bookings": 0,
        }

    def _get_last_service(self):
        """Return the service that this lot paid last, for account and taxes."""
        self.ensure_one()
        used = self.entry_ids.filtered(
            lambda entry: entry.type == "redeem" and entry.quantity
        ).sorted("id", reverse=True)
        for entry in used:
            operation = entry.operation_id
            if product := operation.order_line_id.product_id or operation.product_id:
                return product
        return self.env["product.product"]

    def _get_value_released(self, quantity):
        """Return the money that ``quantity`` units of this lot carry now.

        :param float quantity: units, >= 0, at most the balance
        """
        self.ensure_one()
        if self.unlimited:
            return 0.0
        left = Decimal(str(self.balance)) - Decimal(str(quantity))
        money = self.currency_id.round
        return float(
            released_value(
                Decimal(str(money(self.value))),
                Decimal(str(money(self.basis_value))),
                Decimal(str(self.basis_quantity)),
                left,
                Decimal(str(self.currency_id.rounding)),
            )
        )

    def _check_refund(self, quantity):
        """Refuse to pay back what was not paid, or is not there.

        :raise UserError: naming the customer, the number and the remedy
        """
        values = {
            "lot": self.name,
            "customer": self.partner_id.display_name,
            "quantity": format_units(self.env, quantity),
            "available": format_units(self.env, self.available),
        }
        if not self.source_line_id or self.unlimited:
            raise UserError(
                self.env._(
                    "%(lot)s of %(customer)s cannot be paid back unit by unit: nothing "
                    "was paid for it, or it is unlimited. Correct it, or add a credit "
                    "note to its invoice.",
                    **values,
                )
            )
        self._check_refund_quantity(quantity, values)

    def _check_refund_quantity(self, quantity, values):
        """Refuse to pay back nothing, or more than is unused.

        :param dict values: of the sentences
        """
        if self._compare_units(quantity, 0) <= 0:
            raise UserError(
                self.env._(
                    "%(quantity)s of %(lot)s of %(customer)s cannot be paid back: "
                    "enter a number above 0, at most %(available)s.",
                    **values,
                )
            )
        if self._compare_units(quantity, self.available) > 0:
            raise InsufficientCreditsError(
                self.env._(
                    "%(quantity)s of %(lot)s of %(customer)s cannot be paid back: only "
                    "%(available)s are unused. Pay back at most %(available)s. "
                    "%(uses)s",
                    uses=self._get_uses_text(),
                    **values,
                )
            )

    def _create_refund(self, quantity, reason):
        """Return a draft credit note for ``quantity`` units of this lot."""
        source = self.source_line_id
        invoice = source.move_id
        today = self.company_id._booking_credit_today()
        vals = {"ref": reason, "invoice_date": today, "invoice_line_ids": []}
        refund = invoice._reverse_moves([vals])
        # the debt was taken at the rate of the sale, and goes at that rate
        refund.invoice_currency_rate = invoice.invoice_currency_rate
        refund.invoice_line_ids.unlink()
        refund.invoice_line_ids = [
            Command.create(self._prepare_refund_line_vals(source, quantity))
        ]
        return refund

    def _prepare_refund_line_vals(self, source, quantity):
        """Return the credit note line; its net amount is the value of the units."""
        invoice = source.move_id
        value = self._get_value_released(quantity)
        amount = value * (invoice.invoice_currency_rate or 1.0)
        full_price = source.price_unit * source.quantity * (1 - source.discount / 100)
        # what was posted: the subtotal shown may differ from it by a cent
        net = abs(source.amount_currency)
        ratio = abs(full_price) / net if net else 1.0
        return {
            "name": self.env._(
                "Refund of %(quantity)s unused of %(lot)s, %(product)s",
                quantity=self._in_words(quantity),
                lot=self.name,
                product=source.product_id.display_name,
            ),
            "product_id": source.product_id.id,
            "account_id": source.account_id.id,
            "quantity": 1.0,
            "price_unit": source.currency_id.round(amount * ratio),
            "discount": 0.0,
            "tax_ids": [Command.set(source.tax_ids.ids)],
            "analytic_distribution": source.analytic_distribution,
            # not of the order line: that would be to invoice again
            "booking_credit_lot_id": self.id,
        }

    # === Public verbs === #

    def refund(self, quantity, reason, key=None):
        """Pay unused units back in money; see :meth:`_refund`. For accountants."""
        self._check_may("accountant")
        self._check_finite(quantity)
        return self.sudo()._refund(quantity, reason, key=key)
