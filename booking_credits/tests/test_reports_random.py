from datetime import date, datetime, timedelta
from random import Random

from odoo.tests import freeze_time, tagged

from .common import BookingCreditsCommon

FIRST = date(2026, 1, 5)


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestReportsRandom(BookingCreditsCommon):
    """Sales, uses, cancellations and corrections at random, on real documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yoga.booking_cancellation_policy_id = cls.policy
        cls.multi = cls._create_pack(
            "Gross", credits=30, price=33.33, booking_credit_vat_kind="multi"
        )
        cls.odd = cls._create_pack("Odd", credits=70, price=99.99)
        cls.people = cls.anna | cls.env["res.partner"].create(
            [{"name": "Bob"}, {"name": "Cleo"}]
        )

    def setUp(self):
        super().setUp()
        self.random = Random(2026)
        self.orders, self.lots = [], self.env["booking.credit.lot"].sudo()

    # --- what happens

    def sell(self):
        pack = self.random.choice((self.pack, self.multi, self.odd))
        partner = self.random.choice(self.people)
        order = self._create_order(pack, partner=partner)
        invoice = self._invoice(order)
        if self.random.random() < 0.8:
            self._pay(invoice)
            self.lots |= order.booking_credit_lot_ids.sudo()

    def book(self):
        partner = self.random.choice(self.people)
        usable = self.lots._get_usable_lots(partner, self.company, self.yoga)
        if sum(usable.mapped("available")) >= 10:
            hours = self.random.choice((1, 5, 30, 100))
            self.orders.append(self._book(partner=partner, hours=hours))

    def cancel(self):
        if self.orders:
            order = self.orders.pop(self.random.randrange(len(self.orders)))
            order._action_cancel()

    def correct(self):
        lot = self.lots.filtered(lambda lot: lot.available >= 7)[:1]
        if lot:
            lot._adjust(self.random.choice((-7, 3)), "counted again")

    def transfer(self):
        lot = self.lots.filtered(lambda lot: lot.available >= 5)[-1:]
        if lot:
            other = (self.people - lot.partner_id)[:1]
            self.lots |= lot._transfer(5, other, "gift").lot_id

    def expire(self):
        lot = self.lots.filtered("is_open")[:1]
        if lot and self.random.random() < 0.5:
            lot.valid_until = date.today() - timedelta(days=1)
            lot._expire()

    def post(self):
        self.env["booking.credit.posting"]._post_due(self.company)

    # --- what must hold

    def check(self, day):
        """As of any day: the roll-forward closes, and the tie-out is green."""
        run = self.env["booking.credit.tie.out"]._run(self.company, day)
        self.assertEqual(run.result, "green", run.line_ids.mapped("reason"))
        report = self.env["booking.credit.roll.forward"].sudo()
        closings = {}
        for basis in ("event", "books"):
            middle = FIRST + (day - FIRST) / 2
            for first, last in (
                (FIRST, middle),
                (middle + timedelta(days=1), day),
                (FIRST, day),
            ):
                if first > last:
                    continue
                table = report.get_report(
                    {
                        "date_from": first,
                        "date_to": last,
                        "basis": basis,
                        "company_ids": self.company.ids,
                    }
                )
                for section in table["sections"]:
                    rows = {row["key"]: row["cells"] for row in section["rows"]}
                    if "difference" in rows:
                        self.assertEqual(rows["difference"]["value"], 0.0, rows)
                    opening = rows["opening"].get("value", 0.0)
                    key = section["key"], basis, first - timedelta(days=1)
                    self.assertEqual(opening, closings.get(key, 0.0), key)
                    closing = rows["closing"].get("value", 0.0)
                    closings[section["key"], basis, last] = closing
        owed = sum(
            value
            for (_section, basis, last), value in closings.items()
            if (basis, last) == ("event", day)
        )
        self.assertAlmostEqual(owed, run.ledger, 2)
        return owed

    def test_reports_hold_whatever_happens(self):
        """After each ten acts, as of that day and as of every day before."""
        acts = (self.sell, self.book, self.book, self.book, self.cancel, self.correct,
                self.transfer, self.expire, self.post)  # fmt: skip
        moment = datetime.combine(FIRST, datetime.min.time()) + timedelta(hours=8)
        days = []
        for number in range(50):
            moment += timedelta(hours=self.random.choice((3, 26, 60)))
            with freeze_time(moment):
                act = self.sell if number < 4 else self.random.choice(acts)
                act()
                if number % 10 == 9:
                    days.append(moment.date())
                    owed = self.check(moment.date())
                    self.assertAlmostEqual(owed, sum(self.lots.mapped("value")), 2)
        for day in days:
            self.check(day)
