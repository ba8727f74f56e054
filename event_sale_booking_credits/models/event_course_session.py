from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.booking_credits.inside import check_guarded, tell

from ..const import SESSION_PRICES


class EventCourseSession(models.Model):
    """One of the sessions of a course: a class that is booked as a whole (S1-02)."""

    _name = "event.course.session"
    _description = "Course Session"
    _order = "event_id, begin_date, id"
    _rec_name = "begin_date"

    _booking_guarded = {
        "cancelled": "action_cancel_session",
        "company_id": "event_id",  # follows from the course
    }

    event_id = fields.Many2one(
        comodel_name="event.event",
        string="Course",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="event_id.company_id", store=True)
    begin_date = fields.Datetime(string="Start", required=True)
    end_date = fields.Datetime(string="End", required=True)
    cancelled = fields.Boolean(readonly=True, copy=False)
    reason = fields.Char(
        copy=False, help="Why it does not take place; customers are told."
    )

    _dates_ordered = models.Constraint(
        "CHECK(end_date > begin_date)", "A session ends after it starts."
    )

    @api.depends("begin_date", "event_id.date_tz")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for session in self:
            session.display_name = session._get_start_text()

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: what is cancelled follows from the button."""
        check_guarded(self.browse(), vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Override: only who plans classes moves a session; the terms go by its start.

        :raise AccessError: for others
        """
        self.check_access("write")
        check_guarded(self, [vals])
        if (
            {"event_id", "begin_date", "end_date"} & vals.keys()
            and not self.env.su
            and not self.env.user.has_group("event.group_event_user")
        ):
            raise AccessError(
                self.env._("Sessions are moved by those who plan classes.")
            )
        return super().write(vals)

    # === Actions === #

    def action_cancel_session(self):
        """Cancel this session: what it has cost comes back, whatever the terms (S2-03).

        Safe to run twice. Where the course costs once, nothing comes back: it goes on.

        :raise AccessError: for others than the front desk
        :raise UserError: without a reason, or for a session that is over
        """
        self.ensure_one()
        self.env["booking.credit.lot"]._check_may("user")
        self.check_access("write")
        self._check_session_cancellable()
        # sudo: the front desk cancels sessions, and does not plan them.
        self.sudo().cancelled = True
        lines = self.event_id._get_class_bookings()
        for line in tell(lines, provider_cancels=True):
            line._give_back_session(self, reason=self.reason, give_all_back=True)
            self._tell_session_cancelled(line.order_id)

    def _check_session_cancellable(self):
        """Refuse to cancel a session without a reason, or one that is over.

        :raise UserError: naming the session
        """
        if not (self.reason or "").strip():
            raise UserError(
                self.env._(
                    "Say why the session on %s is cancelled: customers are told.",
                    self.display_name,
                )
            )
        if self.end_date <= fields.Datetime.now():
            raise UserError(
                self.env._(
                    "The session on %s is over: it cannot be cancelled any more.",
                    self.display_name,
                )
            )

    def _tell_session_cancelled(self, order):
        """Tell the customer of ``order`` that this session does not take place."""
        order.message_post(
            body=self.env._(
                "The session of “%(course)s” on %(start)s does not take place: "
                "%(reason)s",
                course=self.event_id.name,
                start=self.display_name,
                reason=self.reason,
            ),
            partner_ids=order.partner_id.ids,
            subtype_xmlid="mail.mt_comment",
        )

    # === What people read === #

    def _get_start_text(self):
        """Write the start as it is on the clock of the course."""
        self.ensure_one()
        if not self.begin_date:
            return ""
        return self.env["ir.qweb.field.datetime"].value_to_html(
            self.begin_date,
            {"tz_name": self.event_id.date_tz or "UTC", "format": "EEE d MMM, HH:mm"},
        )


class EventEvent(models.Model):
    _inherit = "event.event"

    booking_session_ids = fields.One2many(
        comodel_name="event.course.session",
        inverse_name="event_id",
        string="Sessions",
        copy=True,
        help="A course is booked as a whole and takes place several times.",
    )
    booking_session_price = fields.Selection(
        selection=SESSION_PRICES,
        string="A Course Costs",
        default="once",
        help="Once: what the ticket costs, and nothing comes back for one session.\n"
        "For each session: who joins late pays what is to come; a session that is "
        "missed comes back under the terms, one that we cancel comes back wholly.",
    )

    def _count_sessions_to_pay(self):
        """Return how many times the price of a ticket is due now; 1 for a class."""
        self.ensure_one()
        if self.booking_session_price != "session" or not self.booking_session_ids:
            return 1
        now = fields.Datetime.now()
        coming = self.booking_session_ids.filtered(
            lambda session: not session.cancelled and session.begin_date > now
        )
        return max(len(coming), 1)
