from odoo import api, models


class BookingCreditLotMail(models.Model):
    """Tells customers what they received."""

    _inherit = "booking.credit.lot"

    @api.model
    def _grant(self, vals_list, postings, **document):
        """Override to let the customers hear of it, once this is committed."""
        lots = super()._grant(vals_list, postings, **document)
        self.env["booking.credit.notice"].sudo()._queue_received(lots)
        return lots
