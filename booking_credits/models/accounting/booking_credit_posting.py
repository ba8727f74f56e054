from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import date_utils, frozendict

from ...inside import tell, told

#: journal entries in one transaction, where each booking has one of its own
EACH_BATCH = 200
#: movements that cannot be posted, after which the job gives up for this time
MOST_SKIPPED = 20


class BookingCreditPosting(models.AbstractModel):
    """Turns entries of the credit ledger into journal entries.

    One journal entry per company and day, month or booking, as the company chooses,
    with one liability line for each lot: the ledger and the general ledger can be
    compared line by line. VAT that is due at use comes out of the gross value as an
    explicit tax line, so it is declared even where it is due on payment: the voucher
    has been paid.
    """

    _name = "booking.credit.posting"
    _description = "Booking Credit Posting"

    # === Business verbs === #

    @api.model
    def _post_due(self, company, limit=None):
        """Post the entries of ``company`` whose service has been delivered.

        Safe to run twice: a posted entry is not due any more.

        :param int limit: entries at most
        :return: the posted entries
        """
        entries = self._get_due_entries(company, limit)
        self._post_entries(entries)
        return entries

    @api.model
    def _post_entries(self, entries):
        """Post ``entries``, whatever they wait for.

        A locked period takes nothing: the journal entry is then dated in the first
        open one, and both days are kept.

        :param entries: pending ``booking.credit.entry`` records
        :return: the ``account.move`` records
        """
        # sudo: the front desk cancels and delivers without accounting rights.
        entries = entries.sudo().filtered(lambda e: e.posting_state == "pending")
        moves = self.env["account.move"].sudo()
        for (company_id, day, _part), batch in sorted(
            entries.grouped(self._get_group_key).items(), key=lambda item: item[0]
        ):
            company = self.env["res.company"].browse(company_id)
            moves |= self.with_company(company)._post_day(company, day, batch)
        return moves

    @api.model
    def _cron_post_due(self, batch_size=10000, companies=None):
        """Post what has been delivered, company by company. Safe to run twice.

        :param int batch_size: entries at most in one transaction; a day is split into
            several journal entries only if it has more
        """
        companies = companies or self.env["res.company"]._get_booking_credit_companies()
        self.env["booking.credit.job"]._run(
            "post delivered bookings", self._get_due_batches(companies, batch_size)
        )

    @api.model
    def _get_due_batches(self, companies, size):
        """Yield what is due of whole days, for ``booking.credit.job``.

        A batch that fails is tried again in smaller ones, until what cannot be posted
        is alone: it is left where it is, and the rest goes on.
        """
        entries = self.env["booking.credit.entry"].sudo()
        for company in companies:
            domain = Domain("company_id", "=", company.id)
            domain &= Domain("posting_state", "=", "pending")
            domain &= self._get_due_domain() & self._get_period_domain(company)
            each = company.booking_credit_posting_mode == "each"
            full = limit = min(size, EACH_BATCH) if each else size
            skipped = []
            while len(skipped) < MOST_SKIPPED and (
                batch := entries.search(
                    domain & Domain("id", "not in", skipped),
                    limit=limit,
                    order="service_date, id",
                )
            ):
                last_day = batch[-1].service_date
                if len(batch) == limit and batch[0].service_date != last_day:
                    batch = batch.filtered(
                        lambda entry, day=last_day: entry.service_date != day
                    )
                yield company, lambda batch=batch: self._post_batch(batch)
                batch.invalidate_recordset(["posting_state"])
                if not any(e.posting_state == "pending" for e in batch):
                    limit = min(full, limit * 10)
                elif len(batch) > 1:
                    limit = max(len(batch) // 10, 1)
                else:
                    skipped += batch.ids

    @api.model
    def _post_batch(self, entries):
        self._post_entries(entries)
        return entries

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _get_due_entries(self, company, limit=None):
        entry = self.env["booking.credit.entry"].sudo()
        return entry.search(
            Domain("company_id", "=", company.id)
            & Domain("posting_state", "=", "pending")
            & self._get_due_domain(),
            limit=limit,
            order="id",
        )

    @api.model
    def _get_due_domain(self):
        """Return the domain of the entries whose booking is over or given up."""
        line = "operation_id.order_line_id"
        delivered = Domain(f"{line}.booking_end", "=", False) | Domain(
            f"{line}.booking_end", "<=", fields.Datetime.now()
        )
        return (
            Domain("type", "!=", "redeem")
            | Domain(line, "=", False)
            # what was given up is due with what came back, whatever the order does next
            | Domain("return_ids.type", "=", "restore")
            # money waits for the customer's invoice: see _settle_orders
            | (Domain("lot_id.measure", "!=", "money") & delivered)
        )

    @api.model
    def _get_period_domain(self, company):
        """Return the domain of the entries whose period of posting is over."""
        if company.booking_credit_posting_mode != "monthly":
            return Domain.TRUE
        before = ("date", "<", company._booking_credit_today().replace(day=1))
        returned = [("type", "=", "restore"), before]
        return Domain([before]) & (
            Domain("type", "!=", "redeem")
            | Domain("service_date", *before[1:])
            | Domain("return_ids", "any", returned)
        )

    @api.model
    def _get_group_key(self, entry):
        """Return company id, day, and what else parts journal entries."""
        company = entry.company_id
        mode = company.booking_credit_posting_mode
        day, part = self._get_due_date(entry), 0
        if mode == "monthly":
            # not later than today, nor before what is in it
            last = date_utils.end_of(day, "month")
            day = min(last, max(day, company._booking_credit_today()))
        elif mode == "each":
            operation = entry.operation_id
            part = operation.order_line_id.id or -operation.id
        return company.id, day, part

    @api.model
    def _get_due_date(self, entry):
        """Return the day on which ``entry`` belongs in the books."""
        end = entry.operation_id.order_line_id.booking_end
        if entry.type != "redeem":
            return entry.date
        days = [back.date for back in entry.return_ids if back.type == "restore"]
        if end:
            days.append(entry.company_id._booking_credit_today(end))
        return max(entry.date, min(days)) if days else entry.date

    def _post_day(self, company, day, entries):
        """Post ``entries``, and note on them where they went.

        Customers who need invoices for what they used have theirs.

        :return: the ``account.move`` records: none, one or several
        """
        invoiced = entries.filtered(self._is_invoiced_use)
        moves = self.env["account.move"].sudo()
        if not invoiced or entries - invoiced:
            moves |= self._post_together(company, day, entries - invoiced)
        by_partner = invoiced.grouped(lambda entry: self._get_invoiced_partner(entry))
        for partner, batch in by_partner.items():
            moves |= self._post_invoiced(company, partner, day, batch)
        return moves

    def _post_together(self, company, day, entries):
        """Post ``entries`` as one journal entry.

        :return: the ``account.move``; none if they cancel each other out
        """
        lot_lines = self._prepare_lot_lines(entries)
        counterparts = self._prepare_counterpart_lines(company, entries)
        move = self.env["account.move"].sudo()
        if lot_lines or counterparts:
            move = move.with_context(tracking_disable=True).create(
                self._prepare_move_vals(company, day, lot_lines + counterparts)
            )
            move._leave_locked_period()
            move._post(soft=False)
        entries._set_posted(
            {
                line.booking_credit_lot_id: line
                for line in move.line_ids
                if line.booking_credit_lot_id
            }
        )
        entries._set_due_day(day, move)
        return move

    def _prepare_move_vals(self, company, day, lines):
        company._booking_credit_setup()
        return {
            "move_type": "entry",
            "journal_id": company.sudo().booking_credit_journal_id.id,
            "company_id": company.id,
            "date": day,
            "ref": self.env._("Booking credits"),
            "line_ids": [Command.create(line) for line in lines],
        }

    def _prepare_lot_lines(self, entries):
        """Return one liability line for each lot whose value changed."""
        lines = []
        for lot, entries_of_lot in entries.grouped("lot_id").items():
            balance = lot.currency_id.round(-sum(entries_of_lot.mapped("value")))
            if lot.currency_id.is_zero(balance):
                continue
            lines.append(
                {
                    "name": lot.name,
                    "account_id": lot.liability_account_id.id,
                    "partner_id": lot.partner_id.commercial_partner_id.id,
                    "balance": balance,
                    "amount_currency": balance,
                    "currency_id": lot.currency_id.id,
                    "booking_credit_lot_id": lot.id,
                }
            )
        return lines

    def _prepare_counterpart_lines(self, company, entries):
        """Return the income and tax lines against the liability of ``entries``."""
        amounts = defaultdict(float)
        settlements = entries.filtered(lambda entry: entry._is_settlement())
        for entry in entries - settlements:
            amounts[self._get_counterpart_key(entry)] -= entry.value
        base_lines = [
            self._prepare_base_line(company, key, amount)
            for key, amount in amounts.items()
            if not company.currency_id.is_zero(amount)
        ]
        lines = self._prepare_income_and_tax_lines(company, base_lines)
        return lines + self._prepare_settlement_lines(settlements)

    def _prepare_income_and_tax_lines(self, company, base_lines):
        """Return what Odoo's taxes make of ``base_lines``: income, then taxes."""
        account_tax = self.env["account.tax"]
        account_tax._add_tax_details_in_base_lines(base_lines, company)
        account_tax._round_base_lines_tax_details(base_lines, company)
        account_tax._add_accounting_data_in_base_lines_tax_details(
            base_lines, company, include_caba_tags=True
        )
        prepared = account_tax._prepare_tax_lines(base_lines, company)
        lines = [
            self._prepare_income_line(base_line, values)
            for base_line, values in prepared["base_lines_to_update"]
        ]
        return lines + prepared["tax_lines_to_add"]

    def _prepare_settlement_lines(self, entries):
        """Return the receivable lines of the orders that customer credit pays."""
        lines = []
        for order, batch in entries.grouped(
            lambda entry: entry.operation_id.order_line_id.order_id
        ).items():
            amount = order.company_id.currency_id.round(sum(batch.mapped("value")))
            if not order.company_id.currency_id.is_zero(amount):
                lines.append(self._prepare_settlement_line(order, amount))
        return lines

    def _prepare_settlement_line(self, order, amount):
        """Return the receivable line of ``order``, for what customer credit pays."""
        partner = order.partner_invoice_id.commercial_partner_id
        partner = partner.with_company(order.company_id)
        # the invoice's own account: a fiscal position may have changed it
        receivable = told(self, "receivable_id")
        return {
            "name": self.env._("%s paid with customer credit", order.name),
            "account_id": receivable or partner.property_account_receivable_id.id,
            "partner_id": partner.id,
            "balance": amount,
            "amount_currency": amount,
            "currency_id": order.company_id.currency_id.id,
        }

    @api.model
    def _settle_orders(self, invoices):
        """Pay posted ``invoices`` with the customer credit used on their orders.

        Dr unused credits / Cr receivable, dated like the invoice, and reconciled
        (S0-10, S2-12).
        """
        for invoice in invoices:
            orders = invoice.invoice_line_ids.sale_line_ids.order_id
            entries = (
                self.env["booking.credit.entry"]
                .sudo()
                .search(
                    [
                        ("operation_id.order_line_id", "in", orders.order_line.ids),
                        ("lot_id.measure", "=", "money"),
                        ("type", "=", "redeem"),
                    ]
                )
            )
            pending = (entries | entries.return_ids).filtered(
                lambda entry: entry.posting_state == "pending"
            )
            if pending:
                receivable = invoice.line_ids.filtered(
                    lambda line: line.account_type == "asset_receivable"
                ).account_id[:1]
                posting = self.with_company(invoice.company_id)
                tell(posting, receivable_id=receivable.id)._post_day(
                    invoice.company_id, invoice.date, pending
                )
            entries.invalidate_recordset(["move_line_id"])
            (invoice | entries.move_id)._match_open_receivables()

    def _get_counterpart_key(self, entry):
        """Return the account, taxes, analytic and label of what ``entry`` released.

        Fees of policies with a fee product go on its account, with its name.
        """
        company = entry.company_id
        operation = entry.operation_id
        line = operation.order_line_id
        product = (line.product_id or operation.product_id).with_company(company)
        fee_product = entry.type == "fee" and line and operation.product_id
        if entry.type == "expire" or not product:
            purpose = "fee" if entry.type == "fee" else "breakage"
            account = company._get_booking_credit_account(purpose)
            key = account, (), frozendict(), ""
        else:
            key = (
                self._get_income_account(entry, product),
                tuple(self._get_use_taxes(entry, product).ids),
                frozendict(line.analytic_distribution or {}),
                product.display_name,
            )
        return self._put_on_fee_product(key, entry, fee_product) if fee_product else key

    def _put_on_fee_product(self, key, entry, fee_product):
        """Return ``key`` with the account and the name of the policy's fee product.

        The product was noted on the operation when the booking was cancelled, so a
        policy or a booking that changes before the night changes nothing.
        """
        account, tax_ids, analytic, _label = key
        income = fee_product.with_company(
            entry.company_id
        ).product_tmpl_id.get_product_accounts(
            entry.operation_id.order_line_id.order_id.fiscal_position_id
        )["income"]
        return income or account, tax_ids, analytic, fee_product.display_name

    def _get_income_account(self, entry, product):
        """Return the account of what ``entry`` released for ``product``."""
        company = entry.company_id
        line = entry.operation_id.order_line_id
        if entry.type == "fee":
            purpose = "no_show" if entry._is_no_show() else "fee"
            return company._get_booking_credit_account(purpose)
        template = product.product_tmpl_id
        if template.booking_credit_pack:
            return template._get_booking_credit_income_account(company)
        position = line.order_id.fiscal_position_id
        return template.get_product_accounts(position)["income"]

    def _get_use_taxes(self, entry, product):
        """Return the taxes that are due on what ``entry`` released."""
        taxes = self.env["account.tax"]
        lot = entry.lot_id
        if lot.vat_kind != "multi" or (entry.type == "fee" and lot.fee_outside_vat):
            return taxes
        line = entry.operation_id.order_line_id
        if line:
            return line.tax_ids
        return product.taxes_id._filter_taxes_by_company(entry.company_id)

    def _prepare_base_line(self, company, key, amount):
        """Return the base line of ``amount``, taxes included, signed (+ is income)."""
        account, tax_ids, analytic, label = key
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            {},
            name=label or account.name,
            price_unit=abs(amount),
            quantity=1.0,
            tax_ids=self.env["account.tax"].browse(tax_ids),
            currency_id=company.currency_id,
            account_id=account,
            analytic_distribution=dict(analytic) or None,
            special_mode="total_included",
            sign=-1 if amount > 0 else 1,
            is_refund=amount < 0,
        )

    def _prepare_income_line(self, base_line, values):
        return {
            "name": base_line["name"],
            "account_id": base_line["account_id"].id,
            "currency_id": base_line["currency_id"].id,
            "tax_ids": [Command.set(base_line["tax_ids"].ids)],
            "analytic_distribution": base_line["analytic_distribution"],
            **values,
        }
