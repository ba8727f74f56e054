from dataclasses import dataclass
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..const import MEASURES
from ..exceptions import InsufficientCreditsError
from ..inside import tell
from ..typed import MAX_ID
from ..valuation import released_value
from ..words import format_units


@dataclass(frozen=True, eq=False)
class AskedRefund:
    """What the credit note that is being posted takes back, as its verb was asked."""

    line_id: int
    quantity: float
    document: dict


class BookingCreditLotStaff(models.Model):
    """What staff do by hand: give credits, give them back, pay them back.

    The same rules as in ``BookingCreditLotVerbs``: public methods check the rights of
    the user, take an idempotency ``key``, and return the ``booking.credit.entry``
    records. Records may be given as ids, as remote callers do.
    """

    _inherit = "booking.credit.lot"

    is_paid = fields.Boolean(
        compute="_compute_is_paid",
        help="A sale paid for these credits: what is unused can be paid back.",
    )

    @api.depends("source_line_id", "value")
    def _compute_is_paid(self):
        for lot in self:
            # sudo: the front desk need not read invoices.
            lot.is_paid = bool(lot.sudo().source_line_id) and lot.value > 0

    # === Actions === #

    def action_change(self):
        """Open the dialog that corrects this lot; which one says the context.

        The dialog's verb checks who may do it.
        """
        self.ensure_one()
        self.check_access("read")
        kind = self.env.context.get("booking_credit_change", "adjust")
        return self.env["booking.credit.change"]._open(self, kind)

    # === Public verbs === #

    @api.model
    def grant(
        self,
        partner,
        quantity,
        reason,
        measure="credit",
        pack=None,
        valid_until=None,
        unlimited=False,
        key=None,
    ):
        """Give credits to a customer; see :meth:`_grant_by_hand`. For managers."""
        self._check_may("manager")
        if not unlimited:
            self._check_finite(quantity)
        if str(measure) not in dict(MEASURES):
            raise UserError(
                self.env._(
                    "“%(measure)s” is no measure of credits: choose one of %(measures)s.",
                    measure=str(measure)[:40],
                    measures=", ".join(dict(MEASURES)),
                )
            )
        partner = self._to_records("res.partner", partner)
        pack = self._to_records("product.product", pack)
        partner.check_access("read")
        pack.check_access("read")
        return self.sudo()._grant_by_hand(
            partner,
            quantity,
            reason,
            measure=measure,
            pack=pack,
            valid_until=self._to_day(valid_until),
            unlimited=bool(unlimited),
            key=key,
        )

    @api.model
    def release(self, holds, key=None):
        """Free what ``holds`` set aside; see :meth:`_release`. For the front desk."""
        holds = self._to_records("booking.credit.entry", holds)
        holds.lot_id._check_may("user")
        request = {"holds": holds.ids}
        document = {"key": key}
        lots = self.sudo()
        replay = lots._find_replay("release", request, document, holds.lot_id)
        if replay is not None:
            return replay
        return lots._release(holds.sudo(), key=key, request=request)

    @api.model
    def restore(self, entries, reason, key=None):
        """Give back what was used; see :meth:`_restore`. For managers."""
        entries = self._to_records("booking.credit.entry", entries)
        entries.lot_id._check_may("manager")
        return self.sudo()._restore(entries.sudo(), reason, key=key)

    def refund(self, quantity, reason, key=None):
        """Pay unused units back in money; see :meth:`_refund`. For accountants."""
        self._check_may("accountant")
        self._check_finite(quantity)
        return self.sudo()._refund(quantity, reason, key=key)

    # === Business verbs === #

    @api.model
    def _grant_by_hand(
        self,
        partner,
        quantity,
        reason,
        measure="credit",
        pack=None,
        valid_until=None,
        unlimited=False,
        key=None,
    ):
        """Give ``quantity`` free units to ``partner`` (S0-07, S0-13, S0-30).

        They are worth nothing in the books: nobody paid for them. What the customer
        already has is left as it is.

        :param float quantity: units of the measure, > 0; ignored if unlimited
        :param str reason: why; required
        :param str measure: see ``MEASURES``; that of ``pack`` when given
        :param pack: the pack whose terms apply; without one every bookable service
            is paid, without limits
        :param date valid_until: last day; else that of the pack, else none
        :param bool unlimited: never runs out; also where the pack is so
        :raise UserError: without a reason, without a number, or for terms that
            contradict each other
        """
        partner.ensure_one()
        self._check_reason(reason, partner)
        company = self.env.company
        terms = self._prepare_grant_terms(
            company, measure, pack, valid_until, unlimited
        )
        if terms["unlimited"]:
            quantity = 0
        self._check_grant(partner, quantity, terms)
        request = {
            "partner": partner.id,
            "quantity": quantity,
            "measure": terms["measure"],
            "pack": pack.id if pack else False,
            "valid_until": valid_until and str(valid_until),
            "unlimited": terms["unlimited"],
        }
        operation = self.env["booking.credit.operation"]
        if replay := operation._find_replay("grant", request, {"key": key}, company):
            return replay
        lot = self._grant(
            [{**terms, "partner_id": partner.id}],
            [{"quantity": quantity}],
            request=request,
            reason=reason,
            key=key,
        )
        partner.message_post(
            body=self.env._(
                "Received %(credits)s (%(lot)s): %(reason)s",
                credits=lot._in_words(),
                lot=lot.name,
                reason=reason,
            )
        )
        return lot.entry_ids

    @api.model
    def _restore(self, entries, reason, key=None):
        """Give back what ``entries`` spent, once each, with the value recorded then.

        What comes back to a lot that has expired meanwhile follows the rule of its
        pack. The booking itself stays as it is. The books are put right at once.

        :param entries: entries of type ``redeem``, of one company
        :raise UserError: without a reason, or if nothing is left to give back
        """
        entries = entries.sorted("id")
        self._check_reason(reason, entries.partner_id)
        request = {"entries": entries.ids}
        restored = entries.browse()
        batches = entries.grouped(lambda entry: entry.operation_id.order_line_id)
        for index, (line, batch) in enumerate(batches.items()):
            # one operation for each booking; the first carries the caller's key
            document = {"key": f"{key}/{index}" if key and index else key}
            replay = self._find_replay("restore", request, document, batch.lot_id)
            if replay is not None:
                restored |= replay
                continue
            restored |= self._post(
                "restore",
                self._prepare_restore_postings(batch),
                request=request,
                order_line=line,
                reason=reason,
                **document,
            )
        self._post_restored(entries, restored)
        return restored

    def _post_restored(self, entries, restored):
        """Post ``restored`` with what it gives back, also of bookings to come.

        Both on the day of the correction: they cancel each other out.
        """
        posting = self.env["booking.credit.posting"]
        today = {c: c._booking_credit_today() for c in entries.company_id}
        early = entries.filtered(
            lambda entry: entry.posting_state == "pending"
            and posting._get_due_date(entry) > today[entry.company_id]
        )
        for company, batch in early.grouped("company_id").items():
            batch |= restored.filtered(
                lambda entry, batch=batch: entry.source_entry_id in batch
                and entry.posting_state == "pending"
            )
            posting.with_company(company)._post_day(company, today[company], batch)
        posting._post_entries(entries | restored)

    def _refund(self, quantity, reason, key=None):
        """Take unused units of a paid lot back and credit their money to the customer.

        A credit note on the invoice line that sold the lot, for the share of its
        value that these units carry (research: refunds in money). Paying it out is
        ordinary bookkeeping.

        :param float quantity: units, > 0, at most what is available
        :raise UserError: without a reason, or if nothing was paid for this lot
        :raise InsufficientCreditsError: if less is unused
        """
        self.ensure_one()
        self._check_reason(reason)
        document = {"key": key}
        request = {"lot": self.id, "quantity": quantity}
        if replay := self._find_replay("refund", request, document):
            return replay
        self._release_lapsed()
        self._check_refund(quantity)
        # what had become income is owed again, and then paid back
        self.sudo()._wake()
        # of the bonus goes as much as of what is unused
        self._fold_bonus(quantity / self.available, reason=reason)
        refund = self._create_refund(quantity, reason)
        line = refund.invoice_line_ids.filtered("booking_credit_lot_id")
        asked = AskedRefund(
            line.id, quantity, {**document, "request": request, "reason": reason}
        )
        tell(refund, refund=asked)._post(soft=False)
        # the credit note settles what is still open on the invoice
        (self.source_line_id.move_id | refund)._match_open_receivables()
        entries = self.env["booking.credit.entry"]
        return entries.search([("move_line_id", "=", line.id)])

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _to_records(self, model, value):
        """Return ``value``, records or ids, as records of ``model`` for this user.

        :raise UserError: if it is neither
        """
        if isinstance(value, models.BaseModel) and value._name == model:
            return value.with_env(self.env)
        ids = value if isinstance(value, (list, tuple)) else [value] if value else []
        if any(type(i) is not int or not 0 < i <= MAX_ID for i in ids):
            raise UserError(
                self.env._(
                    "“%(value)s” is no %(model)s: give its id, or a list of ids.",
                    value=str(value)[:40],
                    model=self.env[model]._description,
                )
            )
        return self.env[model].browse(ids)

    @api.model
    def _prepare_grant_terms(self, company, measure, pack, valid_until, unlimited):
        """Return the terms of credits given by hand, for the fields of a lot."""
        if pack:
            template = pack.product_tmpl_id
            terms = template._prepare_booking_credit_lot_vals(company)
            # they are for this customer, not for whoever knows a code
            terms.update({"product_id": pack.id, "code": False})
        else:
            terms = {
                "company_id": company.id,
                "measure": measure,
                "valid_from": company._booking_credit_today(),
                "valid_until": False,
            }
        if valid_until:
            terms.update({"valid_until": valid_until, "first_use_unit": False})
        terms["unlimited"] = bool(unlimited or terms.get("unlimited"))
        if terms["unlimited"] and terms["valid_until"]:
            # a pass with an end pays only dates before its end (S0-33)
            terms["limit_dates"] = True
        return {**terms, "origin": "grant"}

    @api.model
    def _check_grant(self, partner, quantity, terms):
        """Refuse a gift that makes no sense.

        :raise UserError: naming the customer, the number and the remedy
        """
        _ = self.env._
        company = self.env["res.company"].browse(terms["company_id"])
        if not terms["unlimited"] and self._compare_units(quantity, 0) <= 0:
            raise UserError(
                _(
                    "%(customer)s cannot receive %(quantity)s credits: enter a number "
                    "above zero, or correct what the customer has.",
                    customer=partner.display_name,
                    quantity=format_units(self.env, quantity),
                )
            )
        if terms["measure"] == "money" and (terms["unlimited"] or terms["valid_until"]):
            raise UserError(
                _(
                    "Money given to %s never expires and is not unlimited: leave the "
                    "last day empty, or give credits instead.",
                    partner.display_name,
                )
            )
        today = company._booking_credit_today()
        if terms["valid_until"] and terms["valid_until"] < today:
            raise UserError(
                _(
                    "Credits for %(customer)s cannot end on %(day)s, which is past: "
                    "choose today or a later day.",
                    customer=partner.display_name,
                    day=format_date(self.env, terms["valid_until"]),
                )
            )

    @api.model
    def _prepare_restore_postings(self, entries):
        """Return the postings that give ``entries`` back.

        :raise UserError: naming what was given back already
        """
        restorable = entries._get_restorable()
        missing = entries - entries.browse([entry.id for entry, _q, _v in restorable])
        if missing or not entries:
            raise UserError(
                self.env._(
                    "Nothing is left to give back of %s: choose movements of type "
                    "“Used” that were not given back yet.",
                    ", ".join(missing.mapped("display_name")) or self.env._("nothing"),
                )
            )
        today = entries.company_id._booking_credit_today()
        postings = entries._prepare_restore_postings(reversed(restorable))
        for entry, quantity, _value in restorable:
            if entry.lot_id._is_expired(today):
                back = Decimal(str(quantity))
                postings += entry.lot_id._take_late_return(back, today)
        return postings

    def _get_value_released(self, quantity):
        """Return the money that ``quantity`` units of this lot carry now.

        :param float quantity: units, >= 0, at most the balance
        """
        self.ensure_one()
        if self.unlimited:
            return 0.0
        left = Decimal(str(self.balance)) - Decimal(str(quantity))
        money = self.currency_id.round
        return float(
            released_value(
                Decimal(str(money(self.value))),
                Decimal(str(money(self.basis_value))),
                Decimal(str(self.basis_quantity)),
                left,
                Decimal(str(self.currency_id.rounding)),
            )
        )

    def _check_refund(self, quantity):
        """Refuse to pay back what was not paid, or is not there.

        :raise UserError: naming the customer, the number and the remedy
        """
        _ = self.env._
        values = {
            "lot": self.name,
            "customer": self.partner_id.display_name,
            "quantity": format_units(self.env, quantity),
            "available": format_units(self.env, self.available),
        }
        if not self.source_line_id or self.unlimited:
            raise UserError(
                _(
                    "%(lot)s of %(customer)s cannot be paid back unit by unit: nothing "
                    "was paid for it, or it is unlimited. Correct it, or add a credit "
                    "note to its invoice.",
                    **values,
                )
            )
        if self._compare_units(quantity, 0) <= 0:
            raise UserError(
                _(
                    "%(quantity)s of %(lot)s of %(customer)s cannot be paid back: "
                    "enter a number above 0, at most %(available)s.",
                    **values,
                )
            )
        if self._compare_units(quantity, self.available) > 0:
            raise InsufficientCreditsError(
                _(
                    "%(quantity)s of %(lot)s of %(customer)s cannot be paid back: only "
                    "%(available)s are unused. Pay back at most %(available)s. "
                    "%(uses)s",
                    uses=self._get_uses_text(),
                    **values,
                )
            )

    def _create_refund(self, quantity, reason):
        """Return a draft credit note for ``quantity`` units of this lot."""
        source = self.source_line_id
        invoice = source.move_id
        today = self.company_id._booking_credit_today()
        vals = {"ref": reason, "invoice_date": today, "invoice_line_ids": []}
        refund = invoice._reverse_moves([vals])
        # the debt was taken at the rate of the sale, and goes at that rate
        refund.invoice_currency_rate = invoice.invoice_currency_rate
        refund.invoice_line_ids.unlink()
        refund.invoice_line_ids = [
            Command.create(self._prepare_refund_line_vals(source, quantity))
        ]
        return refund

    def _prepare_refund_line_vals(self, source, quantity):
        """Return the credit note line; its net amount is the value of the units."""
        invoice = source.move_id
        value = self._get_value_released(quantity)
        amount = value * (invoice.invoice_currency_rate or 1.0)
        full_price = source.price_unit * source.quantity * (1 - source.discount / 100)
        # what was posted: the subtotal shown may differ from it by a cent
        net = abs(source.amount_currency)
        ratio = abs(full_price) / net if net else 1.0
        return {
            "name": self.env._(
                "Refund of %(quantity)s unused of %(lot)s, %(product)s",
                quantity=self._in_words(quantity),
                lot=self.name,
                product=source.product_id.display_name,
            ),
            "product_id": source.product_id.id,
            "account_id": source.account_id.id,
            "quantity": 1.0,
            "price_unit": source.currency_id.round(amount * ratio),
            "discount": 0.0,
            "tax_ids": [Command.set(source.tax_ids.ids)],
            "analytic_distribution": source.analytic_distribution,
            # not of the order line: that would be to invoice again
            "booking_credit_lot_id": self.id,
        }
