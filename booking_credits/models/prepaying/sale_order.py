from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...exceptions import UnpaidBookingError
from ...inside import tell, tell_fields, told
from ...typed import read_decimal

#: what of an order decides what is paid before
DECIDES = {"order_line", "partner_id", "date_order", "company_id", "pricelist_id"}


class SaleOrder(models.Model):
    """Deposits and full prepayment of bookings, through Odoo's own online payment.

    The rules set *Online payment* and its percentage on the quotation whenever what
    they ask changes; staff may change both on an order. What is paid with credits, or
    by customer credit on the order, asks nothing. A deposit is not asked from a
    customer whose credits would pay the booking, also while they are not on the order
    (S3-05); the whole price is, until they are.
    """

    _inherit = "sale.order"

    booking_prepayment = fields.Monetary(
        string="Asked by the Rules",
        readonly=True,
        copy=False,
        help="What the prepayment rules ask before this order is confirmed.",
    )
    booking_prepayment_percent = fields.Float(readonly=True, copy=False)
    booking_prepayment_ruled = fields.Boolean(
        string="Decided by a Rule",
        readonly=True,
        copy=False,
        help="A prepayment rule speaks of a booking on this order: it decides what is "
        "asked online, also where Odoo's own settings ask more, or nothing.",
    )
    booking_prepayment_text = fields.Char(compute="_compute_booking_prepayment_text")
    booking_payment_due = fields.Monetary(
        string="To Be Paid Before",
        compute="_compute_booking_prepayment_text",
        help="Without it, this order cannot be confirmed.",
    )
    booking_unpaid_reason = fields.Char(
        string="Confirmed Unpaid Because",
        readonly=True,
        copy=False,
        groups="booking_credits.booking_credits_group_manager",
    )

    @api.depends(
        "state",
        "partner_id",
        "date_order",
        "amount_total",
        "require_payment",
        "prepayment_percent",
        "order_line.price_total",
        "order_line.product_id",
        "order_line.booking_credit_line_ids",
        "transaction_ids.state",
    )
    @api.depends_context("lang")
    def _compute_booking_prepayment_text(self):
        quotations = self.filtered(lambda order: order.state in ("draft", "sent"))
        (self - quotations).update(
            {"booking_prepayment_text": False, "booking_payment_due": 0.0}
        )
        for order in quotations:
            due = order._get_booking_payment_due()
            order.booking_payment_due = due
            order.booking_prepayment_text = order._get_booking_prepayment_text(due)

    # === CRUD === #

    def copy_data(self, default=None):
        """Override of `sale`: a copy asks what the rules say on its own day."""
        vals_list = super().copy_data(default)
        for order, vals in zip(self, vals_list, strict=True):
            if order.booking_prepayment_ruled:
                vals.pop("require_payment", None)
                vals.pop("prepayment_percent", None)
        return vals_list

    # === Actions === #

    def action_send_for_payment(self):
        """Send the quotation with a link to pay it; paid, it is confirmed (S4-04).

        :raise UserError: if nothing is left to pay
        """
        self.ensure_one()
        self.check_access("write")
        self._check_credit_only()
        self._sync_booking_prepayment()
        if self.currency_id.compare_amounts(self.amount_total, self.amount_paid) <= 0:
            raise UserError(
                self.env._(
                    "Nothing is left to pay on %s: confirm it.", self.display_name
                )
            )
        if not self.require_payment:
            self.write({"require_payment": True, "prepayment_percent": 1.0})
        return self.action_quotation_send()

    # === Public verbs === #

    def confirm_unpaid(self, reason):
        """Confirm these orders though their bookings are unpaid. For managers (S0-09).

        :param str reason: why; it is kept on the order
        :raise AccessError: for others than managers
        """
        self.check_access("write")
        self._check_may_confirm_unpaid(reason)
        orders = tell_fields(self, "booking_unpaid_reason")
        orders.booking_unpaid_reason = reason.strip()
        for order in self:
            order.message_post(
                body=self.env._(
                    "Confirmed with %(amount)s unpaid: %(reason)s",
                    amount=order.currency_id.format(order._get_booking_payment_due()),
                    reason=reason.strip(),
                )
            )
        return self.action_confirm()

    def _check_may_confirm_unpaid(self, reason):
        """Refuse to confirm unpaid bookings without being a manager, or a reason.

        :raise AccessError: for others than managers
        :raise UserError: without a reason
        """
        names = ", ".join(self.mapped("name"))
        if not self.env.su and not self.env.user.has_group(
            "booking_credits.booking_credits_group_manager"
        ):
            raise AccessError(
                self.env._("Only managers may confirm unpaid bookings: %s.", names)
            )
        if not (reason or "").strip():
            raise UserError(self.env._("Say why %s is confirmed unpaid.", names))

    # === Business verbs === #

    def _ask_later(self, vals):
        """Return these orders where nothing is asked before all lines have changed."""
        return tell(self, ask_later=True) if DECIDES & vals.keys() else self

    def _sync_changed_prepayment(self, vals):
        if DECIDES & vals.keys():
            self._sync_booking_prepayment()

    def _sync_booking_prepayment(self):
        """Let these quotations ask online what the rules say, if that has changed."""
        if told(self, "ask_later"):
            return
        quotations = self.filtered(lambda order: order.state in ("draft", "sent"))
        for order in tell_fields(
            quotations,
            "booking_prepayment",
            "booking_prepayment_percent",
            "booking_prepayment_ruled",
        ):
            rows = order._get_prepayment_rows()
            ruled, asks = bool(rows), any(row["asks"] for row in rows.values())
            amount = order._get_amount_asked(rows) if asks else 0.0
            if order._is_prepayment_asked(ruled, amount):
                continue
            percent = order._get_prepayment_share(amount)
            if percent:
                order.update({"require_payment": True, "prepayment_percent": percent})
            elif ruled:
                order.require_payment = False
            else:
                # as if there had never been a rule
                order._compute_require_payment()
                order._compute_prepayment_percent()
            order.booking_prepayment = amount
            order.booking_prepayment_percent = percent
            order.booking_prepayment_ruled = ruled

    def _check_booking_paid(self):
        """Refuse orders with bookings that are not confirmed unpaid (S0-09, S4-06).

        :raise UnpaidBookingError: naming order, amount and remedy
        """
        sentences = []
        for order in self:
            due = order._get_booking_payment_due()
            # sudo: the reason is for managers to write and to read.
            if due and not order.sudo().booking_unpaid_reason:
                sentences.append(order._get_unpaid_refusal(due))
        if sentences:
            raise UnpaidBookingError("\n".join(sentences))

    # === Steps of the verbs, for bridges to extend === #

    def _is_prepayment_asked(self, ruled, amount):
        """Return whether this quotation asks already what the rules say."""
        self.ensure_one()
        if ruled != self.booking_prepayment_ruled:
            return False
        same = not self.currency_id.compare_amounts(amount, self.booking_prepayment)
        percent = self._get_prepayment_share(amount)
        return not ruled or (same and percent == self.booking_prepayment_percent)

    def _get_booking_prepayment(self, must=False):
        """Return what is to be paid before this order is confirmed, by the rules.

        :param bool must: only for bookings that are not confirmed unpaid
        :return: in the order's currency, taxes included
        """
        self.ensure_one()
        rows = self._get_prepayment_rows()
        asked = {line: row for line, row in rows.items() if row["asks"]}
        if not must:
            return self._get_amount_asked(rows) if asked else 0.0
        asked = {line: row for line, row in asked.items() if row["must"]}
        total = sum(row["amount"] for row in asked.values())
        money = self._get_money_on_order(
            self.env["product.product"].union(*(line.product_id for line in asked))
        )
        return self.currency_id.round(max(min(total - money, self.amount_total), 0.0))

    def _get_amount_asked(self, rows=None):
        """Return what is paid now: page, route and confirmation all ask this.

        Bookings as their rules say, everything else whole: packs, goods, and bookings
        of which no rule speaks. Customer credit on the order pays its part first.

        :param dict rows: of :meth:`_get_prepayment_rows`, if they are known
        :return: in the order's currency, taxes included
        """
        self.ensure_one()
        rows = self._get_prepayment_rows() if rows is None else rows
        later = sum(row["price"] - row["amount"] for row in rows.values())
        asked = min(self.amount_total - later, self.amount_total)
        return self.currency_id.round(max(asked, 0.0))

    def _get_amounts_to_pay(self):
        """Return what a customer may pay now: what is asked, or the whole rest.

        :return: list of amounts in the order's currency, without zero; the first one
            is asked
        """
        self.ensure_one()
        # sudo: customers pay without reading payments.
        paid = self.sudo().amount_paid
        amounts = [self.amount_total - paid]
        if self.state in ("draft", "sent"):
            amounts.insert(0, self._get_amount_to_confirm() - paid)
        compare = self.currency_id.compare_amounts
        return [amount for amount in amounts if compare(amount, 0) > 0]

    def _get_due_at_visit(self):
        """Return what is left to pay of this confirmed order, in its currency."""
        self.ensure_one()
        if self.state != "sale" or not self._has_own_lines():
            return 0.0
        # sudo: customers need not read payments.
        left = self.currency_id.round(self.amount_total - self.sudo().amount_paid)
        return max(left, 0.0)

    def _check_amount_offered(self, amount):
        """Refuse an online payment of any other amount than those that are to pay.

        :param amount: what a client sent
        :raise ValidationError: naming the order, the amounts and the remedy
        """
        self.ensure_one()
        # sudo: a rule may have started since the cart was last changed
        self.sudo()._sync_booking_prepayment()
        number, allowed = read_decimal(amount), self._get_amounts_to_pay()
        compare = self.currency_id.compare_amounts
        if number is None or all(compare(float(number), each) for each in allowed):
            raise ValidationError(self._get_amount_refusal(amount, allowed))

    def _get_amount_refusal(self, amount, allowed):
        _ = self.env._
        names = {"order": self.name, "amount": str(amount)[:20]}
        texts = list(dict.fromkeys(map(self.currency_id.format, allowed)))
        if not texts:
            return _(
                "%(amount)s cannot be paid for %(order)s: nothing is left to pay.",
                **names,
            )
        asked = texts[0]
        if texts[1:]:
            asked = _("%(asked)s or %(all)s", asked=asked, all=texts[1])
        return _(
            "%(amount)s cannot be paid for %(order)s: %(asked)s are asked. Reload the "
            "page.",
            asked=asked,
            **names,
        )

    def _lock_to_pay(self):
        """Let one payment of this order at a time begin.

        :raise UserError: if another one is being made, naming the order
        """
        self.ensure_one()
        order = self.sudo()
        busy = order.transaction_ids.filtered(lambda tx: tx.state == "pending")
        if busy or not order.try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._(
                    "A payment of %s is being made already. Wait for it, and reload "
                    "the page.",
                    self.name,
                )
            )

    def _get_booking_prepayments(self):
        """Return what is asked for each booking that credits on the order do not pay.

        :return: as :meth:`_get_prepayment_rows`, of bookings that are paid before
        """
        rows = self._get_prepayment_rows()
        return {line: row for line, row in rows.items() if row["asks"]}

    def _get_prepayment_rows(self):
        """Return what the rules say of each booking that is not paid with credits.

        :return: dict from line to dict of ``asks`` (something is paid before),
            ``amount`` and ``price`` (order's currency), ``must`` (unpaid, it is not
            confirmed) and ``rule`` (empty: the company's switch)
        """
        self.ensure_one()
        company = self.company_id
        lines = self.order_line.filtered(
            lambda line: not line.booking_cancel_date
            and line._get_booking_unpaid_quantity() > 0
        )
        if not lines:
            return {}
        day = company._booking_credit_today(self.date_order or None)
        rules = self.env["booking.prepayment.rule"]._get_rules(company, day)
        complete = company.sudo().booking_complete_payment
        if not rules and not complete:
            return {}
        rows = rules._get_rows(lines, complete)
        self._drop_paid_with_credits(rows)
        for line, row in rows.items():
            row["price"], bookings = line._get_unpaid_price()
            row["amount"] = line._get_amount_asked(row, bookings, day)
        return rows

    def _drop_paid_with_credits(self, rows):
        """Ask no deposit for what the customer's credits would pay (S3-05)."""
        lines = self.env["sale.order.line"].union(
            *(line for line, row in rows.items() if row["asks"] and not row["must"])
        )
        if not lines:
            return
        for line, missing in self._count_credits_missing(lines).items():
            if not missing and line._can_be_paid_with_credits():
                rows[line]["asks"] = False

    def _get_booking_payment_due(self):
        """Return what is missing in money before this order can be confirmed."""
        self.ensure_one()
        due = self._get_booking_prepayment(must=True)
        # sudo: who sells need not read payments.
        missing = self.currency_id.round(due - self.sudo().amount_paid)
        return max(missing, 0.0)

    def _get_prepayment_share(self, amount):
        """Return ``amount`` as a part of this order, for Odoo's online payment."""
        self.ensure_one()
        if self.currency_id.compare_amounts(amount, 0) <= 0 or self.amount_total <= 0:
            return 0.0
        return min(max(round(amount / self.amount_total, 4), 0.0001), 1.0)

    def _get_prepayment_required_amount(self):
        """Override of `sale` to ask the very amount of the rules.

        Odoo keeps a percentage, which an amount seldom is. It is asked anew each time:
        a customer who has bought credits since pays no deposit.
        """
        required = super()._get_prepayment_required_amount()
        percent = self.booking_prepayment_percent
        if required and percent and self.prepayment_percent == percent:
            return self._get_booking_prepayment()
        return required

    def _generate_downpayment_invoices(self):
        """Override of `sale`: each payment is invoiced once, and packs as packs.

        Odoo invoices all that was paid, each time a part is paid (S4-01). Packs are
        paid whole beside a deposit: their invoice gives the credits (S1-26).
        """
        own = self.filtered(lambda order: order._has_own_lines())
        invoices = super(SaleOrder, self - own)._generate_downpayment_invoices()
        for order in own:
            invoices |= order._invoice_packs_paid()
            amount = order.amount_paid - order._get_amount_invoiced()
            if order.currency_id.compare_amounts(amount, 0) > 0:
                wizard = order.env["sale.advance.payment.inv"].create(
                    {
                        "sale_order_ids": order,
                        "advance_payment_method": "fixed",
                        "fixed_amount": amount,
                    }
                )
                invoices |= wizard._create_invoices(order)
        return invoices

    def _invoice_packs_paid(self):
        """Invoice the packs on this order, if what was paid is enough for them.

        :return: the invoice, or none
        """
        self.ensure_one()
        packs = self.order_line._get_packs_to_invoice()
        total = sum(packs.mapped("price_total"))
        left = self.amount_paid - self._get_amount_invoiced()
        if not packs or self.currency_id.compare_amounts(total, left) > 0:
            return self.env["account.move"]
        return tell(self, packs_only=True)._create_invoices().with_env(self.env)

    def _get_amount_invoiced(self):
        """Return what of this order was invoiced, taxes included, less credit notes."""
        self.ensure_one()
        return sum(
            move.amount_total * (-1 if move.move_type == "out_refund" else 1)
            for move in self.invoice_ids
            if move.state != "cancel"
        )

    def _is_confirmation_amount_reached(self):
        """Override of `sale`: less than what is asked confirms no booking.

        Odoo asks nothing where *Online payment* is off, and would take one cent for
        the confirmation of its customer.
        """
        self.ensure_one()
        asked = self._get_amount_to_confirm()
        return self.currency_id.compare_amounts(asked, self.amount_paid) <= 0

    def _get_amount_to_confirm(self):
        """Return what a payment of the customer must reach to confirm this quotation.

        What rules or staff ask; where packs or bookings are on it and nobody asks
        anything, the total. In the order's currency, taxes included.
        """
        self.ensure_one()
        if not self.require_payment and self._has_own_lines():
            return self.amount_total
        return self._get_prepayment_required_amount()

    def _get_unpaid_refusal(self, due):
        self.ensure_one()
        _ = self.env._
        asked = self._get_booking_prepayments()
        names = [
            line.product_id.display_name for line, row in asked.items() if row["must"]
        ]
        missing = _(
            "%(order)s is paid before it is confirmed: %(amount)s are missing for "
            "%(bookings)s.",
            order=self.name,
            amount=self.currency_id.format(due),
            bookings=", ".join(f"“{name}”" for name in dict.fromkeys(names)),
        )
        remedy = _(
            "Send it for payment, or pay with credits. A manager may confirm it unpaid."
        )
        if self.env.user.share:
            remedy = _("Pay it online, or with credits.")
        return f"{missing} {remedy}"

    def _get_booking_prepayment_text(self, due):
        """Say what is paid before this quotation is confirmed; empty if nothing."""
        self.ensure_one()
        _ = self.env._
        if due:
            return _("Paid before it is confirmed: %s", self.currency_id.format(due))
        amount = self._get_booking_prepayment()
        if amount and not self.amount_paid:
            return _("Deposit asked: %s", self.currency_id.format(amount))
        asked = self.booking_prepayment
        if asked and not amount:
            return _("No deposit: credits cover the booking")
        return False
