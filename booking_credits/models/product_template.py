from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..validity import last_valid_day


class ProductTemplate(models.Model):
    """A service paid with credits, or a pack that gives credits when it is paid."""

    _inherit = "product.template"

    # --- a service that takes credits
    booking_ok = fields.Boolean(
        string="Booked with Credits",
        help="Customers can pay this service with credits.",
    )
    booking_credit_price = fields.Float(
        string="Price in Credits",
        digits="Booking Credits",
        help="Credits that one booking costs.",
    )
    booking_duration = fields.Float(
        string="Duration",
        default=1.0,
        help="Length of a booking in hours; proposes its end.",
    )
    booking_cancellation_policy_id = fields.Many2one(
        comodel_name="booking.cancellation.policy",
        string="Cancellation Policy",
        check_company=True,
        help="How much comes back when a booking is cancelled. Without one, the "
        "company's policy applies; without that, everything comes back.",
    )

    # --- a pack that gives credits
    booking_credit_pack = fields.Boolean(
        string="Credit Pack",
        help="Whoever buys this product receives credits when it is paid.",
    )
    booking_credit_measure = fields.Selection(
        selection=[("credit", "Credits"), ("session", "Sessions")],
        string="Gives",
        default="credit",
        help="Credits: each service costs its price in credits.\n"
        "Sessions: one unit pays one booking, whatever its price.",
    )
    booking_credit_quantity = fields.Float(
        string="Number Given",
        digits="Booking Credits",
        help="Credits or sessions that one pack gives.",
    )
    booking_credit_validity_unit = fields.Selection(
        selection=[
            ("none", "Never expires"),
            ("days", "Days"),
            ("weeks", "Weeks"),
            ("months", "Months"),
            ("years", "Years"),
            ("month_end", "Months, to the end of the month"),
            ("fixed", "Until a fixed date"),
        ],
        string="Validity",
        default="months",
    )
    booking_credit_validity = fields.Integer(
        string="Valid For",
        default=6,
        help="Counted from the purchase. The last day is wholly included.",
    )
    booking_credit_valid_until = fields.Date(string="Valid Until")
    booking_credit_vat_kind = fields.Selection(
        selection=[
            ("single", "When the pack is sold"),
            ("multi", "When the credits are used"),
        ],
        string="VAT Is Due",
        default="single",
        help="When the pack is sold: one VAT rate and one country are known "
        "(single-purpose voucher, art. 30a of the EU VAT Directive).\n"
        "When the credits are used: the pack pays for services with several rates, "
        "or in several countries (multi-purpose voucher). The pack carries no tax.",
    )
    booking_credit_late_return = fields.Selection(
        selection=[
            ("forfeit", "They are lost"),
            ("extend", "They stay valid for some more days"),
        ],
        string="Returned After Expiry",
        default="forfeit",
        help="What happens to credits that come back from a cancelled booking after "
        "their validity has ended.",
    )
    booking_credit_grace_days = fields.Integer(
        string="More Days",
        default=30,
        help="Days for which credits that come back after their expiry can be used.",
    )
    booking_credit_product_ids = fields.Many2many(
        comodel_name="product.template",
        relation="booking_credit_pack_product_rel",
        column1="pack_id",
        column2="product_id",
        string="Only for Services",
        domain="[('booking_ok', '=', True)]",
        check_company=True,
        help="Empty, together with the categories: every bookable service.",
    )
    booking_credit_categ_ids = fields.Many2many(
        comodel_name="product.category",
        relation="booking_credit_pack_category_rel",
        column1="pack_id",
        column2="categ_id",
        string="Only for Categories",
        help="Services of these categories and of those below them.",
    )
    booking_credit_tag_ids = fields.Many2many(
        comodel_name="res.partner.category",
        relation="booking_credit_pack_tag_rel",
        column1="pack_id",
        column2="tag_id",
        string="Only for Customers Tagged",
        help="Other customers neither see nor buy this pack. Empty: everyone.",
    )

    _booking_credit_quantity_positive = models.Constraint(
        "CHECK(booking_credit_pack IS NOT TRUE OR booking_credit_quantity > 0)",
        "A credit pack must give more than zero credits.",
    )
    _booking_credit_price_positive = models.Constraint(
        "CHECK(booking_credit_price >= 0)",
        "The price in credits cannot be negative.",
    )
    _booking_credit_pack_or_service = models.Constraint(
        "CHECK(booking_credit_pack IS NOT TRUE OR booking_ok IS NOT TRUE)",
        "A product is either a credit pack or a service paid with credits.",
    )

    @api.onchange("booking_credit_pack")
    def _onchange_booking_credit_pack(self):
        if self.booking_credit_pack:
            self.update(
                {"type": "service", "invoice_policy": "order", "booking_ok": False}
            )

    @api.onchange("booking_credit_vat_kind", "booking_credit_pack")
    def _onchange_booking_credit_vat_kind(self):
        if self.booking_credit_pack and self.booking_credit_vat_kind == "multi":
            self.taxes_id = False

    @api.constrains(
        "booking_credit_pack",
        "booking_credit_validity_unit",
        "booking_credit_validity",
        "booking_credit_valid_until",
    )
    def _check_booking_credit_validity(self):
        for pack in self.filtered("booking_credit_pack"):
            unit = pack.booking_credit_validity_unit
            if unit == "fixed" and not pack.booking_credit_valid_until:
                raise ValidationError(
                    self.env._(
                        "The credit pack “%s” is valid until a fixed date: enter it.",
                        pack.display_name,
                    )
                )
            lowest = 0 if unit == "month_end" else 1
            if unit not in ("none", "fixed") and pack.booking_credit_validity < lowest:
                raise ValidationError(
                    self.env._(
                        "The credit pack “%(pack)s” is valid for %(number)s %(unit)s: "
                        "enter a number of at least %(lowest)s, or choose “Never "
                        "expires”.",
                        pack=pack.display_name,
                        number=pack.booking_credit_validity,
                        unit=unit,
                        lowest=lowest,
                    )
                )

    @api.constrains("booking_credit_pack", "type", "invoice_policy")
    def _check_booking_credit_pack_invoicing(self):
        for pack in self.filtered("booking_credit_pack"):
            if pack.type != "service" or pack.invoice_policy != "order":
                raise ValidationError(
                    self.env._(
                        "The credit pack “%s” must be a service that is invoiced on "
                        "ordered quantities: customers pay it in advance.",
                        pack.display_name,
                    )
                )

    @api.constrains("booking_ok", "booking_credit_price")
    def _check_booking_credit_price(self):
        for service in self.filtered("booking_ok"):
            if service.booking_credit_price <= 0:
                raise ValidationError(
                    self.env._(
                        "“%s” can be booked with credits: enter its price in credits.",
                        service.display_name,
                    )
                )

    # === Steps of the verbs, for bridges to extend === #

    def _get_product_accounts(self):
        """Override of `account` to post the sale of packs as a debt, not as income."""
        accounts = super()._get_product_accounts()
        if self.booking_credit_pack:
            company = self.env.company
            accounts["income"] = company._get_booking_credit_account(
                "multi_liability" if self._is_taxed_at_use() else "liability"
            )
        return accounts

    def _is_taxed_at_use(self):
        """Return whether this is a pack whose VAT is due when credits are used."""
        return self.booking_credit_pack and self.booking_credit_vat_kind == "multi"

    def _prepare_booking_credit_lot_vals(self, company):
        """Return the terms of this pack, as they are kept on a lot sold today."""
        self.ensure_one()
        today = company._booking_credit_today()
        return {
            "company_id": company.id,
            "measure": self.booking_credit_measure,
            "valid_from": today,
            "valid_until": last_valid_day(
                today,
                self.booking_credit_validity_unit,
                self.booking_credit_validity,
                self.booking_credit_valid_until or None,
            ),
            "vat_kind": self.booking_credit_vat_kind,
            "late_return": self.booking_credit_late_return,
            "grace_days": self.booking_credit_grace_days,
            "eligible_product_ids": [(6, 0, self.booking_credit_product_ids.ids)],
            "eligible_categ_ids": [(6, 0, self.booking_credit_categ_ids.ids)],
        }

    def _get_booking_policy(self, company):
        """Return the cancellation policy of this service; empty: all comes back."""
        self.ensure_one()
        return (
            self.booking_cancellation_policy_id
            or company.booking_cancellation_policy_id
        )
