from odoo import api, fields, models
from odoo.fields import Command


class BookingCreditLot(models.Model):
    """Credits that an allowance gives; a customer has one lot of each."""

    _inherit = "booking.credit.lot"

    origin = fields.Selection(
        selection_add=[("allowance", "Allowance")],
        ondelete={"allowance": "set grant"},
    )
    allowance_id = fields.Many2one(
        comodel_name="booking.credit.allowance",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    allowance_date = fields.Date(
        string="Last Allowance",
        readonly=True,
        copy=False,
        help="First day of the period that was given last.",
    )

    _allowance_unique = models.UniqueIndex(
        "(allowance_id, partner_id) WHERE allowance_id IS NOT NULL",
        "This customer has received this allowance already.",
    )

    @api.model
    def _join_allowances(self, partners):
        """Join the lots that ``partners`` have of the same allowance into one.

        What is left of each, with its value, goes to the lot of the first partner that
        has one. The emptied lots keep their history, and are not renewed any more.

        :param partners: about to become one customer; the one who stays comes first
        """
        rank = {partner_id: rank for rank, partner_id in enumerate(partners.ids)}
        lots = self.with_context(active_test=False).search(
            [("partner_id", "in", partners.ids), ("allowance_id", "!=", False)]
        )
        lots = lots.sorted(lambda lot: (rank[lot.partner_id.id], lot.id))
        for allowance, same in lots.grouped("allowance_id").items():
            kept, others = same[0], same[1:]
            if not others:
                continue
            others._move_all_to(kept)
            kept.allowance_date = max(same.mapped("allowance_date"))
            others.allowance_id = False
            others.allowance_date = False
            if set(same.partner_id.ids) & set(allowance.stopped_partner_ids.ids):
                # somebody stopped it: it does not start again by itself
                allowance.stopped_partner_ids = [Command.link(partners[0].id)]

    def _move_all_to(self, kept):
        """Move what is left of these lots to the lot ``kept``, and post it."""
        self._release_lapsed()
        postings = []
        for lot in self.filtered(lambda lot: lot.available > 0):
            postings += [
                {"type": "transfer", "lot": lot, "quantity": -lot.available},
                {
                    "type": "transfer",
                    "lot": kept,
                    "quantity": lot.available,
                    "value_of": len(postings),
                },
            ]
        entries = self._post("transfer", postings, reason=self.env._("Contacts merged"))
        self.env["booking.credit.posting"]._post_entries(entries)
