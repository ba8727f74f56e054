from datetime import timedelta

from odoo import fields
from odoo.tests import freeze_time, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestReminder(BookingCreditsCommon):
    """S1-34: customers are invited to use their credits before they expire."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna.email = "anna@example.com"
        cls.company.email = "studio@example.com"

    def _run(self, lot, days_before):
        """Run the nightly job so many days before the end of ``lot``."""
        day = lot.valid_until - timedelta(days=days_before)
        with freeze_time(f"{day} 06:00:00"), self.enter_registry_test_mode():
            self.env.ref("booking_credits.ir_cron_remind").method_direct_trigger()

    def _mails(self, lot):
        notices = self.env["booking.credit.notice"].search(
            [("lot_id", "in", lot.ids), ("kind", "=", "ending")]
        )
        return self.env["mail.mail"].search(
            [("model", "=", notices._name), ("res_id", "in", notices.ids)]
        )

    def test_customers_are_reminded_at_30_7_and_1_days_once_each(self):
        """S1-34: not on day 31; on days 30, 7 and 1; never twice."""
        lot = self._buy()
        counts = []
        for days in (31, 30, 30, 29, 8, 7, 6, 2, 1, 1, 0):
            self._run(lot, days)
            counts.append(len(self._mails(lot)))
        self.assertEqual(counts, [0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3])
        self.assertEqual(self._mails(lot).recipient_ids, self.anna)
        self.assertEqual(lot.reminder_date, lot.valid_until - timedelta(days=1))

    def test_after_missed_nights_only_the_last_reminder_comes(self):
        """S1-34: the server was off from day 31 to day 5: one mail, not two."""
        lot = self._buy()
        self._run(lot, 5)
        self._run(lot, 4)
        self.assertEqual(len(self._mails(lot)), 1)
        self.assertEqual(lot.reminder_step, 7)

    def test_what_ends_on_the_same_day_is_one_mail(self):
        """S1-34: two packs bought together are not two mails."""
        lots = self._buy() | self._buy(self._create_pack("Ten", 10, 9.0))
        self._run(lots[0], 30)
        mail = self._mails(lots)
        self.assertEqual(len(mail), 1)
        self.assertIn("110 credits", mail.subject)
        self.assertIn("Ten", mail.body_html)
        self.assertEqual(lots.mapped("reminder_step"), [30, 30])

    def test_a_missed_night_is_made_up_for(self):
        """S1-34: the server was off on day 14: the mail goes out on day 3."""
        lot = self._buy()
        self._run(lot, 3)
        self.assertEqual(len(self._mails(lot)), 1)

    def test_the_mail_invites(self):
        """S1-34: number, pack and day; nothing is lost, blamed or forfeited."""
        lot = self._buy()
        self._book()
        self._run(lot, 14)
        mail = self._mails(lot)
        self.assertIn("90 credits", mail.subject)
        for text in (
            "good news",
            "90 credits",
            self.pack.name,
            f"/my/credits/{lot.id}",
        ):
            self.assertIn(text, mail.body_html)
        for text in ("lose", "lost", "forfeit", "last chance"):
            self.assertNotIn(text, mail.body_html)

    def test_it_is_written_in_the_customer_s_language(self):
        """S1-34: subject, number and date."""
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("booking_credits.mail_template_notice_ending")
        template.with_context(
            lang="fr_FR"
        ).subject = "À bientôt ? {{ format_date(object.lot_id.valid_until) }}"
        self.anna.lang = "fr_FR"
        lot = self._buy()
        self._run(lot, 14)
        day = lot.valid_until.strftime("%d/%m/%Y")
        self.assertEqual(self._mails(lot).subject, f"À bientôt ? {day}")

    def test_the_company_chooses_the_days(self):
        """S1-34: none at all, or its own three numbers."""
        lot = self._buy()
        self.company.booking_credit_mail_ending = False
        self._run(lot, 10)
        self.assertFalse(self._mails(lot))
        self.company.write(
            {
                "booking_credit_mail_ending": True,
                "booking_credit_reminder_days": 20,
                "booking_credit_reminder_days_2": 0,
                "booking_credit_reminder_days_3": 0,
            }
        )
        self._run(lot, 21)
        self.assertFalse(self._mails(lot))
        for days in (20, 7, 1):
            self._run(lot, days)
        self.assertEqual(len(self._mails(lot)), 1)

    def test_nobody_is_reminded_of_nothing(self):
        """S1-34: used, endless, for others, or without an address."""
        used = self._buy(self._create_pack("Ten", 10, 9.0))
        self._book()
        gift = self._buy(self._create_pack("Gift", 1, 9, booking_credit_voucher=True))
        endless = self._buy(
            self._create_pack("Ever", 1, 9, booking_credit_validity_unit="none")
        )
        silent = self._buy(partner=self.env["res.partner"].create({"name": "Bob"}))
        self._run(silent, 14)
        self.assertFalse(self._mails(used | gift | endless | silent))
        silent.partner_id.email = "bob@example.com"
        self._run(silent, 13)
        self.assertEqual(len(self._mails(silent)), 1)

    def test_who_has_just_bought_is_not_pressed(self):
        """S1-34: a pack of 10 days is reminded of when half of them are over."""
        lot = self._buy(
            self._create_pack(
                "Week",
                10,
                9.0,
                booking_credit_validity_unit="days",
                booking_credit_validity=10,
            )
        )
        self._run(lot, 10)
        self.assertFalse(self._mails(lot))
        self._run(lot, 5)
        self.assertEqual(len(self._mails(lot)), 1)

    def test_a_pass_that_ends_has_its_own_words(self):
        """S0-32, S1-34: an unlimited pass has no number left."""
        lot = self._buy(
            self._create_pack(
                "Pass",
                0,
                50.0,
                booking_credit_unlimited=True,
                booking_credit_limit_dates=True,
            )
        )
        self._run(lot, 14)
        self.assertIn("as many bookings as you like", self._mails(lot).body_html)

    def test_a_new_end_is_a_new_reminder(self):
        """S1-33, S1-34: credits that live longer are reminded of once more."""
        lot = self._buy()
        self._run(lot, 30)
        lot.sudo().valid_until += timedelta(days=60)
        self._run(lot, 31)
        self.assertEqual(len(self._mails(lot)), 1)
        self._run(lot, 30)
        self.assertEqual(len(self._mails(lot)), 2)

    def test_the_same_end_is_not_told_again(self):
        """S1-34: an end that was moved away and back is no news."""
        lot = self._buy()
        self._run(lot, 30)
        end = lot.valid_until
        lot.sudo().valid_until = end + timedelta(days=60)
        lot.sudo().valid_until = end
        self._run(lot, 29)
        self.assertEqual(len(self._mails(lot)), 1)

    def test_what_is_past_its_end_is_left_alone(self):
        """S1-34: too late is too late."""
        lot = self._buy()
        self._run(lot, -1)
        self.assertFalse(self._mails(lot))

    def test_another_run_sees_what_the_first_one_sent(self):
        """S1-34: the verb itself can be run twice."""
        lot = self._buy()
        with freeze_time(fields.Datetime.to_datetime(lot.valid_until)):
            self.assertEqual(lot._remind(), lot)
            self.assertFalse(lot._remind())
        notices = self.env["booking.credit.notice"].search([("lot_id", "=", lot.id)])
        self.assertEqual(notices.mapped("kind").count("ending"), 1)
