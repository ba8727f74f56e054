from odoo.tests import tagged

from .attack import AttackCase, Row
from .attack_routes import AttackRoutesCase

METHODS = {}
FIELDS = {}
ROUTES = {"": Row()}


def dump(wrong):
    with open("/tmp/wrong.txt", "w") as f:
        f.write("\n".join(w.replace("\n", " ") for w in wrong))


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAttack(AttackCase):
    """The server decides: whoever calls what, with whatever."""

    def test_public_methods(self):
        wrong = self._attack_methods(METHODS)
        dump(wrong)
        self.assertFalse(wrong, "\n".join(wrong[:60]))

    def test_fields(self):
        wrong = self._attack_fields(FIELDS)
        dump(wrong)
        self.assertFalse(wrong, "\n".join(wrong[:60]))


@tagged("post_install", "-at_install", "booking_credits_alone")
class TestAttackRoutes(AttackRoutesCase):
    """What can be asked for without a client of ours."""

    def test_routes(self):
        wrong = self._attack_routes(ROUTES)
        dump(wrong)
        self.assertFalse(wrong, "\n".join(wrong[:60]))
