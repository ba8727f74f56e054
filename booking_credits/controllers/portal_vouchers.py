from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from ..exceptions import UnknownVoucherError
from .portal import BookingCreditsPortal


class VouchersPortal(BookingCreditsPortal):
    """Gift vouchers: enter the code of one, or send one as a present."""

    @http.route(
        "/my/credits/voucher", type="http", auth="user", methods=["POST"], website=True
    )
    def portal_claim_voucher(self, code="", **_kwargs):
        """Give the voucher with this code to the user."""
        lots = request.env["booking.credit.lot"]
        attempts = request.env["booking.voucher.attempt"]
        address = request.httprequest.remote_addr
        try:
            attempts._check_brake(address)
            with request.env.cr.savepoint():
                lot = lots._claim_as_customer(code)
        except UserError as error:
            if isinstance(error, UnknownVoucherError):
                attempts._note(address)
            return self.portal_my_credits(voucher_code=code, voucher_error=str(error))
        return request.redirect(f"/my/credits?claimed={lot.id}")

    @http.route(
        "/my/credits/<int:lot_id>/send",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_send_voucher(self, lot_id, email="", name="", message="", **_kwargs):
        """Send a voucher of the user's to whom it is for."""
        try:
            self._check_id(lot_id)
            self._document_check_access("booking.credit.lot", lot_id)
        except (AccessError, MissingError):
            return request.redirect("/my/credits")
        lot = request.env["booking.credit.lot"].browse(lot_id)
        problem = self._get_sending_problem(lot, email, name, message)
        if problem:
            typed = {"email": email, "name": name, "message": message}
            return self.portal_my_credit(lot_id, send_error=problem, typed=typed)
        return request.redirect(f"/my/credits/{lot_id}")

    def _get_sending_problem(self, lot, email, name, message):
        """Send the voucher ``lot``; say why it could not be sent, empty if it was."""
        try:
            with request.env.cr.savepoint():
                sent = lot._send_voucher_as_customer(email, name, message)
        except UserError as error:
            return str(error)
        if sent:
            return ""
        return request.env._(
            "The voucher could not be sent just now, and we know about it. Print "
            "it, or try again later."
        )
