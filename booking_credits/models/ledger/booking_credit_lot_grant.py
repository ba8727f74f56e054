from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...words import format_units


class BookingCreditLot(models.Model):
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

    # === Actions === #

    def action_change(self):
        """Open the dialog that corrects this lot; which one says the context.

        The dialog's verb checks who may do it.
        """
        self.ensure_one()
        self.check_access("read")
        kind = self.env.context.get("booking_credit_change", "adjust")
        return self.env["booking.credit.change"]._open(self, kind)

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
        vals = {**terms, "partner_id": partner.id}
        lot = self._grant(
            [vals], [{"quantity": quantity}], request=request, reason=reason, key=key
        )
        lot._log_grant(partner, reason)
        return lot.entry_ids

    def _log_grant(self, partner, reason):
        """Note on the customer what was given by hand, and why."""
        partner.message_post(
            body=self.env._(
                "Received %(credits)s (%(lot)s): %(reason)s",
                credits=self._in_words(),
                lot=self.name,
                reason=reason,
            )
        )

    @api.model
    def _grant(self, vals_list, postings, **document):
        """Issue lots with their first entry.

        :param list vals_list: one dict of terms for each lot
        :param list postings: one dict for each lot, without ``lot``: ``quantity``
            (units, > 0, or 0 for unlimited lots), ``value`` (>= 0) and what else the
            entry keeps
        :param document: see ``booking.credit.operation._post``
        :return: the lots
        """
        # sudo: nobody may create lots by hand; the caller has checked who may grant.
        lots = self.sudo().with_context(mail_create_nolog=True).create(vals_list)
        lots._post(
            "grant",
            [
                {"type": "grant", "lot": lot, **posting}
                for lot, posting in zip(lots, postings, strict=True)
            ],
            **document,
        )
        lots = lots.with_env(self.env)
        lots._tell_received()
        return lots

    # === Jobs === #

    def _get_batches(self, company, domain, size, verb):
        """Yield batches that run ``verb`` on the lots of ``domain``.

        Lots that somebody else is moving are left to the next run. The verb returns
        what it did.
        """
        return self.env["booking.credit.job"]._get_batches(
            company,
            self,
            domain,
            size,
            lambda lots: getattr(
                lots.try_lock_for_update(allow_referencing=True), verb
            )(),
        )

    # === Steps of the verbs, for bridges to extend === #

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
        if not terms["unlimited"] and self._compare_units(quantity, 0) <= 0:
            raise UserError(
                self.env._(
                    "%(customer)s cannot receive %(quantity)s credits: enter a number "
                    "above zero, or correct what the customer has.",
                    customer=partner.display_name,
                    quantity=format_units(self.env, quantity),
                )
            )
        self._check_grant_end(partner, terms)

    @api.model
    def _check_grant_end(self, partner, terms):
        """Refuse money that ends or never runs out, and a last day that is past."""
        if terms["measure"] == "money" and (terms["unlimited"] or terms["valid_until"]):
            raise UserError(
                self.env._(
                    "Money given to %s never expires and is not unlimited: leave the "
                    "last day empty, or give credits instead.",
                    partner.display_name,
                )
            )
        company = self.env["res.company"].browse(terms["company_id"])
        today = company._booking_credit_today()
        if terms["valid_until"] and terms["valid_until"] < today:
            raise UserError(
                self.env._(
                    "Credits for %(customer)s cannot end on %(day)s, which is past: "
                    "choose today or a later day.",
                    customer=partner.display_name,
                    day=format_date(self.env, terms["valid_until"]),
                )
            )

    def _post(self, kind, postings, company=None, **document):
        """See ``booking.credit.operation._post``."""
        return self.env["booking.credit.operation"]._post(
            kind, postings, company=company or self.company_id, **document
        )

    def _find_replay(self, kind, request, document, lots=None):
        """Return the entries of the same request done before, or None."""
        return self.env["booking.credit.operation"]._find_replay(
            kind, request, document, (self if lots is None else lots).company_id
        )
