from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: chart of accounts -> first code that is tried for breakage in advance
ACCOUNT_CODES = {"fr": "419119", "be": "460119", "de_skr03": "1719", "cz": "324119"}


class ResCompany(models.Model):
    """Where and how much is recognised before credits expire."""

    _inherit = "res.company"

    booking_credit_breakage_method = fields.Selection(
        selection_add=[("proportional", "In proportion to use, by estimate")],
        ondelete={"proportional": "set default"},
    )
    booking_credit_breakage_percent = fields.Float(
        string="Expected Never to Be Used",
        digits=(5, 2),
        help="Percent of the price of packs, to begin with. Each pack and month has an "
        "estimate of its own, which can be changed.",
    )
    booking_credit_breakage_contra_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Breakage in Advance",
        check_company=True,
        domain="[('account_type', '=', 'liability_current')]",
        help="Lowers what the business owes by what is expected never to be used. An "
        "account of its own, which nothing else is posted to.",
    )

    @api.constrains("booking_credit_breakage_percent")
    def _check_booking_credit_breakage_percent(self):
        for company in self:
            if not 0 <= company.booking_credit_breakage_percent < 100:
                raise ValidationError(
                    self.env._(
                        "%(company)s: %(percent)g %% of what is sold cannot be never "
                        "used. Enter 0 at least, and less than 100.",
                        company=company.name,
                        percent=company.booking_credit_breakage_percent,
                    )
                )

    def _get_booking_credit_account_names(self):
        """Override to name the account for breakage in advance."""
        return {
            **super()._get_booking_credit_account_names(),
            "booking_credit_breakage_contra_account_id": self.env._(
                "Unused credits: breakage recognised in advance"
            ),
        }

    def _get_booking_credit_account(self, purpose):
        """Override to create the account for breakage in advance at its first use."""
        # sudo: see there
        company = self.sudo().with_company(self)
        field = "booking_credit_breakage_contra_account_id"
        if purpose == "breakage_contra" and not company[field]:
            company[field] = company._create_booking_credit_account(
                company._get_booking_credit_account_names()[field],
                "liability_current",
                field,
            )
        return super()._get_booking_credit_account(purpose)

    def _get_booking_credit_chart_code(self, field):
        """Override to use the place that the chart has for breakage in advance."""
        if field != "booking_credit_breakage_contra_account_id":
            return super()._get_booking_credit_chart_code(field)
        template = self.chart_template or ""
        return ACCOUNT_CODES.get(template) or ACCOUNT_CODES.get(template[:2])

    def _get_booking_credit_contra_accounts(self):
        """Return the accounts on which these companies recognised breakage."""
        companies = self.sudo()
        groups = (
            self.env["booking.credit.cohort.step"]
            .sudo()
            ._read_group([("company_id", "in", self.ids)], ["account_id"])
        )
        accounts = companies.booking_credit_breakage_contra_account_id
        for (account,) in groups:
            accounts |= account
        return accounts
