from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...presets import PRESETS

#: accounts that are used if they are there, and created on request
OWN_ACCOUNTS = {
    "booking_credit_voucher_account_id": "liability_current",
    "booking_credit_pass_account_id": "liability_current",
    "booking_credit_no_show_account_id": "income",
}

#: chart of accounts -> purpose -> first code that is tried. Where a chart has no place
#: of its own for a purpose, the account goes beside those of the same type.
ACCOUNT_CODES = {
    "fr": {
        "liability": "419110",
        "multi_liability": "419120",
        "voucher": "419710",
        "pass": "487100",
        "fee": "708810",
        "no_show": "708820",
        "breakage": "706900",
    },
    "be": {
        "liability": "460110",
        "multi_liability": "460120",
        "voucher": "460710",
        "pass": "493100",
    },
    "de_skr03": {
        "liability": "1719",
        "multi_liability": "1719",
        "voucher": "1719",
        "pass": "0991",
    },
    "cz": {
        "liability": "324110",
        "multi_liability": "324120",
        "voucher": "324710",
        "pass": "384100",
        "fee": "602810",
        "no_show": "602820",
        "breakage": "648900",
    },
}


class ResCompany(models.Model):
    """How the use of credits is put in the books, and what the law asks for."""

    _inherit = "res.company"

    booking_credit_posting_mode = fields.Selection(
        selection=[
            ("daily", "One for each day"),
            ("each", "One for each booking"),
            ("monthly", "One for each month"),
        ],
        string="Journal Entries of Credits Used",
        default="daily",
        required=True,
        help="How the use of credits is grouped. Each journal entry has one line for "
        "each batch of credits, so nothing is lost in the group.",
    )
    booking_credit_no_show_account_id = fields.Many2one(
        comodel_name="account.account",
        string="No-shows",
        check_company=True,
        domain="[('account_type', 'in', ('income', 'income_other'))]",
        help="Income kept when a customer did not come. Empty: that of fees.",
    )
    booking_credit_voucher_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Gift Vouchers",
        check_company=True,
        domain="[('account_type', '=', 'liability_current')]",
        help="What the business owes for gift vouchers. Empty: that of other credits.",
    )
    booking_credit_pass_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Unlimited Passes",
        check_company=True,
        domain="[('account_type', '=', 'liability_current')]",
        help="Income of unlimited passes that is not earned yet. Empty: that of other "
        "credits.",
    )
    booking_credit_fee_vat = fields.Selection(
        selection=[
            ("taxed", "VAT is due on fees"),
            ("outside", "Fees are compensation, outside VAT"),
        ],
        string="VAT on Fees",
        default="taxed",
        required=True,
        help="What is kept for late cancellations and no-shows, of credits whose VAT is "
        "due at use. CJEU C-250/14: the price of an unused ticket is taxed; C-277/05: a "
        "forfeited deposit is compensation. Kept on credits when they are sold.",
    )
    booking_credit_breakage_method = fields.Selection(
        selection=[
            ("on_expiry", "When they expire"),
            ("remote", "When they were not used for a long time"),
        ],
        string="Unused Credits Become Income",
        default="on_expiry",
        required=True,
        help="IFRS 15.B46: where use has become unlikely. The credits can still be "
        "used; what was income is owed again then. Kept on credits when they are sold.",
    )
    booking_credit_dormancy_months = fields.Integer(
        string="Months Without Use",
        default=36,
        help="After so many months without any movement, use is unlikely.",
    )
    booking_credit_expiry_allowed = fields.Boolean(
        string="Credits May Expire",
        default=True,
        help="Some laws forbid that what was paid for expires. Unlimited passes and "
        "credits that were given may still end.",
    )
    booking_credit_min_months = fields.Integer(
        string="Shortest Validity",
        help="Months for which credits that are sold must be valid; 0: no rule.",
    )
    booking_credit_min_strict = fields.Boolean(
        string="Refuse Shorter Packs",
        help="Otherwise people who set up a pack are only warned.",
    )
    booking_credit_preset = fields.Selection(
        selection=[(code, preset.name) for code, preset in PRESETS.items()],
        string="Country Preset",
        help="Fills in the rules below. Each names the texts that it rests on: let "
        "your accountant confirm them.",
    )
    booking_credit_preset_source = fields.Char(
        string="Source", compute="_compute_booking_credit_preset_source"
    )

    _booking_credit_months_positive = models.Constraint(
        "CHECK(COALESCE(booking_credit_min_months, 0) >= 0 "
        "AND COALESCE(booking_credit_dormancy_months, 0) >= 0)",
        "Months cannot be negative.",
    )

    def _prepare_booking_credit_lot_terms(self):
        """Return the terms of the company that a lot issued today keeps.

        Those of its pack come first: a lot keeps what ``create`` is given. docs/ledger.md
        lists all terms.
        """
        self.ensure_one()
        # sudo: a payment by a shopper gives credits.
        company = self.sudo()
        return {
            "limit_dates": company.booking_credit_limit_dates,
            "reactivates": company.booking_credit_reactivate,
            "reactivate_limit": company.booking_credit_reactivate_limit,
            "fee_outside_vat": company.booking_credit_fee_vat == "outside",
            "breakage_method": company.booking_credit_breakage_method,
            "dormancy_months": company.booking_credit_dormancy_months
            if company.booking_credit_breakage_method == "remote"
            else 0,
        }

    @api.depends("booking_credit_preset")
    def _compute_booking_credit_preset_source(self):
        for company in self:
            preset = PRESETS.get(company.booking_credit_preset)
            company.booking_credit_preset_source = preset.source if preset else False

    @api.constrains("booking_credit_breakage_method", "booking_credit_dormancy_months")
    def _check_booking_credit_dormancy(self):
        for company in self:
            if (
                company.booking_credit_breakage_method == "remote"
                and company.booking_credit_dormancy_months < 1
            ):
                raise ValidationError(
                    self.env._(
                        "%s: enter the months without use after which credits become "
                        "income, at least 1.",
                        company.name,
                    )
                )

    # === Presets === #

    @api.model
    def _prepare_booking_credit_preset_vals(self, code):
        """Return the settings of the preset ``code``."""
        preset = PRESETS[code]
        return {
            "booking_credit_preset": code,
            "booking_credit_expiry_allowed": preset.expiry_allowed,
            "booking_credit_min_months": preset.min_months,
            "booking_credit_breakage_method": preset.breakage_method,
            "booking_credit_dormancy_months": preset.dormancy_months or 36,
        }

    def _apply_booking_credit_preset(self, code=None):
        """Fill in the rules of the company's country, or those of ``code``.

        :param str code: key of ``PRESETS``
        """
        for company in self:
            country = company.account_fiscal_country_id.code or company.country_id.code
            found = code or next(
                (key for key, p in PRESETS.items() if p.country == country), "generic"
            )
            company.write(self._prepare_booking_credit_preset_vals(found))

    # === Accounts === #

    def _booking_credit_create_own_accounts(self):
        """Create the accounts for vouchers, passes and no-shows that are missing.

        What was sold before stays on the account where it was posted.
        """
        for company in self.filtered("chart_template"):
            # sudo: see _booking_credit_setup
            company = company.sudo().with_company(company)
            names = company._get_booking_credit_account_names()
            for field, account_type in OWN_ACCOUNTS.items():
                if not company[field]:
                    company[field] = company._create_booking_credit_account(
                        names[field], account_type, field
                    )

    def _get_booking_credit_chart_code(self, field):
        """Return the code that the country's chart has for the account of ``field``."""
        purpose = field.removeprefix("booking_credit_").removesuffix("_account_id")
        template = self.chart_template or ""
        codes = ACCOUNT_CODES.get(template) or ACCOUNT_CODES.get(template[:2]) or {}
        return codes.get(purpose)
