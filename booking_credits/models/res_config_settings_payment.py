from odoo import api, fields, models

from ..const import PAYMENT_MODES, PRICE_DISPLAYS


class ResConfigSettings(models.TransientModel):
    """What customers pay bookings with; what cannot be combined is not offered."""

    _inherit = "res.config.settings"

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
