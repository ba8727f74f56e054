from odoo import models
from odoo.fields import Command


class AccountMoveLine(models.Model):
    """Money that a customer is owed, kept as customer credit.

    A payment in excess, a deposit, or a credit note leaves an open credit on the
    receivable account. Keeping it moves the debt: Dr receivable / Cr unused credits,
    gross and without VAT, since what it will pay is not known yet.
    """

    _inherit = "account.move.line"

    # === Business verbs === #

    def _keep_as_customer_credit(self, origin, partner=None, reason=None):
        """Turn what is open on these lines into customer credit (S2-01, S2-04).

        Only the residual that is matched with no invoice. Safe to run twice: nothing
        is open the second time.

        :param str origin: of the lots: ``payment`` or ``refund``
        :param partner: who may use it; by default the customer of the line
        :return: the new lots
        """
        lots = self.env["booking.credit.lot"].sudo()
        # sudo: the caller has checked who may; lots and entries are made by nobody.
        for line in self.sudo():
            line._rematch_kept_credit()
            if line._get_keepable_amount() > 0:
                lots |= line._keep_line(origin, partner or line.partner_id, reason)
        return lots.with_env(self.env)

    def _keep_line(self, origin, partner, reason):
        self.ensure_one()
        amount = self._get_keepable_amount()
        move = self.env["account.move"].with_context(tracking_disable=True)
        move = move.create(self._prepare_kept_move_vals(amount))
        move._post(soft=False)
        debit = move.line_ids.filtered(lambda line: line.account_id == self.account_id)
        credit = move.line_ids - debit
        (self | debit).reconcile()
        lot = self.env["booking.credit.lot"]._grant(
            [self._prepare_kept_lot_vals(origin, partner, credit)],
            [{"quantity": amount, "value": amount, "move_line": credit}],
            key=f"keep:{credit._name}:{credit.id}",
            document=self.move_name,
            reason=reason,
        )
        credit.booking_credit_lot_id = lot
        return lot

    def _rematch_kept_credit(self):
        """Match these lines again with the credit that was made from them.

        Somebody may have undone the matching: the same money is not kept twice.
        """
        self.ensure_one()
        kept = self._get_kept_lots().source_move_id.line_ids.filtered(
            lambda line: line.account_id == self.account_id and not line.reconciled
        )
        if kept and not self.reconciled:
            (self | kept).reconcile()

    # === Steps of the verbs, for bridges to extend === #

    def _get_kept_lots(self):
        """Return the customer credit that was made from these lines."""
        return (
            self.env["booking.credit.lot"]
            .sudo()
            .search([("kept_line_id", "in", self.ids)])
        )

    def _get_keepable_amount(self):
        """Return what these lines owe to the customer, in company currency (>= 0)."""
        amounts = (
            -line.amount_residual
            for line in self
            if line.account_type == "asset_receivable"
            and line.parent_state == "posted"
            and line.partner_id
            and line.company_currency_id.compare_amounts(line.amount_residual, 0) < 0
        )
        return sum(amounts)

    def _prepare_kept_move_vals(self, amount):
        company = self.company_id
        name = self.env._("Kept as customer credit: %s", self.move_name)
        return {
            "move_type": "entry",
            "journal_id": company.sudo().booking_credit_journal_id.id,
            "company_id": company.id,
            "date": company._booking_credit_today(),
            "ref": name,
            "line_ids": [
                Command.create({"name": name, **vals})
                for vals in self._prepare_kept_move_lines(amount)
            ],
        }

    def _prepare_kept_move_lines(self, amount):
        """Return Dr this receivable / Cr unused credits, in their currencies."""
        company = self.company_id
        liability = company._get_booking_credit_account("multi_liability")
        partner = self.partner_id
        return [
            {
                "account_id": self.account_id.id,
                "partner_id": partner.id,
                "currency_id": self.currency_id.id,
                "balance": amount,
                "amount_currency": -self.amount_residual_currency,
            },
            {
                "account_id": liability.id,
                "partner_id": partner.commercial_partner_id.id,
                "currency_id": company.currency_id.id,
                "balance": -amount,
                "amount_currency": -amount,
            },
        ]

    def _prepare_kept_lot_vals(self, origin, partner, credit):
        product = self.env.ref("booking_credits.product_customer_credit")
        terms = product.product_tmpl_id._prepare_booking_credit_lot_vals(
            self.company_id
        )
        return {
            **terms,
            "partner_id": partner.id,
            "product_id": product.id,
            "origin": origin,
            "source_line_id": credit.id,
            "kept_line_id": self.id,
            "liability_account_id": credit.account_id.id,
        }
