from odoo import models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    """What must hold before a cart is paid or confirmed."""

    _inherit = "sale.order"

    # === Overrides of `website_sale` === #

    def _is_cart_ready(self):
        """Override of `website_sale` to stop carts that cannot be confirmed."""
        return super()._is_cart_ready() and not self._get_cart_refusals()

    def _get_confirmation_template(self):
        """Override of `website_sale`: a website without a choice of its own."""
        return self._get_booking_template(super()._get_confirmation_template())

    def _check_cart_is_ready_to_be_paid(self):
        """Override of `website_sale`: the last look before money or credits move."""
        self._check_may_be_paid_here()
        return super()._check_cart_is_ready_to_be_paid()

    def _get_packs_that_would_do(self, lines=None):
        """Override of `booking_credits`: shoppers hear of what is in the shop only."""
        packs = super()._get_packs_that_would_do(lines)
        return packs.filtered("is_published") if self.env.user.share else packs

    # === Steps, for bridges to extend === #

    def _check_may_be_paid_here(self):
        """Refuse a cart of credits without an account, or what cannot be confirmed.

        :raise UserError: if the shopper has no account, or naming what must change
        """
        if self._needs_customer_account() and self.env.user._is_public():
            raise UserError(
                self.env._(
                    "Please sign in, or create an account: credits belong to somebody."
                )
            )
        if refusals := self._get_cart_refusals():
            raise UserError("\n".join(refusals))

    def _concerns_credits(self):
        """Return whether this cart buys credits, or what is booked."""
        self.ensure_one()
        return any(
            line.product_id.booking_credit_pack or line.product_id.booking_ok
            for line in self.order_line
        )

    def _needs_customer_account(self):
        """Return whether this cart buys credits, or what takes them (S1-28).

        What is paid in money only can be booked without an account, if the website
        allows it.
        """
        self.ensure_one()
        return any(
            line.product_id.booking_credit_pack
            or line._get_booking_payment() != "money"
            for line in self.order_line
        )

    def _may_pay_express(self):
        """Return whether a wallet on the page of the cart may pay this cart.

        Not without an account where credits are bought or taken (S1-28), not what
        takes credits only (S0-11), not where nothing is left to pay (S0-01), and not
        where a part is asked now: a wallet always takes the total.
        """
        self.ensure_one()
        if self._needs_customer_account() and self.env.user._is_public():
            return False
        return (
            not self.currency_id.is_zero(self.amount_total)
            and not self._get_cart_refusals()
            and not self._get_credit_only_unpaid_lines()
            and not self._is_paid_in_part()
        )

    def _is_paid_in_part(self):
        """Return whether a part of this cart only, or nothing, is paid now."""
        self.ensure_one()
        return (
            self.currency_id.compare_amounts(
                self._get_amount_asked(), self.amount_total
            )
            < 0
        )

    def _is_paid_later(self):
        """Return whether this cart costs money of which nothing is paid now."""
        self.ensure_one()
        return self._is_paid_in_part() and self.currency_id.is_zero(
            self._get_amount_asked()
        )

    def _get_cart_refusals(self):
        """Say what keeps this cart from being confirmed: packs and dates.

        :return: list of sentences for the shopper
        """
        self.ensure_one()
        if not self or not self._concerns_credits():
            return []
        return (
            self._get_pack_refusals()
            + self._get_sold_out_refusals()
            + [
                self.env._(
                    "“%(service)s” on %(start)s is past: remove it, and choose a later "
                    "time.",
                    service=line.product_id.name,
                    start=line._get_booking_start_text(),
                )
                for line in self.order_line
                if line.product_id.booking_ok and line._has_started()
            ]
        )

    def _get_sold_out_refusals(self):
        """Say which packs of this cart are not there any more (S0-22)."""
        refusals = []
        for pack, number in self.order_line._count_packs_by_template().items():
            taken = sum(
                line.booking_credit_stock_taken
                for line in self.order_line
                if line.product_id.product_tmpl_id == pack
            )
            stock = pack.booking_credit_stock
            if pack.booking_credit_stock_limited and number - taken > stock:
                refusals.append(pack._get_sold_out_text(number))
        return refusals
