import secrets
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...const import DURATIONS, MAX_PACK, MEASURES
from ...validity import last_valid_day

#: no 0/O, 1/I/L: codes are read aloud and typed
VOUCHER_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


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
        selection=MEASURES,
        string="Gives",
        default="credit",
        help="Credits: each service costs its price in credits.\n"
        "Sessions: one unit pays one booking, whatever its price.\n"
        "Money: what is paid for it can be spent on any purchase; it never expires.",
    )
    booking_credit_unlimited = fields.Boolean(
        string="Unlimited", help="Uses are counted, but never run out: a pass."
    )
    booking_credit_quantity = fields.Float(
        string="Number Given",
        digits="Booking Credits",
        help="Credits or sessions that one pack gives; of money, for each unit of "
        "its price.",
    )
    booking_credit_voucher = fields.Boolean(
        string="Gift Voucher",
        help="Sold with a code: whoever claims it receives the credits.",
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
    booking_credit_starts = fields.Selection(
        selection=[
            ("purchase", "The purchase"),
            ("first_use", "The first use"),
        ],
        string="Counted From",
        default="purchase",
    )
    booking_credit_valid_from = fields.Date(
        string="Valid From", help="Empty: from the purchase."
    )
    booking_credit_valid_until = fields.Date(string="Valid Until")
    booking_credit_limit_dates = fields.Boolean(
        string="Only Dates Within the Validity",
        help="Pays only bookings that take place on a day of the validity. Credits "
        "that come back after their expiry are then lost.",
    )
    booking_credit_cap_day = fields.Float(
        string="Bookings a Day",
        digits="Booking Credits",
        help="Bookings on one day that one pack pays at most; 0: no limit.",
    )
    booking_credit_cap_week = fields.Float(
        string="Bookings a Week",
        digits="Booking Credits",
        help="Bookings from Monday to Sunday that one pack pays at most; 0: no limit.",
    )
    booking_credit_cap_month = fields.Float(
        string="Bookings a Month",
        digits="Booking Credits",
        help="Bookings in a calendar month that one pack pays at most; 0: no limit.",
    )
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
        "CHECK(booking_credit_pack IS NOT TRUE OR booking_credit_unlimited IS TRUE "
        "OR booking_credit_quantity > 0)",
        "A credit pack must give more than zero credits.",
    )
    _booking_credit_price_positive = models.Constraint(
        "CHECK(booking_credit_price >= 0)",
        "The price in credits cannot be negative.",
    )
    _booking_credit_numbers_bounded = models.Constraint(
        f"CHECK(COALESCE(booking_credit_quantity, 0) <= {MAX_PACK} "
        f"AND COALESCE(booking_credit_price, 0) <= {MAX_PACK})",
        f"A pack gives, and a booking costs, at most {MAX_PACK:,} credits.",
    )
    _booking_credit_caps_positive = models.Constraint(
        "CHECK(COALESCE(booking_credit_cap_day, 0) >= 0 "
        "AND COALESCE(booking_credit_cap_week, 0) >= 0 "
        "AND COALESCE(booking_credit_cap_month, 0) >= 0)",
        "A cap cannot be negative.",
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
            problem = pack._get_validity_problem()
            if problem:
                raise ValidationError(problem)

    def _get_validity_problem(self):
        """Say what is missing in the validity of this pack; empty if nothing is."""
        unit = self.booking_credit_validity_unit
        if unit == "fixed" and not self.booking_credit_valid_until:
            return self.env._(
                "The credit pack “%s” is valid until a fixed date: enter it.",
                self.display_name,
            )
        lowest = 0 if unit == "month_end" else 1
        if unit not in ("none", "fixed") and self.booking_credit_validity < lowest:
            return self.env._(
                "The credit pack “%(pack)s” is valid for %(number)s %(unit)s: "
                "enter a number of at least %(lowest)s, or choose “Never expires”.",
                pack=self.display_name,
                number=self.booking_credit_validity,
                unit=unit,
                lowest=lowest,
            )
        return ""

    @api.onchange("booking_credit_measure", "booking_credit_pack")
    def _onchange_booking_credit_measure(self):
        if self.booking_credit_pack and self.booking_credit_measure == "money":
            self.update(
                {
                    "booking_credit_quantity": 1,
                    "booking_credit_unlimited": False,
                    "booking_credit_validity_unit": "none",
                    "booking_credit_vat_kind": "multi",
                }
            )

    @api.onchange("booking_credit_unlimited", "booking_credit_validity_unit")
    def _onchange_booking_credit_unlimited(self):
        if self.booking_credit_unlimited and (
            self.booking_credit_validity_unit != "none"
        ):
            self.booking_credit_limit_dates = True

    @api.constrains(
        "booking_credit_pack",
        "booking_credit_measure",
        "booking_credit_unlimited",
        "booking_credit_validity_unit",
        "booking_credit_vat_kind",
    )
    def _check_booking_credit_money(self):
        for pack in self.filtered("booking_credit_pack"):
            if pack.booking_credit_measure == "money" and (
                pack.booking_credit_unlimited
                or pack.booking_credit_validity_unit != "none"
                or pack.booking_credit_vat_kind != "multi"
            ):
                raise ValidationError(
                    self.env._(
                        "“%s” gives money: it never expires, is not unlimited, and VAT "
                        "is due when it is used.",
                        pack.display_name,
                    )
                )

    @api.constrains(
        "booking_credit_unlimited",
        "booking_credit_validity_unit",
        "booking_credit_limit_dates",
    )
    def _check_booking_credit_pass(self):
        for pack in self.filtered("booking_credit_unlimited"):
            if (
                pack.booking_credit_validity_unit != "none"
                and not pack.booking_credit_limit_dates
            ):
                raise ValidationError(
                    self.env._(
                        "“%s” is unlimited and ends: tick “Only Dates Within the "
                        "Validity”, or customers book for ever on its last day.",
                        pack.display_name,
                    )
                )

    @api.constrains("booking_credit_unlimited", "booking_credit_vat_kind")
    def _check_booking_credit_pass_taxed(self):
        for pack in self.filtered("booking_credit_unlimited"):
            if pack._is_taxed_at_use():
                raise ValidationError(
                    self.env._(
                        "“%s” is unlimited: no single use has a value on which VAT could "
                        "be due. Let VAT be due when the pack is sold.",
                        pack.display_name,
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
        """Override of `account` to post the sale of packs as a debt, not as income.

        Vouchers and passes go on accounts of their own, if there are any.
        """
        accounts = super()._get_product_accounts()
        if self.booking_credit_pack:
            purpose = "multi_liability" if self._is_taxed_at_use() else "liability"
            common = self.env.company._get_booking_credit_account(purpose)
            accounts["income"] = self._get_booking_credit_own_account() or common
        return accounts

    def _prepare_booking_credit_lot_vals(self, company):
        """Return the terms of this pack, as they are kept on a lot sold today."""
        self.ensure_one()
        return {
            "company_id": company.id,
            "measure": self.booking_credit_measure,
            "unlimited": self.booking_credit_unlimited,
            "code": self._generate_voucher_code()
            if self.booking_credit_voucher
            else False,
            **self._prepare_validity_vals(company),
            # a term of what is sold: the setting may change later
            "limit_dates": self.booking_credit_limit_dates
            or company.sudo().booking_credit_limit_dates,
            "cap_day": self.booking_credit_cap_day,
            "cap_week": self.booking_credit_cap_week,
            "cap_month": self.booking_credit_cap_month,
            "vat_kind": self.booking_credit_vat_kind,
            "late_return": self.booking_credit_late_return,
            "grace_days": self.booking_credit_grace_days,
            "eligible_product_ids": [(6, 0, self.booking_credit_product_ids.ids)],
            "eligible_categ_ids": [(6, 0, self.booking_credit_categ_ids.ids)],
        }

    def _prepare_validity_vals(self, company):
        """Return from when and until when a lot sold today can be used."""
        start = max(
            company._booking_credit_today(),
            self.booking_credit_valid_from or date.min,
        )
        unit = self.booking_credit_validity_unit
        from_use = self.booking_credit_starts == "first_use" and unit in dict(DURATIONS)
        return {
            "valid_from": start,
            "valid_until": not from_use
            and last_valid_day(
                start,
                unit,
                self.booking_credit_validity,
                self.booking_credit_valid_until or None,
            ),
            "first_use_unit": unit if from_use else False,
            "first_use_number": self.booking_credit_validity if from_use else 0,
        }

    @api.model
    def _generate_voucher_code(self):
        """Return a new code: 12 signs that cannot be misread, 60 bits of chance."""
        return "".join(secrets.choice(VOUCHER_SIGNS) for _n in range(12))

    def _get_booking_credits_given(self, line):
        """Return the units that the posted invoice or credit note ``line`` gives.

        Customer credit is the money that was posted, in company currency (S2-09).
        """
        self.ensure_one()
        if self.booking_credit_unlimited:
            return 0.0
        if self.booking_credit_measure == "money":
            return abs(line.balance)
        return line._get_packs_sold() * self.booking_credit_quantity
