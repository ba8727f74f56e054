from datetime import timedelta

from odoo import api, fields, models

#: how long packs and credits wait for a payment that was begun
RESERVATION = timedelta(hours=1)

#: payments in these states may still succeed, or have
ALIVE = ("pending", "authorized", "done")


class SaleOrder(models.Model):
    """Sets credits aside while the rest of an order is being paid in money (S1-08).

    Whoever has paid the rest by card must find the credits still there. They are held
    from the moment the payment begins, until the order is confirmed, cancelled or
    deleted, its credit lines change, or its payment is given up.
    """

    _inherit = "sale.order"

    @api.ondelete(at_uninstall=False)
    def _unlink_release_booking_credits(self):
        self._release_booking_credits()

    # === Business verbs === #

    def _hold_booking_credits(self):
        """Set aside the credits that pay a part of these quotations.

        What was set aside before is freed first: the cart may have changed.

        :raise InsufficientCreditsError: if they are not there any more; no money has
            been taken then
        """
        self._release_booking_credits()
        paying = self.order_line._get_credit_lines()
        for line in paying.filtered("booking_credit_quantity"):
            use = line._prepare_redeem_use({})
            use["lots"]._hold(
                use["quantity"],
                use["product"],
                keep_order=use["keep_order"],
                limits=use["limits"],
                bookings=use["bookings"],
                order_line=use["order_line"],
            )

    def _release_booking_credits(self):
        """Free what is set aside for these orders. Safe to run twice."""
        holds = self.env["booking.credit.entry"].sudo()
        holds = holds.union(*(hold for hold, _units in self._get_booking_holds()))
        holds.lot_id._release(holds)

    # === Jobs === #

    @api.model
    def _cron_release_given_up(self):
        """Free what waits for the payment of quotations that was given up."""
        self.env["booking.credit.job"]._run(
            "free what waits for a payment",
            [
                (order.company_id, order._release_given_up)
                for order in self._get_waiting_for_payment().sorted("id")
            ],
        )

    def _release_given_up(self):
        """Free what waits for the payment of this quotation, if that was given up.

        :return: this order, or none
        """
        self.ensure_one()
        if not self._is_payment_given_up():
            return self.browse()
        self._release_waiting()
        return self

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _get_waiting_for_payment(self):
        """Return the quotations for which packs or credits are set aside."""
        return self._get_waiting_with_credits() | self._get_waiting_with_packs()

    def _release_waiting(self):
        """Free what is set aside for this quotation."""
        self._release_booking_credits()
        self.order_line._give_back_pack_stock()

    def _is_payment_given_up(self):
        """Return whether no payment of this quotation can be expected any more."""
        self.ensure_one()
        begun_after = fields.Datetime.now() - RESERVATION
        return not self.transaction_ids.filtered(
            lambda tx: tx.state in ALIVE
            or (tx.state == "draft" and tx.create_date > begun_after)
        )

    def _get_booking_holds(self):
        """Return what is set aside for these orders and was not resolved.

        :return: list of ``(hold entry, units)``, in the order of holding
        """
        # sudo: shoppers pay without reading the ledger.
        entries = self.env["booking.credit.entry"].sudo()
        return entries.search(
            [
                ("type", "=", "hold"),
                ("operation_id.order_line_id", "in", self.order_line.ids),
            ]
        )._get_open_holds()

    def _get_held_rows(self):
        """Return what is set aside, by the id of the booking and the measure.

        :return: dict of lists of ``(hold entry, units)``
        """
        holds = {}
        for hold, units in self._get_booking_holds():
            key = hold.operation_id.order_line_id.id, hold.lot_id.measure
            holds.setdefault(key, []).append((hold, units))
        return holds

    @api.model
    def _get_waiting_with_credits(self):
        """Return the quotations for which credits are set aside."""
        # sudo: the job is for all companies and all customers.
        holds = (
            self.env["booking.credit.entry"]
            .sudo()
            .search(
                [
                    ("type", "=", "hold"),
                    ("lot_id.held", ">", 0),
                    ("operation_id.hold_until", "=", False),
                    ("operation_id.order_line_id.state", "in", ("draft", "sent")),
                    (
                        "operation_id.order_line_id.order_id.transaction_ids",
                        "!=",
                        False,
                    ),
                ]
            )
        )
        return holds.operation_id.order_line_id.order_id.with_env(self.env)
