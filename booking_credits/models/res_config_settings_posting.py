from odoo import api, fields, models

from ..presets import PRESETS


class ResConfigSettings(models.TransientModel):
    """Settings of the postings of credits."""

    _inherit = "res.config.settings"

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
