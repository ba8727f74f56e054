from odoo import api, fields, models

from ...const import SERVICE_PAYMENTS
from ...words import format_units, is_singular


class ProductTemplate(models.Model):
    """What a bookable service is paid with, and how its price reads."""

    _inherit = "product.template"

    booking_payment = fields.Selection(
        selection=SERVICE_PAYMENTS,
        string="Paid With",
        help="Empty: as the company's bookings.",
    )

    # === Steps of the verbs, for bridges to extend === #

    def _get_booking_payment(self, company):
        """Return what this service is paid with in ``company``.

        :return: ``both``, ``credit_only`` (credits, sessions or customer credit, but
            no money: S1-24), or ``money`` (customer credit lowers it: S0-10); ``money``
            as well for what is no bookable service
        """
        self.ensure_one()
        if not self.booking_ok:
            return "money"
        if self.booking_payment:
            return self.booking_payment
        # sudo: shoppers need not read the settings of the company.
        mode = company.sudo().booking_payment_mode
        return "money" if mode == "level" else mode

    def _get_booking_price_display(self, company):
        """Return how the price of this service is shown: ``money``, ``both``, ``credits``.

        A price that cannot be paid is not shown: money where the service takes money
        only, credits where only this service takes nothing else. A company all of
        whose bookings take credits only chooses freely (S0-12).
        """
        self.ensure_one()
        payment = self._get_booking_payment(company)
        if payment == "money" or not self.booking_credit_price:
            return "money"
        company = company.sudo()
        display = company.booking_price_display
        if payment == "both" and display == "credits":
            return "both"
        if (
            payment == "credit_only"
            and display == "money"
            and company.booking_payment_mode != "credit_only"
        ):
            return "credits"
        return display

    def _get_booking_price_text(self, company, price=None, currency=None):
        """Write what a booking of this service costs, for customers.

        “20.00 €”, “1 credit”, “20.00 € or 1 credit”; “1 credit (20.00 €)” where both
        are shown and only credits are taken (S0-12, S1-16).

        :param float price: in ``currency``, as the page shows it; without it the sales
            price, in the company's currency
        """
        self.ensure_one()
        currency = currency or company.sudo().currency_id
        money = currency.format(self.list_price if price is None else price)
        display = self._get_booking_price_display(company)
        if display == "money":
            return money
        credits = self._get_booking_credit_price_text()
        if display == "credits":
            return credits
        if self._get_booking_payment(company) == "credit_only":
            return self.env._("%(credits)s (%(money)s)", credits=credits, money=money)
        return self.env._("%(money)s or %(credits)s", money=money, credits=credits)

    def _get_booking_credit_price_text(self):
        """Write the price in credits: “1 credit”, “1.5 credits”."""
        self.ensure_one()
        price = self.booking_credit_price
        number = format_units(self.env, price)
        if is_singular(self.env, price):
            return self.env._("%s credit", number)
        return self.env._("%s credits", number)

    @api.model
    def _get_offered_packs_domain(self, company):
        """Return the domain of the packs that ``company`` sells, to use at once."""
        return [
            *self._check_company_domain(company),
            ("booking_credit_pack", "=", True),
            ("booking_credit_voucher", "=", False),
            ("sale_ok", "=", True),
        ]
