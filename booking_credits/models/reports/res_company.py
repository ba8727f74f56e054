from odoo import fields, models


class ResCompany(models.Model):
    """What the reports of accountants ask of a company."""

    _inherit = "res.company"

    booking_credit_tie_out_nightly = fields.Boolean(
        string="Tie Out Every Night",
        default=True,
        help="Compare the ledger of credits with the general ledger line by line every "
        "night, and keep the result.",
    )

    def _get_booking_credit_owed_accounts(self):
        """Return every account on which these companies owe, or have owed, credits.

        The accounts of the settings, and those of lots sold before somebody chose
        another account there.
        """
        groups = (
            self.env["booking.credit.lot"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "in", self.ids),
                    ("liability_account_id", "!=", False),
                ],
                ["liability_account_id"],
            )
        )
        accounts = self._get_booking_credit_liability_accounts()
        for (account,) in groups:
            accounts |= account
        return accounts
