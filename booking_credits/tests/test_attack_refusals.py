import inspect
import json

from odoo.http import serialize_exception
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.booking_credits import exceptions

from .common import BookingCreditsCommon

#: makes a call that nobody catches, as a button does, and reads what the person sees
PRESS = """
    const { orm } = odoo.__WOWL_DEBUG__.root.env.services;
    const wait = async (find) => {
        for (let i = 0; i < 100 && !find(); i++) {
            await new Promise((done) => setTimeout(done, 100));
        }
        return find();
    };
    (async () => {
        for (const [model, method, args, words] of %s) {
            orm.call(model, method, args);
            const dialog = await wait(() => document.querySelector(".modal-dialog"));
            if (!dialog) throw new Error(`${model}.${method}: no dialog`);
            const text = dialog.innerText;
            if (text.includes("Oops") || text.includes("Traceback")) {
                throw new Error(`${model}.${method}: ${text}`);
            }
            if (!text.includes(words)) {
                throw new Error(`${model}.${method} does not say “${words}”: ${text}`);
            }
            dialog.querySelector(".modal-footer button").click();
            await wait(() => !document.querySelector(".modal-dialog"));
        }
        console.log("test successful");
    })().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestAttackRefusals(BookingCreditsCommon, HttpCase):
    """Every refusal reaches the person as its sentence."""

    def test_every_error_of_ours_names_a_class_that_the_clients_know(self):
        for _name, error in inspect.getmembers(exceptions, inspect.isclass):
            if error.__module__ == exceptions.__name__:
                said = serialize_exception(error("A sentence."))
                self.assertEqual(
                    said["context"]["exception_class"], "odoo.exceptions.UserError"
                )
                self.assertEqual(said["arguments"], ("A sentence.",))

    def test_refusals_are_read_in_the_browser(self):
        """Deleting a booking, cancelling a used pack, its credit note, a CRED entry."""
        pack = self._create_order(self.pack)
        invoice = self._invoice(pack)
        self._pay(invoice)
        booking = self._book(hours=-2)
        entry = booking.order_line[0]._get_booking_spent_entries()
        entry.action_post_due()
        refund = self._draft_credit_note(invoice)
        manager = new_test_user(
            self.env,
            "press_manager",
            groups="booking_credits.booking_credits_group_manager,"
            "account.group_account_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        presses = [
            ["sale.order.line", "unlink", booking.order_line[:1].ids, booking.name],
            ["sale.order", "action_cancel", pack.ids, "cannot be cancelled"],
            ["account.move", "action_post", refund.ids, "unused"],
            ["account.move", "button_draft", entry.move_id.ids, entry.move_id.name],
        ]
        code = PRESS % json.dumps([[m, f, [ids], w] for m, f, ids, w in presses])
        with mute_logger("odoo.http"):
            self.browser_js("/odoo", code, "odoo.isReady", login=manager.login)
