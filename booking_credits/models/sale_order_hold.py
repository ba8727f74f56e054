from odoo import api, models


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

    # === Steps of the verbs, for bridges to extend === #

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


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.ondelete(at_uninstall=False)
    def _unlink_release_booking_credits(self):
        lines = self.filtered(
            lambda line: line.booking_credit_measure or line.booking_credit_line_ids
        )
        lines.order_id._release_booking_credits()

    def _redeem_held_lines(self, counts):
        """Spend what was set aside for these credit lines when a payment began.

        Credits that were held pay also after their last day: they were valid when
        the customer paid. What does not fit the lines any more is freed.

        :param dict counts: how often each booking was paid, by line id
        :return: the lines that are paid
        """
        lot = self.env["booking.credit.lot"].sudo()
        holds = {}
        for hold, units in self.order_id._get_booking_holds():
            key = hold.operation_id.order_line_id.id, hold.lot_id.measure
            holds.setdefault(key, []).append((hold, units))
        paid = self.browse()
        for line in self:
            booking = line.booking_credit_paid_line_id or line
            rows = holds.get((booking.id, line.booking_credit_measure), [])
            total = float(sum(units for _hold, units in rows))
            if not rows or lot._compare_units(total, line.booking_credit_quantity):
                continue
            del holds[booking.id, line.booking_credit_measure]
            lot._redeem_held(
                rows[0][0].union(*(hold for hold, _units in rows)),
                key=line._get_redeem_key(booking, counts),
                order_line=booking,
                reason=line.booking_credit_reason or None,
            )
            paid |= line
        for rows in holds.values():
            lot._release(rows[0][0].union(*(hold for hold, _units in rows)))
        return paid
