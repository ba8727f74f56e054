from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: wrong codes in an hour, of one account and from one address, before it has to wait
MOST_WRONG = 10
WINDOW = timedelta(hours=1)


class BookingVoucherAttempt(models.Model):
    """A wrong voucher code that somebody typed on the customer's pages.

    Kept in the database, so that all workers count the same.
    """

    _name = "booking.voucher.attempt"
    _description = "Wrong Voucher Code"
    _order = "id desc"

    user_id = fields.Many2one(
        comodel_name="res.users",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    ip = fields.Char(string="Address", readonly=True, index=True)

    @api.model
    def _check_brake(self, ip):
        """Refuse more guesses of the user, or from the address ``ip``, for a while.

        :raise UserError: saying how long to wait
        """
        since = fields.Datetime.now() - WINDOW
        # sudo: nobody reads who guessed what.
        attempts = self.sudo()
        who = [Domain("user_id", "=", self.env.uid)]
        who += [Domain("ip", "=", ip)] if ip else []
        for same in who:
            latest = attempts.search(
                same & Domain("create_date", ">", since), limit=MOST_WRONG
            )
            if len(latest) < MOST_WRONG:
                continue
            wait = latest[-1].create_date + WINDOW - fields.Datetime.now()
            raise UserError(
                self.env._(
                    "Too many wrong voucher codes. Try again in %s minutes.",
                    max(round(wait.total_seconds() / 60), 1),
                )
            )

    @api.model
    def _note(self, ip):
        """Note that the user typed a wrong code from the address ``ip``."""
        # sudo: see _check_brake
        self.sudo().create({"user_id": self.env.uid, "ip": ip})

    @api.autovacuum
    def _gc_attempts(self):
        """Forget what counts no more."""
        old = fields.Datetime.now() - 24 * WINDOW
        self.sudo().search([("create_date", "<", old)], limit=10000).unlink()
