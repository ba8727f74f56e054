from markupsafe import Markup, escape

from odoo import models
from odoo.tools import format_date

from odoo.addons.booking_credits.words import format_units, is_singular

#: packs left from which the shop says how many
FEW_LEFT = 5


class ProductTemplate(models.Model):
    """What shoppers read on packs and bookable services (S1-15, S1-16, S1-17)."""

    _inherit = "product.template"

    # === Overrides of `website_sale` === #

    def _get_sales_prices(self, website):
        """Override of `website_sale` to tell tiles what packs give, and credit prices."""
        prices = super()._get_sales_prices(website)
        shown = self.filtered(lambda p: p.booking_credit_pack or p.booking_ok)
        if shown:
            amounts = {product: prices[product.id]["price_reduce"] for product in shown}
            for product, info in shown._get_booking_shop_infos(
                website, amounts
            ).items():
                prices[product.id]["booking_info"] = info
        return prices

    def _get_additionnal_combination_info(
        self, product_or_template, quantity, uom, date, website
    ):
        """Override of `website_sale` to follow the price of the chosen variant."""
        info = super()._get_additionnal_combination_info(
            product_or_template, quantity, uom, date, website
        )
        if self.booking_credit_pack or self.booking_ok:
            amounts = {self: info["price"]}
            infos = self._get_booking_shop_infos(website, amounts)
            info["booking_info"] = infos[self]
            if self.booking_credit_pack:
                info["booking_info"] |= self._get_pack_terms()
        return info

    def _website_show_quick_add(self):
        """Override of `website_sale`: the date of a booking is chosen on its page."""
        return (
            super()._website_show_quick_add()
            and not self._needs_booking_start()
            and not self._is_pack_sold_out()
        )

    def _search_render_results_prices(self, mapping, combination_info):
        """Override of `website_sale` to suggest services with their price in credits."""
        price, list_price = super()._search_render_results_prices(
            mapping, combination_info
        )
        info = combination_info.get("booking_info", {})
        if info.get("display") == "credits":
            return escape(info["credits"]), None
        if info.get("display") == "both":
            return Markup("%s %s") % (price, info["or_credits"]), list_price
        return price, list_price

    # === Steps, for bridges to extend === #

    def _get_booking_shop_infos(self, website, amounts):
        """Return what shoppers read on these packs and services, in words.

        :param dict amounts: price that the page shows, by product
        :return: dict of dicts by product; nothing in them but text and numbers
        """
        packs = self.filtered("booking_credit_pack")
        units = packs._get_single_prices(website, amounts)
        infos = {}
        for product in self:
            amount = amounts[product]
            if product in packs:
                infos[product] = product._get_pack_info(website, amount, units[product])
            else:
                infos[product] = product._get_service_info()
        return infos

    def _get_service_info(self):
        """Return the price of this service in credits, in words (S0-12, S1-16)."""
        self.ensure_one()
        display = self._get_booking_price_display(self.env.company)
        credits = self._get_booking_credit_price_text()
        only = self._get_booking_payment(self.env.company) == "credit_only"
        return {
            "display": display,
            "credits": credits,
            "or_credits": self.env._("(paid with %s)", credits)
            if only
            else self.env._("or %s", credits),
        }

    def _get_pack_info(self, website, amount, single_prices):
        """Return what this pack gives, in words.

        :param float amount: price of the pack, as the page shows it
        :param single_prices: lowest and highest price of what one unit pays, or None
        """
        self.ensure_one()
        return {
            "given": self._get_given_text(website, amount),
            "validity": self._get_pack_validity_text(),
            "each": self._get_unit_price_text(website, amount),
            "saving": self._get_saving_text(amount, single_prices),
            "left": self._get_left_in_shop_text(),
            "sold_out": self._is_pack_sold_out(),
        }

    def _get_pack_terms(self):
        """Return the terms of this pack, in words, for its own page."""
        self.ensure_one()
        # sudo: what a pack pays for is no secret, also where it is not in the shop.
        lot = self.env["booking.credit.lot"].sudo()
        lot = lot.new(self.sudo()._prepare_booking_credit_lot_vals(self.env.company))
        return {
            "scope": lot._get_scope_text(),
            "limit": self._get_limit_text(),
            "conditions": lot._get_condition_texts() if self._has_end() else [],
        }

    def _has_end(self):
        return self.booking_credit_validity_unit != "none"

    def _get_given_text(self, website, amount):
        _ = self.env._
        if self.booking_credit_measure == "money":
            return _("%s of customer credit", website.currency_id.format(amount))
        if self.booking_credit_unlimited:
            return _("Unlimited bookings")
        given = self._count_units_in_words(self.booking_credit_quantity)
        # sudo: a bonus comes along, also where it is not sold in the shop.
        bonus = self.sudo().booking_credit_bonus_id.product_tmpl_id
        if not bonus:
            return given
        validity = bonus._get_pack_validity_text()
        return _(
            "%(given)s + %(bonus)s as a bonus (%(validity)s)",
            given=given,
            bonus=bonus._count_units_in_words(bonus.booking_credit_quantity),
            # in the middle of a sentence
            validity=validity[:1].lower() + validity[1:],
        )

    def _count_units_in_words(self, number):
        lots = self.env["booking.credit.lot"]
        return lots._count_in_words(self.booking_credit_measure, number)

    def _get_unit_price_text(self, website, amount):
        """Write “0.90 € per credit”; empty where it says nothing new."""
        _ = self.env._
        number = self.booking_credit_quantity
        if not self._has_units() or number == 1:
            return ""
        price = website.currency_id.format(amount / number)
        if self.booking_credit_measure == "session":
            return _("%s per session", price)
        return _("%s per credit", price)

    def _has_units(self):
        """Return whether this pack gives a number of units that are not money."""
        return not self.booking_credit_unlimited and (
            self.booking_credit_measure != "money"
        )

    def _get_pack_validity_text(self):
        """Write until when what is bought today can be used (S0-23, S1-18)."""
        _ = self.env._
        unit, number = self.booking_credit_validity_unit, self.booking_credit_validity
        if unit == "none":
            return _("Never expires")
        if unit == "fixed":
            last = format_date(
                self.env, self.booking_credit_valid_until, date_format="long"
            )
            return _("Valid until %s", last)
        if unit == "month_end":
            if not number:
                return _("Valid to the end of the month")
            if is_singular(self.env, number):
                return _("Valid to the end of next month")
            return _("Valid to the end of the month, %s months from now", number)
        length = self._get_duration_text(unit, number)
        if self.booking_credit_starts == "first_use":
            return _("Valid for %s from the first use", length)
        return _("Valid for %s from the purchase", length)

    def _get_duration_text(self, unit, number):
        _ = self.env._
        if is_singular(self.env, number):
            return {
                "days": _("%s day", number),
                "weeks": _("%s week", number),
                "months": _("%s month", number),
                "years": _("%s year", number),
            }[unit]
        return {
            "days": _("%s days", number),
            "weeks": _("%s weeks", number),
            "months": _("%s months", number),
            "years": _("%s years", number),
        }[unit]

    def _get_left_in_shop_text(self):
        """Write “Only 2 left” or “Sold out”; empty if there are enough (S0-22)."""
        _ = self.env._
        left = self.booking_credit_stock
        if not self.booking_credit_stock_limited or left > FEW_LEFT:
            return ""
        return _("Only %s left", left) if left > 0 else _("Sold out")

    def _get_limit_text(self):
        """Write how many one may buy; empty without a limit (S0-24)."""
        _ = self.env._
        limit = self.booking_credit_max_customer or self.booking_credit_max_order
        if not limit:
            return ""
        number = format_units(self.env, limit)
        if self.booking_credit_max_customer:
            return _("At most %s for each customer", number)
        return _("At most %s for each order", number)

    def _get_booking_shop_terms(self):
        """Write what comes back when a booking is cancelled (S1-35)."""
        self.ensure_one()
        # sudo: the terms are public.
        policies = self.env["booking.cancellation.policy"].sudo()
        policy = self.sudo()._get_booking_policy(self.env.company)
        return policies._get_terms_text(policy._get_snapshot())
