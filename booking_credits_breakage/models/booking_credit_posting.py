from odoo import models


class BookingCreditPosting(models.AbstractModel):
    _inherit = "booking.credit.posting"

    def _post_day(self, company, day, entries):
        """Override to take back breakage of what was used or has expired after all.

        What is recognised in advance is never more than what is left: not for a day.
        """
        moves = super()._post_day(company, day, entries)
        cohorts = entries.lot_id.cohort_id.filtered("step_ids")
        if cohorts:
            # there may be none, one, or several with the invoices for uses
            last = max(moves.mapped("date"), default=day)
            cohorts._recognise(max(last, day), only_less=True)
        return moves
