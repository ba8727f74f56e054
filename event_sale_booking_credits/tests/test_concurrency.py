"""Races for seats on real connections. They commit: use a database to throw away."""

import uuid
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.booking_credits.tests.test_concurrency import CROWDS, TestConcurrency


@tagged("-standard", "-at_install", "post_install", "booking_credits_concurrency")
class TestSeatConcurrency(TestConcurrency):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._environment() as env:
            cls.seat_id = (
                env["product.product"]
                .create(
                    {
                        "name": "Seat",
                        "type": "service",
                        "list_price": 10.0,
                        "taxes_id": [Command.clear()],
                        "service_tracking": "event",
                        "booking_ok": True,
                        "booking_credit_price": 10,
                    }
                )
                .id
            )

    def _create_class(self, seats=1, **values):
        """Commit a class; return its id."""
        start = fields.Datetime.now() + timedelta(days=2)
        with self._environment() as env:
            return (
                env["event.event"]
                .create(
                    {
                        "name": f"Class {uuid.uuid4()}",
                        "date_begin": start,
                        "date_end": start + timedelta(hours=1),
                        "date_tz": "UTC",
                        "company_id": env.company.id,
                        "seats_limited": True,
                        "seats_max": seats,
                        "event_mail_ids": [Command.clear()],
                        "event_ticket_ids": [
                            Command.create({"name": "Seat", "product_id": self.seat_id})
                        ],
                        **values,
                    }
                )
                .id
            )

    def _create_seat_order(self, event_id, partner_id):
        """Commit a quotation for a seat, to be paid with credits; return its id."""
        with self._environment() as env:
            event = env["event.event"].browse(event_id)
            order = env["sale.order"].create(
                {
                    "partner_id": partner_id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.seat_id,
                                "event_id": event_id,
                                "event_ticket_id": event.event_ticket_ids.id,
                            }
                        )
                    ],
                }
            )
            order.action_booking_credit_pay()
            return order.id

    def _confirm(self, order_id):
        def call(env):
            return bool(env["sale.order"].browse(order_id).action_confirm())

        return call

    def _promote(self, event_id):
        def call(env):
            return len(env["event.event"].browse(event_id)._promote_waiting())

        return call

    def _count_seats(self, event_id):
        with self._environment() as env:
            return env["event.event"].browse(event_id).seats_taken

    def _wait(self, event_id, partner_id):
        with self._environment() as env:
            entry = env["event.waiting"].create(
                {"event_id": event_id, "partner_id": partner_id}
            )
            return entry.id

    @mute_logger("odoo.service.model", "odoo.sql_db")
    def test_the_last_seat_is_sold_once(self):
        for number in CROWDS:
            with self.subTest(number=number):
                event_id = self._create_class()
                lots = [self._create_lot() for _racer in range(number)]
                orders = [
                    self._create_seat_order(event_id, partner) for _lot, partner in lots
                ]
                results = self._race(*map(self._confirm, orders))
                lost = [r for r in results if isinstance(r, Exception)]
                self.assertEqual(self._count_seats(event_id), 1)
                self.assertEqual(len(lost), number - 1)
                spent = [self._read_lot(lot)[0] for lot, _partner in lots]
                self.assertEqual(sorted(spent), [0] + [10] * (number - 1))

    @mute_logger("odoo.service.model", "odoo.sql_db")
    def test_the_last_seat_of_a_ticket_is_sold_once(self):
        event_id = self._create_class(seats=10)
        with self._environment() as env:
            env["event.event"].browse(event_id).event_ticket_ids.seats_max = 1
        orders = [
            self._create_seat_order(event_id, self._create_lot()[1]) for _x in range(2)
        ]
        results = self._race(*map(self._confirm, orders))
        self.assertEqual(sum(isinstance(r, ValidationError) for r in results), 1)
        self.assertEqual(self._count_seats(event_id), 1)

    @mute_logger("odoo.service.model", "odoo.sql_db")
    def test_two_jobs_two_seats_and_three_who_wait(self):
        """S1-07: two seats freed at once, three waiting: two enrolled, one waits."""
        event_id = self._create_class(booking_waiting_mode="auto")
        taken = self._create_seat_order(event_id, self._create_lot()[1])
        with self._environment() as env:
            env["sale.order"].browse(taken).action_confirm()
        lots = [self._create_lot() for _x in range(3)]
        for _lot, partner in lots:
            self._wait(event_id, partner)
        with self._environment() as env:
            env["event.event"].browse(event_id).seats_max = 3
        self._race(self._promote(event_id), self._promote(event_id))
        self.assertEqual(self._count_seats(event_id), 3)
        balances = sorted(self._read_lot(lot)[0] for lot, _partner in lots)
        self.assertEqual(balances, [0, 0, 10])

    @mute_logger("odoo.service.model", "odoo.sql_db")
    def test_an_enrolment_against_a_new_booking(self):
        """S1-07: one seat, the list and a booking by staff at once: one of them."""
        event_id = self._create_class(booking_waiting_mode="auto")
        taken = self._create_seat_order(event_id, self._create_lot()[1])
        with self._environment() as env:
            env["sale.order"].browse(taken).action_confirm()
        _lot, partner = self._create_lot()
        self._wait(event_id, partner)
        other = self._create_seat_order(event_id, self._create_lot()[1])
        with self._environment() as env:
            env["event.event"].browse(event_id).seats_max = 2
        self._race(self._promote(event_id), self._confirm(other))
        self.assertEqual(self._count_seats(event_id), 2)
        with self._environment() as env:
            entry = env["event.waiting"].search([("event_id", "=", event_id)])
            order = env["sale.order"].browse(other)
            self.assertNotEqual(entry.state == "enrolled", order.state == "sale")

    @mute_logger("odoo.service.model", "odoo.sql_db")
    def test_a_job_that_crashes_is_taken_up_again(self):
        """The list and the seats say what is left to do, whatever was interrupted."""
        event_id = self._create_class(booking_waiting_mode="auto")
        taken = self._create_seat_order(event_id, self._create_lot()[1])
        with self._environment() as env:
            env["sale.order"].browse(taken).action_confirm()
        lots = [self._create_lot() for _x in range(2)]
        entries = [self._wait(event_id, partner) for _lot, partner in lots]
        with self._environment() as env:
            env["event.event"].browse(event_id).seats_max = 3
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["event.waiting"].browse(entries[0])._enrol()
            cr.rollback()
        self._race(self._promote(event_id))
        self.assertEqual(self._count_seats(event_id), 3)
        self.assertEqual([self._read_lot(lot)[0] for lot, _p in lots], [0, 0])

    @mute_logger("odoo.service.model", "odoo.sql_db")
    def test_an_offer_is_taken_once(self):
        """“Take the seat” pressed four times at once: one seat, one answer."""
        event_id = self._create_class(booking_waiting_mode="offer")
        taken = self._create_seat_order(event_id, self._create_lot()[1])
        with self._environment() as env:
            env["sale.order"].browse(taken).action_confirm()
        lot_id, partner = self._create_lot()
        entry_id = self._wait(event_id, partner)
        with self._environment() as env:
            env["event.event"].browse(event_id).seats_max = 2
            env["event.event"].browse(event_id)._promote_waiting()

        def press(env):
            entry = env["event.waiting"].browse(entry_id)
            entry.event_id._lock_seats()
            if entry.state != "enrolled":
                entry.action_accept()
            return entry.order_id.id

        results = self._race(*[press] * 4)
        self.assertEqual(len(set(results)), 1, results)
        self.assertIsInstance(results[0], int)
        self.assertEqual(self._count_seats(event_id), 2)
        self.assertEqual(self._read_lot(lot_id)[0], 0)

    @mute_logger("odoo.service.model", "odoo.sql_db")
    def test_the_seat_of_a_line_is_taken_once(self):
        """One line, one seat: confirmed again, and made anew, at the same time."""
        event_id = self._create_class(seats=0, seats_limited=False)
        order_id = self._create_seat_order(event_id, self._create_lot()[1])
        with self._environment() as env:
            order = env["sale.order"].browse(order_id)
            order.action_confirm()
            line = order.order_line.filtered("event_id")
            seat = line.registration_ids
            seat.action_set_draft()
            line_id, seat_id = line.id, seat.id

        def confirm(env):
            env["event.registration"].browse(seat_id).action_confirm()
            return True

        def create(env):
            env["event.registration"].create({"sale_order_line_id": line_id})
            return True

        results = self._race(confirm, create)
        self.assertEqual(sum(isinstance(r, ValidationError) for r in results), 1)
        self.assertEqual(self._count_seats(event_id), 1)


# the races of the core run with the core
del TestConcurrency
