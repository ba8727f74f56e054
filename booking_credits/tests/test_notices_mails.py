from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import BookingCreditsCommon

NOTICE = "odoo.addons.booking_credits.models.notices.booking_credit_notice"


class MailsCommon(BookingCreditsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna.email = "anna@example.com"
        cls.company.email = "studio@example.com"
        cls.ten = cls._create_pack(
            "Ten sessions", 10, 90.0, booking_credit_measure="session"
        )

    def _tell(self):
        """Run the job that writes to customers."""
        with self.enter_registry_test_mode():
            self.env.ref("booking_credits.ir_cron_tell").method_direct_trigger()

    def _notices(self, kind, partner=None):
        return self.env["booking.credit.notice"].search(
            [("kind", "=", kind), ("partner_id", "=", (partner or self.anna).id)],
            order="id",
        )

    def _mails(self, kind, partner=None):
        """Return the mails about ``kind``, the oldest first."""
        notices = self._notices(kind, partner)
        return self.env["mail.mail"].search(
            [("model", "=", notices._name), ("res_id", "in", notices.ids)], order="id"
        )

    def _expire(self, lot):
        """Run the nightly job on the day after the end of ``lot``, and tell."""
        day = lot.valid_until + timedelta(days=1)
        with freeze_time(f"{day} 06:00:00"):
            with self.enter_registry_test_mode():
                self.env.ref("booking_credits.ir_cron_expire").method_direct_trigger()
                job = self.env.ref("booking_credits.ir_cron_post_due")
                job.method_direct_trigger()
            self._tell()


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestReceivedMail(MailsCommon):
    """S2-21: customers are told what they received, and its conditions."""

    def test_who_buys_a_pack_is_told_what_until_when_and_how(self):
        """S2-21: after the sale is committed; balance, conditions, link; once."""
        lot = self._buy()
        self.assertFalse(self._mails("received"))
        self._tell()
        self._tell()
        mail = self._mails("received")
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.anna)
        self.assertEqual(mail.state, "outgoing")
        self.assertIn("studio@example.com", mail.reply_to)
        for text in ("100 credits", lot.terms_text, "/my/credits"):
            self.assertIn(text, mail.body_html)

    def test_packs_bought_together_are_one_mail(self):
        """S2-21: it says what each is, and what there is in all."""
        self._buy()
        self._buy(self.ten)
        self._tell()
        mail = self._mails("received")
        self.assertEqual(len(mail), 1)
        for text in ("100 credits", "10 sessions", "100 credits, 10 sessions"):
            self.assertIn(text, mail.body_html)
        self.assertEqual(set(self._notices("received").mapped("state")), {"sent"})

    def test_the_button_leads_to_where_customers_book(self):
        """S2-21: the address of the settings."""
        self.company.booking_credit_booking_url = "https://studio.example.com/plan"
        self._buy()
        self._tell()
        mail = self._mails("received")
        self.assertIn('href="https://studio.example.com/plan"', mail.body_html)

    def test_it_is_written_in_the_customer_s_language(self):
        """S2-21: numbers, dates and words."""
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("booking_credits.mail_template_notice_received")
        template.with_context(lang="fr_FR").subject = "Vos crédits sont là"
        self.anna.lang = "fr_FR"
        self._buy()
        self._tell()
        self.assertEqual(self._mails("received").subject, "Vos crédits sont là")

    def test_who_is_not_told(self):
        """S2-14, S2-21: no address, vouchers, imports, switched off."""
        silent = self.env["res.partner"].create({"name": "Bob"})
        self._buy(partner=silent)
        self._buy(self._create_pack("Gift", 1, 9, booking_credit_voucher=True))
        order = self._create_order(self.pack)
        invoice = self._invoice(order)
        self.env["account.payment.register"].with_context(
            active_model="account.move",
            active_ids=invoice.ids,
            booking_credits_no_mail=True,
        ).create({})._create_payments()
        self.assertTrue(order.booking_credit_lot_ids)
        self._tell()
        self.company.booking_credit_mail_received = False
        self._buy()
        self._tell()
        self.assertFalse(self._mails("received"))
        notice = self._notices("received", silent)
        self.assertEqual(notice.state, "skipped")
        self.assertIn("no e-mail address", notice.note)

    def test_what_was_rolled_back_is_not_told(self):
        """S2-21: the news belongs to the transaction of the sale."""
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._buy()
            self.assertTrue(self._notices("received"))
            raise ZeroDivisionError
        self._tell()
        self.assertFalse(self._notices("received"))

    def test_a_mail_that_fails_breaks_neither_the_sale_nor_other_mails(self):
        """S2-21: staff see which one failed and why, and send it again."""
        bob = self.env["res.partner"].create(
            {"name": "Bob", "email": "bob@example.com"}
        )
        template = self.env.ref("booking_credits.mail_template_notice_received")
        subject = template.subject
        template.subject = "{{ object.partner_id.name == 'Anna' and 1 / 0 or 'Ready' }}"
        lot = self._buy()
        self._buy(partner=bob)
        with mute_logger(NOTICE, "odoo.addons.mail.models.mail_render_mixin"):
            self._tell()
        self.assertEqual(lot.balance, 100)
        self.assertEqual(len(self._mails("received", bob)), 1)
        notice = self._notices("received")
        self.assertEqual(notice.state, "failed")
        self.assertTrue(notice.note)
        template.subject = subject
        with self.assertRaises(AccessError):
            notice.with_user(self.front_desk).action_send_again()
        notice.action_send_again()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(len(self._mails("received")), 1)

    def test_old_news_is_no_news(self):
        """S2-21: a job that was off for weeks does not write about the past."""
        self._buy()
        with freeze_time(fields.Datetime.now() + timedelta(days=8)):
            self._tell()
        self.assertFalse(self._mails("received"))
        self.assertEqual(self._notices("received").state, "skipped")

    def test_a_pack_for_newcomers_is_not_advertised_afterwards(self):
        """S0-36: the mail thanks, and does not sell what is not for sale any more."""
        pack = self._create_pack(
            "First visit", 1, 5.0, booking_credit_measure="session"
        )
        self._buy(pack)
        self._tell()
        mail = self._mails("received")
        self.assertIn("First visit", mail.body_html)
        for text in ("buy", "offer", "again"):
            self.assertNotIn(text, mail.body_html.lower())


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestExpiredMail(MailsCommon):
    """S1-34: customers hear what expired, and how it comes back."""

    def test_customers_hear_what_expired_once(self):
        """S1-34: what is left of the pack, in friendly words, once."""
        lot = self._buy()
        self._book()
        self._expire(lot)
        with freeze_time(lot.valid_until + timedelta(days=2)):
            self._tell()
        mail = self._mails("expired")
        self.assertEqual(len(mail), 1)
        self.assertIn("90 credits", mail.body_html)
        for text in ("forfeit", "penal", "lost", "come back"):
            self.assertNotIn(text, mail.body_html)

    def test_it_says_how_they_come_back(self):
        """S1-33, S1-34: where a new purchase reactivates them."""
        self.company.booking_credit_reactivate = True
        self._expire(self._buy())
        mail = self._mails("expired")
        self.assertIn("they come back", mail.body_html)
        self.company.booking_credit_reactivate_limit = 50
        self._expire(self._buy(partner=self.anna.copy({"name": "Eva"})))
        eva = self.env["res.partner"].search([("name", "=", "Eva")])
        self.assertIn("up to 50 credits", self._mails("expired", eva).body_html)

    def test_what_was_reactivated_meanwhile_is_not_told(self):
        """S1-33: who has bought again has lost nothing."""
        lot = self._buy()
        day = lot.valid_until + timedelta(days=1)
        with freeze_time(f"{day} 06:00:00"):
            lot.expire()
            lot.reactivate(day + timedelta(days=30), reason="Please")
            self._tell()
        self.assertFalse(self._mails("expired"))

    def test_nobody_hears_of_what_others_hold_or_switched_off(self):
        """S1-34: gift vouchers, and the switch of the company."""
        gift = self._buy(self._create_pack("Gift", 1, 9, booking_credit_voucher=True))
        self._expire(gift)
        self.assertFalse(self._notices("expired"))
        self.company.booking_credit_mail_expired = False
        self._expire(self._buy())
        self.assertFalse(self._notices("expired"))


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestLowMail(MailsCommon):
    """Customers hear once that few credits are left."""

    def test_once_when_it_falls_below_and_again_after_a_refill(self):
        """S2-21: 2 left: nothing; 1 left: told; 0 left: not again; refill: again."""
        self.company.booking_credit_low_sessions = 2
        self._buy(self._create_pack("3", 3, 30, booking_credit_measure="session"))
        self._book()
        self._tell()
        self.assertFalse(self._mails("low"))
        self._book()
        self._tell()
        self._tell()
        mail = self._mails("low")
        self.assertEqual(len(mail), 1)
        self.assertIn("1 session left", mail.subject)
        self._book()
        self._tell()
        self.assertEqual(len(self._mails("low")), 1)
        self._buy(self._create_pack("2", 2, 20, booking_credit_measure="session"))
        self._tell()
        self.assertEqual(len(self._mails("low")), 1)
        self._book()
        self._tell()
        self.assertEqual(len(self._mails("low")), 2)

    def test_what_comes_back_from_a_cancellation_is_no_refill(self):
        """S2-21: to and fro over the number is told once."""
        self._buy(self._create_pack("2", 2, 20, booking_credit_measure="session"))
        order = self._book()
        self._tell()
        order._action_cancel()
        self._tell()
        self._book()
        self._tell()
        self.assertEqual(len(self._mails("low")), 1)

    def test_in_credits_with_a_number_of_its_own(self):
        """S2-21: 0 is no mail; 95 is one when 90 are left."""
        self._buy()
        self._book()
        self._tell()
        self.assertFalse(self._mails("low"))
        self.company.booking_credit_low_credits = 95
        self._tell()
        self.assertIn("90 credits", self._mails("low").subject)

    def test_who_has_a_pass_is_not_told(self):
        """S0-32: whoever comes as often as they like needs nothing."""
        self._buy(
            self._create_pack(
                "Pass",
                0,
                50.0,
                booking_credit_unlimited=True,
                booking_credit_limit_dates=True,
            )
        )
        lot = self._buy(self._create_pack("2", 2, 20, booking_credit_measure="session"))
        lot.redeem(1, self.yoga, reason="walk-in")
        self._tell()
        self.assertFalse(self._mails("low"))

    def test_who_never_had_so_many_is_not_told(self):
        """S2-21: a single session that is used is as it should be."""
        self._buy(self._create_pack("1", 1, 9, booking_credit_measure="session"))
        self._book()
        self._tell()
        self.assertFalse(self._mails("low"))

    def test_numbers_below_zero_are_refused(self):
        """S2-21: and say so."""
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.company.booking_credit_low_sessions = -1
            self.env.flush_all()


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestCancelledMail(MailsCommon):
    """S1-35, S2-21: customers hear what came back."""

    def test_all_comes_back(self):
        """S2-21: booking, day, what came back, balance; once."""
        self._buy()
        order = self._book()
        order._action_cancel()
        order._action_cancel()
        self._tell()
        self._tell()
        mail = self._mails("cancelled")
        self.assertEqual(len(mail), 1)
        for text in ("Yoga", "10 of 10 credits came back to you.", "100 credits"):
            self.assertIn(text, mail.body_html)

    def test_half_comes_back_by_the_terms(self):
        """S1-20, S1-35: what is said is what was posted."""
        self.yoga.booking_cancellation_policy_id = self.policy
        self._buy()
        self._book(hours=5)._action_cancel()
        self._tell()
        body = self._mails("cancelled").body_html
        self.assertIn("5 of 10 credits came back to you, by the terms", body)
        self.assertIn("95 credits", body)

    def test_what_comes_back_to_expired_credits_does_not(self):
        """S0-29: 0 of 10."""
        lot = self._buy()
        order = self._book(hours=24 * 400)
        with freeze_time(lot.valid_until + timedelta(days=3)):
            order._action_cancel()
        self._tell()
        self.assertIn("0 of 10 credits", self._mails("cancelled").body_html)

    def test_the_business_has_a_mail_of_its_own(self):
        """S2-03: who is told that we cancel is not told that they did."""
        self._buy()
        order = self._book()
        order._cancel_by_provider(order.order_line, "Storm")
        self._tell()
        self.assertFalse(self._notices("cancelled"))

    def test_switched_off(self):
        """S2-21: the company may keep silent."""
        self.company.booking_credit_mail_cancelled = False
        self._buy()
        self._book()._action_cancel()
        self._tell()
        self.assertFalse(self._notices("cancelled"))


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestNotices(MailsCommon):
    """Who sees what customers were told."""

    def test_staff_read_them_and_other_companies_do_not(self):
        """S2-21: the front desk sees what a customer knows; nobody writes there."""
        self._buy()
        notice = self._notices("received")
        self.assertTrue(notice.with_user(self.front_desk).kind)
        with self.assertRaises(AccessError):
            notice.with_user(self.front_desk).write({"note": "x"})
        other = new_test_user(
            self.env,
            "elsewhere",
            groups="booking_credits.booking_credits_group_manager",
            company_id=self._create_company(name="Elsewhere").id,
        )
        self.assertFalse(notice.with_user(other).search([("id", "=", notice.id)]))
        with self.assertRaises(AccessError):
            notice.with_user(other).action_send_again()

    def test_the_settings_open_each_mail(self):
        """S2-21: the words can be changed."""
        settings = self.env["res.config.settings"].create({})
        for kind in ("received", "ending", "expired", "low", "cancelled"):
            action = settings.with_context(
                booking_credit_mail=kind
            ).action_booking_credit_edit_mail()
            template = self.env["mail.template"].browse(action["res_id"])
            self.assertEqual(template.model, "booking.credit.notice")
