from decimal import Decimal

from odoo import api, fields, models

from ..refund import Tier
from ..words import format_hours, format_units


class BookingCancellationPolicy(models.Model):
    """How much comes back when a booking is cancelled, by the time left.

    A booking keeps a copy of its terms, so a change of the policy never changes what
    a customer has already agreed to (S1-20).
    """

    _name = "booking.cancellation.policy"
    _description = "Booking Cancellation Policy"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company", help="Empty: shared by all companies."
    )
    tier_ids = fields.One2many(
        comodel_name="booking.cancellation.tier",
        inverse_name="policy_id",
        string="Tiers",
        copy=True,
    )
    no_show_percent = fields.Float(
        string="Returned After the Start (%)",
        default=0.0,
        help="Percentage of the credits that comes back when the customer cancels "
        "after the start or does not come.",
    )
    terms = fields.Text(
        compute="_compute_terms",
        help="What customers read, written from the tiers.",
    )

    _no_show_percent_range = models.Constraint(
        "CHECK(no_show_percent >= 0 AND no_show_percent <= 100)",
        "The percentage returned after the start must be between 0 and 100.",
    )

    @api.depends("tier_ids.hours", "tier_ids.percent", "no_show_percent")
    @api.depends_context("lang")
    def _compute_terms(self):
        for policy in self:
            policy.terms = policy._get_terms_text(policy._get_snapshot())

    # === Steps of the verbs, for bridges to extend === #

    def _get_snapshot(self):
        """Return the terms as plain values, to be kept with a booking."""
        if not self:
            return False
        self.ensure_one()
        tiers = self.tier_ids.sorted("hours", reverse=True)
        return {
            "policy_id": self._origin.id,
            "tiers": [[tier.hours, tier.percent] for tier in tiers],
            "no_show_percent": self.no_show_percent,
        }

    @api.model
    def _get_tiers(self, snapshot):
        """Return the tiers and the percentage after the start of ``snapshot``."""
        snapshot = snapshot or {}
        tiers = [
            Tier(Decimal(str(hours)), Decimal(str(percent)))
            for hours, percent in snapshot.get("tiers", [])
        ]
        return tiers, Decimal(str(snapshot.get("no_show_percent", 0)))

    @api.model
    def _get_terms_text(self, snapshot):
        """Write the terms of ``snapshot`` in the reader's language (S1-21)."""
        _ = self.env._
        tiers, no_show = self._get_tiers(snapshot)
        if not tiers:
            return _("Cancel at any time: all credits come back.")
        lines = [
            _(
                "Cancel at least %(time)s before the start: %(percent)s %% of the "
                "credits come back.",
                time=format_hours(self.env, tier.hours),
                percent=format_units(self.env, tier.percent),
            )
            for tier in tiers
        ]
        if tiers[-1].hours > 0:
            lines.append(_("Cancel later: no credits come back."))
        lines.append(
            _(
                "After the start: %(percent)s %% of the credits come back.",
                percent=format_units(self.env, no_show),
            )
            if no_show
            else _("After the start: no credits come back.")
        )
        return "\n".join(lines)
