from decimal import Decimal

from odoo import fields, models
from odoo.fields import Command

from odoo.addons.booking_credits.inside import tell


class SaleOrder(models.Model):
    """Pays a cart with the shopper's credits: the best ones, unless they choose.

    Credit lines follow the cart at every change. Nothing is spent or set aside before
    the shopper pays the rest, or confirms where nothing is left to pay.
    """

    _inherit = "sale.order"

    booking_credit_unused_lot_ids = fields.Many2many(
        comodel_name="booking.credit.lot",
        relation="booking_credit_unused_lot_rel",
        column1="order_id",
        column2="lot_id",
        string="Credits Not to Use",
        copy=False,
        groups="booking_credits.booking_credits_group_user",
        help="Credits that the shopper keeps for something else.",
    )
    _booking_guarded = {"booking_waiting_cart_id": "/shop/cart/top_up"}

    booking_waiting_cart_id = fields.Many2one(
        comodel_name="sale.order",
        string="Buys Credits For",
        copy=False,
        index="btree_not_null",
        help="The cart with bookings for which the shopper buys these credits.",
    )

    # === Overrides === #

    def _verify_cart_after_update(self):
        """Override of `website_sale`: what credits pay follows the cart."""
        res = super()._verify_cart_after_update()
        self._refresh_cart_credits()
        return res

    def _update_address(self, partner_id, fnames=None):
        """Override of `website_sale`: another customer has other credits."""
        changes = self.partner_id.id != partner_id and "partner_id" in (fnames or ())
        if changes:
            self._take_credits_off_cart()
            self.booking_credit_unused_lot_ids = [Command.clear()]
        res = super()._update_address(partner_id, fnames)
        if changes:
            self._refresh_cart_credits()
        return res

    def _get_usable_booking_lots(self):
        """Override of `booking_credits` to leave what the shopper keeps."""
        lots = super()._get_usable_booking_lots()
        if not self.website_id:
            return lots
        # sudo: shoppers choose among their own.
        kept = self.sudo().booking_credit_unused_lot_ids
        return lots.filtered(lambda lot: lot.id not in kept.ids)

    def _plan_money_payment(self, lots, planned=None):
        """Override of `booking_credits`: no customer credit is bought with itself."""
        amount = super()._plan_money_payment(lots, planned)
        if not self.website_id:
            return amount
        top_up = self.order_line.filtered(
            lambda line: line.product_id.booking_credit_pack
            and line.product_id.booking_credit_measure == "money"
        )
        return max(
            min(amount, self.amount_total - sum(top_up.mapped("price_total"))), 0
        )

    # === Business verbs === #

    def _refresh_cart_credits(self):
        """Let the shopper's credits pay this cart as well as they can.

        Changes nothing if they do so already. Safe to run at any time.
        """
        self.ensure_one()
        if not self.website_id or self.state != "draft":
            return
        if not self._may_use_credits() or self.booking_credit_declined:
            self._take_credits_off_cart()
            return
        if not self._has_use_for_credits():
            return
        lots = self._get_usable_booking_lots()
        if self._is_paid_as_planned(lots):
            return
        self._take_credits_off_cart()
        self._pay_with_booking_credits()
        self._follow_promotions()

    def _follow_promotions(self):
        """Let promotions of `sale_loyalty` count what is left to pay in money."""
        if hasattr(self, "_update_programs_and_rewards"):
            self._update_programs_and_rewards()

    def _take_credits_off_cart(self):
        self.order_line._get_credit_lines().unlink()

    def _choose_cart_credits(self, use, lot_ids=None):
        """Use credits for this cart, or do not, or only some of them.

        :param lot_ids: credits to use, among the shopper's own; None: the best ones
        """
        self.ensure_one()
        lots = self._get_shopper_lots()
        unused = lots.browse()
        if lot_ids is not None:
            unused = lots.filtered(lambda lot: lot.id not in lot_ids)
        self.write(
            {
                "booking_credit_declined": not use or (bool(lots) and unused == lots),
                "booking_credit_unused_lot_ids": [Command.set(unused.ids)],
            }
        )
        self._refresh_cart_credits()

    # === Steps, for bridges to extend === #

    def _may_use_credits(self):
        """Return whether the user is the customer of this cart, signed in."""
        self.ensure_one()
        user = self.env.user
        return not user._is_public() and user.partner_id == self.partner_id

    def _has_use_for_credits(self):
        """Return whether credits pay, or might pay, something of this cart.

        Goods are paid with customer credit only: who has none needs no plan.
        """
        self.ensure_one()
        if any(
            line.product_id.booking_ok or line.booking_credit_measure
            for line in self.order_line
        ):
            return True
        owners = self.partner_id | self.partner_id.commercial_partner_id
        money = [
            ("partner_id", "in", owners.ids),
            ("company_id", "=", self.company_id.id),
            ("is_open", "=", True),
            ("measure", "=", "money"),
        ]
        return bool(self.env["booking.credit.lot"].search_count(money, limit=1))

    def _get_shopper_lots(self):
        """Return what the shopper could use today, chosen or not, in burn order."""
        self.ensure_one()
        lots = self.env["booking.credit.lot"]
        if not self._may_use_credits():
            return lots
        return lots._get_usable_lots(self.partner_id, self.company_id)

    def _is_paid_as_planned(self, lots):
        """Return whether credit lines pay already what ``lots`` can pay."""
        self.ensure_one()
        credit_lines = self.order_line._get_credit_lines()
        if not lots and not credit_lines:
            return True
        if self.transaction_ids.filtered(lambda tx: tx.state == "draft"):
            # begun in another window, for this amount; a change of the cart ends it
            return self._is_paid_in_full(credit_lines)
        current = {
            (line.booking_credit_paid_line_id, line.booking_credit_measure): Decimal(
                str(line.product_uom_qty)
            )
            for line in credit_lines
            if line.booking_credit_paid_line_id
            and not line.booking_credit_paid_line_id.combo_item_id
        }
        # what would pay a cart without credit lines
        anew = tell(self, anew=True)
        if current != {
            (payment.line, payment.measure): payment.quantity
            for payment in anew._plan_bookings(lots)
        }:
            return False
        money = credit_lines.filtered(lambda x: x.booking_credit_measure == "money")
        planned = sum(self._share_money(lots).values(), Decimal(0))
        spent = sum(money.mapped("booking_credit_quantity"))
        return not self.company_id.currency_id.compare_amounts(float(planned), spent)

    def _is_paid_in_full(self, credit_lines):
        """Return whether nothing is left that these credit lines could pay."""
        return bool(credit_lines) and not any(
            line._get_booking_unpaid_quantity() > 0 for line in self.order_line
        )

    def _is_paid_with_credits_only(self):
        """Return whether nothing is left to pay or deliver: only to confirm (S0-01)."""
        self.ensure_one()
        return (
            bool(self.order_line._get_credit_lines())
            and self.currency_id.is_zero(self.amount_total)
            and self.only_services
            and self._may_use_credits()
        )

    # === What the shopper reads === #

    def _get_cart_credit_box(self):
        """Return what the cart says about credits (S1-04, S0-10, S0-11).

        :return: dict of ``kind`` (``guest``, ``used``, ``declined``, ``short``,
            ``none``) and texts; empty where credits are of no concern
        """
        self.ensure_one()
        bookings = self.order_line.filtered(
            lambda line: line.product_id.booking_ok and not line.combo_item_id
        )
        if not self or self.state != "draft" or not self.order_line:
            return {}
        if not self._may_use_credits():
            return {"kind": "guest"} if self._needs_customer_account() else {}
        lines = self.order_line._get_credit_lines()
        if not lines and not bookings and not self.booking_credit_declined:
            return {}
        lots = self._get_shopper_lots()
        kind = self._get_credit_box_kind(lines, lots, bookings)
        return {"kind": kind, **self._get_credit_box(lots, bookings)} if kind else {}

    def _get_credit_box_kind(self, lines, lots, bookings):
        """Return whether credits are used, declined or too few; empty if no concern."""
        if lines:
            return "used"
        if lots and self.booking_credit_declined:
            return "declined"
        return "short" if bookings else ""

    def _get_credit_box(self, lots, bookings):
        """Return what the shopper has, what the cart costs, and what is missing."""
        unpaid = bookings.filtered(lambda line: line._get_booking_unpaid_quantity() > 0)
        return {
            "has": self._get_relevant_lots(lots)._in_words(),
            "cost": self.booking_credit_spent_text or self._get_credit_cost_text(),
            "lots": lots,
            "unused": self.sudo().booking_credit_unused_lot_ids,
            "missing": unpaid,
            "must": self._get_credit_only_unpaid_lines(),
            "packs": self._get_cart_packs(unpaid)
            if unpaid
            else self.env["product.template"],
        }

    def _get_relevant_lots(self, lots):
        """Return those of ``lots`` that are counted as what this cart spends."""
        self.ensure_one()
        measures = self.order_line._get_credit_lines().mapped("booking_credit_measure")
        return lots.filtered(lambda lot: lot.measure in measures) if measures else lots

    def _get_cart_packs(self, lines):
        """Return at most three packs in the shop with which ``lines`` could be paid."""
        self.ensure_one()
        packs = self._get_packs_that_would_do(lines)
        domain = self.website_id.sale_product_domain()
        return packs.filtered_domain(domain).filtered("is_published")[:3]

    def _get_credit_cost_text(self):
        """Write what the bookings of this cart cost in credits: “170 credits”."""
        self.ensure_one()
        total = sum(
            line._count_as_bookings(line.product_uom_qty) * line.booking_credit_price
            for line in self.order_line
            if line.product_id.booking_ok and not line.combo_item_id
        )
        lots = self.env["booking.credit.lot"]
        return lots._count_in_words("credit", total) if total else ""

    def _get_amount_before_credits(self):
        """Return what this cart costs without credits, and what they pay of it."""
        self.ensure_one()
        paid = -sum(self.order_line._get_credit_lines().mapped("price_total"))
        return {"total": self.amount_total + paid, "paid": paid}

    def _may_resume(self):
        """Return whether these bookings still wait for the user's credits."""
        return bool(self) and self.state == "draft" and self._may_use_credits()

    def _get_bookings_text(self):
        """Write the bookings of this cart: “Yoga class, Pilates class”."""
        bookings = self.order_line.filtered(lambda line: line.product_id.booking_ok)
        return ", ".join(bookings.product_id.mapped("name"))

    def _get_shop_confirmation(self):
        """Return what the page of a confirmed order says about credits.

        :return: dict of ``texts``, ``waiting`` (the cart that credits were bought for)
            and ``bookings``; empty where credits are of no concern
        """
        self.ensure_one()
        _ = self.env._
        if not self._concerns_credits() or not self._may_use_credits():
            return {}
        texts = []
        if self.booking_credit_spent_text:
            texts.append(_("Paid with %s.", self.booking_credit_spent_text))
        sold = self.order_line._count_packs_by_template()
        if sold and not self.sudo().booking_credit_lot_ids:
            texts.append(_("Your credits come as soon as the payment has arrived."))
        elif has := self._get_shopper_lots()._in_words():
            texts.append(_("You have %s now.", has))
        waiting = self.booking_waiting_cart_id
        if waiting._may_resume():
            texts.append(_("Your booking waits: %s", waiting._get_bookings_text()))
        return {
            "texts": texts,
            "waiting": waiting._may_resume()
            and bool(self.sudo().booking_credit_lot_ids),
            "bookings": any(self.order_line.product_id.mapped("booking_ok")),
        }
