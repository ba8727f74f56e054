from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...exceptions import PackLimitError
from ...validity import outlives_a_year

#: takes packs from what is left, where enough is left
TAKE_STOCK = """
       WITH locked AS (
           SELECT id FROM product_template
            WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
       )
       UPDATE product_template pack
          SET booking_credit_stock =
                  COALESCE(pack.booking_credit_stock, 0) - wanted.number
         FROM (VALUES %(rows)s) AS wanted(id, number)
         JOIN locked ON locked.id = wanted.id
        WHERE pack.id = wanted.id
          AND COALESCE(pack.booking_credit_stock, 0) >= wanted.number
    RETURNING pack.id
"""


class ProductTemplate(models.Model):
    """How many packs may be sold; what to know before selling them."""

    _inherit = "product.template"

    booking_credit_stock_limited = fields.Boolean(
        string="Limited Number",
        help="Only so many packs are sold. Off: no limit.",
    )
    booking_credit_stock = fields.Integer(
        string="Packs Left",
        copy=False,
        help="Packs that can still be sold. Confirmed orders take them, cancelled "
        "orders give them back. 0: sold out.",
    )
    booking_credit_max_order = fields.Integer(
        string="Packs per Order", help="At most, on one order; 0: no limit."
    )
    booking_credit_max_customer = fields.Integer(
        string="Packs per Customer",
        help="At most, over all orders of a customer and of its company; 0: no limit.",
    )
    booking_credit_new_customers = fields.Boolean(
        string="New Customers Only",
        help="Whoever has bought any pack neither sees nor buys this one.",
    )
    booking_credit_free = fields.Boolean(
        string="Given for Free",
        help="This pack costs nothing, on purpose: a trial, a present.",
    )
    booking_credit_advice = fields.Text(
        compute="_compute_booking_credit_advice",
        help="What to know before selling this pack. It can be sold all the same.",
    )

    _booking_credit_stock_positive = models.Constraint(
        "CHECK(COALESCE(booking_credit_stock, 0) >= 0)",
        "The number of packs left cannot be negative.",
    )
    _booking_credit_limits_positive = models.Constraint(
        "CHECK(COALESCE(booking_credit_max_order, 0) >= 0 "
        "AND COALESCE(booking_credit_max_customer, 0) >= 0)",
        "The limit of packs per order or per customer cannot be negative.",
    )

    # === Computes === #

    @api.depends(
        "list_price",
        "taxes_id",
        "booking_credit_pack",
        "booking_credit_measure",
        "booking_credit_quantity",
        "booking_credit_unlimited",
        "booking_credit_product_ids",
        "booking_credit_categ_ids",
        "booking_credit_validity_unit",
        "booking_credit_validity",
        "booking_credit_valid_until",
    )
    @api.depends_context("company", "lang")
    def _compute_booking_credit_advice(self):
        for pack in self:
            sentences = [pack._get_validity_advice(), pack._get_price_advice()]
            pack.booking_credit_advice = "\n".join(filter(None, sentences))

    # === Onchanges and constraints === #

    @api.onchange(
        "booking_credit_pack",
        "booking_credit_validity_unit",
        "booking_credit_validity",
        "booking_credit_valid_until",
    )
    def _onchange_booking_credit_long_validity(self):
        return self._warn(self._get_validity_advice())

    @api.onchange("list_price", "booking_credit_quantity")
    def _onchange_booking_credit_price_advice(self):
        return self._warn(self._get_price_advice())

    @api.onchange("booking_credit_new_customers")
    def _onchange_booking_credit_new_customers(self):
        if self.booking_credit_new_customers and not self.booking_credit_max_customer:
            self.booking_credit_max_customer = 1

    @api.constrains(
        "booking_credit_pack",
        "booking_credit_measure",
        "booking_credit_free",
        "list_price",
    )
    def _check_booking_credit_pack_price(self):
        for pack in self.filtered("booking_credit_pack"):
            # what customer credit in money costs is entered when it is sold
            if pack.booking_credit_measure == "money" or pack.booking_credit_free:
                continue
            if pack.currency_id.compare_amounts(pack.list_price, 0) <= 0:
                raise ValidationError(
                    self.env._(
                        "The credit pack “%s” has no price: enter its sales price, or "
                        "tick “Given for Free”.",
                        pack.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sold_pack(self):
        variants = self.with_context(active_test=False).product_variant_ids
        variants._unlink_except_sold_pack()

    # === Business verbs === #

    @api.model
    def _take_booking_credit_stock(self, numbers):
        """Take packs from what is left of them, all or none.

        Two customers cannot both get the last pack: PostgreSQL refuses a product that
        another transaction has updated since this one began, Odoo runs the request
        again, and then no pack is left (S0-22).

        :param dict numbers: packs by template; below zero: packs that come back
        :raise PackLimitError: if fewer are left
        """
        numbers = {pack: number for pack, number in numbers.items() if number}
        if not numbers:
            return
        packs = self.browse().union(*numbers).sudo()
        packs.flush_recordset(["booking_credit_stock"])
        taken = self.env.execute_query(
            SQL(
                TAKE_STOCK,
                ids=packs.ids,
                rows=SQL(", ").join(
                    SQL("(%s::int, %s::int)", pack.id, number)
                    for pack, number in numbers.items()
                ),
            )
        )
        packs.invalidate_recordset(["booking_credit_stock"])
        packs.modified(["booking_credit_stock"])  # its copy on the variants
        if sold_out := packs.browse(set(packs.ids) - {pack_id for (pack_id,) in taken}):
            by_id = {pack.id: number for pack, number in numbers.items()}
            raise PackLimitError(
                "\n".join(pack._get_sold_out_text(by_id[pack.id]) for pack in sold_out)
            )

    # === Steps of the verbs, for bridges to extend === #

    def _get_pack_refusal(self, number, partner, bought):
        """Say which limit a sale to ``partner`` would break; empty if none.

        :param int number: packs on the order
        :param dict bought: packs bought before, by template
        """
        self.ensure_one()
        _ = self.env._
        if self.booking_credit_new_customers and any(bought.values()):
            return _(
                "“%(pack)s” is for new customers: %(customer)s has already bought "
                "packs (%(count)s). Choose another pack.",
                pack=self.name,
                customer=partner.display_name,
                count=sum(bought.values()),
            )
        limit = self.booking_credit_max_order
        if limit and number > limit:
            return _(
                "“%(pack)s”: %(number)s are too many for one order. Take %(limit)s or "
                "fewer.",
                pack=self.name,
                number=number,
                limit=limit,
            )
        return self._get_customer_limit_refusal(number, partner, bought.get(self, 0))

    def _get_customer_limit_refusal(self, number, partner, had):
        """Say that ``partner`` may not have ``number`` more; empty if they may.

        :param int had: packs bought before
        """
        limit = self.booking_credit_max_customer
        if not limit or had + number <= limit:
            return ""
        return self.env._(
            "“%(pack)s” is limited to %(limit)s for each customer: %(customer)s "
            "has %(had)s and asks for %(number)s. %(left)s can still be bought.",
            pack=self.name,
            limit=limit,
            customer=partner.display_name,
            had=had,
            number=number,
            left=max(limit - had, 0),
        )

    def _get_sold_out_text(self, number):
        self.ensure_one()
        _ = self.env._
        if self.booking_credit_stock <= 0:
            return _(
                "“%s” is sold out. Choose another pack, or raise “Packs Left” on the "
                "product.",
                self.name,
            )
        return _(
            "“%(pack)s” is almost sold out: %(number)s are asked for and %(left)s are "
            "left. Take %(left)s or fewer, or raise “Packs Left” on the product.",
            pack=self.name,
            number=number,
            left=self.booking_credit_stock,
        )

    def _get_validity_advice(self):
        """Say why a validity over one year needs thought; empty otherwise (S0-39)."""
        self.ensure_one()
        if not self.booking_credit_pack or self.booking_credit_measure == "money":
            return ""
        if not outlives_a_year(
            self.env.company._booking_credit_today(),
            self.booking_credit_validity_unit,
            self.booking_credit_validity,
            self.booking_credit_valid_until or None,
        ):
            return ""
        return self.env._(
            "These credits are valid for more than one year. In some countries taxes "
            "and the rules for gift vouchers and deposits then differ, and the money "
            "stays a debt for longer. Keep it to one year, or ask your accountant."
        )

    def _get_price_advice(self):
        """Say that paying each service in money is cheaper; empty otherwise (S1-17)."""
        self.ensure_one()
        worth = self._get_pack_worth()
        price = self._get_price_with_taxes()
        if worth is None or self.currency_id.compare_amounts(price, worth) <= 0:
            return ""
        return self.env._(
            "The pack costs %(price)s, but what it pays for costs %(worth)s at most: "
            "customers would pay less without it.",
            price=self.currency_id.format(price),
            worth=self.currency_id.format(worth),
        )

    def _get_pack_worth(self):
        """Return the most that services paid with this pack cost in money.

        :return: company currency, taxes included; None if it cannot be told
        """
        self.ensure_one()
        if (
            not self.booking_credit_pack
            or self.booking_credit_unlimited
            or self.booking_credit_measure == "money"
        ):
            return None
        services = self._get_pack_services()
        if self.booking_credit_measure == "session":
            prices = [service._get_price_with_taxes() for service in services]
        else:
            prices = [
                service._get_price_with_taxes() / service.booking_credit_price
                for service in services
                if service.booking_credit_price
            ]
        return max(prices) * self.booking_credit_quantity if prices else None

    def _get_pack_services(self):
        """Return the services that this pack pays for."""
        self.ensure_one()
        domain = Domain("booking_ok", "=", True) & Domain(
            self._check_company_domain(self.env.company)
        )
        scope = Domain("id", "in", self.booking_credit_product_ids.ids)
        if self.booking_credit_categ_ids:
            scope |= Domain("categ_id", "child_of", self.booking_credit_categ_ids.ids)
        if self.booking_credit_product_ids or self.booking_credit_categ_ids:
            domain &= scope
        return self.search(domain)

    def _get_price_with_taxes(self):
        self.ensure_one()
        taxes = self.taxes_id._origin._filter_taxes_by_company(self.env.company)
        return taxes.compute_all(self.list_price, self.currency_id)["total_included"]
