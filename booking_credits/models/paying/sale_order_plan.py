from decimal import Decimal
from typing import Any, NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...const import BOOKING_MEASURES, CREDIT_GROUPS, CREDIT_LINE_FIELDS
from ...exceptions import InsufficientCreditsError
from ...inside import tell_fields, told
from ...ledger import as_decimal


class CreditPayment(NamedTuple):
    """What lots of one measure pay of one booking; with money, of the order."""

    #: the booking; no line for money
    line: Any
    measure: str
    #: bookings in the line's unit; with money, an amount in the order's currency
    quantity: Decimal
    #: list of ``(lot, units)``, in the order of spending
    slices: list
    #: all lots of any measure that could pay this, in the order of spending
    lots: Any


class SaleOrder(models.Model):
    """Plans which credits pay a quotation.

    What is proposed, what the dialog shows, and what the button does come from here.
    """

    _inherit = "sale.order"

    booking_credit_can_pay = fields.Boolean(
        compute="_compute_booking_credit_can_pay",
        help="Something is to be paid, and the customer might have credits for it.",
    )
    booking_credit_declined = fields.Boolean(
        string="Credits Declined",
        copy=False,
        help="The customer does not want to pay this quotation with credits.",
    )
    booking_credit_proposal = fields.Char(
        string="Credits Proposed",
        compute="_compute_booking_credit_proposal",
        groups=CREDIT_GROUPS,
        help="Credits of the customer that can pay a booking of this quotation.",
    )

    @api.depends("state", "partner_id", "booking_credit_payable", "amount_total")
    def _compute_booking_credit_can_pay(self):
        quotations = self.filtered(lambda order: order.state in ("draft", "sent"))
        (self - quotations).booking_credit_can_pay = False
        owners = quotations.partner_id | quotations.partner_id.commercial_partner_id
        # sudo: who may not read credits is not shown the button either
        open_lots = self.env["booking.credit.lot"].sudo()
        rows = set(
            open_lots._read_group(
                [("partner_id", "in", owners.ids), ("is_open", "=", True)],
                ["partner_id", "company_id"],
            )
        )
        for order in quotations:
            partner = order.partner_id
            order.booking_credit_can_pay = order.booking_credit_payable or any(
                (owner._origin, order.company_id._origin) in rows
                for owner in partner | partner.commercial_partner_id
            )

    @api.depends(
        "state",
        "partner_id",
        "company_id",
        "booking_credit_declined",
        "order_line.product_id",
        "order_line.product_uom_qty",
        "order_line.booking_start",
        "order_line.booking_credit_measure",
        "order_line.booking_credit_line_ids.product_uom_qty",
    )
    @api.depends_context("lang")
    def _compute_booking_credit_proposal(self):
        for order in self:
            order.booking_credit_proposal = (
                order._is_credit_proposable() and order._get_booking_credit_proposal()
            )

    # === Actions === #

    def action_booking_credit_pay(self):
        """Pay the bookings of this quotation with the customer's credits (S1-03).

        :raise InsufficientCreditsError: if not one booking can be paid, saying what
            is missing and why each lot is refused
        """
        self.ensure_one()
        self.check_access("write")
        lines = self._pay_with_booking_credits()
        if not lines:
            raise InsufficientCreditsError(self._get_booking_credit_refusal())

    def action_booking_credit_unpay(self):
        """Take the credit lines off this quotation."""
        self.ensure_one()
        if self.state not in ("draft", "sent"):
            raise UserError(
                self.env._(
                    "%s is confirmed: cancel its bookings to give credits back.",
                    self.name,
                )
            )
        self.order_line._get_credit_lines().unlink()

    def action_open_booking_credit_pay(self):
        """Open the dialog that shows which credits will pay, and why.

        :raise AccessError: for others than the front desk
        """
        self.ensure_one()
        self.check_access("write")
        self.env["booking.credit.lot"]._check_may("user")
        wizard = self.env["booking.credit.pay"].create({"order_id": self.id})
        # what staff type must not be computed over later
        wizard.flush_recordset()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pay with Credits"),
            "res_model": "booking.credit.pay",
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_decline_booking_credits(self):
        """Propose no credits for this quotation any more (S3-12)."""
        self.check_access("write")
        self.booking_credit_declined = True

    # === Steps, for bridges to extend === #

    def _get_usable_credit_lots(self):
        """Return what the customer of this order can use today."""
        return (
            self.env["booking.credit.lot"]
            .sudo()
            ._get_usable_lots(self.partner_id, self.company_id)
        )

    def _plan_booking_credits(self, lots=None, lines=None, amount=None):
        """Return what pays this quotation; see :meth:`_pay_with_booking_credits`.

        :return: list of ``CreditPayment``
        """
        self.ensure_one()
        usable = self._get_usable_booking_lots() if lots is None else lots
        payments = self._plan_bookings(usable, lines)
        planned = self._get_planned_amounts(payments)
        return payments + self._plan_money(usable, planned, lines, amount)

    def _plan_bookings(self, lots, lines=None):
        """Return what credits and sessions among ``lots`` pay, booking by booking.

        Later bookings get what earlier ones leave, also of caps.

        :param lots: in the order of spending
        :param lines: the bookings to pay; all when not given
        :return: list of ``CreditPayment``
        """
        bookings = self.order_line._get_unpaid_bookings()
        if lines is not None:
            bookings = bookings.filtered(lambda line: line in lines)
        days = {line: self._get_booking_day(line) for line in bookings}
        lots = lots.filtered(lambda lot: lot.measure in BOOKING_MEASURES)
        lots = lots._with_uses(days.values())
        uses = told(lots, "uses").by_lot
        payments, left = [], {}
        self._take_planned(lots, left, uses)
        for line in bookings:
            unpaid = line._get_booking_unpaid_quantity()
            able = line._filter_usable_lots(lots)
            able = line._filter_lots_with_room(
                able, line._count_as_bookings(float(unpaid))
            )
            for measure, group in able.grouped("measure").items():
                paid, slices = line._plan_booking_payment(group, unpaid, left)
                if not paid:
                    continue
                unpaid -= paid
                payments.append(CreditPayment(line, measure, paid, slices, able))
                spent = sum((units for _lot, units in slices), Decimal(0))
                for lot, units in slices:
                    share = line._count_as_bookings(float(paid * units / spent))
                    uses[lot.id][days[line]] += share
        return payments

    def _take_planned(self, lots, left, uses):
        """Leave to what credit lines on this quotation will spend what they need.

        :param dict left: units left by lot id; updated here
        :param dict uses: bookings by lot id and day; updated here
        """
        for credit_line in self.order_line._get_credit_lines():
            booking = credit_line.booking_credit_paid_line_id
            if not booking or not credit_line.booking_credit_quantity:
                continue
            able = credit_line.sudo().booking_credit_lot_ids & lots
            able = able or booking._filter_usable_lots(lots)
            paid, slices = booking._plan_booking_payment(
                able.filtered(
                    lambda lot, m=credit_line.booking_credit_measure: lot.measure == m
                ),
                Decimal(str(credit_line.product_uom_qty)),
                left,
            )
            spent = sum((units for _lot, units in slices), Decimal(0))
            for lot, units in slices:
                share = booking._count_as_bookings(float(paid * units / spent))
                uses[lot.id][self._get_booking_day(booking)] += share

    def _plan_money(self, lots, planned, lines=None, amount=None):
        """Return what customer credit among ``lots`` pays of this quotation.

        :param dict planned: what is paid otherwise by line, in the order's currency
        :param lines: the bookings to pay; others are left to be paid otherwise
        :param float amount: at most, in the order's currency
        :return: list of one ``CreditPayment``, or none
        """
        money = lots.filtered(lambda lot: lot.measure == "money")
        money = self._filter_money_for_packs(money)
        if not money:
            return []
        if lines is not None and amount is None:
            others = self.order_line._get_unpaid_bookings()
            others = others.filtered(lambda line: line not in lines)
            planned = {**planned, **self._get_open_amounts(others)}
        paid = self._plan_money_payment(money, planned)
        if amount is not None:
            paid = min(paid, amount)
        paid = self.currency_id.round(paid)
        if self.currency_id.compare_amounts(paid, 0) <= 0:
            return []
        slices = self._slice_money(money, planned, paid)
        none = self.env["sale.order.line"]
        return [CreditPayment(none, "money", as_decimal(paid), slices, money)]

    def _slice_money(self, lots, planned, amount):
        """Return ``(lot, units)`` of what each of ``lots`` pays of ``amount``."""
        company_currency = self.company_id.currency_id
        left = as_decimal(
            company_currency.round(amount / (self._get_booking_credit_rate() or 1.0))
        )
        slices = []
        for lot, share in self._share_money(lots, planned).items():
            taken = min(share, left)
            left -= taken
            if taken > 0:
                slices.append((lot, taken))
        return slices

    def _get_booking_day(self, line):
        """Return the local date on which ``line`` takes place; else today."""
        return self.company_id._booking_credit_today(line.booking_start or None)

    def _get_planned_amounts(self, payments):
        """Return what ``payments`` take off each line, in the order's currency."""
        amounts = {}
        for payment in payments:
            for line in payment.line and payment.line._get_menu_lines():
                share = float(payment.quantity) / (payment.line.product_uom_qty or 1.0)
                amount = self.currency_id.round(line.price_total * share)
                amounts[line] = amounts.get(line, 0.0) + amount
        return amounts

    def _get_open_amounts(self, bookings):
        """Return what is left to pay of each of ``bookings``, in the order's currency."""
        return {
            line: line.price_total
            + sum(line.booking_credit_line_ids.mapped("price_total"))
            for booking in bookings
            for line in booking._get_menu_lines()
        }

    def _is_credit_proposable(self):
        """Return whether credits may be proposed for this quotation by themselves."""
        self.ensure_one()
        return bool(
            self.state in ("draft", "sent")
            and self.partner_id
            and not self.booking_credit_declined
            and "money" not in self.order_line.mapped("booking_credit_measure")
            and self.order_line._get_unpaid_bookings()
        )

    def _get_booking_credit_proposal(self):
        """Say which credits could pay: “Anna has Massage card: 3 sessions left.”

        :return: a sentence; empty if nothing of the customer pays
        """
        lots = self.env["booking.credit.lot"]
        for payment in self._plan_booking_credits():
            lots = lots.union(*(lot for lot, _units in payment.slices))
        if not lots:
            return ""
        return self.env._(
            "%(customer)s has %(credits)s.",
            customer=self.partner_id.name or self.partner_id.display_name,
            credits="; ".join(lot._get_offer_text() for lot in lots[:3]),
        )

    def _get_booking_credit_offer(self, partner=None):
        """Return which credits of ``partner`` can pay, and why the others cannot.

        :param partner: whose credits; the customer's when not given
        :return: the lots in burn order, and a dict of sentences by refused lot
        """
        self.ensure_one()
        owner = partner or self.partner_id
        lots = self.env["booking.credit.lot"]._get_candidates(owner, self.company_id)
        if owner != self.partner_id:
            lots = lots.filtered(lambda lot: not lot.code)
        bookings = self.order_line._get_unpaid_bookings()
        lots = lots._with_uses({self._get_booking_day(line) for line in bookings})
        money = lots.filtered(lambda lot: lot.measure == "money")
        refusals = self._get_booking_refusals(lots - money, bookings)
        refusals |= self._get_money_refusals(money)
        able = lots.filtered(lambda lot: lot not in refusals)
        return able.with_env(self.env), {
            lot: refusals[lot] for lot in lots if lot in refusals
        }

    def _get_booking_refusals(self, lots, bookings):
        """Return why some of ``lots``, credits or sessions, pay none of ``bookings``."""
        if not bookings:
            _ = self.env._
            return {
                lot: _("%s pays bookings, and none is to be paid here.", lot.name)
                for lot in lots
            }
        reasons = {lot: [] for lot in lots}
        able = lots.browse()
        today = self.company_id._booking_credit_today()
        for line in bookings:
            able |= self._get_able_lots(line, lots, today, reasons)
        return {
            lot: " ".join(dict.fromkeys(sentences))
            for lot, sentences in reasons.items()
            if lot not in able
        }

    def _get_able_lots(self, line, lots, today, reasons):
        """Return which of ``lots`` pay the booking on ``line``.

        :param dict reasons: gets a sentence for each lot that does not
        """
        count = line._count_as_bookings(float(line._get_booking_unpaid_quantity()))
        free = able = lots.browse()
        for lot in lots:
            refusal = lot._get_refusal(
                line.product_id, today, line.booking_start, count
            )
            if refusal:
                reasons[lot].append(refusal)
            else:
                free |= lot
        for measure, group in free.grouped("measure").items():
            cost = line._get_booking_cost(measure)
            if group._has_at_least(cost):
                able |= group
                continue
            for lot in group:
                reasons[lot].append(lot._get_short_refusal(line.product_id, cost))
        return able

    def _get_money_refusals(self, lots):
        """Return why some of ``lots``, all of money, pay nothing of this order."""
        refusals = {}
        today = self.company_id._booking_credit_today()
        lines = self.order_line.filtered(
            lambda line: not line.display_type and not line.booking_credit_measure
        )
        free = self._filter_money_for_packs(lots)
        shares = self._share_money(free)
        for lot in lots - free:
            refusals[lot] = self.env._(
                "%(lot)s was given, not paid: it does not buy credits.", lot=lot.name
            )
        for lot in free:
            if not lines or shares[lot]:
                continue
            sentences = [
                lot._get_refusal(line.product_id, today, line.booking_start)
                for line in lines
            ]
            refusals[lot] = " ".join(
                dict.fromkeys(filter(None, sentences))
            ) or self.env._(
                "%(lot)s is not needed: nothing is left to pay in money.",
                lot=lot.name,
            )
        return refusals

    # === Business verbs === #

    def _pay_with_booking_credits(
        self, lots=None, lines=None, amount=None, reason=None
    ):
        """Add the credit lines that pay this quotation's bookings.

        Only whole bookings are paid. Nothing is spent before the confirmation.

        :param lots: the lots to use, in this order; the best ones when not given
        :param lines: the bookings to pay; all when not given
        :param float amount: what customer credit pays at most, in the order's
            currency; all that it can when not given
        :param str reason: why credits of another customer pay (S2-24)
        :return: the new ``sale.order.line`` records
        """
        self.ensure_one()
        if lots:
            lots._check_claimed()
            self._check_lots_of_company(lots)
        usable = self._get_usable_booking_lots() if lots is None else lots
        credit_lines = tell_fields(self.env["sale.order.line"], *CREDIT_LINE_FIELDS)
        for payment in self._plan_bookings(usable, lines):
            # a menu is paid with all that belongs to it
            for paid_line in payment.line._get_menu_lines():
                vals = paid_line._prepare_booking_credit_line_vals(
                    payment.measure, float(payment.quantity)
                )
                if lots is not None:
                    vals |= credit_lines._prepare_chosen_vals(payment, reason)
                credit_lines |= credit_lines.create(vals)
        # what is left after them, to the cent
        for payment in self._plan_money(usable, {}, lines, amount):
            vals = self._prepare_money_credit_line_vals(float(payment.quantity))
            if lots is not None:
                vals |= credit_lines._prepare_chosen_vals(payment, reason)
            credit_lines |= credit_lines.create(vals)
        return credit_lines.with_env(self.env)

    def _get_usable_booking_lots(self):
        """Return the customer's lots that can be used today, in burn order.

        Given money does not buy credits.
        """
        self.ensure_one()
        return self._filter_money_for_packs(
            self.env["booking.credit.lot"]._get_usable_lots(
                self.partner_id, self.company_id
            )
        )

    def _plan_money_payment(self, lots, planned=None):
        """Return what the money among ``lots`` pays of this order, in its currency.

        Only what is left when bookings are paid with credits and sessions.

        :param dict planned: what is paid otherwise by line, in the order's currency
        """
        self.ensure_one()
        if any(line.booking_credit_measure == "money" for line in self.order_line):
            return 0.0
        planned = planned or {}
        money = self._filter_money_for_packs(lots)
        money = money.filtered(lambda lot: lot.measure == "money")
        available = self.company_id.currency_id._convert(
            float(sum(self._share_money(money, planned).values(), Decimal(0))),
            self.currency_id,
            self.company_id,
            self.date_order or fields.Date.today(),
        )
        left = self.currency_id.round(self.amount_total - sum(planned.values()))
        return max(min(available, left), 0.0)

    def _get_booking_credit_rate(self):
        """Return the order's currency for one unit of company currency, today."""
        self.ensure_one()
        return self.env["res.currency"]._get_conversion_rate(
            self.company_id.currency_id,
            self.currency_id,
            self.company_id,
            self.date_order or fields.Date.today(),
        )

    def _prepare_money_credit_line_vals(self, amount, lots=None):
        product = self.env.ref("booking_credits.product_credit_payment")
        chosen = (lots or self.env["booking.credit.lot"]).filtered(
            lambda lot: lot.measure == "money"
        )
        return {
            "order_id": self.id,
            "product_id": product.id,
            "product_uom_qty": 1.0,
            "price_unit": -amount,
            "booking_credit_rate": self._get_booking_credit_rate(),
            "tax_ids": [Command.clear()],
            "booking_credit_measure": "money",
            "booking_credit_lot_ids": [Command.set(chosen.ids)],
            "sequence": max(self.order_line.mapped("sequence"), default=10) + 1,
        }

    # === Steps of the verbs, for bridges to extend === #

    def _check_lots_of_company(self, lots):
        """Refuse credits of another company: they are owed by that one.

        :raise UserError: naming the lots, the companies and the remedy
        """
        foreign = lots.filtered(lambda lot: lot.company_id != self.company_id)
        if foreign:
            raise UserError(
                self.env._(
                    "%(lots)s of %(other)s cannot pay %(order)s of %(company)s. Choose "
                    "credits of that company.",
                    lots=", ".join(foreign.mapped("name")),
                    other=", ".join(foreign.company_id.mapped("name")),
                    order=self.name,
                    company=self.company_id.name,
                )
            )

    def _get_booking_credit_refusal(self, lines=None):
        """Say why credits cannot pay ``lines`` of this quotation, lot by lot."""
        self.ensure_one()
        _ = self.env._
        lines = lines or self.order_line.filtered(
            lambda line: line._get_booking_unpaid_quantity() > 0
        )
        if not lines:
            return _("Nothing on %s is to be paid with credits.", self.name)
        today = self.company_id._booking_credit_today()
        lots = self._get_lots_with_balance()
        sentences = []
        for line in lines:
            sentences.append(line._get_missing_credits_text())
            sentences += lots._get_line_refusals(line, today)
        sentences += lots._get_held_refusals()
        sentences.append(
            _("Buy a pack, or pay in money.")
            if self.env.user.share
            else _("Sell a pack, or let the customer pay in money.")
        )
        return "\n".join(dict.fromkeys(filter(None, sentences)))

    def _get_lots_with_balance(self):
        """Return the lots of this customer, or its company, that are not used up."""
        owners = self.partner_id | self.partner_id.commercial_partner_id
        return (
            self.env["booking.credit.lot"]
            .search(
                [
                    ("partner_id", "in", owners.ids),
                    ("company_id", "=", self.company_id.id),
                ]
            )
            .filtered(lambda lot: lot.state != "used")
        )
