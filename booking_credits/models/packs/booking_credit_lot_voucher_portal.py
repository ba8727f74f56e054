from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, format_date

from ...exceptions import UnknownVoucherError
from ...safely import safely

#: minutes before the same voucher is sent once more
SEND_AGAIN = 10

#: letters of a message that is sent along
MESSAGE_LENGTH = 500


class BookingCreditLot(models.Model):
    """Gift vouchers on the customer's pages: enter a code, send one as a present."""

    _inherit = "booking.credit.lot"

    voucher_email = fields.Char(
        string="Voucher Sent To",
        readonly=True,
        copy=False,
        help="Address to which the customer has sent this voucher last.",
    )
    voucher_sent_date = fields.Datetime(
        string="Voucher Sent On", readonly=True, copy=False
    )

    # === Business verbs === #

    @api.model
    def _claim_as_customer(self, code):
        """Give what is left of the voucher with ``code`` to the user.

        The same code again gives nothing more, and returns the same.

        :param str code: as it was typed; spaces and case do not matter
        :return: the lot that the user has now
        :raise UserError: if the code is unknown, expired or used; says nothing about
            other customers
        """
        partner = self.env.user.partner_id
        # sudo: who knows the code may claim it, whoever bought it.
        voucher = self.sudo()._find_voucher(code)
        if not voucher._has_left():
            if mine := voucher._get_received_by(partner):
                return mine
            raise UserError(self.env._("This gift voucher was used already."))
        entries = voucher._claim(voucher.code, partner)
        return entries[-1:].lot_id or voucher

    def _send_voucher_as_customer(self, email, name="", message=""):
        """Send this voucher as a present, in the name of who bought it.

        The caller checks whose it is. Sent again within minutes it is sent once.

        :return: whether it was sent; if not, staff read why on the voucher
        :raise UserError: if this is no voucher any more, or the address is none
        """
        self.ensure_one()
        email, name, message = (
            (text or "").replace("\0", "") for text in (email, name, message)
        )
        address = email_normalize(email)
        if not address:
            raise UserError(self.env._("“%s” is no e-mail address. Check it.", email))
        self._check_vouchers()
        # sudo: the ledger's records are closed; these texts are for the mail only.
        lot = self.sudo()
        if lot._is_sent_just_now(address):
            return True
        lot.write(
            {
                "voucher_to": name.strip()[:100] or lot.voucher_to,
                "voucher_message": message.strip()[:MESSAGE_LENGTH],
                "voucher_email": address,
                "voucher_sent_date": fields.Datetime.now(),
            }
        )
        return lot._send_voucher_mail()

    def _is_sent_just_now(self, address):
        """Return whether this voucher was sent to ``address`` within minutes.

        :raise UserError: if it was sent to another address
        """
        again = fields.Datetime.now() - timedelta(minutes=SEND_AGAIN)
        if not self.voucher_sent_date or self.voucher_sent_date <= again:
            return False
        if self.voucher_email != address:
            raise UserError(
                self.env._(
                    "This voucher was sent to %(email)s just now. Try again in "
                    "%(minutes)s minutes.",
                    email=self.voucher_email,
                    minutes=SEND_AGAIN,
                )
            )
        return True

    def _send_voucher_mail(self):
        """Mail this voucher to the address that it keeps; return whether that went."""
        # what was bought does not depend on a mail: the code is on the page as well
        with safely(self, self.env._("Mail with the voucher")) as sending:
            self.env.ref(
                "booking_credits.mail_template_voucher_present"
            ).sudo().send_mail(self.id)
        if sending.failed:
            self.write({"voucher_email": False, "voucher_sent_date": False})
            return False
        self.message_post(
            body=self.env._("Sent to %s by the customer.", self.voucher_email),
        )
        return True

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _find_voucher(self, code):
        """Return the voucher with ``code`` in the companies of the user.

        :raise UserError: if there is none, or it has expired
        """
        typed = self._read_code(code)[:40]
        lot = self.search(
            [("code", "=", typed), ("company_id", "in", self.env.companies.ids)],
            limit=1,
        )
        if not typed or not lot:
            raise UnknownVoucherError(
                self.env._(
                    "There is no gift voucher “%s”. Check its code: twelve letters and "
                    "digits.",
                    typed,
                )
            )
        if lot._is_expired(lot.company_id._booking_credit_today()):
            raise UserError(
                self.env._(
                    "This gift voucher expired on %s.",
                    format_date(self.env, lot.valid_until),
                )
            )
        return lot

    def _get_received_by(self, partner):
        """Return what ``partner`` received when this voucher was claimed."""
        entries = self.entry_ids.operation_id.entry_ids
        received = entries.lot_id - self
        return received.filtered(lambda lot: lot.partner_id == partner)[:1]

    def _get_voucher_sent_text(self):
        """Write “Sent to marie@example.com on June 30”; empty if it was not."""
        self.ensure_one()
        if not self.voucher_sent_date:
            return ""
        return self.env._(
            "Sent to %(email)s on %(day)s.",
            email=self.voucher_email,
            day=format_date(self.env, self.voucher_sent_date),
        )
