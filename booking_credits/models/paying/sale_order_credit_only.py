from decimal import Decimal

from odoo import models
from odoo.fields import Domain

from ...const import BOOKING_MEASURES
from ...exceptions import InsufficientCreditsError

#: packs named in a refusal
PACKS_NAMED = 3


class SaleOrder(models.Model):
    """Confirms what is paid with credits only once credits pay it (S0-11, S1-24)."""

    _inherit = "sale.order"

    def _has_to_be_paid(self):
        """Override of `sale` to ask no card for what is paid with credits only."""
        return super()._has_to_be_paid() and not self._get_credit_only_unpaid_lines()

    # === Business verbs === #

    def _check_credit_only(self):
        """Refuse orders with bookings that credits must pay and do not.

        :raise InsufficientCreditsError: naming booking, what is missing and remedy
        """
        sentences = []
        for order in self:
            if lines := order._get_credit_only_unpaid_lines():
                sentences.append(order._get_credit_only_refusal(lines))
        if sentences:
            raise InsufficientCreditsError("\n".join(sentences))

    # === Steps of the verbs, for bridges to extend === #

    def _get_credit_only_unpaid_lines(self):
        """Return the bookings that must be paid with credits and are not.

        Customer credit was paid ahead as well: it pays them, if it pays them wholly.
        """
        self.ensure_one()
        lines = self.order_line.filtered(
            lambda line: line._is_credit_only()
            and not line.booking_cancel_date
            and line._get_booking_unpaid_quantity() > 0
        )
        return lines - self._get_credit_only_paid_in_money(lines)

    def _get_credit_only_paid_in_money(self, lines):
        """Return those of ``lines`` that the customer credit on this order pays."""
        self.ensure_one()
        amount = self._get_money_on_order(lines.product_id)
        paid = lines.browse()
        for line in lines:
            mirrors = sum(line.booking_credit_line_ids.mapped("price_total"))
            price = line.price_total + mirrors
            if (
                self.currency_id.compare_amounts(price, 0) > 0
                and self.currency_id.compare_amounts(price, amount) <= 0
            ):
                amount -= price
                paid |= line
        return paid

    def _get_money_on_order(self, products):
        """Return how much customer credit on this order can pay ``products``.

        In the order's currency. What pays other services only does not count.
        """
        self.ensure_one()
        # sudo: shoppers pay without reading which credits do.
        credit_lines = self.sudo().order_line.filtered(
            lambda line: line.booking_credit_measure == "money"
        )
        if not credit_lines or not products:
            return 0.0
        amount = -sum(credit_lines.mapped("price_total"))
        lots = credit_lines.booking_credit_lot_ids or (
            self.sudo()._get_usable_booking_lots()
        )
        lots = lots.filtered(
            lambda lot: lot.measure == "money"
            and any(lot._covers(product) for product in products)
        )
        # what waits for the payment of this very order is there as well
        held = sum(
            float(n) for hold, n in self._get_booking_holds() if hold.lot_id in lots
        )
        available = self.company_id.currency_id._convert(
            sum(lots.mapped("available")) + held,
            self.currency_id,
            self.company_id,
            self.date_order,
        )
        return min(amount, available)

    def _get_credit_only_refusal(self, lines):
        """Say what is missing to pay ``lines`` with credits, and what to do."""
        self.ensure_one()
        missing = self._count_credits_missing(lines)
        sentences = [self._get_credit_only_text(line, missing[line]) for line in lines]
        if any(missing.values()):
            sentences.append(self._get_credit_only_remedy(lines))
        return "\n".join(sentences)

    def _get_credit_only_text(self, line, missing):
        """Say that ``line`` is paid with credits only, and how many are missing."""
        _ = self.env._
        service = line.product_id.display_name
        if not missing:
            return _(
                "“%(service)s” on %(order)s is paid with credits only, and "
                "%(customer)s has enough of them: pay with credits first.",
                service=service,
                order=self.name,
                customer=self.partner_id.display_name,
            )
        return _(
            "“%(service)s” on %(order)s is paid with credits only. Missing: "
            "%(missing)s.",
            service=service,
            order=self.name,
            missing=self.env["booking.credit.lot"]._count_in_words("credit", missing),
        )

    def _get_credit_only_remedy(self, lines):
        _ = self.env._
        packs = self._get_packs_that_would_do(lines)[:PACKS_NAMED]
        if not packs and self.env.user.share:
            return _("Please contact us: no pack in the shop would pay it.")
        if not packs:
            return _("Sell a pack that pays it, then pay with credits.")
        names = [
            _(
                "“%(pack)s” (%(price)s)",
                pack=pack.name,
                price=pack.currency_id.format(pack._get_price_with_taxes()),
            )
            for pack in packs
        ]
        return _(
            "Buy a pack first, then pay with credits. These would do: %s.",
            ", ".join(names),
        )

    def _count_credits_missing(self, lines):
        """Return how many credits are missing to pay each of ``lines``.

        :return: dict from line to ``Decimal``; 0 if the customer's credits or
            sessions pay it, and are only not on the order yet
        """
        self.ensure_one()
        # sudo: shoppers are told about their own credits.
        lots = self.sudo()._get_usable_booking_lots()
        lots = lots.filtered(lambda lot: lot.measure in BOOKING_MEASURES)
        left, missing = self.sudo()._get_units_not_on_order(lots), {}
        for line in lines.sudo():
            unpaid = line._get_booking_unpaid_quantity()
            usable = line._filter_usable_lots(lots)
            for part in usable.grouped("measure").values():
                unpaid -= line._plan_booking_payment(part, unpaid, left)[0]
            cost = unpaid * line._get_booking_cost("credit")
            of_credits = usable.filtered(lambda lot: lot.measure == "credit")
            has = sum((left.get(lot.id, Decimal(0)) for lot in of_credits), Decimal(0))
            missing[line] = max(cost - has, Decimal(0)) if unpaid > 0 else Decimal(0)
        return {line: missing[line.sudo()] for line in lines}

    def _get_units_not_on_order(self, lots):
        """Return what this quotation leaves on ``lots``: units by lot id.

        Credits on the order are spent when it is confirmed, and pay nothing else.
        """
        self.ensure_one()
        left = {lot.id: lot._get_burn_lot().available for lot in lots}
        for line in self.order_line.filtered("booking_credit_paid_line_id"):
            units = Decimal(str(line.booking_credit_quantity))
            usable = line.booking_credit_lot_ids & lots or (
                line.booking_credit_paid_line_id._filter_usable_lots(lots)
            )
            for lot in usable.filtered(
                lambda lot, line=line: lot.measure == line.booking_credit_measure
            ):
                taken = min(left[lot.id], units)
                left[lot.id] -= taken
                units -= taken
        return left

    def _get_packs_that_would_do(self, lines=None):
        """Return the packs with which this customer could pay, the cheapest first.

        One of them, with the credits that the customer has, pays all that must be
        paid with credits and is not. Where no pack pays all of it, those that pay at
        least one of the bookings.

        :param lines: bookings; what must be paid with credits when not given
        :return: ``product.template`` that may be sold, to this customer, today
        """
        self.ensure_one()
        lines = lines or self._get_credit_only_unpaid_lines()
        packs = self.env["product.template"]
        if not lines:
            return packs
        missing = self._count_credits_missing(lines)
        # sudo: shoppers neither read lots nor all packs; what they see is filtered.
        offered = self.sudo()._get_offered_packs()
        paid_by = {pack: self._get_lines_paid_by(pack, missing) for pack in offered}
        best = max((len(paid) for paid in paid_by.values()), default=0)
        enough = len(lines) if best == len(lines) else 1
        would_do = offered.filtered(lambda pack: len(paid_by[pack]) >= enough)
        return would_do.sorted(
            lambda pack: (pack._get_price_with_taxes(), pack.id)
        ).sudo(self.env.su)

    def _get_offered_packs(self):
        """Return the packs that can be sold to this customer, one of each."""
        self.ensure_one()
        packs = self.env["product.template"].with_company(self.company_id)
        domain = Domain(packs._get_offered_packs_domain(self.company_id))
        customer = packs._prepare_pack_customer(self.partner_id, self.company_id)
        return packs.search(domain).filtered(
            lambda pack: pack._is_pack_offered(**customer)
            and not pack._get_pack_refusal(1, self.partner_id, customer["bought"])
            and (not pack.booking_credit_stock_limited or pack.booking_credit_stock > 0)
        )

    def _get_lines_paid_by(self, pack, missing):
        """Return the bookings that one ``pack`` pays, with what the customer has.

        :param dict missing: credits missing by line
        """
        company = self.company_id
        today = company._booking_credit_today()
        lot = self.env["booking.credit.lot"].sudo()
        lot = lot.new(pack._prepare_booking_credit_lot_vals(company))
        left = Decimal(str(pack.booking_credit_quantity))
        paid = self.env["sale.order.line"]
        for line, units in missing.items():
            unpaid = line._get_booking_unpaid_quantity()
            bookings = unpaid * Decimal(str(line._count_as_bookings(1.0)))
            if lot._get_refusal(
                line.product_id, today, line.booking_start, float(bookings)
            ):
                continue
            if lot.measure == "session":
                units = bookings
            elif lot.measure == "money":
                units = Decimal(str(line.price_total or "Infinity"))
            if lot.unlimited or units <= left:
                paid |= line
                left -= min(units, left)
        return paid
