from datetime import timedelta

from odoo import api, fields, models

from ...exceptions import CreditsMovedError
from ...inside import check_guarded

#: documents that sell packs: an invoice, or the receipt of a sale at once
SALES = ("out_invoice", "out_receipt")


class AccountMove(models.Model):
    """Journal entries of credits and locked periods."""

    _inherit = "account.move"

    _booking_guarded = {
        "booking_credit_use_invoice": "booking.credit.posting._post_invoiced"
    }

    booking_credit_use_invoice = fields.Boolean(
        string="Paid With Credits",
        readonly=True,
        copy=False,
        help="Invoice for credits that were used, and paid by them.",
    )

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

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account` to let only the posting of uses write such invoices."""
        check_guarded(self.browse(), vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Override of `account` to let only the posting of uses write such invoices."""
        check_guarded(self, [vals])
        return super().write(vals)

    def _check_use_invoices_kept(self):
        """Refuse to reopen invoices that declare the VAT of credits used.

        :raise CreditsMovedError: naming the invoice and the remedy
        """
        for move in self:
            if move.booking_credit_use_invoice and move.state == "posted":
                raise CreditsMovedError(
                    self.env._(
                        "%s cannot be reopened: it was paid with booking credits. Give "
                        "the credits back, or add a credit note.",
                        move.name,
                    )
                )

    def _leave_locked_period(self):
        """Date these drafts on the first open day, if their own is locked.

        Odoo would take the end of the first open month, or today: the difference to
        the day of the event would be larger than it need be.
        """
        for move in self:
            taxed = move._affect_tax_report()
            while locks := move._get_violated_lock_dates(move.date, taxed):
                move.date = locks[-1][0] + timedelta(days=1)

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
            move._check_kept_credit_unmoved()
            lots = move.line_ids.booking_credit_lot_id
            if lots and move.state == "posted":
                raise CreditsMovedError(
                    self.env._(
                        "%(move)s cannot be reopened: the credits %(lots)s rest on it. "
                        "Add a credit note to take unused credits back.",
                        move=move.name,
                        lots=", ".join(lots.mapped("name")),
                    )
                )

    def _check_kept_credit_unmoved(self):
        """Refuse to reopen what was kept as customer credit that moved or is left.

        :raise CreditsMovedError: naming the entry and its credits
        """
        kept = self.line_ids._get_kept_lots().filtered(
            lambda lot: lot.is_open or "redeem" in lot.entry_ids.mapped("type")
        )
        if kept and self.state == "posted":
            raise CreditsMovedError(
                self.env._(
                    "%(move)s cannot be reopened: it was kept as customer credit "
                    "%(lots)s. Release what is left of the credit first; what was "
                    "used stays.",
                    move=self.name,
                    lots=", ".join(kept.mapped("name")),
                )
            )
