from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..const import MEASURES, PAYMENT_MODES, PRICE_DISPLAYS
from ..exceptions import MissingSetupError

#: what is asked, in this order
STEPS = [
    ("accounts", "Accounts"),
    ("payment", "Payment"),
    ("policy", "Cancelling"),
    ("pack", "First Pack"),
    ("service", "First Service"),
]

#: terms to start with: (hours before, % that comes back)
PRESETS = {
    "day": [(24, 100)],
    "fair": [(24, 100), (4, 50)],
    "strict": [(48, 100), (24, 50)],
}


class BookingCreditSetup(models.TransientModel):
    """Takes a manager from the installation to the first pack, in five steps.

    What exists is kept: the setup can be run again, and changes only what is answered
    anew.
    """

    _name = "booking.credit.setup"
    _description = "Set Up Booking Credits"

    step = fields.Selection(selection=STEPS, required=True, default="accounts")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id", related_sudo=False)

    # --- accounts
    has_chart = fields.Boolean(compute="_compute_accounts")
    accounts = fields.Text(
        string="Accounts and Journal",
        compute="_compute_accounts",
        help="Created from your chart of accounts where they are missing.",
    )

    # --- payment
    payment_mode = fields.Selection(
        selection=PAYMENT_MODES,
        string="Bookings Are Paid With",
        required=True,
        default=lambda self: self.env.company.booking_payment_mode,
    )
    price_display = fields.Selection(
        selection=PRICE_DISPLAYS,
        string="Prices of Bookings",
        required=True,
        default=lambda self: self.env.company.booking_price_display,
    )

    # --- policy
    has_policy = fields.Boolean(compute="_compute_has_policy")
    policy = fields.Selection(
        selection=[
            ("keep", "Keep the policy of the company"),
            ("none", "Cancel at any time: everything comes back"),
            ("day", "Everything until 24 hours before, then nothing"),
            ("fair", "Everything until 24 hours before, half until 4 hours before"),
            ("strict", "Everything until 48 hours before, half until 24 hours before"),
        ],
        string="When a Customer Cancels",
        required=True,
        default=lambda self: self._get_default_policy(),
    )

    # --- pack
    pack_new = fields.Boolean(
        string="Create a Pack", default=lambda self: not self._get_packs()
    )
    pack_name = fields.Char(
        string="Name", default=lambda self: self.env._("10 classes")
    )
    pack_measure = fields.Selection(
        selection=[value for value in MEASURES if value[0] != "money"],
        string="Gives",
        default="credit",
        help="Credits: each service costs its price in credits.\n"
        "Sessions: one unit pays one booking, whatever its price.",
    )
    pack_quantity = fields.Float(
        string="How Many", digits="Booking Credits", default=10.0
    )
    pack_price = fields.Monetary(string="Price")
    pack_validity = fields.Integer(string="Valid For", default=6)
    pack_validity_unit = fields.Selection(
        selection=[
            ("months", "Months"),
            ("years", "Years"),
            ("none", "Never expires"),
        ],
        string="Unit of Validity",
        default="months",
    )
    pack_vat_kind = fields.Selection(
        selection=[
            ("single", "When the pack is sold"),
            ("multi", "When the credits are used"),
        ],
        string="VAT Is Due",
        default="single",
        help="When the pack is sold: one VAT rate and one country are known. The usual "
        "case.\n"
        "When the credits are used: the pack pays for services with several rates, or "
        "in several countries.",
    )

    # --- service
    service_new = fields.Boolean(
        string="Add a Service", default=lambda self: not self._get_services()
    )
    service_id = fields.Many2one(
        comodel_name="product.template",
        string="Existing Service",
        check_company=True,
        domain="[('type', '=', 'service'), ('sale_ok', '=', True), "
        "('booking_credit_pack', '=', False), ('booking_ok', '=', False)]",
        help="Empty: a new one.",
    )
    service_name = fields.Char(
        string="Service", default=lambda self: self.env._("Class")
    )
    service_price = fields.Monetary(string="Price in Money")
    service_credits = fields.Float(
        string="Price in Credits", digits="Booking Credits", default=1.0
    )
    service_duration = fields.Float(string="Duration", default=1.0)

    # === Computes === #

    @api.depends("company_id", "step")
    def _compute_accounts(self):
        for setup in self:
            # sudo: managers need not read accounts.
            company = setup.company_id.sudo().with_company(setup.company_id)
            setup.has_chart = bool(company.chart_template)
            records = [
                company[name] for name in company._get_booking_credit_account_names()
            ]
            records.append(company.booking_credit_journal_id)
            setup.accounts = "\n".join(
                f"{record.code} {record.name}" for record in records if record
            )

    @api.depends("company_id")
    def _compute_has_policy(self):
        for setup in self:
            setup.has_policy = bool(setup.company_id.booking_cancellation_policy_id)

    @api.model
    def _get_default_policy(self):
        if self.env.company.booking_cancellation_policy_id:
            return "keep"
        return "fair" if not self._get_packs() else "none"

    @api.onchange("payment_mode")
    def _onchange_payment_mode(self):
        if self.payment_mode != "credit_only" and self.price_display == "credits":
            self.price_display = "both"

    @api.onchange("service_id")
    def _onchange_service_id(self):
        if self.service_id:
            self.service_name = self.service_id.name
            self.service_price = self.service_id.list_price

    # === Actions === #

    @api.model
    def action_open(self):
        """Open the guided setup. For managers.

        :raise AccessError: for others
        """
        self._check_may_set_up()
        return self.create({})._open()

    def action_next(self):
        """Save what this step asks, and go on; after the last, open the pack.

        :raise MissingSetupError: if the company has no chart of accounts
        :raise UserError: naming what is missing in this step
        """
        self.ensure_one()
        self._check_may_set_up()
        getattr(self, f"_check_{self.step}")()
        if self.step == "accounts":
            # they are shown before anything else is asked
            self.company_id._booking_credit_setup()
        keys = [key for key, _label in STEPS]
        index = keys.index(self.step) + 1
        if index == len(keys):
            return self._finish()
        self.step = keys[index]
        return self._open()

    def action_back(self):
        """Show the step before."""
        self.ensure_one()
        keys = [key for key, _label in STEPS]
        self.step = keys[max(keys.index(self.step) - 1, 0)]
        return self._open()

    # === Business verbs === #

    def _finish(self):
        """Save all answers; safe to run again. Return the action that shows the pack."""
        self.ensure_one()
        company = self.company_id
        company._booking_credit_setup()
        # sudo: managers set up the credits of a company, not its other settings.
        company.sudo().write(self._prepare_company_vals())
        if self.service_new:
            self._save_service()
        pack = self._save_pack() if self.pack_new else self._get_packs()[:1]
        return self._open_pack(pack)

    def _save_service(self):
        services = self.env["product.template"].with_company(self.company_id)
        service = self.service_id or self._get_services().filtered(
            lambda service: service.name == self.service_name
        )
        vals = self._prepare_service_vals()
        if service:
            service[:1].write(vals)
            return service[:1]
        return services.create({**vals, "type": "service"})

    def _save_pack(self):
        packs = self.env["product.template"].with_company(self.company_id)
        pack = self._get_packs().filtered(lambda pack: pack.name == self.pack_name)
        vals = self._prepare_pack_vals()
        if pack:
            # what is sold already keeps the terms that its credits have
            pack[:1].write(vals)
            return pack[:1]
        return packs.create(vals)

    # === Steps of the verbs, for bridges to extend === #

    def _prepare_company_vals(self):
        vals = {
            "booking_payment_mode": self.payment_mode,
            "booking_price_display": self.price_display,
        }
        if self.policy == "none":
            vals["booking_cancellation_policy_id"] = False
        elif self.policy != "keep":
            vals["booking_cancellation_policy_id"] = self._find_or_create_policy().id
        return vals

    def _find_or_create_policy(self):
        """Return the policy of the chosen preset; it may exist from an earlier run."""
        policies = self.env["booking.cancellation.policy"]
        name = dict(self._fields["policy"]._description_selection(self.env))[
            self.policy
        ]
        same = [("name", "=", name), ("company_id", "in", (False, self.company_id.id))]
        return policies.search(same, limit=1) or policies.create(
            {
                "name": name,
                "company_id": self.company_id.id,
                "tier_ids": [
                    Command.create({"hours": hours, "percent": percent})
                    for hours, percent in PRESETS[self.policy]
                ],
            }
        )

    def _prepare_service_vals(self):
        return {
            "name": self.service_name,
            "list_price": self.service_price,
            "booking_ok": True,
            "booking_credit_price": self.service_credits,
            "booking_duration": self.service_duration,
        }

    def _prepare_pack_vals(self):
        vals = {
            "name": self.pack_name,
            "type": "service",
            "invoice_policy": "order",
            "list_price": self.pack_price,
            "booking_credit_pack": True,
            "booking_credit_measure": self.pack_measure,
            "booking_credit_quantity": self.pack_quantity,
            "booking_credit_validity": self.pack_validity,
            "booking_credit_validity_unit": self.pack_validity_unit,
            "booking_credit_vat_kind": self.pack_vat_kind,
        }
        if self.pack_vat_kind == "multi":
            vals["taxes_id"] = [Command.clear()]
        return vals

    @api.model
    def _get_packs(self):
        """Return the packs that this company sells for credits or sessions."""
        packs = self.env["product.template"]
        return packs.search(
            [
                *packs._check_company_domain(self.env.company),
                ("booking_credit_pack", "=", True),
                ("booking_credit_measure", "!=", "money"),
                ("sale_ok", "=", True),
            ],
            order="id",
        )

    @api.model
    def _get_services(self):
        services = self.env["product.template"]
        return services.search(
            [
                *services._check_company_domain(self.env.company),
                ("booking_ok", "=", True),
            ]
        )

    @api.model
    def _check_may_set_up(self):
        if not self.env.su and not self.env.user.has_group(
            "booking_credits.booking_credits_group_manager"
        ):
            raise AccessError(
                self.env._("Only managers of Booking Credits may set them up.")
            )

    def _check_accounts(self):
        if not self.has_chart:
            raise MissingSetupError(
                self.env._(
                    "%s has no chart of accounts yet: choose one in the settings of "
                    "Invoicing, under “Fiscal Localization”, then come back here.",
                    self.company_id.name,
                )
            )

    def _check_payment(self):
        if self.price_display == "credits" and self.payment_mode != "credit_only":
            raise UserError(
                self.env._(
                    "Prices in credits instead of money are for bookings that are paid "
                    "with credits only: show both prices."
                )
            )

    def _check_policy(self):
        """All answers are possible."""

    def _check_pack(self):
        if not self.pack_new:
            return
        _ = self.env._
        if not (self.pack_name or "").strip():
            raise UserError(_("Give the pack a name, such as “10 classes”."))
        if self.pack_quantity <= 0:
            raise UserError(_("“%s” must give more than zero credits.", self.pack_name))
        if self.currency_id.compare_amounts(self.pack_price, 0) <= 0:
            raise UserError(_("Enter what “%s” costs.", self.pack_name))
        if self.pack_validity_unit != "none" and self.pack_validity <= 0:
            raise UserError(
                _(
                    "Enter how long “%s” is valid, or choose “Never expires”.",
                    self.pack_name,
                )
            )

    def _check_service(self):
        if not self.service_new:
            return
        _ = self.env._
        if not (self.service_name or "").strip():
            raise UserError(_("Give the service a name, such as “Yoga class”."))
        if self.service_credits <= 0:
            raise UserError(_("Enter how many credits “%s” costs.", self.service_name))

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Up Booking Credits"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _open_pack(self, pack):
        """Return the action that shows ``pack``, or all packs if there is none."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.product_template_action_packs"
        )
        if pack:
            action.update(res_id=pack.id, view_mode="form", views=[(False, "form")])
        return action
