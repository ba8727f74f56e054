from odoo import models

from ..exceptions import CreditsMovedError
from ..inside import told
from ..words import format_units

#: documents that sell packs: an invoice, or the receipt of a sale at once
SALES = ("out_invoice", "out_receipt")


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """Override of `account` to give credits, and to take back refunded ones.

        :raise UserError: for a part of a pack, or a unit that it is not sold by
        """
        sold = self.filtered(lambda move: move.move_type in SALES).invoice_line_ids
        sold._check_packs_sold()
        posted = super()._post(soft)
        refunds = posted.filtered(lambda move: move.move_type == "out_refund")
        for line in refunds.invoice_line_ids.filtered("product_id"):
            if line._may_take_back_credits():
                refunds._take_back_booking_credits(line)
        posted.filtered(
            lambda move: move.company_id.booking_credit_grant_on == "posted"
        )._grant_booking_credits()
        self.env["booking.credit.posting"]._settle_orders(
            posted.filtered(lambda move: move.move_type in SALES).sudo()
        )
        return posted

    def _invoice_paid_hook(self):
        """Override of `account` to give the credits of packs that are paid."""
        res = super()._invoice_paid_hook()
        self._grant_booking_credits()
        return res

    def button_draft(self):
        """Override of `account`: what gave or moved credits cannot be reopened."""
        self._check_booking_credits_unmoved()
        return super().button_draft()

    def button_cancel(self):
        """Override of `account`: what gave or moved credits cannot be cancelled."""
        self._check_booking_credits_unmoved()
        return super().button_cancel()

    # === Steps of the verbs, for bridges to extend === #

    def _grant_booking_credits(self):
        invoices = self.filtered(
            lambda move: move.move_type in SALES and move.state == "posted"
        )
        return invoices.invoice_line_ids._grant_booking_credits()

    def _match_open_receivables(self):
        """Reconcile what is open on the receivable accounts of these entries."""
        lines = self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
            and line.parent_state == "posted"
            and not line.reconciled
        )
        parts = lines.grouped(lambda line: (line.account_id, line.partner_id))
        for part in parts.values():
            balances = part.mapped("amount_residual")
            if min(balances) < 0 < max(balances):
                part.reconcile()

    def _check_booking_credits_unmoved(self):
        """Refuse to reopen journal entries that the credit ledger rests on.

        :raise CreditsMovedError: naming the entry and its credits
        """
        self._check_use_invoices_kept()
        # sudo: who bills packs need not read credits.
        for move in self.sudo():
            lots = move.line_ids.booking_credit_lot_id
            kept = move.line_ids._get_kept_lots().filtered(
                lambda lot: lot.is_open or "redeem" in lot.entry_ids.mapped("type")
            )
            if kept and move.state == "posted":
                raise CreditsMovedError(
                    self.env._(
                        "%(move)s cannot be reopened: it was kept as customer credit "
                        "%(lots)s. Release what is left of the credit first; what was "
                        "used stays.",
                        move=move.name,
                        lots=", ".join(kept.mapped("name")),
                    )
                )
            if lots and move.state == "posted":
                raise CreditsMovedError(
                    self.env._(
                        "%(move)s cannot be reopened: the credits %(lots)s rest on it. "
                        "Add a credit note to take unused credits back.",
                        move=move.name,
                        lots=", ".join(lots.mapped("name")),
                    )
                )

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
        document = {"key": f"refund:{line._name}:{line.id}"}
        asked = told(self, "refund")
        if asked and asked.line_id == line.id:
            quantity, document = asked.quantity, asked.document
        else:
            quantity = line._get_refunded_quantity(lot)
            lot._fold_bonus(
                min(quantity / lot.granted, 1.0) if lot.granted else 1.0,
                line.move_id.name,
            )
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
        line.booking_credit_lot_id = lot
        entries = self.env["booking.credit.operation"]._post(
            "refund",
            lot._prepare_refund_postings(quantity, line),
            document=line.move_id.name,
            product=lot._get_last_service(),
            **document,
        )
        self.env["booking.credit.posting"]._post_entries(entries)
