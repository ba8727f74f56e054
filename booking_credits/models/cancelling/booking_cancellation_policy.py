from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import api, fields, models

from ...const import MONEY_RETURNS
from ...refund import Quiet, Tier, hours_left
from ...words import format_hours, format_units


class BookingCancellationPolicy(models.Model):
    """How much comes back when a booking is cancelled, by the time left.

    A booking keeps a copy of its terms, so a change of the policy never changes what
    a customer has already agreed to (S1-20).

    The terms in words: written from what is set, never typed (S1-21).
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
    undo_minutes = fields.Integer(
        string="Free Undo",
        help="Minutes after the booking in which everything comes back, also close to "
        "the start; 0: no free undo.",
    )
    has_quiet_hours = fields.Boolean(
        string="Quiet Hours",
        help="Hours in which nobody reads messages do not count as time before the "
        "start.",
    )
    quiet_from = fields.Float(default=22.0, help="In the time zone of the company.")
    quiet_until = fields.Float(default=7.0, help="In the time zone of the company.")
    forgiven_count = fields.Integer(
        string="Forgiven Late Cancellations",
        help="Late cancellations of one customer that cost nothing; 0: none.",
    )
    forgiven_days = fields.Integer(
        string="Forgiven Within",
        default=30,
        help="Days, up to the cancellation, in which forgiven ones are counted.",
    )
    money_return = fields.Selection(
        selection=MONEY_RETURNS,
        string="Paid in Money",
        default="refund",
        required=True,
        help="What becomes of the part that comes back if the booking was paid in "
        "money. The percentages are the same as those of the credits.",
    )
    fee_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Fee Product",
        check_company=True,
        domain="[('type', '=', 'service'), ('booking_credit_pack', '=', False)]",
        ondelete="restrict",
        help="Its name and its income account are those of the cancellation fee; "
        "empty: the company's account for cancellation fees.",
    )
    terms = fields.Text(
        compute="_compute_terms",
        help="What customers read, written from what is set here.",
    )

    _no_show_percent_range = models.Constraint(
        "CHECK(no_show_percent >= 0 AND no_show_percent <= 100)",
        "The percentage returned after the start must be between 0 and 100.",
    )
    _undo_minutes_positive = models.Constraint(
        "CHECK(undo_minutes >= 0)", "The minutes of free undo cannot be negative."
    )
    _quiet_hours_range = models.Constraint(
        "CHECK(quiet_from >= 0 AND quiet_from < 24 "
        "AND quiet_until >= 0 AND quiet_until <= 24)",
        "Quiet hours are times of the day, from 00:00 to 24:00.",
    )
    _forgiven_positive = models.Constraint(
        "CHECK(forgiven_count >= 0 AND forgiven_days > 0)",
        "Late cancellations are forgiven within at least 1 day, and not less than 0 "
        "times.",
    )

    @api.depends(
        "tier_ids.hours",
        "tier_ids.percent",
        "no_show_percent",
        "undo_minutes",
        "has_quiet_hours",
        "quiet_from",
        "quiet_until",
        "forgiven_count",
        "forgiven_days",
        "money_return",
    )
    @api.depends_context("lang")
    def _compute_terms(self):
        for policy in self:
            policy.terms = policy._get_terms_text(policy._get_snapshot())

    @api.model
    def _get_terms_text(self, snapshot):
        """Write the terms of ``snapshot`` in the reader's language (S1-21)."""
        snapshot = snapshot or {}
        tiers, no_show = self._get_tiers(snapshot)
        lines = (
            self._get_tier_texts(tiers, no_show)
            if tiers
            else [self.env._("Cancel at any time: all credits come back.")]
        )
        lines += self._get_mercy_texts(snapshot) if tiers else []
        lines.append(self._get_money_text(snapshot, bool(tiers)))
        return "\n".join(filter(None, lines))

    @api.model
    def _get_tier_texts(self, tiers, no_show):
        _ = self.env._
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
        lines.append(self._get_no_show_text(no_show))
        return lines

    @api.model
    def _get_no_show_text(self, percent):
        """Say what comes back after the start."""
        if not percent:
            return self.env._("After the start: no credits come back.")
        return self.env._(
            "After the start: %(percent)s %% of the credits come back.",
            percent=format_units(self.env, percent),
        )

    @api.model
    def _get_mercy_texts(self, snapshot):
        """Write what makes the tiers milder, and what keeps them from being escaped."""
        lines = []
        if minutes := snapshot.get("undo_minutes"):
            lines.append(self._get_undo_text(minutes))
        if quiet := snapshot.get("quiet"):
            lines.append(self._get_quiet_text(*quiet))
        if forgiven := snapshot.get("forgiven"):
            lines.append(self._get_forgiveness_text(*forgiven))
        if snapshot.get("keeps_late_moves"):
            lines.append(
                self.env._(
                    "Moved late to another time: if you cancel then, the hours that "
                    "were left when you moved count."
                )
            )
        return lines

    @api.model
    def _get_undo_text(self, minutes):
        """Say how long after booking everything comes back."""
        return self.env._(
            "Changed your mind? Cancel within %s after booking: everything comes back.",
            format_hours(self.env, minutes / 60),
        )

    @api.model
    def _get_quiet_text(self, start, end):
        """Say which hours of the day do not count."""
        return self.env._(
            "The hours from %(start)s to %(end)s do not count.",
            start=self._format_time(start),
            end=self._format_time(end),
        )

    @api.model
    def _get_forgiveness_text(self, count, days):
        """Say how many late cancellations are forgiven in ``days`` days."""
        if count == 1:
            return self.env._(
                "One late cancellation in %s days is forgiven: everything comes back.",
                days,
            )
        return self.env._(
            "%(count)s late cancellations in %(days)s days are forgiven: "
            "everything comes back.",
            count=count,
            days=days,
        )

    @api.model
    def _get_money_text(self, snapshot, has_tiers):
        _ = self.env._
        how = snapshot.get("money_return")
        if how == "keep":
            return _("Deposits and what was paid in money are not given back.")
        if how == "credit":
            return (
                _("The same part of what you paid in money is kept for you as credit.")
                if has_tiers
                else _("What you paid in money is kept for you as credit.")
            )
        if how == "refund":
            return (
                _("The same part of what you paid in money is refunded.")
                if has_tiers
                else _("What you paid in money is refunded.")
            )
        return ""

    @api.model
    def _format_time(self, hours):
        """Write a time of the day: “22:00”."""
        hour, minute = divmod(round(hours * 60), 60)
        return f"{hour:02d}:{minute:02d}"

    # === Steps of the verbs, for bridges to extend === #

    def _get_snapshot(self):
        """Return the terms as plain values, to be kept with a booking (S1-20)."""
        if not self:
            return False
        self.ensure_one()
        tiers = self.tier_ids.sorted("hours", reverse=True)
        snapshot = {
            "policy_id": self._origin.id,
            "tiers": [[tier.hours, tier.percent] for tier in tiers],
            "no_show_percent": self.no_show_percent,
            "money_return": self.money_return,
            # a booking moved late keeps the time that was left: see _keep_late_moves
            "keeps_late_moves": True,
            **self._get_mercies(),
        }
        if self.fee_product_id:
            snapshot["fee_product_id"] = self.fee_product_id.id
        return snapshot

    def _get_mercies(self):
        """Return what makes the tiers milder, as plain values."""
        mercies = {}
        if self.undo_minutes:
            mercies["undo_minutes"] = self.undo_minutes
        if self.has_quiet_hours:
            mercies["quiet"] = [self.quiet_from, self.quiet_until]
        if self.forgiven_count:
            mercies["forgiven"] = [self.forgiven_count, self.forgiven_days]
        return mercies

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
    def _count_hours(self, snapshot, company, begin, end):
        """Return the hours from ``begin`` to ``end`` that count under ``snapshot``.

        :param datetime begin: UTC, as ``end``
        :return: ``Decimal``; negative if ``end`` is past
        """
        quiet = (snapshot or {}).get("quiet")
        if quiet:
            quiet = Quiet(*(round(hours * 60) for hours in quiet))
        # sudo: shoppers cancel without reading the company
        zone = ZoneInfo(company.sudo().booking_credit_tz or "UTC")
        return hours_left(begin, end, zone, quiet)

    @api.model
    def _is_undo(self, snapshot, now):
        """Return whether ``now`` is within the minutes of free undo.

        At the exact limit the customer wins.
        """
        snapshot = snapshot or {}
        booked_on = fields.Datetime.to_datetime(snapshot.get("booked_on"))
        minutes = snapshot.get("undo_minutes")
        return bool(
            minutes and booked_on and now <= booked_on + timedelta(minutes=minutes)
        )
