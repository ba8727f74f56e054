from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command


class BookingCreditLotRelease(models.Model):
    """Customer credit that becomes a plain debt to the customer again.

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
        move = self.env["account.move"].with_context(tracking_disable=True)
        move = move.create(self._prepare_release_vals())
        move._post(soft=False)
        self._post(
            "refund",
            [
                {
                    "type": "refund",
                    "lot": self,
                    "quantity": -self.balance,
                    "value": -self.value,
                    "move_line": move.line_ids.filtered("booking_credit_lot_id"),
                }
            ],
            key=f"release:{move._name}:{move.id}",
            document=move.name,
            reason=self.env._("Released to the customer's account"),
        )
        return move

    def _prepare_release_vals(self):
        company = self.company_id
        kept = self.kept_line_id
        name = self.env._("Customer credit released: %s", self.name)
        common = {"name": name, "currency_id": self.currency_id.id}
        return {
            "move_type": "entry",
            "journal_id": company.booking_credit_journal_id.id,
            "company_id": company.id,
            "date": company._booking_credit_today(),
            "ref": name,
            "line_ids": [
                Command.create(
                    {
                        **common,
                        "account_id": self.liability_account_id.id,
                        "partner_id": self.partner_id.commercial_partner_id.id,
                        "balance": self.value,
                        "amount_currency": self.value,
                        "booking_credit_lot_id": self.id,
                    }
                ),
                Command.create(
                    {
                        **common,
                        "account_id": kept.account_id.id,
                        "partner_id": kept.partner_id.id,
                        "balance": -self.value,
                        "amount_currency": -self.value,
                    }
                ),
            ],
        }
