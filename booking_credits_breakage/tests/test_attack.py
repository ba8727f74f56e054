from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.booking_credits.tests.attack import AttackCase, Row

#: public methods with which none of the attackers changes anything here, by model
HARMLESS = {
    "booking.credit.breakage": "action_open_cell",
    "booking.credit.cohort": "action_open action_open_lots action_open_pack recognise",
    "booking.credit.cohort.recognise": "action_apply",
}
METHODS = {(m, name): Row() for m, names in HARMLESS.items() for name in names.split()}


@tagged("post_install", "-at_install")
class TestAttackBreakage(AttackCase):
    """Estimates are changed and recognised by accountants."""

    addon = "booking_credits_breakage"
    watched = (
        "booking.credit.cohort",
        "booking.credit.cohort.step",
    )

    def test_public_methods(self):
        self.assertHeld(self._attack_methods(METHODS))

    def test_fields(self):
        self.assertHeld(self._attack_fields({}))

    def test_dialogs_read_as_their_user(self):
        self.assertHeld(self._attack_dialogs())

    def test_the_dialog_is_for_companies_of_its_user(self):
        books = new_test_user(
            self.env,
            "bookkeeper_2",
            groups="account.group_account_manager",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        dialog = self.env["booking.credit.cohort.recognise"].with_user(books)
        with self.assertRaises(AccessError):
            dialog.with_context(allowed_company_ids=None).create(
                {"company_id": self.company.id}
            )
