from odoo import api, models
from odoo.fields import Domain

from ...words import format_units


class BookingCreditLot(models.Model):
    """How customers read their credits."""

    _inherit = "booking.credit.lot"

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _get_portal_lots(self, used_limit=20):
        """Return the lots that the user may read, in the order to show them.

        :return: dict of ``open`` (usable and future), ``expired``, ``used`` (the last
            ones) and ``used_count``
        """
        used = [("state", "=", "used")]
        by_end = "valid_until, id"  # PostgreSQL sorts what never ends last
        return {
            "open": self.search([("state", "in", ["usable", "future"])], order=by_end),
            "expired": self.search(
                [("state", "=", "expired")], order="valid_until desc, id desc"
            ),
            "used": self.search(used, order="id desc", limit=used_limit),
            "used_count": self.search_count(used),
        }

    def _get_left_text(self):
        """Write “85 of 100 credits left”, “unlimited” or “35.00 € left”."""
        self.ensure_one()
        _ = self.env._
        if self.unlimited:
            return _("Unlimited")
        if self.measure == "money":
            return _("%s left", self._in_words())
        return _(
            "%(left)s of %(received)s left",
            left=format_units(self.env, self.available),
            received=self._count_in_words(self.measure, self.granted),
        )

    def _get_left_percent(self):
        """Return the share of this lot that is left, for a bar."""
        self.ensure_one()
        if self.unlimited or not self.granted:
            return 100
        return min(round(100 * self.available / self.granted), 100)

    def _get_condition_texts(self):
        """Write the other terms that were bought, one sentence each."""
        self.ensure_one()
        _ = self.env._
        texts = []
        if self.limit_dates:
            texts.append(_("Only for bookings that take place while they are valid."))
        texts += self._get_cap_texts()
        if self.valid_until or self.first_use_unit:
            texts.append(
                _(
                    "What comes back after the last day stays valid for %s more days.",
                    self.grace_days,
                )
                if self.late_return == "extend"
                else _("What comes back after the last day is lost.")
            )
        return texts

    def _get_cap_texts(self):
        """Say how many bookings these credits pay a day, a week and a month."""
        _ = self.env._
        caps = (
            (self.cap_day, _("Bookings a day: at most %s.")),
            (self.cap_week, _("Bookings a week: at most %s.")),
            (self.cap_month, _("Bookings a month: at most %s.")),
        )
        return [text % format_units(self.env, cap) for cap, text in caps if cap]

    def _get_cancellation_texts(self):
        """Write what comes back when a booking paid with this lot is cancelled.

        :return: list of ``(names of services, terms)``, one for each policy (S1-21)
        """
        self.ensure_one()
        # sudo: policies and services of the company are public terms.
        lot = self.sudo()
        templates = self.env["product.template"].sudo()
        domain = Domain("booking_ok", "=", True) & Domain(
            templates._check_company_domain(lot.company_id)
        )
        scope = Domain("id", "in", lot.eligible_product_ids.ids)
        if lot.eligible_categ_ids:
            scope |= Domain("categ_id", "child_of", lot.eligible_categ_ids.ids)
        if lot.eligible_product_ids or lot.eligible_categ_ids:
            domain &= scope
        names_by_terms = {}
        policies = self.env["booking.cancellation.policy"].sudo()
        for service in templates.search(domain):
            policy = service._get_booking_policy(lot.company_id)
            terms = policies._get_terms_text(policy._get_snapshot())
            names_by_terms.setdefault(terms, []).append(service.name)
        return [(", ".join(names), terms) for terms, names in names_by_terms.items()]
