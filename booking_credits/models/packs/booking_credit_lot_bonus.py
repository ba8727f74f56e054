from odoo import fields, models


class BookingCreditLot(models.Model):
    """The bonus that came with a pack: a lot of its own, with a share of the price."""

    _inherit = "booking.credit.lot"

    bonus_of_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        string="Bonus of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The credits with which these were sold: what is unused of both goes back "
        "together.",
    )
    bonus_lot_ids = fields.One2many(
        comodel_name="booking.credit.lot",
        inverse_name="bonus_of_id",
        string="Bonus",
        readonly=True,
    )

    # === Business verbs === #

    def _grant_bonus(self, packs, document=None):
        """Give the bonus of the pack that gave this lot, and its share of the value.

        The invoice line owes the whole price on this lot: the share of the bonus moves
        to the new lot in a journal entry of its own, on the same account.

        :param float packs: how many packs were sold, > 0
        :return: the new lot; none if the pack has no bonus
        """
        self.ensure_one()
        pack = self.product_id
        template = pack.product_tmpl_id
        bonus = template.booking_credit_bonus_id
        if not bonus:
            return self.browse()
        lot = self._create_bonus_lot(bonus)
        value = template._get_bonus_value(pack, self.value, self.currency_id)
        units = packs * bonus.booking_credit_quantity
        entries = self._post(
            "grant",
            [
                {"type": "grant", "lot": self, "quantity": 0, "value": -value},
                {"type": "grant", "lot": lot, "quantity": units, "value_of": 0},
            ],
            key=f"bonus:{self._name}:{self.id}",
            document=document,
        )
        self.env["booking.credit.posting"]._post_entries(entries)
        return lot

    def _create_bonus_lot(self, bonus):
        """Return the new lot of the pack ``bonus``, for the customer of this lot."""
        terms = bonus.product_tmpl_id._prepare_booking_credit_lot_vals(self.company_id)
        return self.with_context(mail_create_nolog=True).create(
            {
                **terms,
                "partner_id": self.partner_id.id,
                "product_id": bonus.id,
                "origin": "purchase",
                "bonus_of_id": self.id,
                "liability_account_id": self.liability_account_id.id,
            }
        )

    def _fold_bonus(self, share, document=None, reason=None):
        """Take ``share`` of the bonus of this lot back, with its value, unless used.

        Its value comes to this lot, from which a credit note takes it. What has been
        used or has expired of the bonus does not come back, and lowers what a credit
        note can take.

        :param float share: of what the bonus lots received, > 0 and at most 1
        """
        self.ensure_one()
        postings = []
        for lot, units in self._get_bonus_back(share):
            lot._wake()
            postings += [
                {"type": "refund", "lot": lot, "quantity": -units},
                {
                    "type": "refund",
                    "lot": self,
                    "quantity": 0,
                    "value_of": len(postings),
                },
            ]
        if postings:
            entries = self._post("refund", postings, document=document, reason=reason)
            self.env["booking.credit.posting"]._post_entries(entries)

    # === Steps of the verbs, for bridges to extend === #

    def _get_bonus_back(self, share):
        """Return what goes of the bonus of this lot with ``share`` of what was sold.

        :return: list of ``(lot, units)``
        """
        self.ensure_one()
        today = self.company_id._booking_credit_today()
        # sudo: who looks at a lot may know what goes with it.
        alive = self.sudo().bonus_lot_ids.filtered(
            lambda lot: not lot._is_expired(today)
        )
        back = [
            (lot, min(lot._round_units(lot.granted * share), lot.available))
            for lot in alive
        ]
        return [(lot, u) for lot, u in back if lot._compare_units(u, 0) > 0]
