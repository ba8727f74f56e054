from datetime import timedelta
from uuid import uuid4

from odoo import api, fields, models
from odoo.tools import format_date

#: days by which the dialog proposes to extend
PROPOSED_DAYS = 30

#: lots that the preview names
PREVIEW_LIMIT = 10


class BookingCreditExtend(models.TransientModel):
    """Lets credits live longer, of one customer or of many."""

    _name = "booking.credit.extend"
    _inherit = ["booking.credit.dialog"]
    _description = "Extend Credits"

    lot_ids = fields.Many2many(
        comodel_name="booking.credit.lot", string="Credits", required=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        help="Empty: credits of several customers.",
    )
    choice_ids = fields.Many2many(
        comodel_name="booking.credit.lot", compute="_compute_partner_id"
    )
    mode = fields.Selection(
        selection=[("day", "Until a day"), ("days", "By a number of days")],
        string="Extend",
        required=True,
        default="day",
    )
    valid_until = fields.Date(
        string="New Last Day",
        compute="_compute_valid_until",
        store=True,
        readonly=False,
        help="Wholly included, in the company's time zone.",
    )
    days = fields.Integer(default=PROPOSED_DAYS)
    reason = fields.Char(required=True)
    send_mail = fields.Boolean(
        string="Tell the Customers", default=True, help="By mail, each of them once."
    )
    effects = fields.Text(compute="_compute_effects")
    problem = fields.Text(
        compute="_compute_effects", help="Why this cannot be done, and what can."
    )
    token = fields.Char(
        default=lambda self: str(uuid4()),
        required=True,
        help="Makes a second press of the button change nothing more.",
    )

    @api.model
    def default_get(self, fields):
        """Override to start from the credits that are selected in a list."""
        values = super().default_get(fields)
        active_ids = self.env.context.get("active_ids") or []
        from_list = self.env.context.get("active_model") == "booking.credit.lot"
        if "lot_ids" in fields and not values.get("lot_ids") and from_list:
            values["lot_ids"] = [(6, 0, active_ids)]
        return values

    @api.depends("lot_ids")
    def _compute_partner_id(self):
        for wizard in self:
            customer = wizard.lot_ids.partner_id
            wizard.partner_id = customer if len(customer) == 1 else False
            wizard.choice_ids = wizard.lot_ids
            if wizard.partner_id:
                wizard.choice_ids |= wizard.partner_id._get_booking_credits_to_change(
                    "extend"
                )

    @api.depends("lot_ids")
    def _compute_valid_until(self):
        for wizard in self:
            ends = [day for day in wizard.lot_ids.mapped("valid_until") if day]
            today = self.env.company._booking_credit_today()
            wizard.valid_until = max([*ends, today]) + timedelta(days=PROPOSED_DAYS)

    @api.depends("lot_ids", "mode", "valid_until", "days")
    @api.depends_context("lang")
    def _compute_effects(self):
        for wizard in self:
            wizard.problem = wizard._get_problem()
            wizard.effects = "" if wizard.problem else wizard._get_effects()

    # === Actions === #

    def action_extend(self):
        """Extend the chosen credits, once.

        :raise AccessError: for others than managers
        :raise UserError: from the verb, naming the credits and the remedy
        """
        self.ensure_one()
        lots = self.lot_ids
        lots.extend(self.reason, *self._get_terms(), key=f"extend:{self.token}")
        if self.send_mail:
            lots._send_extended()
        return lots._notify(
            self.env._(
                "%(count)s extended for %(customers)s.",
                count=len(lots),
                customers=", ".join(lots.partner_id.mapped("display_name")[:10]),
            )
        )

    # === Steps === #

    def _get_terms(self):
        """Return the new last day and the number of days; one of them is None."""
        if self.mode == "days":
            return None, self.days
        return self.valid_until, None

    def _get_problem(self):
        """Say while typing what the verb would refuse."""
        until, days = self._get_terms()
        if not self.lot_ids._origin or not (until or days):
            return ""
        problems = (
            lot._get_extension_problem(lot._get_new_end(until, days))
            for lot in self.lot_ids._origin
        )
        return "\n".join([problem for problem in problems if problem][:PREVIEW_LIMIT])

    def _get_effects(self):
        """Say until when each lot is valid before and after."""
        until, days = self._get_terms()
        if not (until or days):
            return ""
        lots = self.lot_ids._origin
        sentences = [
            self._get_effect_text(lot, until, days) for lot in lots[:PREVIEW_LIMIT]
        ]
        if len(lots) > PREVIEW_LIMIT:
            sentences.append(self.env._("and %s more", len(lots) - PREVIEW_LIMIT))
        return "\n".join(sentences)

    def _get_effect_text(self, lot, until, days):
        """Say until when ``lot`` is valid before and after, and what comes back."""
        sentence = self.env._(
            "%(lot)s of %(customer)s: %(before)s → %(after)s",
            lot=lot.name,
            customer=lot.partner_id.display_name,
            before=format_date(self.env, lot.valid_until),
            after=format_date(self.env, lot._get_new_end(until, days)),
        )
        if lot.state != "expired":
            return sentence
        return self.env._(
            "%(change)s; %(credits)s can be used again",
            change=sentence,
            credits=lot._in_words(lot.expired_quantity),
        )
