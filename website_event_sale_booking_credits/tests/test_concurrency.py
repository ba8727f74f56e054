"""Forms sent several times at once. They commit: use a database to throw away."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.event_sale_booking_credits.tests.test_concurrency import (
    TestSeatConcurrency,
)


@tagged("-standard", "-at_install", "post_install", "booking_credits_concurrency")
class TestFormConcurrency(TestSeatConcurrency):
    def _create_shopper(self, env, partner_id):
        return env["res.users"].create(
            {
                "name": "Shopper",
                "login": f"shopper-{partner_id}",
                "partner_id": partner_id,
                "email": "shopper@example.com",
                "group_ids": [(6, 0, [env.ref("base.group_portal").id])],
            }
        )

    @mute_logger("odoo.service.model", "odoo.sql_db")
    def test_one_form_pressed_several_times_books_once(self):
        """§11: four presses at once: one booking, and all read the same answer."""
        event_id = self._create_class(seats=10)
        lot_id, partner_id = self._create_lot()
        with self._environment() as env:
            user_id = self._create_shopper(env, partner_id).id
            event = env["event.event"].browse(event_id)
            ticket_id = event.event_ticket_ids.id
            token = event._get_form_token(
                env["res.partner"].browse(partner_id), [], [ticket_id]
            )
            company_id = env.company.id

        def press(env):
            event = env["event.event"].with_user(user_id).sudo().browse(event_id)
            with env.cr.savepoint():
                return event._book_with_credits(
                    [{"name": "Me", "event_ticket_id": ticket_id}],
                    token,
                    {"partner_id": partner_id, "company_id": company_id},
                ).id

        results = self._race(*[press] * 4)
        self.assertEqual(len(set(results)), 1, results)
        self.assertIsInstance(results[0], int)
        self.assertEqual(self._count_seats(event_id), 1)
        self.assertEqual(self._read_lot(lot_id)[0], 0)

    @mute_logger("odoo.service.model", "odoo.sql_db")
    def test_joining_several_times_at_once(self):
        event_id = self._create_class(booking_waiting_mode="auto")
        taken = self._create_seat_order(event_id, self._create_lot()[1])
        with self._environment() as env:
            env["sale.order"].browse(taken).action_confirm()
        _lot_id, partner_id = self._create_lot()
        with self._environment() as env:
            user_id = self._create_shopper(env, partner_id).id
            ticket_id = env["event.event"].browse(event_id).event_ticket_ids.id

        def press(env):
            event = env["event.event"].with_user(user_id).sudo().browse(event_id)
            with env.cr.savepoint():
                return event._join_waiting(0, ticket_id).id

        results = self._race(*[press] * 4)
        self.assertEqual(len(set(results)), 1, results)
        self.assertIsInstance(results[0], int)


# the races for seats run with their own add-on
del TestSeatConcurrency
