"""Two late cancellations at the same moment, on real connections."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from . import test_concurrency


@tagged("-standard", "-at_install", "post_install", "booking_credits_concurrency")
class TestConcurrencyCancel(test_concurrency.TestConcurrency):
    def _book_late(self, env, partner):
        """Return a booking that a lot of its own pays, 2 hours before the start."""
        invoice = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_line_ids": [Command.create({"product_id": self.pack_id})],
            }
        )
        invoice.action_post()
        lot = invoice.invoice_line_ids._grant_booking_credits()
        order = env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.service_id,
                            "booking_start": fields.Datetime.now() + timedelta(hours=2),
                        }
                    )
                ],
            }
        )
        order._pay_with_booking_credits(lot)
        order.action_confirm()
        line = order.order_line[0]
        line.booking_policy = {"tiers": [[24, 100]], "forgiven": [1, 30]}
        return line.id, lot.id

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_only_one_of_two_is_forgiven(self):
        """S1-35: one may be forgiven; each is paid by a lot of its own."""
        with self._environment() as env:
            partner = env["res.partner"].create({"name": "Late twice"})
            made = [self._book_late(env, partner) for _number in range(2)]

        def cancel(line_id):
            def run(env):
                line = env["sale.order.line"].browse(line_id)
                line.order_id._cancel_for_customer(line)

            return run

        self._race(*[cancel(line_id) for line_id, _lot in made])
        with self._environment() as env:
            lots = env["booking.credit.lot"].browse([lot for _line, lot in made])
            self.assertEqual(sorted(lots.mapped("balance")), [0, 10])

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_a_place_cancelled_twice_at_once_goes_once(self):
        """S2-19: the same dialog, pressed in two windows."""
        with self._environment() as env:
            partner = env["res.partner"].create({"name": "Two windows"})
            line_id, lot_id = self._book_late(env, partner)
            env["sale.order.line"].browse(line_id).booking_policy = False

        def run(env):
            line = env["sale.order.line"].browse(line_id)
            line.order_id._cancel_for_customer(line, key="cancel:window")

        self._race(run, run)
        with self._environment() as env:
            self.assertEqual(env["booking.credit.lot"].browse(lot_id).balance, 10)


# the parent class lends its connections; its own races run there
for name in dir(test_concurrency.TestConcurrency):
    if callable(getattr(test_concurrency.TestConcurrency, name)) and (
        name.startswith("test_")
    ):
        setattr(TestConcurrencyCancel, name, None)
