from odoo import api, fields, models

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError


class SaleOrder(models.Model):
    """Books classes once, and only with credits where nothing else is taken."""

    _inherit = "sale.order"

    booking_form_token = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="The form that booked these seats: sent twice, it books once.",
    )
    booking_waiting_event_id = fields.Many2one(
        comodel_name="event.event",
        string="Buys Credits For Class",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The class for which the shopper buys these credits.",
    )

    _booking_form_once = models.UniqueIndex(
        "(partner_id, booking_form_token) WHERE booking_form_token IS NOT NULL",
        "This booking is made already.",
    )

    # === Overrides of `website_event_sale` === #

    def _verify_updated_quantity(
        self,
        order_line,
        product_id,
        new_qty,
        uom_id,
        *,
        event_ticket_id=False,
        **kwargs,
    ):
        """Override: what is paid with credits only is not put into a cart (S1-24)."""
        ticket = self.env["event.event.ticket"].browse(event_ticket_id or []).exists()
        company = self.company_id
        if ticket and new_qty > 0 and ticket._takes_credits_only(company):
            return 0, ticket._get_credits_only_text()
        return super()._verify_updated_quantity(
            order_line,
            product_id,
            new_qty,
            uom_id,
            event_ticket_id=event_ticket_id,
            **kwargs,
        )

    def _get_cart_refusals(self):
        """Override: nor left there, if a class takes credits only by now."""
        refusals = super()._get_cart_refusals()
        return refusals + [
            line.event_ticket_id._get_credits_only_text()
            for line in self.order_line.filtered("event_ticket_id")
            if line.event_ticket_id._takes_credits_only(self.company_id)
        ]

    # === Steps, for bridges to extend === #

    @api.model
    def _find_by_form_token(self, partner_id, token):
        """Return what a form has booked already, if it was sent before."""
        if not token:
            return self.browse()
        return self.search(
            [("partner_id", "=", partner_id), ("booking_form_token", "=", token)]
        )

    def _check_class_is_paid(self):
        """Refuse to book seats that credits do not wholly pay.

        :raise InsufficientCreditsError: naming what is missing
        """
        self.ensure_one()
        if not self._is_class_paid():
            raise InsufficientCreditsError(self._get_booking_credit_refusal())

    def _is_class_paid(self):
        """Return whether credits, or customer credit, pay all of this order."""
        self.ensure_one()
        return self.currency_id.is_zero(self.amount_total) and all(
            line._is_paid_with_booking_credits() or line._may_take_customer_credit()
            for line in self.order_line
        )

    def _get_class_offer(self):
        """Return whether the customer's credits pay this order, which is not saved.

        :return: dict of ``kind`` (``pay`` or ``short``), ``cost`` (“10 credits”),
            ``has`` (“30 credits”) and ``packs`` that would do
        """
        self.ensure_one()
        lots = self._get_usable_booking_lots()
        payments = self._plan_booking_credits(lots)
        missing = self._get_lines_unpaid_by(payments)
        if not missing:
            measures = {payment.measure for payment in payments}
            lots = lots.filtered(lambda lot: lot.measure in measures)
        packs = self.env["product.template"]
        return {
            "kind": "short" if missing else "pay",
            "cost": self._get_payments_text(payments)
            if not missing
            else self._get_seat_cost_text(),
            "has": lots._in_words(),
            "packs": self._get_cart_packs(missing) if missing else packs,
        }

    def _get_lines_unpaid_by(self, payments):
        """Return the lines that ``payments`` do not wholly pay.

        :param list payments: of ``CreditPayment``
        """
        self.ensure_one()
        paid, money = {}, 0.0
        for payment in payments:
            if payment.line:
                paid[payment.line] = paid.get(payment.line, 0) + payment.quantity
            else:
                money += float(payment.quantity)
        unpaid = self.order_line.filtered(
            lambda line: paid.get(line, 0) < line.product_uom_qty
        )
        left = sum(
            line.price_total
            * (1 - float(paid.get(line, 0)) / (line.product_uom_qty or 1.0))
            for line in unpaid
        )
        covered = self.currency_id.compare_amounts(money, left) >= 0
        if covered and all(line._may_take_customer_credit() for line in unpaid):
            return unpaid.browse()
        return unpaid

    def _get_payments_text(self, payments):
        """Write what ``payments`` spend: “10 credits”, “1 session, 5.00 €”."""
        totals = {}
        for payment in payments:
            spent = sum(units for _lot, units in payment.slices)
            totals[payment.measure] = totals.get(payment.measure, 0) + spent
        lot = self.env["booking.credit.lot"].new({"company_id": self.company_id.id})
        return ", ".join(
            lot._count_in_words(measure, float(total))
            for measure, total in totals.items()
        )

    def _get_seat_cost_text(self):
        """Write what these seats cost: “20 credits”, or “2 sessions”."""
        self.ensure_one()
        lines = self.order_line
        lot = self.env["booking.credit.lot"].new({"company_id": self.company_id.id})
        if all(line._takes_entry_cards_only() for line in lines):
            total = sum(lines.mapped("product_uom_qty"))
            return lot._count_in_words("session", total)
        return self._get_credit_cost_text()

    def _get_shop_confirmation(self):
        """Override to lead back to the class for which credits were bought (S0-18)."""
        confirmed = super()._get_shop_confirmation()
        # sudo: the class may not be published any more; its name is no secret then.
        event = self.sudo().booking_waiting_event_id
        if confirmed and event:
            confirmed["class"] = event
            confirmed["texts"].append(self.env._("Your class waits: %s", event.name))
        return confirmed


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _may_take_customer_credit(self):
        """Return whether customer credit may pay this line, or what is left of it.

        Neither what takes entry cards only, nor what costs no money at all.
        """
        self.ensure_one()
        return (
            not self.currency_id.is_zero(self.price_total)
            and not self._takes_entry_cards_only()
        )
