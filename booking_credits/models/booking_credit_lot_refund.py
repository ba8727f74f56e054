from odoo import models


class BookingCreditLot(models.Model):
    """What a credit note takes off a lot, also where it pays back less than it holds."""

    _inherit = "booking.credit.lot"

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
            postings.append(
                {
                    "type": "redeem" if self._get_last_service() else "fee",
                    "lot": self,
                    "quantity": 0,
                    "value": -rest,
                    "bookings": 0,
                }
            )
        return postings

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
