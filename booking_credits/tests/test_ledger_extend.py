from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import format_date

from ..exceptions import IdempotencyConflictError
from .test_customers_form import CustomerCommon


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestExtend(CustomerCommon):
    """Credits that live longer, because staff say so."""

    def _day(self, days):
        return self.today + timedelta(days=days)

    def test_a_manager_extends_to_a_day_and_leaves_a_trail(self):
        """S1-29, S2-20: author and reason on the lot, its customer and its history."""
        lot = self._give(30, days=20)
        self.env.flush_all()
        tracked = lot.with_user(self.manager).with_context(tracking_disable=False)
        entry = tracked.extend("ill", valid_until=self._day(50))
        self.assertEqual(lot.valid_until, self._day(50))
        self.assertRecordValues(
            entry,
            [
                {
                    "type": "extend",
                    "quantity": 0,
                    "balance_after": 30,
                    "value": 0,
                    "reason": "ill",
                    "user_id": self.manager.id,
                    "posting_state": "none",
                }
            ],
        )
        self.assertIn(format_date(self.env, self._day(50)), entry.document)
        # the note that tracking writes on the lot carries the reason
        self.assertEqual(
            self.cr.precommit.data["mail.tracking.message.booking.credit.lot"],
            {lot.id: "ill"},
        )
        body = self.anna.message_ids[:1].body
        self.assertIn(lot.name, body)
        self.assertIn(format_date(self.env, self._day(20)), body)
        self.assertIn("ill", body)

    def test_lots_are_extended_by_days_each_from_its_own_end(self):
        soon, late = self._give(1, days=5), self._give(1, days=9)
        (soon | late).extend("closed for a week", days=7)
        self.assertEqual(soon.valid_until, self._day(12))
        self.assertEqual(late.valid_until, self._day(16))

    def test_the_same_key_extends_once(self):
        lot = self._give(1, days=5)
        entries = lot.extend("x", days=7, key="e")
        self.assertEqual(lot.extend("x", days=7, key="e"), entries)
        self.assertEqual(lot.valid_until, self._day(12))
        with self.assertRaises(IdempotencyConflictError):
            lot.extend("x", days=8, key="e")

    def test_an_expired_lot_comes_back_with_its_value(self):
        """S1-33: what was kept as breakage is owed again."""
        lot = self._let_expire(self._buy())
        self.assertRecordValues(lot, [{"balance": 0, "value": 0}])
        lot.with_user(self.manager).extend("goodwill", valid_until=self._day(30))
        self.assertRecordValues(
            lot,
            [
                {
                    "balance": 100,
                    "value": 90.0,
                    "state": "usable",
                    "valid_until": self._day(30),
                }
            ],
        )
        self.assertEqual(
            lot.entry_ids.sorted("id").mapped("type"),
            ["grant", "expire", "reactivate", "extend"],
        )
        breakage = self.company.booking_credit_breakage_account_id
        lines = lot.entry_ids.move_id.line_ids
        self.assertEqual(
            sum(
                lines.filtered(lambda line: line.account_id == breakage).mapped(
                    "balance"
                )
            ),
            0.0,
        )

    def test_what_the_nightly_job_has_not_seen_only_lives_longer(self):
        lot = self._let_expire(self._buy(), sweep=False)
        lot.extend("goodwill", days=31)
        self.assertRecordValues(lot, [{"balance": 100, "state": "usable"}])
        self.assertEqual(lot.entry_ids.sorted("id").mapped("type"), ["grant", "extend"])

    def test_what_cannot_be_extended_is_refused_with_the_remedy(self):
        alive = self._give(1, days=5)
        used = self._give(1, days=5)
        used._redeem(1, self.yoga)
        late = self._let_expire(self._give(1), sweep=False)
        money = self._buy(self.money)
        for lot, values, message in (
            (money, {"days": 5}, f"{money.name} of Anna never expires"),
            (used, {"days": 5}, f"Nothing is left on {used.name} of Anna"),
            (late, {"days": 0.5}, "whole number"),
            (alive, {"valid_until": self._day(3)}, "is valid until .* already"),
            (alive, {"valid_until": self._day(-1)}, "which is past"),
            (alive, {}, "enter a day, or a number of days"),
            (alive, {"days": -3}, "whole number"),
            (alive, {"days": 3, "valid_until": self._day(9)}, "enter a day, or"),
        ):
            with self.assertRaisesRegex(UserError, message):
                lot.extend("x", **values)
        with self.assertRaisesRegex(UserError, "Say why the credits of Anna"):
            alive.extend(" ", days=3)
        with self.assertRaisesRegex(UserError, "never expires"):
            (alive | money).extend("x", days=3)
        self.assertEqual(alive.valid_until, self._day(5))  # all or none

    def test_a_card_that_was_not_used_yet_has_no_end_to_move(self):
        pack = self._create_pack(
            "From first use",
            10,
            90.0,
            booking_credit_validity_unit="months",
            booking_credit_validity=1,
            booking_credit_starts="first_use",
        )
        lot = self._buy(pack)
        with self.assertRaisesRegex(UserError, "starts with the first use"):
            lot.extend("x", days=3)

    def test_only_managers_extend(self):
        lot = self._give(1, days=5)
        for user in (self.front_desk, self.accountant):
            with self.assertRaises(AccessError):
                lot.with_user(user).extend("x", days=3)

    # --- the dialog

    def _open(self, partner=None):
        action = (
            (partner or self.anna)
            .with_user(self.manager)
            .action_extend_booking_credits()
        )
        return Form(
            self.env["booking.credit.extend"]
            .with_user(self.manager)
            .with_context(**action["context"])
        )

    def test_the_dialog_previews_and_tells_the_customer(self):
        """S1-29: opened from the customer; before and after; one mail."""
        self.anna.email = "anna@example.com"
        first, second = self._give(30, days=5), self._give(40, days=9)
        expired = self._let_expire(self._give(7))
        self._give(1)  # without end
        dialog = self._open()
        self.assertEqual(dialog.lot_ids[:], first)
        self.assertEqual(dialog.valid_until, self._day(35))
        dialog.lot_ids.add(second)
        self.assertEqual(dialog.choice_ids[:], first | second | expired)
        self.assertEqual(dialog.valid_until, self._day(39))
        dialog.lot_ids.add(expired)
        dialog.reason = "closed for works"
        for text in (
            format_date(self.env, self._day(5)),
            format_date(self.env, self._day(39)),
            "7 credits can be used again",
        ):
            self.assertIn(text, dialog.effects)
        dialog.valid_until = self._day(7)
        self.assertIn(f"{second.name} of Anna is valid until", dialog.problem)
        self.assertFalse(dialog.effects)
        dialog.valid_until = self._day(60)
        wizard = dialog.save()
        wizard.action_extend()
        self.assertEqual(
            set((first | second | expired).mapped("valid_until")), {self._day(60)}
        )
        mails = self.env["mail.mail"].search(
            [("recipient_ids", "in", self.anna.ids), ("state", "=", "outgoing")]
        )
        self.assertEqual(len(mails), 1)
        for text in ("30 credits", "40 credits", "7 credits"):
            self.assertIn(text, mails.body_html)
        wizard.send_mail = False
        wizard.action_extend()  # a second press changes nothing
        self.assertEqual(len(first.entry_ids), 2)

    def test_nobody_is_told_who_shall_not_be(self):
        self.anna.email = "anna@example.com"
        self._give(30, days=5)
        dialog = self._open()
        dialog.reason = "x"
        dialog.send_mail = False
        dialog.save().action_extend()
        self.assertFalse(
            self.env["mail.mail"].search([("recipient_ids", "in", self.anna.ids)])
        )

    def test_many_customers_are_extended_from_the_list(self):
        lots = self._give(1, days=5) | self._give(1, partner=self.bob, days=8)
        action = self.env.ref("booking_credits.booking_credit_extend_action")
        bound = self.env["ir.actions.actions"].with_user(self.manager)
        offered = bound.get_bindings("booking.credit.lot")["action"]
        self.assertIn(action.id, [binding["id"] for binding in offered])
        bound = self.env["ir.actions.actions"].with_user(self.front_desk)
        offered = bound.get_bindings("booking.credit.lot").get("action", ())
        self.assertNotIn(action.id, [binding["id"] for binding in offered])
        dialog = Form(
            self.env["booking.credit.extend"]
            .with_user(self.manager)
            .with_context(active_model="booking.credit.lot", active_ids=lots.ids)
        )
        dialog.mode = "days"
        dialog.days = 7
        dialog.reason = "closed for a week"
        dialog.save().action_extend()
        self.assertEqual(lots.mapped("valid_until"), [self._day(12), self._day(15)])

    def test_a_customer_without_an_end_is_told_so(self):
        self._give(1)
        with self.assertRaisesRegex(UserError, "Anna has no credits that this could"):
            self.anna.with_user(self.manager).action_extend_booking_credits()
