from odoo import api, models


class BookingCreditTieOut(models.Model):
    """Opening balances: dated when the business began, loaded when it was ready.

    Their journal entry has the opening date, their movements the day on which they
    were loaded. Between the two days the books have them, the ledger has not.
    """

    _inherit = "booking.credit.tie.out"

    @api.model
    def _prefetch(self, pairs, items):
        """Override to know what loaded the lots."""
        super()._prefetch(pairs, items)
        lots = self.env["booking.credit.lot"].browse(
            {pair.lot_id for pair in pairs if pair.lot_id}
        )
        lots.import_id.fetch(["move_id", "undo_move_id"])

    @api.model
    def _get_reasons(self, company, pair, item):
        """Override to tell an opening balance from another period."""
        reasons = super()._get_reasons(company, pair, item)
        loaded = self.env["booking.credit.lot"].browse(pair.lot_id).import_id
        if not loaded or item.move_id not in loaded.move_id | loaded.undo_move_id:
            return reasons
        return [
            ("opening" if reason == "period" else reason, part)
            for reason, part in reasons
        ]

    @api.model
    def _get_good_reasons(self):
        """Override to add opening balances."""
        return super()._get_good_reasons() | {"opening"}

    @api.model
    def _get_notes(self):
        """Override to explain opening balances."""
        return {
            **super()._get_notes(),
            "opening": self.env._("Loaded when Booking Credits was taken into use."),
        }
