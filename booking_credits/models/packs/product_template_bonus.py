from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...ledger import as_decimal
from ...valuation import round_to


class ProductTemplate(models.Model):
    """Bonus credits on other terms than those of the pack they come with.

    Bonus credits on the same terms are simply more credits of the pack. Others are a
    pack of their own, with a validity and services of their own, that comes along;
    what is paid is shared by both (IFRS 15.73-80, material rights B39-B43).
    """

    _inherit = "product.template"

    booking_credit_bonus_id = fields.Many2one(
        comodel_name="product.product",
        string="Bonus Pack",
        domain="[('booking_credit_pack', '=', True), "
        "('booking_credit_unlimited', '=', False), "
        "('booking_credit_voucher', '=', False), "
        "('booking_credit_measure', '!=', 'money'), "
        "('booking_credit_vat_kind', '=', booking_credit_vat_kind), "
        "('product_tmpl_id', '!=', id)]",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Comes along with each pack that is sold, for credits on other terms: a "
        "shorter validity, other services. More credits on the same terms need none.",
    )
    booking_credit_bonus_allocation = fields.Selection(
        selection=[
            ("relative", "By what each is worth alone"),
            ("equal", "The same for each credit"),
            ("zero", "Nothing for the bonus"),
        ],
        string="Price of the Bonus",
        default="relative",
        help="How the price that is paid is shared by the pack and its bonus.\n"
        "By what each is worth alone: sales price of the pack, and sales price of the "
        "bonus pack times its expected use (IFRS 15.76, ASC 606-10-55-44). A bonus "
        "pack without a price costs per credit what the pack does.\n"
        "The same for each credit: as if all were credits of the pack.\n"
        "Nothing for the bonus: it is given away, and is no debt.",
    )
    booking_credit_bonus_use_rate = fields.Float(
        string="Expected Use of the Bonus",
        default=100.0,
        help="How much of the bonus customers use, in percent: 60 if six of ten bonus "
        "credits are used.",
    )

    _booking_credit_bonus_use_rate_sound = models.Constraint(
        "CHECK(booking_credit_bonus_use_rate > 0 "
        "AND booking_credit_bonus_use_rate <= 100)",
        "The expected use of a bonus is more than 0 and at most 100 percent.",
    )

    @api.constrains(
        "booking_credit_pack",
        "booking_credit_bonus_id",
        "booking_credit_bonus_allocation",
        "booking_credit_measure",
        "booking_credit_unlimited",
        "booking_credit_voucher",
        "booking_credit_vat_kind",
    )
    def _check_booking_credit_bonus(self):
        """Refuse bonuses whose share of the price could not be told.

        :raise ValidationError: naming both packs and the remedy
        """
        with_bonus = self.search(
            [("booking_credit_bonus_id.product_tmpl_id", "in", self.ids)]
        )
        for pack in (self | with_bonus).filtered("booking_credit_bonus_id"):
            if problem := pack._get_bonus_problem():
                raise ValidationError(problem)

    # === Steps of the verbs, for bridges to extend === #

    def _get_bonus_problem(self):
        """Say why the bonus of this pack cannot come along; empty if it can."""
        self.ensure_one()
        bonus = self.booking_credit_bonus_id.product_tmpl_id
        names = {"pack": self.display_name, "bonus": bonus.display_name}
        return self._get_bonus_kind_problem(bonus, names) or (
            self._get_bonus_terms_problem(bonus, names)
        )

    def _get_bonus_kind_problem(self, bonus, names):
        """Say why a pack of this kind cannot have, or be, a bonus."""
        if not all(pack._is_plain_pack() for pack in self | bonus):
            return self.env._(
                "“%(bonus)s” cannot be the bonus of “%(pack)s”: both have to be packs "
                "of a number of credits or sessions, and no gift vouchers.",
                **names,
            )
        if bonus == self or bonus.booking_credit_bonus_id:
            return self.env._(
                "“%(bonus)s” cannot be the bonus of “%(pack)s”: it comes with a bonus "
                "itself. Choose a pack without one.",
                **names,
            )
        return ""

    def _is_plain_pack(self):
        """Return whether this gives a number of credits or sessions by name."""
        return (
            self.booking_credit_pack
            and not self.booking_credit_unlimited
            and not self.booking_credit_voucher
            and self.booking_credit_measure != "money"
        )

    def _get_bonus_terms_problem(self, bonus, names):
        """Say which terms of the two packs do not go together."""
        if self.booking_credit_vat_kind != bonus.booking_credit_vat_kind:
            return self.env._(
                "“%(bonus)s” cannot be the bonus of “%(pack)s”: VAT is due at another "
                "time. Let VAT be due at the same time for both.",
                **names,
            )
        if (
            self.booking_credit_bonus_allocation == "equal"
            and self.booking_credit_measure != bonus.booking_credit_measure
        ):
            return self.env._(
                "“%(pack)s” and its bonus “%(bonus)s” count in different units, which "
                "cannot cost the same: share the price by what each is worth alone.",
                **names,
            )
        return ""

    def _get_bonus_value(self, pack, value, currency):
        """Return how much of what was paid for one or more packs is for the bonus.

        :param pack: the ``product.product`` that was sold
        :param float value: what was paid, in ``currency``
        :return: money, between 0 and ``value``
        """
        self.ensure_one()
        own, bonus = self._get_bonus_weights(pack)
        if not bonus:
            return 0.0
        share = as_decimal(value) * bonus / (own + bonus)
        return float(round_to(share, Decimal(str(currency.rounding))))

    def _get_bonus_weights(self, pack):
        """Return what the credits of the pack, and those of its bonus, are worth alone.

        In any unit: only their ratio counts.
        """
        bonus = self.booking_credit_bonus_id
        own_units = as_decimal(self.booking_credit_quantity)
        bonus_units = as_decimal(bonus.booking_credit_quantity)
        if self.booking_credit_bonus_allocation == "zero":
            return own_units, Decimal(0)
        if self.booking_credit_bonus_allocation == "equal":
            return own_units, bonus_units
        # a pack that is given away, or priced on the order, is worth its credits
        own = as_decimal(pack.lst_price) if pack.lst_price > 0 else own_units
        worth = as_decimal(bonus.lst_price)
        if worth <= 0:
            worth = own / own_units * bonus_units
        return own, worth * as_decimal(self.booking_credit_bonus_use_rate) / 100
