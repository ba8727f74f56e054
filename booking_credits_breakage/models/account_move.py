from odoo import models

from odoo.addons.booking_credits.exceptions import CreditsMovedError


class AccountMove(models.Model):
    _inherit = "account.move"

    def _check_booking_credits_unmoved(self):
        """Override to keep what was recognised in advance.

        :raise CreditsMovedError: naming the entry and the remedy
        """
        for move in self.sudo():
            if move.line_ids.booking_credit_cohort_id and move.state == "posted":
                raise CreditsMovedError(
                    self.env._(
                        "%s cannot be reopened: breakage was recognised with it. "
                        "Change the estimate, and the next run catches up with it.",
                        move.name,
                    )
                )
        return super()._check_booking_credits_unmoved()
