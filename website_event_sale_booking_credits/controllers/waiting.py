from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from odoo.addons.booking_credits.exceptions import InsufficientCreditsError
from odoo.addons.booking_credits.typed import read_id
from odoo.addons.portal.controllers.portal import CustomerPortal

from .schedule import BookingSchedule


class BookingScheduleWaiting(BookingSchedule):
    """Joining a waiting list on the page of a class."""

    @route(
        '/event/<model("event.event"):event>/waiting/join',
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def waiting_join(self, event, slot="", ticket="", payment="", **_kwargs):
        """Put the user on the waiting list, with credits set aside (S1-08)."""
        slot_id, ticket_id = read_id(slot), read_id(ticket)
        try:
            with request.env.cr.savepoint():
                entry = event._join_waiting(slot_id, ticket_id, payment)
        except InsufficientCreditsError as error:
            return self._say(event, str(error), tickets={str(ticket_id): 1})
        except UserError as error:
            return self._say(event, str(error))
        text = request.env._("You are on the waiting list.")
        return self._say(entry.event_id, text, kind="success")


class BookingWaitingPortal(CustomerPortal):
    """The places of a customer on waiting lists."""

    def _prepare_home_portal_values(self, counters):
        """Override of `portal` to count the places on waiting lists."""
        values = super()._prepare_home_portal_values(counters)
        if "booking_waiting_count" in counters:
            entries = request.env["event.waiting"]._get_portal_waiting(limit=1)
            values["booking_waiting_count"] = len(entries["active"])
        return values

    @route("/my/waiting", type="http", auth="user", website=True)
    def portal_my_waiting(self, **_kwargs):
        """Show where the customer waits, and how waiting has ended."""
        return request.render(
            "website_event_sale_booking_credits.portal_my_waiting",
            {
                **self._prepare_portal_layout_values(),
                **request.env["event.waiting"]._get_portal_waiting(),
                "page_name": "booking_waiting",
                "said": request.session.pop("booking_waiting_message", None),
            },
        )

    @route(
        "/my/waiting/<int:entry_id>/leave",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_waiting_leave(self, entry_id, back="", **_kwargs):
        """Leave the list; what was set aside is free again (S1-09)."""
        entry = self._get_own_entry(entry_id)
        if entry:
            entry._leave("left")
            self._say_waiting("info", request.env._("You left the waiting list."))
        if entry and back == "class":
            return request.redirect(f"/event/{entry.event_id.id}/register")
        return request.redirect("/my/waiting")

    @route(
        "/my/waiting/<int:entry_id>/accept",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_waiting_accept(self, entry_id, **_kwargs):
        """Take the seat that is offered to the customer (S1-10)."""
        entry = self._get_own_entry(entry_id)
        if not entry:
            return request.redirect("/my/waiting")
        try:
            # first: of two presses at the same time the second one is run again
            entry.event_id._lock_seats()
            if entry.state != "enrolled":  # pressed twice: the same answer
                if entry._is_offer_open() and (url := entry._get_payment_url()):
                    return request.redirect(url)
                with request.env.cr.savepoint():
                    entry.action_accept()
        except UserError as error:
            self._say_waiting("warning", str(error))
            return request.redirect("/my/waiting")
        return request.redirect(
            f"/event/{entry.event_id.id}/booked/{entry.order_id.id}"
        )

    # === Steps, for bridges to extend === #

    def _get_own_entry(self, entry_id):
        """Return a place of the user, with all rights on it; none if it is another's."""
        try:
            entry = self._document_check_access("event.waiting", entry_id)
        except (AccessError, MissingError):
            return request.env["event.waiting"].sudo()
        # staff read all places, and leave for others in the backend
        entry = entry.filtered(lambda x: x.partner_id == request.env.user.partner_id)
        return entry.with_user(request.env.user).sudo()

    def _say_waiting(self, kind, text):
        request.session["booking_waiting_message"] = {"kind": kind, "text": text}
