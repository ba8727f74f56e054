from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack import AttackCase, Row
from odoo.addons.booking_credits.tests.test_ledger_guards import RUBBISH

#: public methods with which none of the attackers changes anything here, by model
HARMLESS = {
    "booking.credit.hand.over": "action_apply",
    "booking.credit.lot": "hand_over",
}
METHODS = {(m, name): Row() for m, names in HARMLESS.items() for name in names.split()}


@tagged("post_install", "-at_install")
class TestAttackIntercompany(AttackCase):
    """Credits are handed over by managers of both companies."""

    addon = "booking_credits_intercompany"
    watched = ("booking.credit.agreement",)

    def test_public_methods(self):
        self.assertHeld(self._attack_methods(METHODS))

    def test_fields(self):
        self.assertHeld(self._attack_fields({}))

    def test_dialogs_read_as_their_user(self):
        self.assertHeld(self._attack_dialogs())

    def test_what_is_no_number_is_refused_with_a_sentence(self):
        for number in RUBBISH:
            with self.subTest(number), self.assertRaises(UserError):
                self.lot.hand_over(number, self.other_company, "x")
