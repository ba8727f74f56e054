from odoo import models

from odoo.addons.event_sale_booking_credits.const import ACTIVE_STATES


class EventWaiting(models.Model):
    _inherit = "event.waiting"

    # === What customers read === #

    def _get_portal_waiting(self, limit=20):
        """Return the places of the user: those that count, and the last ones that do not.

        :return: dict of ``active`` and ``past`` entries
        """
        # sudo: a class that is not published any more is still what was waited for;
        # the user's own places only, as in the record rule of the portal
        entries = self.sudo()
        domain = [("partner_id", "=", self.env.user.partner_id.id)]
        return {
            "active": entries.search(
                [*domain, ("state", "in", ACTIVE_STATES)], order="begin_date, id"
            ),
            "past": entries.search(
                [*domain, ("state", "not in", ACTIVE_STATES)],
                order="begin_date desc, id desc",
                limit=limit,
            ),
        }

    def _get_past_text(self):
        """Write how waiting has ended: “Enrolled.”"""
        self.ensure_one()
        _ = self.env._
        texts = {
            "enrolled": _("You were enrolled."),
            "left": _("You left the list."),
            "dropped": _("You were enrolled in another class at the same time."),
            "closed": _("No seat became free."),
        }
        return texts.get(self.state, "")
