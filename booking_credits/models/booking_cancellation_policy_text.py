from odoo import api, models

from ..words import format_hours, format_units


class BookingCancellationPolicy(models.Model):
    """The terms in words: written from what is set, never typed (S1-21)."""

    _inherit = "booking.cancellation.policy"

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
        lines.append(
            _(
                "After the start: %(percent)s %% of the credits come back.",
                percent=format_units(self.env, no_show),
            )
            if no_show
            else _("After the start: no credits come back.")
        )
        return lines

    @api.model
    def _get_mercy_texts(self, snapshot):
        """Write what makes the tiers milder, and what keeps them from being escaped."""
        _ = self.env._
        lines = []
        if minutes := snapshot.get("undo_minutes"):
            lines.append(
                _(
                    "Changed your mind? Cancel within %s after booking: everything "
                    "comes back.",
                    format_hours(self.env, minutes / 60),
                )
            )
        if quiet := snapshot.get("quiet"):
            lines.append(
                _(
                    "The hours from %(start)s to %(end)s do not count.",
                    start=self._format_time(quiet[0]),
                    end=self._format_time(quiet[1]),
                )
            )
        if forgiven := snapshot.get("forgiven"):
            count, days = forgiven
            lines.append(
                _(
                    "One late cancellation in %s days is forgiven: everything comes "
                    "back.",
                    days,
                )
                if count == 1
                else _(
                    "%(count)s late cancellations in %(days)s days are forgiven: "
                    "everything comes back.",
                    count=count,
                    days=days,
                )
            )
        if snapshot.get("keeps_late_moves"):
            lines.append(
                _(
                    "Moved late to another time: if you cancel then, the hours that "
                    "were left when you moved count."
                )
            )
        return lines

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
