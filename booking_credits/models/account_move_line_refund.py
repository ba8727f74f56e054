from odoo import models


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
        unpaid = self.search_count(
            [
                *domain,
                ("move_id.move_type", "in", ("out_invoice", "out_receipt")),
                ("parent_state", "=", "posted"),
                ("booking_credit_source_lot_ids", "=", False),
                ("booking_credit_lot_id", "=", False),
            ],
            limit=1,
        )
        if unpaid:
            return lots
        return lots.search([*domain, ("source_line_id", "!=", False)])
