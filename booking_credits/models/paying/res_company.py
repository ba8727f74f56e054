from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...const import PAYMENT_MODES, PRICE_DISPLAYS


class ResCompany(models.Model):
    """What customers pay bookings with, and how prices are shown."""

    _inherit = "res.company"

    booking_payment_mode = fields.Selection(
        selection=PAYMENT_MODES,
        string="Bookings Are Paid With",
        default="both",
        required=True,
        help="Credits or money: each customer chooses.\n"
        "Money: customer credit lowers what is to pay; credits and sessions pay "
        "nothing.\n"
        "Credits only: whoever has none buys a pack first. A service may have a rule "
        "of its own.",
    )
    booking_price_display = fields.Selection(
        selection=PRICE_DISPLAYS,
        string="Prices of Bookings",
        default="money",
        required=True,
        help="What customers see: 20.00 €, 20.00 € or 1 credit, or 1 credit. Only "
        "credits: where bookings are paid with credits only.",
    )
    booking_complete_payment = fields.Boolean(
        string="Paid Before Confirmed",
        help="A booking that is not wholly paid is not confirmed. Managers may "
        "confirm it all the same, with a reason.",
    )

    # === Constraints === #

    @api.constrains("booking_payment_mode", "booking_price_display")
    def _check_booking_price_display(self):
        for company in self:
            if (
                company.booking_price_display == "credits"
                and company.booking_payment_mode != "credit_only"
            ):
                raise ValidationError(
                    self.env._(
                        "%s shows prices in credits instead of money, but its bookings "
                        "can be paid in money too. Show both prices, or let bookings "
                        "be paid with credits only.",
                        company.name,
                    )
                )
