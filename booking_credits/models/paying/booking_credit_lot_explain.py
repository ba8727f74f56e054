from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

from ...explain import (
    CATEGORIES_FIRST,
    CHOSEN,
    ENDS_FIRST,
    OLDEST_FIRST,
    ONLY,
    PRODUCTS_FIRST,
    UNLIMITED_FIRST,
    why_first,
)
from ...inside import tell
from ...words import format_units


class Uses:
    """Bookings by lot id and local day, as a verb has read and planned them."""

    __slots__ = ("by_lot",)

    def __init__(self, by_lot):
        self.by_lot = by_lot


class BookingCreditLot(models.Model):
    """What people are told about the lots that pay, and about those that cannot."""

    _inherit = "booking.credit.lot"

    # === Steps, for bridges to extend === #

    def _get_scope_refusal(self, product):
        """Say what this lot pays for, if that is not ``product`` (S3-04)."""
        self.ensure_one()
        if self._covers(product):
            return ""
        _ = self.env._
        # sudo: the names of services are no secret for who bought them.
        lot = self.sudo()
        names = lot.eligible_product_ids.mapped("name")
        names += lot.eligible_categ_ids.mapped("name")
        values = {
            "lot": self.name,
            "service": product.display_name,
            "services": ", ".join(names),
        }
        if names:
            return _(
                "%(lot)s does not pay for “%(service)s”, only for %(services)s.",
                **values,
            )
        return _(
            "%(lot)s does not pay for “%(service)s”, which is not booked with credits.",
            **values,
        )

    def _get_line_refusals(self, line, today):
        """Say why each of these lots cannot pay the booking on ``line``."""
        reasons = [
            lot._get_refusal(
                line.product_id,
                today,
                line.booking_start,
                line._count_as_bookings(line.product_uom_qty),
            )
            for lot in self
        ]
        return [reason for reason in reasons if reason]

    def _get_empty_refusal(self):
        """Say that nothing of this lot can be spent, and what holds it (S1-08)."""
        self.ensure_one()
        if refusals := self._get_held_refusals():
            return refusals[0]
        return self.env._("%s has nothing left.", self.name)

    def _get_held_refusals(self):
        """Say what is set aside on these lots, and for what (S1-08).

        Shoppers are told what holds their own credits, not what a colleague's order
        holds of those that they share.
        """
        _ = self.env._
        # sudo: for staff, whoever may read the order.
        readers = self.sudo(self.env.user._is_internal())
        readers = readers._filtered_access("read")
        held = readers.filtered(lambda lot: lot.sudo().held)
        sentences = []
        for lot, holds in held._get_hold_texts().items():
            texts = "; ".join(holds)
            if not texts:
                continue
            sentences.append(
                _("%(lot)s: %(holds)s.", lot=lot.name, holds=texts)
                if lot.sudo().available > 0
                else _(
                    "%(lot)s has nothing free: %(holds)s.", lot=lot.name, holds=texts
                )
            )
        return sentences

    def _get_short_refusal(self, product, cost):
        """Say that this lot has too few units for one ``product``.

        :param Decimal cost: units that it costs
        """
        self.ensure_one()
        return self.env._(
            "%(lot)s has %(left)s, “%(service)s” costs %(cost)s.",
            lot=self.name,
            left=self._in_words(),
            service=product.display_name,
            cost=self._count_in_words(self.measure, float(cost)),
        )

    @api.model
    def _get_candidates(self, partner, company):
        """Return what people might expect to pay with today, in burn order.

        Also what expired within the last year, is not valid yet, or is held. Vouchers
        that wait for somebody to claim them only belong to who knows the code.
        """
        today = company._booking_credit_today()
        last_year = today - relativedelta(years=1)
        owners = partner | partner.commercial_partner_id
        domain = Domain(
            [
                ("partner_id", "in", owners.ids),
                ("company_id", "=", company.id),
            ]
        )
        alive = Domain("is_open", "=", True) | Domain("entry_ids.type", "=", "expire")
        recent = Domain("valid_until", "=", False) | Domain(
            "valid_until", ">=", last_year
        )
        lots = self.search(domain & alive & recent)
        return lots.filtered(lambda lot: lot.state != "used").sorted(
            lambda lot: lot._get_burn_key()
        )

    def _with_uses(self, days):
        """Return these lots with their uses around ``days`` read in one go.

        Caps are then counted without a query for each lot and day. What is told is a
        dict, to which a plan adds the bookings that it has shared out already.

        :param days: local dates of bookings
        """
        capped = self.filtered(lambda lot: lot.cap_day or lot.cap_week or lot.cap_month)
        uses = defaultdict(lambda: defaultdict(float))
        if capped and days:
            periods = [
                self._get_cap_period(period, day)
                for day in days
                for period in ("day", "week", "month")
            ]
            for lot_id, day, bookings in capped._query_uses(
                min(first for first, _last in periods),
                max(last for _first, last in periods),
            ):
                uses[lot_id][day] += bookings
        return tell(self, uses=Uses(uses))

    def _get_pay_reason(self, others, chosen=False):
        """Say why this lot pays before ``others``: “expires first: 30 June 2026”.

        :param others: lots that can pay the same
        :param bool chosen: staff put the lots in another order
        """
        self.ensure_one()
        _ = self.env._
        others = [lot._get_burn_lot() for lot in others - self]
        rule = why_first(self._get_burn_lot(), others, chosen)
        last = self.valid_until and format_date(
            self.env, self.valid_until, date_format="long"
        )
        # sudo: the names of services are no secret for who bought them.
        services = self.sudo().eligible_product_ids
        if rule == PRODUCTS_FIRST and len(services) > 1:
            return _("first: it pays only %s", ", ".join(services.mapped("name")))
        return {
            UNLIMITED_FIRST: _("unlimited pass first"),
            PRODUCTS_FIRST: _("first: it pays only this service"),
            CATEGORIES_FIRST: _(
                "first: it pays only %s",
                ", ".join(self.sudo().eligible_categ_ids.mapped("name")),
            ),
            ENDS_FIRST: _("expires first: %s", last),
            OLDEST_FIRST: _("the oldest first"),
            ONLY: _("pays the rest") if others else _("the only one that can pay"),
            CHOSEN: _("chosen by you"),
        }[rule]

    def _get_offer_text(self):
        """Write “Massage card: 3 sessions left, until June 30, 2026”."""
        self.ensure_one()
        values = {
            "pack": self._get_pack_name(),
            "left": self._in_words(),
            "last": format_date(self.env, self.valid_until, date_format="long"),
        }
        if self.valid_until:
            return self.env._("%(pack)s: %(left)s left, until %(last)s", **values)
        return self.env._("%(pack)s: %(left)s left", **values)

    def _has_at_least(self, units):
        """Return whether these lots together have ``units`` available."""
        return any(lot.unlimited for lot in self) or (
            self._compare_units(sum(self.mapped("available")), float(units)) >= 0
        )

    def _get_number_text(self, measure, units):
        """Write the bare number of credits or sessions: “30”; money as “30.00 €”."""
        if measure == "money":
            return self._count_in_words(measure, units)
        return format_units(self.env, units)
