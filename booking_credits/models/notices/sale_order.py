from odoo import models

from ...safely import safely


class SaleOrder(models.Model):
    """What customers are written when their bookings are confirmed."""

    _inherit = "sale.order"

    # === Overrides of `sale` === #

    def _get_confirmation_template(self):
        """Override of `sale` to write of bookings as of bookings, not of goods."""
        return self._get_booking_template(super()._get_confirmation_template())

    def _send_order_notification_mail(self, mail_template, *args, **kwargs):
        """Override of `sale`: a mail that fails undoes neither order nor payment."""
        what = self.env._("Mail “%s”", mail_template.sudo().name)
        with safely(self, what):
            super()._send_order_notification_mail(mail_template, *args, **kwargs)

    # === Steps, for bridges to extend === #

    def _get_booking_template(self, template):
        """Return the mail for confirmed bookings in place of Odoo's standard one.

        A template that somebody has chosen stays, and so does Odoo's where goods are
        sold as well. Archive the mail for bookings to do without it.
        """
        self.ensure_one()
        standard = self.env.ref("sale.mail_template_sale_confirmation", False)
        own = self.env.ref("booking_credits.mail_template_booked", False)
        if template != standard or not own or not own.sudo().active:
            return template
        lines = self.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )
        bookings = lines._get_portal_bookings()
        others = lines - bookings - lines._get_credit_lines()
        if not bookings or others.filtered(
            lambda line: not line.product_id.booking_credit_pack
        ):
            return template
        return own

    def _get_booking_mail_rows(self):
        """Return what this order is for, as its mail lists it.

        :return: list of dicts of ``title``, ``when`` and ``price`` (texts)
        """
        self.ensure_one()
        bookings = self.order_line._get_portal_bookings()
        packs = self.order_line.filtered("product_id.booking_credit_pack")
        return [line._get_booking_mail_row() for line in bookings + packs]

    def _get_booking_mail_balance(self):
        """Write what the customer has left; empty without credits."""
        self.ensure_one()
        lots = self.env["booking.credit.lot"].sudo()
        return lots._get_usable_lots(self.partner_id, self.company_id)._in_words()

    def _get_booking_mail_terms(self):
        """Return the different terms of cancellation of these bookings (S1-21)."""
        self.ensure_one()
        bookings = self.order_line._get_portal_bookings()
        texts = [line._get_booking_terms_text() for line in bookings]
        return [text for text in dict.fromkeys(texts) if text]
