from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack import AttackCase, Row

#: public methods with which none of the attackers changes anything here, by model
HARMLESS = {
    "booking.credit.import": "action_check action_load action_template action_undo "
    "action_view_lots",
}
METHODS = {(m, name): Row() for m, names in HARMLESS.items() for name in names.split()}


@tagged("post_install", "-at_install")
class TestAttackOpening(AttackCase):
    """Opening balances are loaded by accountants."""

    addon = "booking_credits_opening"
    watched = ("booking.credit.import",)

    def test_public_methods(self):
        self.assertHeld(self._attack_methods(METHODS))

    def test_fields(self):
        self.assertHeld(self._attack_fields({}))

    def test_dialogs_read_as_their_user(self):
        self.assertHeld(self._attack_dialogs())

    def test_the_front_desk_loads_nothing(self):
        files = self.env["booking.credit.import"].with_user(self.users["desk"])
        with self.assertRaises(AccessError):
            files.create({"file": b"eA==", "file_name": "x.csv"})
