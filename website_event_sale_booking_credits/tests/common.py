import re
from datetime import timedelta

from odoo import fields
from odoo.fields import Command

from odoo.addons.event_sale_booking_credits.tests.common import ClassCommon
from odoo.addons.website_sale_booking_credits.tests.common import ShopCommon


class ScheduleCommon(ClassCommon, ShopCommon):
    """The public schedule with a class of two seats; Anna and Ben have accounts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ben = cls.other.partner_id
        cls.yoga_class.write(
            {"website_published": True, "booking_waiting_mode": "auto"}
        )
        cls.ticket = cls.yoga_class.event_ticket_ids

    def _create_course(self, **values):
        """Return a class with two slots, in three days."""
        begin = fields.Datetime.now().replace(hour=8, minute=0) + timedelta(days=3)
        return self._create_class(
            "Course",
            date_begin=begin,
            date_end=begin + timedelta(hours=10),
            website_published=True,
            is_multi_slots=True,
            event_slot_ids=[
                Command.create(
                    {"date": begin.date(), "start_hour": hour, "end_hour": hour + 1}
                )
                for hour in (10, 12)
            ],
            **values,
        )

    # --- what a customer does in the browser

    def _url(self, path="register", event=None):
        return f"/event/{(event or self.yoga_class).id}/{path}"

    def _attendees(self, *names, event=None, slot=None, ticket=None):
        """Return the last form of a registration, filled in."""
        event = event or self.yoga_class
        ticket = ticket or event.event_ticket_ids[:1]
        data = {}
        questions = {q.question_type: q for q in event.question_ids}
        for index, name in enumerate(names, 1):
            data[f"{index}-event_ticket_id"] = ticket.id
            if slot:
                data[f"{index}-event_slot_id"] = slot.id
            if "name" in questions:
                data[f"{index}-name-{questions['name'].id}"] = name
        return data

    def _token(self, user=None, event=None, slot=None, ticket=None):
        """Return the token of a form that is drawn now."""
        event = event or self.yoga_class
        ticket = ticket or event.event_ticket_ids[:1]
        partner = (user or self.shopper).partner_id
        return event._get_form_token(partner, slot.ids if slot else [], ticket.ids)

    def _book_online(self, *names, event=None, token=None, user=None, **data):
        """Press “Book with … credits” in the last step."""
        names = names or ("Anna Shopper",)
        slot, ticket = data.pop("slot", None), data.pop("ticket", None)
        token = token or self._token(user, event, slot, ticket)
        form = self._attendees(*names, event=event, slot=slot, ticket=ticket)
        form.update(data, booking_token=token)
        return self._post(self._url("registration/credits", event), **form)

    def _last_step(self, event=None, seats=1, **data):
        """Return the last step of a registration, as text."""
        event = event or self.yoga_class
        answer = self.make_jsonrpc_request(
            self._url("registration/new", event),
            {f"nb_register-{event.event_ticket_ids[:1].id}": str(seats), **data},
        )
        self.html = answer
        return " ".join(re.sub(r"<[^>]+>", " ", answer).split()).replace("\xa0", " ")

    def _fill(self, event=None):
        """Let somebody else take all seats of a class."""
        event = event or self.yoga_class
        self.carl_lot = self._buy(partner=self.carl)
        return self._take(event, partner=self.carl, seats=event.seats_available)

    def _join(self, event=None, **data):
        """Press “Join the waiting list”."""
        event = event or self.yoga_class
        data.setdefault("ticket", event.event_ticket_ids[:1].id)
        return self._post(self._url("waiting/join", event), **data)

    def _entries(self, partner=None):
        return self.env["event.waiting"].search(
            [("partner_id", "=", (partner or self.anna).id)]
        )
