from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.booking_credits.inside import tell


class EventMissSession(models.TransientModel):
    """Notes that somebody will miss a session of a course, and gives its price back."""

    _name = "event.miss.session"
    _description = "Miss a Session"

    registration_id = fields.Many2one(
        comodel_name="event.registration",
        string="Attendee",
        required=True,
        readonly=True,
    )
    event_id = fields.Many2one(related="registration_id.event_id", related_sudo=False)
    session_id = fields.Many2one(
        comodel_name="event.course.session",
        string="Session",
        required=True,
        domain="[('event_id', '=', event_id), ('cancelled', '=', False)]",
    )
    effect = fields.Char(compute="_compute_effect")

    @api.depends("session_id")
    @api.depends_context("lang")
    def _compute_effect(self):
        for wizard in self:
            line = wizard.registration_id.sudo().sale_order_line_id
            rows = wizard.session_id and line._take_rows_of_session(1.0)
            if not rows:
                wizard.effect = wizard.session_id and self.env._(
                    "Nothing comes back: the course costs once, or is paid in money."
                )
                continue
            terms = line._get_session_terms(wizard.session_id, False)
            quote = line._prepare_cancel_quote(rows, terms, None)
            wizard.effect = self.env._(
                "%s come back.", line._get_booking_returned_text(quote.measures)
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Override: what this dialog says is read with sudo.

        :raise AccessError: for an attendee or a session that the user may not see
        """
        wizards = super().create(vals_list)
        wizards.registration_id.check_access("read")
        wizards.session_id.check_access("read")
        return wizards

    def action_miss(self):
        """Give back what the session has cost this attendee, under the terms.

        :raise AccessError: for others than the front desk
        :raise UserError: if the seat is cancelled
        """
        self.ensure_one()
        self.env["booking.credit.lot"]._check_may("user")
        seat = self.registration_id
        seat.check_access("write")
        if seat.state == "cancel":
            raise UserError(self.env._("%s is cancelled already.", seat.display_name))
        line = tell(seat.sale_order_line_id, session_seat=seat.id)
        line._give_back_session(
            self.session_id,
            places=1.0,
            reason=self.env._("%s misses a session", seat.display_name),
        )
        return {"type": "ir.actions.act_window_close"}
