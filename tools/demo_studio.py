"""Fill the demo database with three months of a small studio.

Run by bin/demo in "odoo shell". Everything is sold, paid, booked and cancelled on real
documents, by the front desk or the manager, on the day it happened.
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
    ("Léa Fontaine", "lea.fontaine@example.com"),
]


class Studio:
    """The acts of the front desk and of the manager on one day."""

    def __init__(self, env):
        staff = env["res.users"].search([("login", "=", "staff")])
        self.root = env
        self.env = env(user=staff.id)
        self.manager = env(user=env.ref("base.user_admin").id)
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
        self.invoice(order, paid)
        return order

    def invoice(self, order, paid=True, amount=None):
        """Confirm and invoice an order; return its payment, of ``amount`` if given."""
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        if not paid:
            return self.env["account.payment"]
        dialog = register.create({"amount": amount} if amount else {})
        return dialog._create_payments()

    def sell_voucher(self, who, to, message):
        """Sell a gift voucher in the dialog; return it once it is paid."""
        dialog = self.env["booking.voucher.sell"].create(
            {
                "kind": "voucher",
                "partner_id": self.people[who].id,
                "product_id": self.product("voucher").id,
                "voucher_to": to,
                "voucher_message": message,
            }
        )
        order = self.env["sale.order"].browse(dialog.action_sell()["res_id"])
        self.invoice(order)
        return order.booking_voucher_ids

    def claim(self, voucher, who):
        """Enter the code that a guest hands in."""
        self.env["booking.voucher.claim"].create(
            {"code": voucher.code, "partner_id": self.people[who].id}
        ).action_claim()

    def give(self, reason, quantity, *names, **terms):
        """Let the manager give credits to these people."""
        partners = [self.people[name].id for name in names]
        self.manager["booking.credit.give"].create(
            {
                "partner_ids": [Command.set(partners)],
                "measure": "credit",
                "quantity": quantity,
                "reason": reason,
                **terms,
            }
        ).action_give()

    def keep(self, payment):
        """Keep what was paid too much as customer credit."""
        self.env["booking.credit.keep"].create(
            {"payment_ids": [Command.set(payment.ids)]}
        ).action_keep()

    def lots(self, who):
        """Return the credits of a customer, oldest first."""
        return self.env["booking.credit.lot"].search(
            [("partner_id", "=", self.people[who].id)], order="id"
        )

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

    def call_off(self, order, reason):
        """Cancel in the same dialog, for reasons of the studio."""
        dialog = order.action_cancel()
        wizard = self.env["booking.cancel"].browse(dialog["res_id"])
        wizard.reason = reason
        wizard.action_cancel_by_provider()


def name_product(env, product, name):
    """Give a product that is made here a name, as those of the demo data have."""
    env["ir.model.data"].create(
        {
            "module": "booking_credits",
            "name": f"product_{name}_demo",
            "model": "product.product",
            "res_id": product.id,
            "noupdate": True,
        }
    )


def add_packs(env):
    """Add a small pack to try, and one that is sold only a few times."""
    pack = env.ref("booking_credits.product_pack_100_demo")
    short = pack.copy(
        {
            "name": "20 credits to try",
            "list_price": 20,
            "booking_credit_quantity": 20,
            "booking_credit_validity": 30,
            "booking_credit_validity_unit": "days",
            "description_sale": "20 credits for any class, valid 30 days.",
        }
    )
    name_product(env, short, "try")
    early = pack.copy(
        {
            "name": "Early bird, 200 credits",
            "list_price": 160,
            "booking_credit_quantity": 200,
            "booking_credit_stock_limited": True,
            "booking_credit_stock": 5,
            "booking_credit_max_customer": 1,
            "description_sale": "200 credits for any class. Only five are sold.",
        }
    )
    name_product(env, early, "early")


def add_allowance(studio):
    """Give the teachers of the studio four classes a month."""
    env = studio.manager
    tag = env["res.partner.category"].create({"name": "Teachers"})
    for who in ("léa", "karim"):
        studio.people[who].with_env(env).category_id = tag
    allowance = env["booking.credit.allowance"].create(
        {
            "name": "Classes for teachers",
            "mode": "rollover",
            "period": "month",
            "quantity": 40,
            "cap": 80,
            "tag_id": tag.id,
        }
    )
    allowance.action_give()


#: the timetable: weekdays, hour, class and teacher; a week is told around today
TIMETABLE = [
    ((0, 2, 4), 7, "Morning yoga", "lena"),
    ((0, 3), 18, "Vinyasa", "omar"),
    ((1, 4), 12, "Pilates at noon", "lena"),
    ((2,), 19, "Yin yoga", "omar"),
    ((5,), 10, "Handstand workshop", "omar"),
    ((6,), 9, "Slow Sunday", "lena"),
]


def add_teachers(env):
    """Return the teachers of the studio, by first name."""
    teachers = {}
    for name in ("Lena Brandt", "Omar Haddad"):
        login = name.split()[0].lower()
        user = env["res.users"].with_context(no_reset_password=True)
        teachers[login] = user.create({"name": name, "login": login})
    return teachers


def add_classes(studio, on):
    """Plan two weeks of classes; book, wait, come in without booking, and stay away."""
    env = studio.root
    kind = env.ref("event_sale_booking_credits.event_type_class")
    product = env.ref("event_sale_booking_credits.product_class")
    teachers = add_teachers(env)
    today = fields.Date.today()
    monday = today - timedelta(days=today.weekday())
    classes = env["event.event"]
    for day in (monday + timedelta(days=n) for n in range(14)):
        for weekdays, hour, name, teacher in TIMETABLE:
            if day.weekday() not in weekdays:
                continue
            start = datetime.combine(day, time(hour))
            values = {
                "name": name,
                "event_type_id": kind.id,
                "user_id": teachers[teacher].id,
                "date_begin": start,
                "date_end": start + timedelta(hours=1),
                "date_tz": env.company.booking_credit_tz or "UTC",
                "seats_max": 3 if name == "Vinyasa" else 8,
                "event_mail_ids": [Command.clear()],
            }
            if "website_published" in classes._fields:
                values["website_published"] = True
            event = classes.with_context(tracking_disable=True).create(values)
            if not event.event_ticket_ids:
                event.event_ticket_ids = [
                    Command.create({"name": "Seat", "product_id": product.id})
                ]
            classes |= event

    def take(event, who):
        order = studio.env["sale.order"].create(
            {
                "partner_id": studio.people[who].id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": event.event_ticket_ids.product_id.id,
                            "event_id": event.id,
                            "event_ticket_id": event.event_ticket_ids[:1].id,
                        }
                    )
                ],
            }
        )
        order.action_booking_credit_pay()
        order.action_confirm()
        return order

    with on(0, 8):
        for who in ("paul", "karim", "tomáš", "hannah", "marie"):
            studio.sell(who, "pack_100")
    now = fields.Datetime.now()
    past = classes.filtered(lambda event: event.date_end < now)
    coming = classes.filtered(lambda event: event.date_begin > now).sorted("date_begin")
    for event in past[-2:]:
        with freeze_time(event.date_begin - timedelta(hours=30)):
            here = take(event, "anna")
        with freeze_time(event.date_end):
            here.order_line.filtered("event_id")._get_seats().action_set_done()
    for event, people in zip(
        coming.filtered(lambda event: event.name != "Vinyasa"),
        (("anna", "karim"), ("paul", "marie", "hannah"), ("tomáš",), ("karim", "paul")),
        strict=False,
    ):
        for who in people:
            take(event, who)
    full = coming.filtered(lambda event: event.name == "Vinyasa")[:1]
    for who in ("karim", "paul", "marie"):
        take(full, who)
    for who in ("hannah", "tomáš"):
        studio.env["event.waiting"].create(
            {"event_id": full.id, "partner_id": studio.people[who].id}
        )
    env.cr.commit()


def fill(env):
    """Tell three months, day by day."""
    add_packs(env)
    studio = Studio(env)
    today = fields.Date.today()

    def on(days, hour=9):
        """Freeze the time at so many days from today."""
        day = today + timedelta(days=days)
        return freeze_time(datetime.combine(day, time(hour)))

    def after(days):
        return today + timedelta(days=days)

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
        add_allowance(studio)
    with on(-25):
        # they end in five days: both customers are reminded
        studio.sell("tomáš", "try")
        studio.sell("anna", "try")
        studio.sell("hannah", "early")
        claimed = studio.sell_voucher(
            "paul", "Léa", "Happy birthday! See you on the mat."
        )
    with on(-20):
        studio.claim(claimed, "léa")
        studio.book("léa", "pilates", after(-18), 12)
        storm = studio.book("marie", "yoga", after(-19), 18)
        studio.call_off(storm, "The heating failed, no class on this evening")
    with on(-6):
        studio.sell("julie", "pass")
        studio.sell("anna", "pack_yoga")
        studio.sell_voucher(
            "tomáš", "Grandma Jana", "Merry Christmas. An hour only for you, from Tomáš"
        )
        studio.sell("hannah", "pack_100", paid=False)
        studio.book("julie", "pilates", after(-5), 12)
        studio.book("anna", "pilates", after(-4), 12)
        # 20 for a workshop of 101: rounded up at the counter, the rest is kept
        cash = studio.order("paul", ("workshop", datetime.combine(after(9), time(10))))
        studio.keep(studio.invoice(cash, amount=cash.amount_total + 20))
        # paid in money, called off by the studio: what was paid stays as credit
        outdoor = studio.order("anna", ("yoga", datetime.combine(after(-3), time(18))))
        studio.invoice(outdoor)
    with on(-4):
        studio.call_off(outdoor, "Storm: no yoga in the park")
        welcome = "First time with us: a class on the house"
        studio.give(welcome, 10, "tomáš", "léa", valid_until=after(60))
    with on(0, 8):
        studio.book("anna", "yoga", after(2), 18)
        studio.book("marie", "yoga", after(2), 18)
        studio.book("julie", "yoga", after(2), 18)
        studio.book("karim", "pilates", after(3), 12)
        studio.order("paul", ("yoga", datetime.combine(after(3), time(18))))
        studio.lots("marie").with_env(studio.manager)[:1].adjust(
            1, "The heating failed on Tuesday: one class on the house"
        )
        studio.lots("hannah").hold(
            15,
            studio.product("pilates"),
            until=fields.Datetime.now() + timedelta(days=3),
            reason="Place kept until she calls back",
        )
    env.cr.commit()
    if "event.waiting" in env:
        add_classes(studio, on)
    run_jobs(env)


def open_shop(env):
    """Show all packs in the shop, where a card that is not real pays."""
    products = env["product.template"].search([])
    packs = products.filtered("booking_credit_pack")
    # Odoo's own examples are furniture
    (products - products.filtered("booking_ok")).is_published = False
    packs.is_published = True
    provider = env.ref("payment.payment_provider_demo")
    provider.write({"state": "test", "is_published": True})
    env.company.booking_price_display = "both"
    env.cr.commit()


def run_jobs(env):
    """Run what the nights would have done."""
    lots = env["booking.credit.lot"]
    env["booking.credit.allowance"]._cron_give()
    lots._cron_expire()
    lots._cron_remind()
    env["booking.credit.posting"]._cron_post_due()
    env.cr.commit()


fill(env)  # noqa: F821 (the shell gives env)
if "website" in env:  # noqa: F821
    open_shop(env)  # noqa: F821
print("STUDIO OK")
