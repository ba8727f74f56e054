from datetime import timedelta

from odoo import api, fields, models

from ..exceptions import CreditsMovedError
from ..inside import check_guarded


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
