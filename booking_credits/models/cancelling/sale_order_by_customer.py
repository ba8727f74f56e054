from odoo import api, fields, models

from ...cancellation import Cancellation
from ...inside import tell_fields, told


class SaleOrder(models.Model):
    """The customer cancels: what comes back of credits, and of money, by policy."""

    _inherit = "sale.order"
    booking_credit_moved = fields.Boolean(
        compute="_compute_booking_credit_moved",
        help="Cancelling this order gives credits back, or takes sold ones back.",
    )

    # === Steps, for bridges to extend === #

    def _has_given_money_invoiced(self):
        """Return whether money that was given away has lowered an invoice."""
        self.ensure_one()
        # sudo: who cancels bookings need not read invoices.
        credit_lines = self.sudo().order_line.filtered(
            lambda line: line.booking_credit_measure == "money"
        )
        return "posted" in credit_lines.invoice_lines.mapped("parent_state")

    def _has_money_at_stake(self):
        """Return whether cancelling now costs a fee in money, or gives a deposit back."""
        self.ensure_one()
        bookings = self.order_line._get_bookings_to_cancel().filtered("booking_policy")
        if not bookings:
            return False
        quotes = bookings._get_booking_cancel_quotes()
        fees = any(quote.money["fee"] for quote in quotes.values())
        return fees or bool(self._get_deposit_lines())

    def _has_fee_to_invoice(self):
        """Return whether a fee in money is still to be invoiced."""
        return any(
            line.booking_cancel_date and line.qty_to_invoice > 0
            for line in self.order_line
        )

    def _get_deposit_lines(self):
        """Return the lines of down payments that were invoiced."""
        # sudo: who cancels bookings need not read invoices.
        return self.order_line.filtered(
            lambda line: line.is_downpayment
            and not line.display_type
            and line.sudo().qty_invoiced > 0
            and "posted" in line.sudo().invoice_lines.mapped("parent_state")
        )

    def _get_deposit_quote(self, quotes):
        """Compute what comes back of the deposit when all bookings are cancelled.

        The same percentage as of the bookings, weighted by their prices (S4-02). What
        was invoiced in full since is no deposit any more.

        :return: dict of ``how``, ``left`` (quantity to credit by line), ``back`` and
            ``total`` (in the order's currency); empty without a deposit
        """
        self.ensure_one()
        deposits = self._get_deposit_lines()
        hows = {quote.money["how"] for quote in quotes.values()}
        invoiced = any(quote.money["total"] for quote in quotes.values())
        if not deposits or not hows or invoiced:
            return {}
        how = next(how for how in ("keep", "manual", "credit", "refund") if how in hows)
        left = {}
        if how in ("refund", "credit"):
            part = round(self._get_deposit_percent(quotes), 2) / 100
            left = {line: line.sudo().qty_invoiced * part for line in deposits if part}
        plan = deposits.sudo()._plan_refunds
        whole = {line: line.sudo().qty_invoiced for line in deposits}
        return {
            "how": how,
            "left": left,
            "total": plan(whole).total(),
            "back": plan(left).total() if left else 0.0,
        }

    def _get_deposit_percent(self, quotes):
        """Return the percentage that comes back of bookings, weighted by their prices."""
        prices = [max(line.price_total, 0.0) for line in quotes]
        shares = [float(quote.percent) for quote in quotes.values()]
        total = sum(prices)
        if not total:
            return min(shares)
        parts = zip(prices, shares, strict=True)
        return sum(price * share for price, share in parts) / total

    def _get_cancel_money_texts(self, quotes, deposit, lines=None):
        """Say what a cancellation does to money, whoever reads it."""
        texts = []
        for line, quote in quotes.items():
            money_texts = line._get_booking_money_texts(quote)
            if money_texts:
                texts.append(f"{line.product_id.display_name}: {' '.join(money_texts)}")
        return texts + self._get_order_money_texts(quotes, deposit)

    def _get_order_money_texts(self, quotes, deposit):
        """Say what a cancellation does to a deposit and to customer credit."""
        texts = [
            self._get_deposit_back_text(deposit) if deposit else "",
            self._get_customer_credit_back_text(quotes),
        ]
        return [text for text in texts if text]

    def _get_deposit_back_text(self, deposit):
        """Say what comes back of a deposit, and how."""
        _ = self.env._
        amounts = {
            "back": self.currency_id.format(deposit["back"]),
            "total": self.currency_id.format(deposit["total"]),
        }
        return {
            "refund": _(
                "Deposit: %(back)s of %(total)s come back with a credit note.",
                **amounts,
            ),
            "credit": _(
                "Deposit: %(back)s of %(total)s come back as customer credit.",
                **amounts,
            ),
        }.get(deposit["how"], _("Deposit: %(total)s are kept.", **amounts))

    def _get_customer_credit_back_text(self, quotes):
        """Say how much customer credit comes back; empty if none was spent."""
        currency = self.company_id.currency_id
        back = sum(
            units
            for _line, rows in self._get_uncovered_money(quotes)
            for _entry, units, _value in rows
        )
        spent = sum(
            line.booking_credit_quantity
            for line in self.order_line
            if line.booking_credit_measure == "money"
        )
        if not spent or not back:
            return ""
        return self.env._(
            "Customer credit: %(back)s of %(total)s come back.",
            back=currency.format(back),
            total=currency.format(spent),
        )

    def _get_customer_cancel_effects(self, lines, give_all_back=False, places=None):
        """Say what comes back if the customer cancels ``lines`` (S1-35, S2-22).

        :return: one sentence for each effect
        """
        self.ensure_one()
        bookings = lines._get_bookings_to_cancel()
        quotes = bookings._get_booking_cancel_quotes(give_all_back, places)
        whole = not places and self._is_all_cancelled(bookings)
        deposit = self._get_deposit_quote(quotes) if whole else {}
        return [
            line._get_booking_cancel_text(quote=quote) for line, quote in quotes.items()
        ] + self._get_order_money_texts(quotes, deposit)

    # === Business verbs === #

    def _cancel_for_customer(self, lines, **how):
        """Cancel bookings of this order under the terms they were made.

        Credits go back to the lots that paid. What was invoiced is credited by the
        same percentage, and comes back in money or as customer credit, by policy; what
        is kept and not invoiced yet stays to invoice (S0-03, S4-02). Safe to run twice.

        :param lines: bookings of this order
        :param how: see :class:`..cancellation.Cancellation`
        :return: the ``booking.credit.entry`` records
        :raise IdempotencyConflictError: if the key was used for something else
        """
        self.ensure_one()
        act = Cancellation(**how)
        done = self._find_cancelled(lines, act)
        if done is not None:
            return done
        bookings = lines._get_bookings_to_cancel()
        whole = not act.places and self._is_all_cancelled(bookings)
        quotes = bookings._get_booking_cancel_quotes(act.give_all_back, act.places)
        deposit = self._get_deposit_quote(quotes) if whole else {}
        texts = self._get_cancel_money_texts(quotes, deposit)
        entries = bookings._cancel_as_quoted(act, quotes)
        self._cancel_in_money(
            bookings.filtered(lambda line: not quotes[line].spent), act, quotes
        )
        for line in tell_fields(bookings, "booking_kept_quantity"):
            line.booking_kept_quantity += quotes[line].money["kept"]
        self._return_money(quotes, deposit, act.reason)
        if texts:
            self.message_post(body="\n".join(texts))
        return entries

    def _cancel_in_money(self, lines, act, quotes):
        """Cancel bookings that no credits paid; the part of one under its key."""
        if lines and act.key:
            request = lines._prepare_cancel_request(act.places)
            self._post_cancelled_in_money(lines, request, act.key)
        lines._note_cancelled(quotes, act.by)

    def _find_cancelled(self, lines, act):
        """Return the entries of the cancellation that had this key; None without one."""
        if not act.key:
            return None
        request = lines._prepare_cancel_request(act.places)
        return self.env["booking.credit.operation"]._find_replay(
            "restore", request, {"key": act.key}, self.company_id
        )

    def _post_cancelled_in_money(self, lines, request, key):
        """Keep the ``key`` of a cancellation of what was not paid with credits."""
        # nothing moves in the ledger, but this must not be done twice
        self.env["booking.credit.operation"]._post(
            "restore", [], self.company_id, key=key, request=request, order_line=lines
        )

    def _return_money(self, quotes, deposit, reason):
        """Credit what comes back of what was invoiced, and give it to the customer."""
        for how in ("refund", "credit"):
            left = {
                line: quote.money["credit"]
                for line, quote in quotes.items()
                if quote.money["how"] == how and quote.money["credit"]
            }
            if deposit.get("how") == how:
                left.update(deposit["left"])
            if not left:
                continue
            lines = self.order_line.filtered(lambda line, left=left: line in left)
            refunds = self._refund_bookings(lines, left)
            self._give_settled_money_back(refunds, reason)
            if how == "credit":
                receivables = refunds.line_ids.filtered(
                    lambda line: line.account_type == "asset_receivable"
                )
                receivables._keep_as_customer_credit("refund", self.partner_id, reason)
        self._give_uncovered_money_back(reason)

    def _give_settled_money_back(self, refunds, reason):
        """Give customer credit that has settled an invoice back to where it was.

        Only as much as ``refunds`` owe to the customer; matched with them.
        """
        open_lines = refunds.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
            and line.amount_residual < 0
        )
        owed = -sum(open_lines.mapped("amount_residual"))
        currency = self.company_id.currency_id
        for line in self.order_line.filtered(
            lambda line: line.booking_credit_measure == "money"
        ):
            rows = []
            for entry, units, value in reversed(
                line._get_booking_spent_entries()._get_restorable()
            ):
                back = currency.round(min(units, owed))
                if (
                    entry.posting_state != "posted"
                    or currency.compare_amounts(back, 0) <= 0
                ):
                    continue
                owed -= back
                rows.append((entry, back, currency.round(value * back / units)))
            if rows:
                line._restore_money(rows, reason, refunds, open_lines.account_id[:1])

    # === Steps of the verbs, for bridges to extend === #

    def _get_booking_credit_effects(self, give_all_back=False):
        """Say what cancelling this order does to credits (S2-22).

        :param bool give_all_back: set the cancellation terms aside
        :return: one sentence for each effect
        """
        self.ensure_one()
        if self.state != "sale":
            return []
        effects = [
            line._get_booking_cancel_text(give_all_back)
            for line in self.order_line
            if line._get_booking_spent_entries()
        ]
        return effects + self._get_sold_credit_effects()

    @api.depends("state", "booking_credit_spent_text", "booking_credit_lot_ids")
    def _compute_booking_credit_moved(self):
        for order in self:
            order.booking_credit_moved = order.state == "sale" and bool(
                order.booking_credit_spent_text
                or order.sudo().booking_credit_lot_ids
                or order.order_line._get_bookings_invoiced()
                or order._has_money_at_stake()
            )

    # === Actions === #

    def action_cancel(self):
        """Override of `sale` to show first what the cancellation does to credits."""
        if told(self, "confirmed") or len(self) != 1:
            return super().action_cancel()
        self._get_revocable_booking_credits()
        if self.locked or not (
            self._get_booking_credit_effects()
            or self.order_line._get_bookings_invoiced()
            or self._has_money_at_stake()
        ):
            return super().action_cancel()
        return self.order_line._open_booking_cancel(self)
