from odoo.tests import tagged

from .attack import AttackCase

METHODS = {}
FIELDS = {}


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAttack(AttackCase):
    """The server decides: whoever calls what, with whatever."""

    def test_public_methods(self):
        wrong = self._attack_methods(METHODS)
        open("/tmp/wrong.txt", "w").write(
            "\n".join(w.replace("\n", " ") for w in wrong)
        )
        self.assertFalse(wrong, "\n".join(wrong[:60]))

    def test_fields(self):
        wrong = self._attack_fields(FIELDS)
        self.assertFalse(wrong, "\n".join(wrong[:60]))
