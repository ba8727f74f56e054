from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.booking_credits.tests.common import BookingCreditsCommon


class ClassCommon(BookingCreditsCommon):
    """A studio with a yoga class of two seats, and words to book them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("event.group_event_manager")
        cls.seat = cls._create_service(
            "Seat", credits=10, price=20.0, service_tracking="event"
        )
        cls.pass_product = cls._create_service(
            "Pass seat", credits=1, price=20.0, service_tracking="event"
        )
        cls.bob = cls.env["res.partner"].create({"name": "Bob", "email": "bob@x.test"})
        cls.carl = cls.env["res.partner"].create(
            {"name": "Carl", "email": "carl@x.test"}
        )
        cls.anna.email = "anna@x.test"
        cls.yoga_class = cls._create_class("Yoga on Monday")
        cls.desk = new_test_user(
            cls.env,
            "desk",
            groups="event.group_event_registration_desk",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _create_class(cls, name, hours=48, seats=2, product=None, **values):
        """Return a class that starts in ``hours`` hours and lasts one."""
        start = fields.Datetime.now() + timedelta(hours=hours)
        return cls.env["event.event"].create(
            {
                "name": name,
                "date_begin": start,
                "date_end": start + timedelta(hours=1),
                "date_tz": "UTC",
                "company_id": cls.company.id,
                "seats_limited": bool(seats),
                "seats_max": seats,
                "event_ticket_ids": [
                    Command.create(
                        {"name": "Seat", "product_id": (product or cls.seat).id}
                    )
                ],
                "event_mail_ids": [Command.clear()],
                **values,
            }
        )

    def _quote(self, event=None, partner=None, seats=1, **line_values):
        """Return a quotation with seats in ``event``."""
        event = event or self.yoga_class
        ticket = event.event_ticket_ids[:1]
        return self.env["sale.order"].create(
            {
                "partner_id": (partner or self.anna).id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": ticket.product_id.id,
                            "event_id": event.id,
                            "event_ticket_id": ticket.id,
                            "product_uom_qty": seats,
                            **line_values,
                        }
                    )
                ],
            }
        )

    def _take(self, event=None, partner=None, seats=1, **line_values):
        """Book seats with credits; return the order."""
        order = self._quote(event, partner, seats, **line_values)
        order.action_booking_credit_pay()
        order.action_confirm()
        return order

    def _seats(self, event=None, state="open"):
        """Return the registrations of ``event`` in ``state``."""
        event = event or self.yoga_class
        return event.registration_ids.filtered(lambda seat: seat.state == state)

    def _line(self, order):
        """Return the booking on ``order``."""
        return order.order_line.filtered("event_id")
