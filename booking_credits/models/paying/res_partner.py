from odoo import api, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Proposes the family and the company of a customer first (S2-24)."""

    _inherit = "res.partner"

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Override to put who is related to a customer at the top of the list.

        The context says to whom: people look for credits that somebody lends.
        """
        related_to = self.env.context.get("booking_credit_related_to")
        if type(related_to) is not int or not related_to:
            return super().name_search(name, domain, operator, limit)
        domain = Domain(domain or [])
        related = Domain("id", "in", self.browse(related_to)._get_related_ids())
        found = super().name_search(name, domain & related, operator, limit)
        if limit and len(found) >= limit:
            return found
        rest = limit and limit - len(found)
        return found + super().name_search(name, domain & ~related, operator, rest)

    def _get_related_ids(self):
        """Return the ids of the contacts of the same company, or at the same address."""
        self.ensure_one()
        related = Domain("id", "child_of", self.commercial_partner_id.ids)
        if self.street and (self.zip or self.city):
            related |= Domain(
                [
                    ("street", "=", self.street),
                    ("zip", "=", self.zip),
                    ("city", "=", self.city),
                ]
            )
        return self.search(related & Domain("id", "!=", self.id)).ids
