from datetime import timedelta

from odoo import fields
from odoo.tests import freeze_time, tagged

from .common import BookingCreditsCommon


@tagged("post_install", "-at_install")
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
        return self.env["mail.mail"].search(
            [("model", "=", lot._name), ("res_id", "in", lot.ids)]
        )

    def test_customers_are_reminded_fourteen_days_before_and_once(self):
        """S1-34: not on day 15, on day 14, and never again."""
        lot = self._buy()
        self._run(lot, 15)
        self.assertFalse(self._mails(lot))
        self._run(lot, 14)
        self._run(lot, 14)
        self._run(lot, 13)
        mail = self._mails(lot)
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.anna)
        self.assertEqual(lot.reminder_date, lot.valid_until - timedelta(days=14))

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
        template = self.env.ref("booking_credits.mail_template_ending")
        template.with_context(
            lang="fr_FR"
        ).subject = "À bientôt ? {{ format_date(object.valid_until) }}"
        self.anna.lang = "fr_FR"
        lot = self._buy()
        self._run(lot, 14)
        day = lot.valid_until.strftime("%d/%m/%Y")
        self.assertEqual(self._mails(lot).subject, f"À bientôt ? {day}")

    def test_the_company_chooses_the_days(self):
        """S1-34: 30 days, or none at all."""
        lot = self._buy()
        self.company.booking_credit_reminder_days = 0
        self._run(lot, 10)
        self.assertFalse(self._mails(lot))
        self.company.booking_credit_reminder_days = 30
        self._run(lot, 31)
        self.assertFalse(self._mails(lot))
        self._run(lot, 30)
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
        self._run(lot, 14)
        lot.sudo().valid_until += timedelta(days=60)
        self._run(lot, 15)
        self.assertEqual(len(self._mails(lot)), 1)
        self._run(lot, 14)
        self.assertEqual(len(self._mails(lot)), 2)

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
        self.assertEqual(len(self._mails(lot)), 1)
