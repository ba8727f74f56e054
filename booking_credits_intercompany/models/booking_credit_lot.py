from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command


class BookingCreditLot(models.Model):
    """Credits that another company takes over, under an agreement (research 5.2)."""

    _inherit = "booking.credit.lot"

    can_hand_over = fields.Boolean(compute="_compute_can_hand_over")

    @api.depends("company_id")
    @api.depends_context("uid")
    def _compute_can_hand_over(self):
        agreements = self.env["booking.credit.agreement"].sudo()
        agreements = agreements.search([("company_id", "in", self.company_id.ids)])
        mine = agreements.filtered(
            lambda agreement: agreement.deliverer_id in self.env.user.company_ids
        )
        for lot in self:
            lot.can_hand_over = lot.company_id in mine.company_id

    # === Public verbs === #

    def hand_over(self, quantity, company, reason, key=None):
        """Let ``company`` take over units; see :meth:`_hand_over`. For managers."""
        self._check_may("manager")
        company = self._to_records("res.company", company)
        if not self.env.su and company - self.env.user.company_ids:
            raise AccessError(
                self.env._("%s is not one of your companies.", company.sudo().name)
            )
        self._check_number(quantity, above=0)
        return self.sudo()._hand_over(quantity, company, reason, key=key)

    # === Business verbs === #

    def _hand_over(self, quantity, company, reason, **document):
        """Give ``quantity`` units of this lot to the same customer in ``company``.

        Both companies post on the same day: where one is locked, both post on the
        first day that is open in both, so what they owe each other is always equal.

        :return: the entry of this lot
        :raise UserError: where there is no agreement, naming both companies
        :raise InsufficientCreditsError: if more is asked for than is available
        """
        self.ensure_one()
        self._check_reason(reason)
        agreement = self._get_agreement(company)
        request = {"lots": self.ids, "quantity": quantity, "company": company.id}
        if replay := self._find_replay("transfer", request, document):
            return replay
        self._release_lapsed()
        self._check_takeable(quantity)
        self._wake()
        given = self._post(
            "transfer",
            [{"type": "transfer", "lot": self, "quantity": -quantity}],
            request=request,
            reason=reason,
            **document,
        )
        value = self.currency_id.round(-given.value)
        target = self._create_handed_over(company, agreement, value)
        if not value:
            # given for nothing: it is nothing in both books
            target._post(
                "transfer",
                [{"type": "transfer", "lot": target, "quantity": quantity, "value": 0}],
                reason=reason,
            )
        elif self.vat_kind == "multi":
            self._post_debt_handed_over(agreement, given, target, quantity, reason)
        else:
            self._post_supply_handed_over(agreement, given, target, quantity, reason)
        self._log_transfer(target, quantity, reason)
        return given

    def _post_debt_handed_over(self, agreement, given, target, quantity, reason):
        """Post: the debt goes from company to company, gross and without VAT."""
        value = self.currency_id.round(-given.value)
        there = target._prepare_opening_line(-value)
        moves = self._create_twins(
            agreement,
            [self._prepare_opening_line(value), (agreement.issuer_account_id, -value)],
            [there, (agreement.deliverer_account_id, value)],
        )
        moves._post(soft=False)
        items = moves.line_ids.filtered("booking_credit_lot_id")
        given._set_posted(
            {self: items.filtered(lambda i: i.company_id == self.company_id)}
        )
        given._set_due_day(given.date, moves[0])
        target._post(
            "transfer",
            [
                {
                    "type": "transfer",
                    "lot": target,
                    "quantity": quantity,
                    "value": value,
                    "move_line": items.filtered(
                        lambda i: i.company_id == target.company_id
                    ),
                }
            ],
            reason=reason,
        )

    def _post_supply_handed_over(self, agreement, given, target, quantity, reason):
        """Post: the taker invoices the seller, which has supplied its customer.

        The seller's income is the value it owed, its cost what the taker invoices.
        """
        value = self.currency_id.round(-given.value)
        seller, taker = agreement.company_id, agreement.deliverer_id
        income = self.product_id.product_tmpl_id._get_booking_credit_income_account(
            seller
        )
        price = self.currency_id.round(value * agreement.percent / 100)
        invoice = self._create_supply(agreement, "out_invoice", seller, taker, price)
        line = invoice.invoice_line_ids
        line.account_id = target.liability_account_id
        bill = self._create_supply(agreement, "in_invoice", taker, seller, price)
        own = self._create_twins(
            agreement, [self._prepare_opening_line(value), (income, -value)]
        )
        moves = invoice | bill | own
        self._date_alike(moves)
        # each company posts what is its own
        for move in moves:
            move.with_company(move.company_id)._post(soft=False)
        given._set_posted({self: own.line_ids.filtered("booking_credit_lot_id")})
        given._set_due_day(given.date, own)
        target._grant_handed_over(line, quantity, reason)

    def _grant_handed_over(self, line, quantity, reason):
        """Give ``quantity`` units to this empty lot, worth what ``line`` invoices."""
        self.source_line_id = line
        self._post(
            "grant",
            [
                {
                    "type": "grant",
                    "lot": self,
                    "quantity": quantity,
                    "value": -line.balance,
                    "move_line": line,
                }
            ],
            reason=reason,
            document=line.move_id.name,
        )
        line.booking_credit_lot_id = self

    # === Steps of the verbs, for bridges to extend === #

    def _get_agreement(self, company):
        """Return the agreement under which ``company`` takes this lot over.

        :raise UserError: if there is none, naming the companies and the remedy
        """
        self.ensure_one()
        agreement = self.env["booking.credit.agreement"].search(
            [("company_id", "=", self.company_id.id), ("deliverer_id", "=", company.id)]
        )
        if not agreement:
            raise UserError(
                self.env._(
                    "%(lot)s was sold by %(seller)s: %(taker)s takes no credits of it. "
                    "Enter their agreement under Configuration ▸ Agreements Between "
                    "Companies first.",
                    lot=self.name,
                    seller=self.company_id.name,
                    taker=company.name,
                )
            )
        if self.unlimited:
            raise UserError(
                self.env._(
                    "%s is an unlimited pass: it stays with the company that sold it.",
                    self.name,
                )
            )
        return agreement

    def _create_handed_over(self, company, agreement, value):
        """Create the lot of the other company, still empty: same terms, its accounts."""
        purpose = "multi_liability" if self.vat_kind == "multi" else "liability"
        invoiced = value and self.vat_kind == "single"
        product = self.product_id
        if product.company_id and product.company_id != company:
            product = product.browse()
        return (
            self.with_company(company)
            .with_context(mail_create_nolog=True)
            .create(
                {
                    **self._prepare_same_terms(company),
                    "company_id": company.id,
                    "product_id": product.id,
                    "partner_id": self.partner_id.id,
                    "origin": "purchase" if invoiced else "transfer",
                    "liability_account_id": company._get_booking_credit_account(
                        purpose
                    ).id,
                }
            )
        )

    def _create_twins(self, agreement, *sides):
        """Create an entry of each company; a side is a line, and account and amount."""
        moves = self.env["account.move"].with_context(tracking_disable=True)
        companies = (agreement.company_id, agreement.deliverer_id)
        posting = self.env["booking.credit.posting"]
        for company, other, (owed, (account, amount)) in zip(
            companies, reversed(companies), sides, strict=False
        ):
            line = {
                "name": self.name,
                "account_id": account.id,
                "partner_id": other.partner_id.id,
                "balance": amount,
                "amount_currency": amount,
                "currency_id": company.currency_id.id,
            }
            vals = posting._prepare_move_vals(
                company, self.company_id._booking_credit_today(), [owed, line]
            )
            moves |= moves.with_company(company).create(
                {**vals, "ref": self.env._("Handed over: %s", agreement.display_name)}
            )
        self._date_alike(moves)
        return moves

    def _create_supply(self, agreement, move_type, partner, company, price):
        """Create the draft invoice, or bill, for the supply between the companies."""
        move = self.env["account.move"].with_company(company)
        product = agreement.product_id.with_company(company)
        taxes = product.taxes_id
        if move_type == "in_invoice":
            taxes = product.supplier_taxes_id
        day = self.company_id._booking_credit_today()
        return move.with_context(tracking_disable=True).create(
            {
                "move_type": move_type,
                "company_id": company.id,
                "partner_id": partner.partner_id.id,
                "invoice_date": day,
                "date": day,
                "ref": self.env._("Credits handed over: %s", self.name),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "name": self.env._("Credits handed over: %s", self.name),
                            "quantity": 1.0,
                            "price_unit": price,
                            "tax_ids": [
                                Command.set(taxes._filter_taxes_by_company(company).ids)
                            ],
                        }
                    )
                ],
            }
        )

    def _date_alike(self, moves):
        """Date these drafts on the first day that is open in the books of all."""
        while True:
            for move in moves:
                move._leave_locked_period()
            last = max(moves.mapped("date"))
            if all(move.date == last for move in moves):
                return
            for move in moves:
                if move.is_invoice(include_receipts=True):
                    move.invoice_date = last
                move.date = last
