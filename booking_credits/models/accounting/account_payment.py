from odoo import api, fields, models
from odoo.exceptions import AccessError

from ...const import CREDIT_GROUPS


class AccountPayment(models.Model):
    """Money received in excess, or before there is anything to pay (S2-01, S2-04)."""

    _inherit = "account.payment"

    booking_credit_keepable = fields.Monetary(
        string="Not Matched",
        currency_field="company_currency_id",
        compute="_compute_booking_credit_keepable",
        help="Received from the customer and matched with no invoice.",
    )
    booking_credit_lot_ids = fields.Many2many(
        comodel_name="booking.credit.lot",
        string="Kept as Customer Credit",
        compute="_compute_booking_credit_lot_ids",
        # who bills keeps payments as credit, and sees what became of them
        groups=f"{CREDIT_GROUPS},account.group_account_invoice",
    )

    @api.depends("state", "move_id.line_ids.amount_residual")
    def _compute_booking_credit_keepable(self):
        for payment in self:
            lines = payment._get_booking_credit_lines()
            payment.booking_credit_keepable = lines._get_keepable_amount()

    @api.depends("move_id")
    def _compute_booking_credit_lot_ids(self):
        for payment in self:
            lots = payment._get_booking_credit_lines()._get_kept_lots()
            payment.booking_credit_lot_ids = lots.with_env(self.env)

    # === Actions === #

    def action_keep_as_customer_credit(self):
        """Open the dialog that shows what of these payments becomes credit."""
        self._check_may_keep()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Keep as Customer Credit"),
            "res_model": "booking.credit.keep",
            "view_mode": "form",
            "target": "new",
            "context": {"default_payment_ids": self.ids},
        }

    def action_view_booking_credits(self):
        """Open the customer credit that was made from this payment."""
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_lot_action_customer"
        )
        return {
            **action,
            "domain": [("id", "in", self.booking_credit_lot_ids.ids)],
            "context": {"booking_credit_by_customer": 1},
        }

    # === Verbs === #

    def keep_as_customer_credit(self, partner=None):
        """Keep what is matched with no invoice as customer credit; once (S2-23).

        :param partner: who may use it; by default the customer who paid
        :return: the lots made from these payments, also by an earlier call
        :raise AccessError: for others than billing staff
        """
        self._check_may_keep()
        for payment in self:
            lots = payment._get_booking_credit_lines()._keep_as_customer_credit(
                "payment", partner, self.env._("Received and not matched")
            )
            payment._log_kept(lots)
        self.invalidate_recordset(["booking_credit_keepable", "booking_credit_lot_ids"])
        return self.booking_credit_lot_ids

    # === Steps, for bridges to extend === #

    def _check_may_keep(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(
            "account.group_account_invoice"
        ):
            raise AccessError(
                self.env._(
                    "Only billing staff may turn payments into customer credit: %s.",
                    ", ".join(self.mapped("name")),
                )
            )

    def _get_booking_credit_lines(self):
        """Return the receivable lines of these payments by customers."""
        inbound = self.filtered(
            lambda payment: payment.payment_type == "inbound"
            and payment.partner_type == "customer"
        )
        return inbound.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def _log_kept(self, lots):
        """Note on the payment what became of it."""
        self.ensure_one()
        for lot in lots:
            self.message_post(
                body=self.env._(
                    "%(amount)s kept as customer credit of %(customer)s: %(lot)s",
                    amount=lot.currency_id.format(lot.granted),
                    customer=lot.partner_id.display_name,
                    lot=lot._get_html_link(title=lot.name),
                )
            )
