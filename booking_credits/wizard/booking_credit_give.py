from uuid import uuid4

from odoo import api, fields, models

from ..const import MEASURES


class BookingCreditGive(models.TransientModel):
    """Gives credits to one or many customers, without a sale (S0-13).

    What they have stays as it is: each receives credits of its own.
    """

    _name = "booking.credit.give"
    _inherit = ["booking.credit.dialog"]
    _description = "Give Credits"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner", string="Customers", required=True
    )
    pack_id = fields.Many2one(
        comodel_name="product.product",
        string="On the Terms of",
        domain="[('booking_credit_pack', '=', True)]",
        check_company=True,
        help="Validity and services of this pack apply. Empty: every bookable service, "
        "without limits.",
    )
    measure = fields.Selection(
        selection=MEASURES,
        string="Gives",
        compute="_compute_terms",
        store=True,
        readonly=False,
        required=True,
    )
    unlimited = fields.Boolean(compute="_compute_terms", store=True, readonly=False)
    quantity = fields.Float(
        string="Number",
        digits="Booking Credits",
        compute="_compute_terms",
        store=True,
        readonly=False,
    )
    valid_until = fields.Date(
        compute="_compute_terms",
        store=True,
        readonly=False,
        help="Last day of use, wholly included. Empty: never expires.",
    )
    reason = fields.Char(required=True)
    effects = fields.Text(compute="_compute_effects")
    token = fields.Char(
        default=lambda self: str(uuid4()),
        required=True,
        help="Makes a second press of the button give nothing more.",
    )

    @api.model
    def default_get(self, fields):
        """Override to start from the customers, or the credits, that are selected."""
        values = super().default_get(fields)
        active_ids = self.env.context.get("active_ids") or []
        model = self.env.context.get("active_model")
        if "partner_ids" in fields and not values.get("partner_ids") and active_ids:
            if model == "res.partner":
                values["partner_ids"] = [(6, 0, active_ids)]
            elif model == "booking.credit.lot":
                lots = self.env[model].browse(active_ids)
                values["partner_ids"] = [(6, 0, lots.partner_id.ids)]
        return values

    @api.depends("pack_id")
    def _compute_terms(self):
        for wizard in self:
            pack = wizard.pack_id
            if not pack:
                wizard.measure = wizard.measure or "credit"
                continue
            terms = pack.product_tmpl_id._prepare_booking_credit_lot_vals(
                wizard.company_id
            )
            wizard.update(
                {
                    "measure": terms["measure"],
                    "unlimited": terms["unlimited"],
                    "quantity": pack.booking_credit_quantity,
                    "valid_until": terms["valid_until"],
                }
            )

    @api.depends("partner_ids", "measure", "unlimited", "quantity", "company_id")
    @api.depends_context("lang")
    def _compute_effects(self):
        for wizard in self:
            wizard.effects = "\n".join(wizard._get_effects())

    # === Actions === #

    def action_give(self):
        """Give what the dialog shows, to each customer once.

        :raise AccessError: for others than managers
        :raise UserError: for a number of zero or less, or terms that contradict
        """
        self.ensure_one()
        lots = self.env["booking.credit.lot"].with_company(self.company_id)
        entries = self.env["booking.credit.entry"]
        for partner in self.partner_ids._origin:
            entries |= lots.grant(
                partner,
                self.quantity,
                self.reason,
                measure=self.measure,
                pack=self.pack_id,
                valid_until=self.valid_until,
                unlimited=self.unlimited,
                key=f"give:{self.token}:{partner.id}",
            )
        return lots._notify(
            self.env._(
                "%(credits)s given to %(customers)s.",
                credits=entries.lot_id[:1]._in_words(),
                customers=", ".join(entries.partner_id.mapped("display_name")[:10]),
            )
        )

    # === Steps === #

    def _get_effects(self):
        """Say what each customer has and will have: “Anna: 5 credits → 8 credits”."""
        self.ensure_one()
        gift = self._get_gift()
        partners = self.partner_ids.with_company(self.company_id)
        sentences = []
        for partner in partners[:10]:
            usable = partner._origin.booking_credit_lot_ids.filtered(
                lambda lot: lot.company_id == self.company_id and lot.state == "usable"
            )
            sentences.append(
                self.env._(
                    "%(customer)s: %(before)s → %(after)s",
                    customer=partner.display_name,
                    before=usable._in_words() or self.env._("nothing"),
                    after=(usable | gift)._in_words(),
                )
            )
        if len(partners) > 10:
            sentences.append(self.env._("and %s more customers", len(partners) - 10))
        return sentences

    def _get_gift(self):
        """Return the credits to give, as a record that is not saved."""
        return self.env["booking.credit.lot"].new(
            {
                "company_id": self.company_id.id,
                "measure": self.measure,
                "unlimited": self.unlimited,
                "balance": self.quantity,
            }
        )
