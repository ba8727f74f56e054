"""Makes the data that all tests share; ``bin/test`` alone asks for it."""

from odoo.tests import HttpCase, tagged

from . import prepared
from .common import BookingCreditsCommon


@tagged("-standard", "-at_install", "post_install", "booking_credits_prepare")
class TestPrepare(BookingCreditsCommon):
    """Commits what the common class has made, in the database that was named."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        prepared.save(cls)

    def test_names_are_free_for_others(self):
        self.assertFalse(self.env["res.users"].search([("login", "=", "accountman")]))
        self.assertTrue(self.env.user.login.startswith(prepared.PREFIX))


@tagged("-standard", "-at_install", "post_install", "booking_credits_prepare")
class TestBundles(HttpCase):
    """Before a run with a test of this kind, Odoo makes the bundles of its pages."""

    def test_bundles_are_there(self):
        bundles = [("url", "=like", "/web/assets/%"), ("name", "=like", "%.min.js")]
        self.assertTrue(self.env["ir.attachment"].search(bundles, limit=1))
