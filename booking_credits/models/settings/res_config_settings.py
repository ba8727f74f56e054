from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import PAYMENT_MODES, PRICE_DISPLAYS
from ...presets import PRESETS


class ResConfigSettings(models.TransientModel):
    """Mails to customers, by company.

    What customers pay bookings with; what cannot be combined is not offered.

    Settings of the postings of credits.

    Whether the ledgers are compared every night.
    """

    _inherit = "res.config.settings"

    booking_credit_liability_account_id = fields.Many2one(
        related="company_id.booking_credit_liability_account_id", readonly=False
    )
    booking_credit_multi_liability_account_id = fields.Many2one(
        related="company_id.booking_credit_multi_liability_account_id", readonly=False
    )
    booking_credit_breakage_account_id = fields.Many2one(
        related="company_id.booking_credit_breakage_account_id", readonly=False
    )
    booking_credit_fee_account_id = fields.Many2one(
        related="company_id.booking_credit_fee_account_id", readonly=False
    )
    booking_credit_journal_id = fields.Many2one(
        related="company_id.booking_credit_journal_id", readonly=False
    )
    booking_credit_grant_on = fields.Selection(
        related="company_id.booking_credit_grant_on", readonly=False
    )
    booking_credit_limit_dates = fields.Boolean(
        related="company_id.booking_credit_limit_dates", readonly=False
    )
    booking_credit_has_pack = fields.Boolean(
        compute="_compute_booking_credit_has_pack",
        help="Some rules make sense only once there is a pack to sell.",
    )
    booking_credit_reactivate = fields.Boolean(
        related="company_id.booking_credit_reactivate", readonly=False
    )
    booking_credit_reactivate_limit = fields.Float(
        related="company_id.booking_credit_reactivate_limit", readonly=False
    )
    booking_credit_signup_quantity = fields.Float(
        related="company_id.booking_credit_signup_quantity", readonly=False
    )
    booking_credit_signup_measure = fields.Selection(
        related="company_id.booking_credit_signup_measure",
        readonly=False,
        required=True,
    )
    booking_credit_signup_days = fields.Integer(
        related="company_id.booking_credit_signup_days", readonly=False
    )
    booking_credit_rounding = fields.Float(
        related="company_id.booking_credit_rounding", readonly=False
    )
    booking_credit_tz = fields.Selection(
        related="company_id.booking_credit_tz", readonly=False
    )
    booking_cancellation_policy_id = fields.Many2one(
        related="company_id.booking_cancellation_policy_id", readonly=False
    )
    booking_front_desk_extend_days = fields.Integer(
        related="company_id.booking_front_desk_extend_days", readonly=False
    )

    booking_credit_mail_received = fields.Boolean(
        related="company_id.booking_credit_mail_received", readonly=False
    )
    booking_credit_mail_ending = fields.Boolean(
        related="company_id.booking_credit_mail_ending", readonly=False
    )
    booking_credit_reminder_days = fields.Integer(
        related="company_id.booking_credit_reminder_days", readonly=False
    )
    booking_credit_reminder_days_2 = fields.Integer(
        related="company_id.booking_credit_reminder_days_2", readonly=False
    )
    booking_credit_reminder_days_3 = fields.Integer(
        related="company_id.booking_credit_reminder_days_3", readonly=False
    )
    booking_credit_mail_expired = fields.Boolean(
        related="company_id.booking_credit_mail_expired", readonly=False
    )
    booking_credit_mail_low = fields.Boolean(
        related="company_id.booking_credit_mail_low", readonly=False
    )
    booking_credit_low_credits = fields.Float(
        related="company_id.booking_credit_low_credits", readonly=False
    )
    booking_credit_low_sessions = fields.Float(
        related="company_id.booking_credit_low_sessions", readonly=False
    )
    booking_credit_mail_cancelled = fields.Boolean(
        related="company_id.booking_credit_mail_cancelled", readonly=False
    )
    booking_credit_booking_url = fields.Char(
        related="company_id.booking_credit_booking_url", readonly=False
    )

    booking_move = fields.Selection(
        related="company_id.booking_move", readonly=False, required=True
    )
    booking_max_quantity = fields.Integer(
        related="company_id.booking_max_quantity", readonly=False, required=True
    )
    booking_horizon_days = fields.Integer(
        related="company_id.booking_horizon_days", readonly=False, required=True
    )

    # not related: the company allows some pairs only, so both are saved in one go
    booking_payment_mode = fields.Selection(
        selection=PAYMENT_MODES,
        string="Bookings Are Paid With",
        compute="_compute_booking_payment",
        inverse="_inverse_booking_payment",
        readonly=False,
        required=True,
    )
    booking_price_display = fields.Selection(
        selection=PRICE_DISPLAYS,
        string="Prices of Bookings",
        compute="_compute_booking_payment",
        inverse="_inverse_booking_payment",
        readonly=False,
        required=True,
    )
    booking_complete_payment = fields.Boolean(
        related="company_id.booking_complete_payment", readonly=False
    )
    booking_has_provider = fields.Boolean(
        compute="_compute_booking_has_provider",
        help="Deposits are paid online: that takes a payment provider.",
    )
    booking_payment_unusable = fields.Integer(
        compute="_compute_booking_payment_unusable",
        help="Customers whose credits or sessions would pay nothing in this mode.",
    )

    booking_credit_posting_mode = fields.Selection(
        related="company_id.booking_credit_posting_mode", readonly=False, required=True
    )
    booking_credit_no_show_account_id = fields.Many2one(
        related="company_id.booking_credit_no_show_account_id", readonly=False
    )
    booking_credit_voucher_account_id = fields.Many2one(
        related="company_id.booking_credit_voucher_account_id", readonly=False
    )
    booking_credit_pass_account_id = fields.Many2one(
        related="company_id.booking_credit_pass_account_id", readonly=False
    )
    booking_credit_fee_vat = fields.Selection(
        related="company_id.booking_credit_fee_vat", readonly=False, required=True
    )
    booking_credit_breakage_method = fields.Selection(
        related="company_id.booking_credit_breakage_method",
        readonly=False,
        required=True,
    )
    booking_credit_dormancy_months = fields.Integer(
        related="company_id.booking_credit_dormancy_months", readonly=False
    )
    booking_credit_expiry_allowed = fields.Boolean(
        related="company_id.booking_credit_expiry_allowed", readonly=False
    )
    booking_credit_min_months = fields.Integer(
        related="company_id.booking_credit_min_months", readonly=False
    )
    booking_credit_min_strict = fields.Boolean(
        related="company_id.booking_credit_min_strict", readonly=False
    )
    booking_credit_preset = fields.Selection(
        related="company_id.booking_credit_preset", readonly=False
    )
    booking_credit_preset_source = fields.Char(
        string="Source", compute="_compute_booking_credit_preset_source"
    )
    booking_credit_hashed = fields.Boolean(
        string="Secure Posted Entries",
        compute="_compute_booking_credit_hashed",
        inverse="_inverse_booking_credit_hashed",
        help="Entries of the credits journal cannot be changed once posted.",
    )

    booking_credit_tie_out_nightly = fields.Boolean(
        related="company_id.booking_credit_tie_out_nightly", readonly=False
    )

    @api.depends("company_id")
    def _compute_booking_credit_has_pack(self):
        products = self.env["product.template"]
        for settings in self:
            settings.booking_credit_has_pack = bool(
                products.search_count(
                    [
                        *products._check_company_domain(settings.company_id),
                        ("booking_credit_pack", "=", True),
                    ],
                    limit=1,
                )
            )

    def action_booking_credit_setup(self):
        """Create the accounts and the journal that this company misses."""
        self.ensure_one()
        self.check_access("write")
        self.company_id._booking_credit_setup()
        return {"type": "ir.actions.client", "tag": "reload"}

    def action_booking_credit_edit_mail(self):
        """Open the mail template that the context names, to change its words."""
        self.ensure_one()
        self.check_access("write")
        kind = self.env.context.get("booking_credit_mail")
        template = self.env.ref(
            f"booking_credits.mail_template_notice_{kind}", raise_if_not_found=False
        )
        if not template:
            raise UserError(
                self.env._(
                    "This mail template was deleted. Upgrade Booking Credits to get it "
                    "back."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": template.name,
            "res_model": template._name,
            "res_id": template.id,
            "view_mode": "form",
        }

    @api.depends("company_id")
    def _compute_booking_payment(self):
        for settings in self:
            company = settings.company_id
            settings.booking_payment_mode = company.booking_payment_mode
            settings.booking_price_display = company.booking_price_display

    def _inverse_booking_payment(self):
        for settings in self:
            vals = {
                "booking_payment_mode": settings.booking_payment_mode,
                "booking_price_display": settings.booking_price_display,
            }
            company = settings.company_id
            if any(company[name] != value for name, value in vals.items()):
                company.write(vals)

    @api.depends("booking_payment_mode", "company_id")
    def _compute_booking_payment_unusable(self):
        for settings in self:
            settings.booking_payment_unusable = (
                settings._count_customers_with_credits()
                if settings.booking_payment_mode == "level"
                else 0
            )

    @api.depends("company_id")
    def _compute_booking_has_provider(self):
        # sudo: who sets the company up need not read payment providers.
        providers = self.env["payment.provider"].sudo()
        for settings in self:
            settings.booking_has_provider = bool(
                providers.search_count(
                    [
                        *providers._check_company_domain(settings.company_id),
                        ("state", "in", ("enabled", "test")),
                    ],
                    limit=1,
                )
            )

    @api.onchange("booking_payment_mode")
    def _onchange_booking_payment_mode(self):
        if (
            self.booking_payment_mode != "credit_only"
            and self.booking_price_display == "credits"
        ):
            self.booking_price_display = "both"

    @api.depends("booking_credit_preset")
    def _compute_booking_credit_preset_source(self):
        for settings in self:
            preset = PRESETS.get(settings.booking_credit_preset)
            settings.booking_credit_preset_source = preset.source if preset else False

    @api.depends("booking_credit_journal_id")
    def _compute_booking_credit_hashed(self):
        for settings in self:
            # sudo: who sets credits up need not be an accountant.
            journal = settings.sudo().booking_credit_journal_id
            settings.booking_credit_hashed = journal.restrict_mode_hash_table

    def _inverse_booking_credit_hashed(self):
        for settings in self:
            # sudo: see above; settings are for administrators.
            journal = settings.sudo().booking_credit_journal_id
            if journal.restrict_mode_hash_table != settings.booking_credit_hashed:
                journal.restrict_mode_hash_table = settings.booking_credit_hashed

    @api.onchange("booking_credit_preset")
    def _onchange_booking_credit_preset(self):
        if self.booking_credit_preset:
            company = self.env["res.company"]
            self.update(
                company._prepare_booking_credit_preset_vals(self.booking_credit_preset)
            )

    def action_booking_credit_own_accounts(self):
        """Create accounts for gift vouchers, passes and no-shows."""
        self.ensure_one()
        self.check_access("write")
        self.company_id._booking_credit_create_own_accounts()
        return {"type": "ir.actions.client", "tag": "reload"}

    # === Steps === #

    def _count_customers_with_credits(self):
        """Return how many customers of the company have credits or sessions left."""
        self.ensure_one()
        # sudo: who sets the company up need not read credits.
        lots = self.env["booking.credit.lot"].sudo()
        groups = lots._read_group(
            [
                ("company_id", "=", self.company_id.id),
                ("measure", "in", ("credit", "session")),
                ("state", "in", ("usable", "future")),
            ],
            ["partner_id"],
        )
        return len(groups)
