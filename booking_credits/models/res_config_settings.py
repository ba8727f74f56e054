from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
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
