from odoo import models


class EventEventTicket(models.Model):
    """What a ticket costs, as the public page says it."""

    _inherit = "event.event.ticket"

    # === Steps, for bridges to extend === #

    def _get_booking_prices(self, company, website):
        """Return the prices of this ticket, in words (S1-16).

        A class that takes credits always says how many, also where the company shows
        the prices of its other bookings in money.

        :return: dict of ``display`` (``money``, ``both`` or ``credits``), ``credits``
            (“10 credits”), ``text`` (“20.00 € or 10 credits”) and ``only`` (“Credits
            only”; empty where money is taken)
        """
        self.ensure_one()
        _ = self.env._
        display = self._get_booking_price_display(company)
        credits = self._get_credit_price_text()
        money = website.currency_id.format(self._get_website_price(company, website))
        only = self._get_only_text(company)
        texts = {
            "money": money,
            "credits": credits,
            "both": _("%(credits)s (%(money)s)", credits=credits, money=money)
            if only
            else _("%(money)s or %(credits)s", money=money, credits=credits),
        }
        return {
            "display": display,
            "credits": credits,
            "text": texts[display],
            "only": only,
        }

    def _get_only_text(self, company):
        """Say what alone pays this ticket; empty where money is taken."""
        # sudo: shoppers need not read the products of tickets.
        if self.sudo()._get_seat_payment(company) == "session_only":
            return self.env._("Entry cards only")
        if self._takes_credits_only(company):
            return self.env._("Credits only")
        return ""

    def _get_booking_price_display(self, company):
        """Return how the price is shown: ``money``, ``both`` or ``credits`` (S0-12)."""
        self.ensure_one()
        # sudo: shoppers need not read the products of tickets.
        ticket = self.sudo()
        payment = ticket._get_seat_payment(company)
        if payment == "money":
            return "money"
        if payment == "session_only" or company.sudo().currency_id.is_zero(
            ticket.price
        ):
            return "credits"
        # the product decides, as if it cost what the ticket costs
        product = ticket.env["product.template"].new(
            {
                "booking_ok": True,
                "booking_payment": payment,
                "booking_credit_price": ticket._get_booking_credit_price(),
            }
        )
        display = product._get_booking_price_display(company)
        return "both" if display == "money" else display

    def _get_website_price(self, company, website):
        """Return the price in money as the page shows it, in the website's currency."""
        self.ensure_one()
        untaxed = website.show_line_subtotals_tax_selection == "tax_excluded"
        amount = self.price_reduce if untaxed else self.price_reduce_taxinc
        currency = (self.company_id or company).sudo().currency_id
        return currency._convert(amount, website.currency_id, company)

    def _get_credit_price_text(self):
        """Write what one seat costs in credits: “10 credits”, “1 session”."""
        self.ensure_one()
        # sudo: shoppers need not read the products of tickets.
        ticket = self.sudo()
        lot = self.env["booking.credit.lot"].sudo()
        if ticket._get_booking_payment(ticket.company_id) == "session_only":
            return lot._count_in_words("session", 1)
        return lot._count_in_words("credit", ticket._get_booking_credit_price())

    def _get_credits_only_text(self):
        """Say where a ticket is booked that takes no money."""
        self.ensure_one()
        return self.env._(
            "“%s” is paid with credits only: book it on the page of the class.",
            self.event_id.name,
        )
