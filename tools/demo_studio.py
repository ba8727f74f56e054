"""Fill the demo database with three months of a small studio.

Run by bin/demo in "odoo shell". Everything is sold, paid, booked and cancelled by the
front desk on real documents, on the day it happened.
"""

from datetime import datetime, time, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.fields import Command

CUSTOMERS = [
    ("Paul Marchand", "paul.marchand@example.com"),
    ("Marie Lenoir", "marie.lenoir@example.com"),
    ("Karim Benali", "karim.benali@example.com"),
    ("Julie Peeters", "julie.peeters@example.com"),
    ("Tomáš Novák", "tomas.novak@example.com"),
    ("Hannah Vogel", "hannah.vogel@example.com"),
]


class Studio:
    """The acts of the front desk on one day."""

    def __init__(self, env):
        staff = env["res.users"].search([("login", "=", "staff")])
        self.root = env
        self.env = env(user=staff.id)
        self.people = {"anna": env.ref("booking_credits.res_partner_anna_demo")}
        for name, email in CUSTOMERS:
            partner = env["res.partner"].create({"name": name, "email": email})
            self.people[name.split()[0].lower()] = partner

    def product(self, name):
        """Return one of the products of the demo data."""
        return self.root.ref(f"booking_credits.product_{name}_demo")

    def order(self, who, *lines):
        """Write a quotation with one line for each ``(product, start)``."""
        return self.env["sale.order"].create(
            {
                "partner_id": self.people[who].id,
                "order_line": [
                    Command.create(
                        {"product_id": self.product(name).id, "booking_start": start}
                    )
                    for name, start in lines
                ],
            }
        )

    def sell(self, who, pack, paid=True):
        """Sell a pack; invoice it, and register its payment."""
        order = self.order(who, (pack, False))
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        if paid:
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create({})._create_payments()
        return order

    def book(self, who, service, day, hour):
        """Book a class of ``day`` with credits."""
        start = datetime.combine(day, time(hour))
        order = self.order(who, (service, start))
        order.action_booking_credit_pay()
        order.action_confirm()
        return order

    def cancel(self, order, reason):
        """Cancel as the dialog does."""
        dialog = order.action_cancel()
        wizard = self.env["booking.cancel"].browse(dialog["res_id"])
        wizard.reason = reason
        wizard.action_cancel_bookings()


def fill(env):
    """Tell three months, day by day."""
    studio = Studio(env)
    today = fields.Date.today()

    def on(days, hour=9):
        """Freeze the time at so many days from today."""
        day = today + timedelta(days=days)
        return freeze_time(datetime.combine(day, time(hour)))

    def after(days):
        return today + timedelta(days=days)

    short = env.ref("booking_credits.product_pack_100_demo").copy(
        {
            "name": "20 credits to try",
            "list_price": 20,
            "booking_credit_quantity": 20,
            "booking_credit_validity": 30,
            "booking_credit_validity_unit": "days",
            "description_sale": "20 credits for any class, valid 30 days.",
        }
    )
    env["ir.model.data"].create(
        {
            "module": "booking_credits",
            "name": "product_try_demo",
            "model": "product.product",
            "res_id": short.id,
            "noupdate": True,
        }
    )
    with on(-90):
        studio.sell("anna", "try")
        studio.book("anna", "yoga", after(-88), 18)
        studio.sell("paul", "pack_100")
        studio.sell("marie", "pack_yoga")
    with on(-60):
        studio.sell("anna", "pack_100")
        studio.sell("karim", "pack_100")
        studio.book("paul", "pilates", after(-58), 18)
        studio.book("marie", "yoga", after(-57), 18)
        studio.book("karim", "yoga", after(-57), 18)
    with on(-30):
        studio.sell("julie", "pass")
        studio.sell("hannah", "money")
        for day in (-29, -27, -22):
            studio.book("anna", "yoga", after(day), 18)
            studio.book("karim", "pilates", after(day), 12)
        late = studio.book("paul", "yoga", after(-30), 14)
        studio.cancel(late, "ill, called at nine")
        studio.book("marie", "yoga", after(-22), 18)
    with on(-6):
        studio.sell("julie", "pass")
        studio.sell("anna", "pack_yoga")
        studio.sell("tomáš", "voucher")
        studio.sell("hannah", "pack_100", paid=False)
        studio.book("julie", "pilates", after(-5), 12)
        studio.book("anna", "pilates", after(-4), 12)
    with on(0, 8):
        studio.book("anna", "yoga", after(2), 18)
        studio.book("marie", "yoga", after(2), 18)
        studio.book("julie", "yoga", after(2), 18)
        studio.book("karim", "pilates", after(3), 12)
        studio.order("paul", ("yoga", datetime.combine(after(3), time(18))))
        lots = env["booking.credit.lot"]
        marie = lots.search([("partner_id", "=", studio.people["marie"].id)], limit=1)
        marie._adjust(1, "The heating failed on Tuesday: one class on the house")
    env.cr.commit()
    lots._cron_expire()
    env["booking.credit.posting"]._cron_post_due()
    env.cr.commit()


fill(env)  # noqa: F821 (the shell gives env)
print("STUDIO OK")
