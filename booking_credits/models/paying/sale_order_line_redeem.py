from collections import defaultdict

from odoo import api, models

from ...exceptions import InsufficientCreditsError


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
        holds = self.order_id._get_held_rows()
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

    def _redeem_credit_lines(self):
        """Spend what these credit lines of one company pay with."""
        counts = (self | self.booking_credit_paid_line_id)._count_redemptions()
        # sudo: a shopper confirms an order without rights on lots; they are the
        # customer's own, or staff chose them.
        lot = self.env["booking.credit.lot"].sudo()
        uses, capped = [], self.browse()
        for line in self - self._redeem_held_lines(counts):
            use = line._prepare_redeem_use(counts)
            if any(x.cap_day or x.cap_week or x.cap_month for x in use["lots"]):
                capped |= line
            else:
                uses.append(use)
        lot._redeem_many(uses)
        for line in capped:
            # one by one: each counts for the caps that the next one meets
            lot._redeem_many([line._prepare_redeem_use(counts)])
        self._log_other_credits()

    def _prepare_redeem_use(self, counts):
        """Return what ``booking.credit.lot._redeem_many`` needs for this credit line.

        :param dict counts: how often each booking was paid, by line id
        :raise InsufficientCreditsError: if none of the lots may pay it
        """
        self.ensure_one()
        self._check_no_given_money_for_packs()
        # money pays the order, not one of its lines
        booking = self.booking_credit_paid_line_id or self
        chosen = self.sudo()._get_chosen_lots()
        bookings = booking._count_as_bookings(self.product_uom_qty)
        lots = self._get_redeemable_lots(booking, chosen, bookings)
        if not lots and booking == self:
            raise InsufficientCreditsError(self._get_money_refusal())
        if not lots:
            raise InsufficientCreditsError(
                self.order_id._get_booking_credit_refusal(booking)
            )
        return {
            "lots": self.order_id._filter_money_for_packs(lots),
            "limits": self._get_money_limits(lots),
            "quantity": self.booking_credit_quantity,
            "product": booking.product_id,
            "keep_order": bool(chosen),
            "bookings": bookings,
            "key": self._get_redeem_key(booking, counts),
            "order_line": booking,
            "reason": self.booking_credit_reason or None,
        }

    def _get_redeemable_lots(self, booking, chosen, bookings):
        """Return the lots that may pay this credit line; those chosen, if any were.

        :param float bookings: for how many there has to be room under the caps
        """
        if not chosen:
            lots = booking.sudo()._get_booking_usable_lots()
        elif self.booking_credit_measure == "money":
            lots = self.sudo()._filter_usable_lots(chosen)
        else:
            chosen._check_usable(booking.product_id, booking.booking_start)
            lots = chosen
        return booking._filter_lots_with_room(
            lots.filtered(lambda lot: lot.measure == self.booking_credit_measure),
            bookings,
        )

    def _get_money_refusal(self):
        """Say that the customer credit on an order is not there any more."""
        return self.env._(
            "The customer credit that was to pay %(amount)s of %(order)s is not there "
            "any more. Take the credit payment off the order, and pay again with what "
            "%(customer)s has left.",
            amount=self.currency_id.format(-self.price_total),
            order=self.order_id.name,
            customer=self.order_id.partner_id.display_name,
        )

    def _get_redeem_key(self, booking, counts):
        """Return the idempotency key of the next payment of ``booking``."""
        return f"redeem:{self._name}:{self.id}:{counts.get(booking.id, 0)}"

    def _count_redemptions(self):
        """Return how often these bookings were paid, by id: it numbers the request.

        A no-show that is taken back pays its booking again.
        """
        groups = (
            self.env["booking.credit.operation"]
            .sudo()
            ._read_group(
                [
                    ("order_line_id", "in", self.ids),
                    "|",
                    ("kind", "=", "redeem"),
                    ("idempotency_key", "=like", "came:%"),
                ],
                ["order_line_id"],
                ["__count"],
            )
        )
        return {line.id: count for line, count in groups}

    def _get_booking_spent_entries(self):
        """Return the redemptions of this booking that were not given back."""
        self.ensure_one()
        # sudo: shoppers cancel their own bookings without reading the ledger.
        entries = (
            self.env["booking.credit.entry"]
            .sudo()
            .search(
                [
                    ("operation_id.order_line_id", "=", self.id),
                    ("type", "=", "redeem"),
                ]
            )
        )
        return entries.browse([e.id for e, _q, _v in entries._get_restorable()])

    # === Business verbs === #

    def _book(self):
        """Spend the credits of these lines' credit lines, and keep the terms.

        :raise InsufficientCreditsError: if credits are missing or have expired
        """
        self._keep_booking_terms()
        paying = self._get_credit_lines().filtered("booking_credit_quantity")
        paying._set_credit_line_names()
        for lines in paying.grouped("company_id").values():
            lines._redeem_credit_lines()

    # === Steps of the verbs, for bridges to extend === #

    def _get_spent_rows(self):
        """Return for each of these lines what was spent and not given back, in order.

        :return: dict from line to a list of ``(entry, units, value)``
        """
        # sudo: shoppers cancel their own bookings without reading the ledger.
        entries = (
            self.env["booking.credit.entry"]
            .sudo()
            .search(
                [
                    ("operation_id.order_line_id", "in", self.ids),
                    ("type", "=", "redeem"),
                ]
            )
        )
        rows = defaultdict(list)
        for row in entries._get_restorable():
            rows[row[0].operation_id.order_line_id.id].append(row)
        return {line: rows[line._origin.id] for line in self}
