"""The main job on real documents, told as a table. Run by bin/demo in "odoo shell".

Each line is one act of a user. It shows the credits that the customer can use and the
money that the business owes for them, before and after, and whether the ledger of
credits agrees with the general ledger. The last line is "STORY OK" if all held.
"""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command

WIDTHS = (58, 10, 9, 9, 9, 9, 8)
HEADS = ("document", "who", "credits", "", "owed", "", "= books")


class Story:
    """Tells what happens, and watches the numbers of one customer."""

    def __init__(self, env):
        self.env = env
        self.company = env.company
        self.users = {
            login: env["res.users"].search([("login", "=", login)])
            for login in ("staff", "accountant", "anna", "admin")
        }
        self.anna = self.users["anna"].partner_id
        self.broken = []
        self.numbers = self.count()

    def as_user(self, record, login):
        """Return ``record`` as this user sees it; nobody is above the rules here."""
        return record.with_user(self.users[login]).with_company(self.company)

    def lots(self):
        """Return the customer's lots, oldest first."""
        return self.env["booking.credit.lot"].search(
            [("partner_id", "=", self.anna.id)], order="id"
        )

    def count(self):
        """Return (usable credits, money owed for the customer's credits)."""
        self.env.flush_all()
        self.env.invalidate_all()
        lots = self.lots()
        usable = lots.filtered(lambda lot: lot.state == "usable")
        return sum(usable.mapped("available")), sum(lots.mapped("value"))

    def agrees(self):
        """Return whether every account of unused credits equals the ledger."""
        rows = self.company._get_booking_credit_tie_out()
        sound = not self.lots()._check_ledger()
        return bool(rows) and sound and not any(row["difference"] for row in rows)

    def tell(self, what, who, credits, owed):
        """Print one line, and check it against what it should be."""
        before, self.numbers = self.numbers, self.count()
        agrees = self.agrees()
        cells = (
            what,
            who,
            f"{before[0]:g}",
            f"→ {self.numbers[0]:g}",
            f"{before[1]:.2f}",
            f"→ {self.numbers[1]:.2f}",
            "yes" if agrees else "NO",
        )
        show(cells)
        if not agrees:
            self.broken.append(f"{what}: the ledger differs from the books")
        if self.numbers[0] != credits or abs(self.numbers[1] - owed) > 0.001:
            self.broken.append(f"{what}: expected {credits:g} credits, {owed:.2f} owed")

    def check(self, what, holds):
        """Note ``what`` if it does not hold."""
        if not holds:
            self.broken.append(what)

    def refused(self, what, call, *words):
        """Run ``call`` that must be refused with these words; print the message."""
        try:
            with self.env.cr.savepoint():
                call()
        except UserError as error:
            text = str(error)
            print(f"  refused: {what}")
            for line in text.splitlines():
                print(f"    {line}")
            self.check(f"{what}: {words} not said", all(w in text for w in words))
        else:
            self.check(f"{what}: it should have been refused", False)
        self.env.invalidate_all()

    # --- acts -------------------------------------------------------------------------

    def order(self, product, start=None):
        """Staff write a quotation with one line."""
        return self.as_user(self.env["sale.order"], "staff").create(
            {
                "partner_id": self.anna.id,
                "order_line": [
                    Command.create({"product_id": product.id, "booking_start": start})
                ],
            }
        )

    def sell(self, pack):
        """Sell, invoice and have paid a pack; return the order."""
        order = self.order(pack)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        return order, invoice

    def pay(self, invoice):
        """Register the payment of an invoice, in full."""
        self.as_user(self.env["account.payment.register"], "staff").with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()

    def book(self, product, hours):
        """Book a class that starts in some hours, paid with credits."""
        order = self.order(product, fields.Datetime.now() + timedelta(hours=hours))
        order.action_booking_credit_pay()
        self.check(
            f"{order.name}: nothing is to be paid in money", not order.amount_total
        )
        order.action_confirm()
        return order

    def cancel(self, order):
        """Cancel an order as the button does: look at the dialog, then confirm."""
        action = order.action_cancel()
        dialog = self.as_user(self.env["booking.cancel"], "staff")
        dialog = dialog.browse(action["res_id"])
        print("  the dialog says: " + dialog.effects.replace("\n", " "))
        dialog.action_cancel_bookings()

    def run_job(self, name):
        """Run a nightly job now, as the scheduler does."""
        self.env.cr.commit()  # the job looks from a transaction of its own
        self.env.ref(f"booking_credits.{name}").method_direct_trigger()
        self.env.cr.commit()


def show(cells):
    """Print the cells of one line of the table."""
    words = [f"{c:<{w}}" for c, w in zip(cells[:2], WIDTHS[:2], strict=True)]
    words += [f"{c:>{w}}" for c, w in zip(cells[2:], WIDTHS[2:], strict=True)]
    print("".join(words).rstrip())


def tell(env):
    """Tell the story; return what did not hold."""
    story = Story(env)
    ref = env.ref
    yoga = ref("booking_credits.product_yoga_demo")
    pack = ref("booking_credits.product_pack_100_demo")
    print()
    show(HEADS)
    print("-" * sum(WIDTHS))

    pack_order, invoice = story.sell(pack)
    story.tell(
        f"{pack_order.name}: 100 credits sold, {invoice.name} unpaid", "staff", 0, 0
    )
    story.pay(invoice)
    story.tell(f"{invoice.name}: paid, {invoice.amount_total:.2f}", "staff", 100, 90)
    lot = story.lots()

    order = story.book(yoga, hours=30)
    story.tell(f"{order.name}: yoga for 10 credits", "staff", 90, 81)
    late = story.book(yoga, hours=5)
    story.tell(f"{late.name}: yoga, starts in 5 hours", "staff", 80, 72)
    story.cancel(late)
    story.tell(f"{late.name}: cancelled, 50 % come back", "staff", 85, 76.5)
    workshop = ref("booking_credits.product_workshop_demo")
    story.refused(
        "a workshop for 101 credits, with 85 left",
        lambda: story.book(workshop, hours=5),
        "101",
        "85",
        "16",
    )
    more, invoice = story.sell(pack)
    story.pay(invoice)
    story.tell(f"{more.name}: 100 more credits sold and paid", "staff", 185, 166.5)
    big = story.book(workshop, hours=5)
    story.tell(f"{big.name}: workshop for 101 credits", "staff", 84, 75.6)
    story.cancel(big)
    story.tell(f"{big.name}: cancelled, 51 come back, 50 are kept", "staff", 135, 121.5)

    end = order.order_line.filtered("booking_start").booking_end
    with freeze_time(end + timedelta(minutes=1)):
        story.run_job("ir_cron_post_due")
        entry = lot.entry_ids.sorted("id")[1]
        move = story.as_user(entry, "accountant").move_id
        story.tell(
            f"{move.name}: yoga delivered, revenue 9.00", "nightly job", 135, 121.5
        )
        story.check(
            "the revenue of the class is posted", entry.posting_state == "posted"
        )

    unused, invoice = story.sell(pack)
    story.pay(invoice)
    story.tell(f"{unused.name}: 100 credits sold by mistake", "staff", 235, 211.5)
    story.cancel(unused)
    credit_note = unused.sudo().invoice_ids.filtered(
        lambda m: m.move_type == "out_refund"
    )
    story.tell(f"{credit_note.name}: taken back by a credit note", "staff", 135, 121.5)
    story.refused(
        f"cancel {pack_order.name}, whose credits were used",
        lambda: story.cancel(pack_order),
        lot.name,
        order.name,
    )
    late.action_cancel()
    name = late.name
    story.as_user(late, "admin").unlink()
    story.tell(f"{name}: cancelled again and deleted", "staff", 135, 121.5)

    with freeze_time(lot.valid_until + timedelta(days=1, hours=12)):
        story.tell("the day after the last day of validity", "", 0, 121.5)
        story.refused(
            "yoga with expired credits", lambda: story.book(yoga, 30), lot.name
        )
        story.run_job("ir_cron_expire")
        story.run_job("ir_cron_post_due")
        story.tell("expired credits become income (breakage)", "nightly job", 0, 0)
        mine = story.as_user(env["booking.credit.lot"], "anna").search([])
        expired = mine.filtered(lambda lot: lot.state == "expired")
        story.check("the customer still sees what expired", lot in expired.sudo())
        print(f"  anna sees: {', '.join(f'{x.name} expired' for x in expired)}")
    return story.broken


problems = tell(env)  # noqa: F821 (the shell gives env)
print()
for problem in problems:
    print(f"NOT TRUE: {problem}")
print("STORY FAILED" if problems else "STORY OK")
