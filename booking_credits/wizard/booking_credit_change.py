from datetime import timedelta
from uuid import uuid4

from odoo import api, fields, models

#: verb -> whether somebody must say why
KINDS = {
    "adjust": True,
    "deduct": True,
    "transfer": True,
    "reset": False,
    "reactivate": False,
    "refund": True,
}


class BookingCreditChange(models.TransientModel):
    """Corrects one lot, and shows what is left before and after (S1-29, S2-22)."""

    _name = "booking.credit.change"
    _inherit = ["booking.credit.dialog"]
    _description = "Change Credits"
    _check_company_auto = True

    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        string="Credits",
        required=True,
        ondelete="cascade",
        domain="[('id', 'in', choice_ids)]",
    )
    choose_lot = fields.Boolean(
        readonly=True, help="Opened from a customer: any of their lots can be chosen."
    )
    choice_ids = fields.Many2many(
        comodel_name="booking.credit.lot", compute="_compute_choice_ids"
    )
    pack_id = fields.Many2one(
        related="lot_id.product_id", related_sudo=False, string="Pack"
    )
    ends_on = fields.Date(
        related="lot_id.valid_until", related_sudo=False, string="Valid Until"
    )
    company_id = fields.Many2one(related="lot_id.company_id", related_sudo=False)
    currency_id = fields.Many2one(related="lot_id.currency_id", related_sudo=False)
    partner_id = fields.Many2one(related="lot_id.partner_id", related_sudo=False)
    measure = fields.Selection(related="lot_id.measure", related_sudo=False)
    kind = fields.Selection(
        selection=[
            ("adjust", "Correct"),
            ("deduct", "Deduct"),
            ("transfer", "Transfer"),
            ("reset", "Set to a Level"),
            ("reactivate", "Reactivate"),
            ("refund", "Pay Back"),
        ],
        required=True,
        readonly=True,
    )
    quantity = fields.Float(string="Number", digits="Booking Credits")
    target_id = fields.Many2one(
        comodel_name="res.partner",
        string="To",
        check_company=True,
        domain="[('id', '!=', partner_id)]",
    )
    valid_until = fields.Date(string="New Last Day")
    reason = fields.Char()
    reason_required = fields.Boolean(compute="_compute_reason_required")
    units_before = fields.Float(
        string="Left Now", digits="Booking Credits", compute="_compute_effects"
    )
    units_after = fields.Float(
        string="Left After", digits="Booking Credits", compute="_compute_effects"
    )
    value_before = fields.Monetary(string="Worth Now", compute="_compute_effects")
    value_after = fields.Monetary(string="Worth After", compute="_compute_effects")
    effects = fields.Char(
        compute="_compute_effects", help="What else happens, in words."
    )
    problem = fields.Char(
        compute="_compute_effects", help="Why this cannot be done, and what can."
    )
    token = fields.Char(
        default=lambda self: str(uuid4()),
        required=True,
        help="Makes a second press of the button change nothing more.",
    )

    @api.depends("kind")
    def _compute_reason_required(self):
        for wizard in self:
            wizard.reason_required = KINDS.get(wizard.kind, False)

    @api.depends("partner_id", "kind", "choose_lot")
    def _compute_choice_ids(self):
        for wizard in self:
            wizard.choice_ids = wizard.lot_id
            if wizard.choose_lot and wizard.partner_id:
                customer = wizard.partner_id.with_company(wizard.company_id)
                wizard.choice_ids |= customer._get_booking_credits_to_change(
                    wizard.kind
                )

    @api.depends("lot_id", "kind", "quantity", "target_id", "valid_until")
    @api.depends_context("lang")
    def _compute_effects(self):
        for wizard in self:
            lot = wizard.lot_id
            effects = wizard._get_effects()
            wizard.units_before = effects["before"]
            wizard.units_after = effects["before"] + effects["units"]
            wizard.value_before = lot.value
            wizard.value_after = lot.value + effects["value"]
            wizard.effects = effects.get("text")
            wizard.problem = wizard._get_problem()

    # === Actions === #

    def action_apply(self):
        """Do what the dialog shows, once.

        :raise AccessError: for people who may not do this
        :raise UserError: from the verb, naming customer, number and remedy
        """
        self.ensure_one()
        entries = getattr(self, f"_apply_{self.kind}")(key=f"change:{self.token}")
        if self.kind == "refund" and entries:
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Credit Note"),
                "res_model": "account.move",
                "res_id": entries.move_id.id,
                "view_mode": "form",
            }
        return {"type": "ir.actions.act_window_close"}

    # === Steps, one for each kind === #

    def _apply_adjust(self, key):
        return self.lot_id.adjust(self.quantity, self.reason, key=key)

    def _apply_deduct(self, key):
        self.lot_id._check_number(self.quantity, above=0)
        return self.lot_id.adjust(-self.quantity, self.reason, key=key)

    def _apply_transfer(self, key):
        return self.lot_id.transfer(self.quantity, self.target_id, self.reason, key=key)

    def _apply_reset(self, key):
        return self.lot_id.reset(self.quantity, self.reason, key=key)

    def _apply_reactivate(self, key):
        return self.lot_id.reactivate(self.valid_until, self.reason, key=key)

    def _apply_refund(self, key):
        return self.lot_id.refund(self.quantity, self.reason, key=key)

    def _get_effects(self):
        """Return what the change does.

        :return: dict of ``before`` (units left now), ``units`` and ``value`` (signed
            changes) and ``text``
        """
        self.ensure_one()
        lot = self.lot_id
        if not lot:
            return {"before": 0.0, "units": 0.0, "value": 0.0}
        if self.kind == "reactivate":
            return self._get_reactivate_effects()
        before = lot.available
        units = {
            "adjust": self.quantity,
            "reset": self.quantity - before,
        }.get(self.kind, -self.quantity)
        value = 0.0
        if units < 0 and before + units >= 0:
            value = -lot._get_value_released(-units)
        effects = {"before": before, "units": units, "value": value}
        bonus = self._get_bonus_back()
        back = sum(part._get_value_released(number) for part, number in bonus)
        effects["text"] = self._get_effects_text(back - value)
        for part, number in bonus:
            effects["text"] += self.env._(
                " %(credits)s of the bonus %(lot)s go as well.",
                credits=part._in_words(number),
                lot=part.name,
            )
        return effects

    def _get_bonus_back(self):
        """Return what goes of the bonus with what is paid back; see the lot's."""
        lot = self.lot_id
        if self.kind != "refund" or lot._compare_units(lot.available, 0) <= 0:
            return []
        share = min(max(self.quantity / lot.available, 0.0), 1.0)
        return lot._get_bonus_back(share)

    def _get_reactivate_effects(self):
        """Return what comes back of what has expired."""
        lot = self.lot_id
        rows = lot._get_reactivable()
        # what the nightly job has not written off yet is owed, but cannot be used
        waiting = (
            lot.available
            if lot._is_expired(lot.company_id._booking_credit_today())
            else 0.0
        )
        return {
            "before": lot.available - waiting,
            "units": waiting + float(sum(units for _entry, units, _value in rows)),
            "value": sum(value for _entry, _units, value in rows),
            "text": self.env._("Usable again until the new last day."),
        }

    def _get_effects_text(self, amount):
        _ = self.env._
        money = self.currency_id.format(amount)
        if self.kind == "transfer" and self.target_id:
            return _(
                "%(customer)s receives %(credits)s, worth %(amount)s, on the same "
                "terms.",
                customer=self.target_id.display_name,
                credits=self.lot_id._in_words(self.quantity),
                amount=money,
            )
        if self.kind == "refund":
            return _(
                "A credit note of %s without tax is posted. Pay it out from there.",
                money,
            )
        if amount:
            return _("%s that was owed becomes income.", money)
        return ""

    def _get_problem(self):
        """Say while typing what the verb would refuse."""
        self.ensure_one()
        _ = self.env._
        if self.kind == "reactivate":
            today = self.company_id and self.company_id._booking_credit_today()
            if self.valid_until and self.valid_until < today:
                return _("The new last day is past: choose today or a later day.")
            return ""
        if self.kind == "deduct" and self.quantity < 0:
            return _("Enter how many to take, above zero. To add some, correct them.")
        if self.lot_id._compare_units(self.units_after, 0) < 0:
            return _(
                "%(customer)s has only %(left)s left here.",
                customer=self.partner_id.display_name,
                left=self.lot_id.available_text,
            )
        return ""

    @api.model
    def _open(self, lot, kind):
        """Return the action that opens the dialog of ``kind`` for ``lot``."""
        titles = dict(self._fields["kind"]._description_selection(self.env))
        # a context says it, and may say anything
        kind = kind if kind in titles else "adjust"
        today = lot.company_id._booking_credit_today()
        return {
            "type": "ir.actions.act_window",
            "name": f"{titles[kind]}: {lot.name}",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_lot_id": lot.id,
                "default_kind": kind,
                "default_quantity": lot.available if kind in ("reset", "refund") else 0,
                "default_valid_until": fields.Date.to_string(
                    today + timedelta(days=30)
                ),
            },
        }
