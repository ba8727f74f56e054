from odoo import models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    """Another customer, or a lower price: the credits on an order follow."""

    _inherit = "sale.order"

    # === Steps of the verbs, for bridges to extend === #

    def _leave_customer(self, vals):
        """Give back what the old customer's credits pay, if the customer changes.

        :return: ``(payments, customers)``: dicts from booking to ``(quantity, lots,
            reason)`` that paid it, and from order to the customer before
        :raise UserError: naming the order and the remedy
        """
        changed = self.filtered(
            lambda order: "partner_id" in vals
            and order.partner_id.id != vals["partner_id"]
        )
        if not changed:
            return {}, {}
        changed._check_customer_changeable(vals["partner_id"])
        # what the old customer's credits were to pay
        quotations = changed.filtered(lambda order: order.state in ("draft", "sent"))
        quotations.order_line._get_credit_lines().unlink()
        bookings = changed.order_line._get_bookings_paid()
        before = {order: order.partner_id for order in bookings.order_id}
        return bookings._give_back_to_change(), before

    def _pay_as_new_customer(self, left):
        """Pay what :meth:`_leave_customer` gave back with the new customer's credits.

        :raise InsufficientCreditsError: if those do not do
        """
        paid, before = left
        for line, (quantity, *_lots) in paid.items():
            line._pay_change(quantity, self.env["booking.credit.lot"])
        for order, partner in before.items():
            order._log_customer_change(partner)

    def _give_lowered_money_back(self):
        """Give back to the customer credit what a lower price leaves over.

        Where an invoice is posted, its credit note gives it back.
        """
        for order in self.filtered(lambda order: order.state == "sale"):
            paid = [line for line, _rows in order._get_uncovered_money()]
            if not paid:
                continue
            order._give_uncovered_money_back(self.env._("Price lowered"))
            for line in paid:
                rows = line._get_booking_spent_entries()._get_restorable()
                units = sum(units for _entry, units, _value in rows)
                line._with_credits_changing(line).write(
                    {
                        "price_unit": -units * (line.booking_credit_rate or 1.0),
                        "product_uom_qty": 1.0,
                        "booking_credit_quantity": units,
                    }
                )

    def _check_customer_changeable(self, partner_id):
        """Refuse another customer where credits have reached the first one.

        :raise UserError: naming the order and the remedy
        """
        customer = self.env["res.partner"].browse(partner_id)
        for order in self.filtered(lambda order: order.state == "sale"):
            # sudo: who changes orders need not read credits.
            lots = order.sudo().booking_credit_lot_ids
            if lots:
                raise UserError(
                    self.env._(
                        "%(order)s has given %(lots)s to %(customer)s. Leave the order "
                        "as it is, and transfer the credits to %(other)s.",
                        order=order.name,
                        lots=", ".join(lots.mapped("name")),
                        customer=order.partner_id.display_name,
                        other=customer.display_name,
                    )
                )
            order._check_no_credits_spent(customer)

    def _check_no_credits_spent(self, customer):
        """Refuse ``customer`` where credits of the first one pay what still stands.

        :raise UserError: naming the line, the order and the remedy
        """
        spent = self.order_line.filtered(
            lambda line: line.booking_credit_line_ids
            or line.booking_credit_measure == "money"
        )
        standing = spent.filtered(
            lambda line: not line.booking_cancel_date
            and line not in line._get_bookings_paid()
        )
        if standing:
            raise UserError(
                self.env._(
                    "“%(line)s” on %(order)s is paid by %(customer)s. Cancel it, "
                    "and make a new order for %(other)s.",
                    line=standing[0].name,
                    order=self.name,
                    customer=self.partner_id.display_name,
                    other=customer.display_name,
                )
            )

    def _log_customer_change(self, before):
        self.ensure_one()
        self.message_post(
            body=self.env._(
                "Credits came back to %(before)s, and %(after)s has paid with %(credits)s.",
                before=before.display_name,
                after=self.partner_id.display_name,
                credits=self.booking_credit_spent_text,
            )
        )
