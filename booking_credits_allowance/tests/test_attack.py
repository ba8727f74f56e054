from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.booking_credits.tests.attack import AttackCase, Row

#: public methods with which none of the attackers changes anything here, by model
HARMLESS = {
    "booking.credit.allowance": "action_give action_view_lots",
}
METHODS = {(m, name): Row() for m, names in HARMLESS.items() for name in names.split()}


@tagged("post_install", "-at_install")
class TestAttackAllowance(AttackCase):
    """Allowances are given by managers and by the nightly job."""

    addon = "booking_credits_allowance"
    watched = ("booking.credit.allowance",)

    def _create_records(self):
        """Override: and an allowance of Anna."""
        allowance = self.env["booking.credit.allowance"].create(
            {
                "name": "Staff",
                "company_id": self.company.id,
                "quantity": 5,
                "partner_ids": [Command.set(self.anna.ids)],
            }
        )
        return {**super()._create_records(), allowance._name: allowance}

    def test_public_methods(self):
        self.assertHeld(self._attack_methods(METHODS))

    def test_fields(self):
        self.assertHeld(self._attack_fields({}))

    def test_dialogs_read_as_their_user(self):
        self.assertHeld(self._attack_dialogs())
