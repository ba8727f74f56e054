from collections import defaultdict
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.booking_credits.inside import tell_fields, told
from odoo.addons.booking_credits.ledger import as_decimal
from odoo.addons.booking_credits.refund import returned_percent


class SaleOrderLine(models.Model):
    """A seat in a course that costs so much for each session."""

    _inherit = "sale.order.line"

    # each session that comes back is this part of what was paid
    _booking_guarded = {"booking_session_count": "_keep_booking_terms"}

    booking_session_count = fields.Integer(
        string="Sessions Paid",
        readonly=True,
        copy=False,
        help="Sessions of the course that were to come when it was booked.",
    )

    # === Business verbs === #

    def _give_back_session(
        self, session, places=None, reason=None, give_all_back=False
    ):
        """Give back what one session of this course has cost, under the terms.

        Safe to run twice for the same session and places.

        :param session: ``event.course.session``
        :param float places: how many seats miss it; all when not given. One seat is
            named by the id of its registration, told as ``session_seat``
        :param bool give_all_back: set the terms aside, in the customer's favour
        :return: the ``booking.credit.entry`` records
        """
        self.ensure_one()
        self._check_session_of_course(session)
        operation = self.env["booking.credit.operation"]
        entries = self.env["booking.credit.entry"]
        seat = told(self, "session_seat")
        key = f"session:{session.id}:{self.id}:{seat or 'all'}"
        request = {"line": self.id, "session": session.id, "seat": seat}
        done = operation._find_replay("restore", request, {"key": key}, self.company_id)
        if done is not None:
            return done
        rows = self._take_rows_of_session(places or self.product_uom_qty)
        if not rows:
            return entries
        terms = self._get_session_terms(session, give_all_back)
        quote = self._prepare_cancel_quote(rows, terms, None)
        entries = operation._post(
            "restore",
            self._prepare_cancel_postings(rows, quote),
            order_line=self,
            reason=reason,
            key=key,
            request=request,
        )
        self.env["booking.credit.posting"]._post_entries(
            entries.filtered(lambda entry: entry.type == "expire")
        )
        self._log_session_given_back(session, quote)
        return entries

    def _check_session_of_course(self, session):
        """Refuse a session of another course.

        :raise UserError: naming the session and this course
        """
        if session.event_id != self.event_id:
            # each session gives its share back: another course has others
            raise UserError(
                self.env._(
                    "The session on %(start)s is not one of “%(course)s”.",
                    start=session.display_name,
                    course=self.event_id.name,
                )
            )

    def _log_session_given_back(self, session, quote):
        """Note on the order what came back for one session."""
        self.order_id.message_post(
            body=self.env._(
                "Session on %(start)s: %(returned)s came back.",
                start=session.display_name,
                returned=self._get_booking_returned_text(quote.measures),
            )
        )

    # === Steps, for bridges to extend === #

    def _count_sessions(self):
        """Return how many sessions this seat pays, or will pay if booked now."""
        self.ensure_one()
        return self.booking_session_count or self.event_id._count_sessions_to_pay()

    def _keep_booking_terms(self):
        """Override to keep how many sessions are paid."""
        res = super()._keep_booking_terms()
        lines = tell_fields(self, "booking_session_count")
        for line in lines.filtered("event_id"):
            line.booking_session_count = line.event_id._count_sessions_to_pay()
        return res

    def _get_booking_cost(self, measure):
        """Override: entry cards pay each session too."""
        cost = super()._get_booking_cost(measure)
        if measure == "session" and self.event_id:
            cost *= self._count_sessions()
        return cost

    def _get_session_terms(self, session, give_all_back):
        """Return the percentage that comes back for ``session`` now, and why."""
        self.ensure_one()
        policies = self.env["booking.cancellation.policy"]
        snapshot = self.booking_policy
        hours = policies._count_hours(
            snapshot, self.company_id, fields.Datetime.now(), session.begin_date
        )
        tiers, no_show = policies._get_tiers(snapshot)
        percent = returned_percent(tiers, hours, no_show)
        return {
            "percent": Decimal(100) if give_all_back else percent,
            "hours_left": hours,
            "why": None,
            "give_all_back": give_all_back,
        }

    def _take_rows_of_session(self, places):
        """Return the part of what was spent that one session of ``places`` has cost.

        What was spent last goes back first.

        :return: list of ``(entry, units, value)``, in the order of spending
        """
        self.ensure_one()
        if self.event_id.booking_session_price != "session" or not self.product_uom_qty:
            return []
        share = as_decimal(places) / as_decimal(self.product_uom_qty)
        share /= max(self.booking_session_count, 1)
        units = defaultdict(Decimal)
        for line in self.booking_credit_line_ids:
            part = as_decimal(line.booking_credit_quantity) * share
            units[line.booking_credit_measure] += part
        return self._take_last_units(self._get_spent_rows()[self], units)
