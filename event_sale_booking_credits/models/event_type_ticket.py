from odoo import api, fields, models

from ..const import CLASS_PAYMENTS


class EventTypeTicket(models.Model):
    """A ticket of a class, or of its template, with a price in credits (S1-25).

    Tickets of classes inherit these fields.
    """

    _inherit = "event.type.ticket"

    booking_credit_price = fields.Float(
        string="Credits",
        digits="Booking Credits",
        help="Credits that one seat costs; 0: as the class, or its product.",
    )
    booking_payment = fields.Selection(
        selection=CLASS_PAYMENTS,
        string="Paid With",
        help="Empty: as the class, its product, or the company's bookings.",
    )

    _booking_credit_price_positive = models.Constraint(
        "CHECK(booking_credit_price >= 0)",
        "A price in credits cannot be negative.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `event` to let credits pay what has a price in credits."""
        tickets = super().create(vals_list)
        tickets._make_products_bookable()
        return tickets

    def write(self, vals):
        """Override of `event` to let credits pay what has a price in credits."""
        res = super().write(vals)
        if {"booking_credit_price", "product_id"} & vals.keys():
            self._make_products_bookable()
        return res

    def _make_products_bookable(self):
        """Let credits pay the products of these tickets, where they have a price.

        Who plans classes need not know that lots are checked against the product.
        """
        for ticket in self:
            price = ticket._get_booking_credit_price()
            # sudo: who plans classes need not edit products.
            template = ticket.product_id.product_tmpl_id.sudo()
            if not price or template.booking_ok:
                continue
            template.write(
                {
                    "booking_ok": True,
                    "booking_credit_price": template.booking_credit_price or price,
                }
            )

    @api.model
    def _get_event_ticket_fields_whitelist(self):
        """Override of `event` to copy what a seat costs from template to class."""
        return [
            *super()._get_event_ticket_fields_whitelist(),
            "booking_credit_price",
            "booking_payment",
        ]

    # === Steps, for bridges to extend === #

    def _get_booking_owner(self):
        """Return the class or the template that this ticket belongs to."""
        self.ensure_one()
        return self.event_type_id

    def _get_booking_credit_price(self):
        """Return the credits that one seat costs: ticket, class, then product."""
        self.ensure_one()
        return (
            self.booking_credit_price
            or self._get_booking_owner().booking_credit_price
            or self.product_id.booking_credit_price
        )

    def _get_booking_payment(self, company):
        """Return what a seat is paid with: see ``product.template``, and entry cards.

        :return: ``both``, ``credit_only``, ``session_only`` or ``money``
        """
        self.ensure_one()
        return (
            self.booking_payment
            or self._get_booking_owner().booking_payment
            or self.product_id.product_tmpl_id._get_booking_payment(company)
        )


class EventEventTicket(models.Model):
    _inherit = "event.event.ticket"

    def _get_booking_owner(self):
        """Override: a ticket of a class."""
        return self.event_id

    def _takes_credits_only(self, company):
        """Return whether no money is taken for this ticket by self-service (S1-24).

        A ticket that has a price in credits and none in money is not for free.
        """
        self.ensure_one()
        # sudo: shoppers need not read the products of tickets.
        ticket = self.sudo()
        payment = ticket._get_seat_payment(company)
        if payment == "both":
            return company.sudo().currency_id.is_zero(ticket.price)
        return payment != "money"

    def _get_seat_payment(self, company):
        """Return what pays this ticket; ``money`` where credits have nothing to pay.

        :return: as :meth:`_get_booking_payment`
        """
        self.ensure_one()
        if not self.product_id.booking_ok:
            return "money"
        payment = self._get_booking_payment(company)
        if payment == "both" and not self._get_booking_credit_price():
            return "money"
        return payment

    def _needs_seat_check(self):
        """Return whether seats of this ticket, or of its class, are limited."""
        self.ensure_one()
        return bool(self.seats_max)
