from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from ...inside import tell, tell_fields, told
from ...words import format_hours


class SaleOrderLine(models.Model):
    """What a booking remembers of its terms: when it was made, moved and forgiven."""

    _inherit = "sale.order.line"

    booking_forgiven_on = fields.Datetime(
        string="Forgiven On",
        readonly=True,
        copy=False,
        help="When a late cancellation of this booking cost nothing; it counts for the "
        "customer's next ones.",
    )

    # === Business verbs === #

    def _note_terms_before(self, change):
        """Note the time that is left to the bookings that are moved late."""
        if change.vals.get("booking_start") and not told(self, "moved_by_business"):
            start = fields.Datetime.to_datetime(change.vals["booking_start"])
            change.moved = self._prepare_late_moves(start)

    def _keep_terms_of_moves(self, change):
        """Keep the time that was left when a booking was moved."""
        for line, snapshot in change.moved:
            tell_fields(line, "booking_policy").booking_policy = snapshot
            line._note_late_move()

    def _move_by_business(self, start, end, reason=None):
        """Move these confirmed bookings, for reasons of ours, to another time.

        What paid stays spent, also on a day that it would not pay: the customer did
        not ask for it. Until the new start, cancelling costs nothing.

        :param datetime start: UTC
        :param datetime end: UTC
        :param str reason: why, for the history of the orders
        """
        moved = self.filtered(
            lambda line: line.booking_start != start or line.booking_end != end
        )
        for line in moved:
            if line.state == "sale" and line.booking_start != start:
                line._let_out_free("moved", start)
        tell(moved, moved_by_business=True).write(
            {"booking_start": start, "booking_end": end}
        )
        for line in moved.filtered(lambda line: line.state == "sale"):
            line.order_id.message_post(
                body=self.env._(
                    "%(booking)s was moved by us to %(start)s. %(reason)s",
                    booking=line.product_id.display_name,
                    start=line._get_booking_start_text(),
                    reason=reason or "",
                ).strip()
            )
        return moved

    def _let_out_free(self, why, until):
        """Let the customer out of this booking for free for some time.

        :param str why: ``moved`` (by us) or ``enrolled`` (from a waiting list)
        :param datetime until: UTC; never after the start
        """
        self.ensure_one()
        free = {"why": why, "until": fields.Datetime.to_string(until)}
        line = tell_fields(self, "booking_policy")
        line.booking_policy = {**(self.booking_policy or {}), "free": free}

    def _is_free_to_leave(self):
        """Return whether cancelling costs nothing now, whatever the terms."""
        self.ensure_one()
        free = (self.booking_policy or {}).get("free")
        return bool(
            free and fields.Datetime.now() <= fields.Datetime.to_datetime(free["until"])
        )

    def _note_forgiven(self):
        """Count these late cancellations as forgiven.

        Touches the customer: of two at the same time one is run again, and counts the
        other (PostgreSQL refuses the second change of the same row).
        """
        if not self:
            return
        now = fields.Datetime.now()
        tell_fields(self, "booking_forgiven_on").booking_forgiven_on = now
        # sudo: shoppers and the front desk cancel without editing contacts
        customers = self.order_id.partner_id.commercial_partner_id.sudo()
        customers.booking_forgiven_on = now

    def _keep_booking_terms(self):
        """Keep with each booking the terms that are agreed now (S1-20).

        When it was made is kept with them, for the free undo.
        """
        now = fields.Datetime.to_string(fields.Datetime.now())
        lines = tell_fields(self, "booking_policy", "booking_credit_price_agreed")
        for line in lines.filtered("booking_ok"):
            terms = line._get_booking_policy().sudo()._get_snapshot()
            if terms:
                company = line._get_booking_company().sudo()
                terms["rounding"] = company.booking_credit_rounding
                terms["booked_on"] = now
            line.write(
                {
                    "booking_policy": terms,
                    "booking_credit_price_agreed": line.booking_credit_price,
                }
            )

    # === Steps of the verbs, for bridges to extend === #

    def _prepare_late_moves(self, start):
        """Return the bookings that go to a later ``start`` inside the penalty window.

        Moving away and cancelling then must not be cheaper than cancelling: the time
        that was left counts for as long as the booking stands.

        :return: list of ``(line, terms)``
        """
        moves = []
        now = fields.Datetime.to_string(fields.Datetime.now())
        for line in self.filtered(lambda line: line._may_move_late(start)):
            terms = line._get_terms_now()
            if terms["percent"] < 100 and terms["why"] != "moved":
                moved = {
                    "on": now,
                    "from": fields.Datetime.to_string(line.booking_start),
                }
                moves.append((line, {**line.booking_policy, "moved": moved}))
        return moves

    def _may_move_late(self, start):
        """Return whether this booking stands, keeps late moves, and goes later."""
        return (
            self.state == "sale"
            and not self.booking_cancel_date
            and (self.booking_policy or {}).get("keeps_late_moves")
            and self.booking_start
            and start > self.booking_start
        )

    def _get_hours_when_moved(self):
        """Return the hours that were left when this booking was moved late, or None."""
        self.ensure_one()
        moved = (self.booking_policy or {}).get("moved")
        if not moved:
            return None
        return self.env["booking.cancellation.policy"]._count_hours(
            self.booking_policy,
            self.company_id,
            fields.Datetime.to_datetime(moved["on"]),
            fields.Datetime.to_datetime(moved["from"]),
        )

    def _note_late_move(self):
        self.order_id.message_post(
            body=self.env._(
                "%(booking)s was moved %(time)s before its start. If it is cancelled "
                "later, that time counts.",
                booking=self.product_id.display_name,
                time=format_hours(self.env, max(self._get_hours_when_moved(), 0)),
            )
        )

    def _count_forgiven(self):
        """Return how many late cancellations were forgiven lately.

        :return: dict from ``(customer, company, days)`` to a number
        """
        keys = {
            line._get_forgiven_key()
            for line in self
            if (line.booking_policy or {}).get("forgiven")
        }
        counts = {}
        for days in {key[2] for key in keys}:
            wanted = [key for key in keys if key[2] == days]
            for partner, company, count in self._read_forgiven(wanted, days):
                key = (partner.commercial_partner_id.id, company.id, days)
                counts[key] = counts.get(key, 0) + count
        return counts

    def _read_forgiven(self, keys, days):
        """Return ``(customer, company, number)`` of what was forgiven in ``days``."""
        since = fields.Datetime.now() - timedelta(days=days)
        customers = [customer for customer, _company, _days in keys]
        return (
            self.env["sale.order.line"]
            .sudo()
            ._read_group(
                [
                    ("booking_forgiven_on", ">", since),
                    ("company_id", "in", [company for _c, company, _days in keys]),
                    ("order_partner_id.commercial_partner_id", "in", customers),
                ],
                ["order_partner_id", "company_id"],
                ["__count"],
            )
        )

    def _get_forgiven_key(self):
        """Return whose forgiven cancellations count with this one."""
        customer = self.order_id.partner_id.commercial_partner_id
        return (customer.id, self.company_id.id, self.booking_policy["forgiven"][1])

    def _is_forgivable(self, quote, forgiven):
        """Return whether this late cancellation costs something, and is forgiven."""
        count = (self.booking_policy or {}).get("forgiven", [0])[0]
        hours = quote.hours_left
        if not count or hours is None or hours < 0 or quote.percent == 100:
            return False
        kept = [part["kept"] for part in quote.measures.values()]
        costs = any(kept) or quote.money["fee"] > Decimal(0)
        return costs and forgiven.get(self._get_forgiven_key(), 0) < count

    def _take_forgiven(self, forgiven):
        """Count one more; return which one it is, of how many, in how many days."""
        key = self._get_forgiven_key()
        forgiven[key] = forgiven.get(key, 0) + 1
        return (forgiven[key], *self.booking_policy["forgiven"])

    def _get_booking_policy(self):
        """Return the cancellation policy that a booking made now is made under."""
        self.ensure_one()
        return self.product_id.product_tmpl_id._get_booking_policy(
            self.company_id or self.order_id.company_id
        )

    def _check_booking_exchangeable(self):
        """Refuse to exchange a booking whose cancellation would cost by now.

        :raise UserError: naming the booking and the remedy
        """
        for line in self:
            quote = line._get_booking_cancel_quote()
            if any(part["kept"] for part in quote.measures.values()):
                raise UserError(
                    self.env._(
                        "“%(booking)s” on %(order)s is too close to be exchanged for "
                        "free: cancel it under its terms (%(returned)s come back), or "
                        "ask a manager to give everything back, and book anew.",
                        booking=line.product_id.display_name,
                        order=line.order_id.name,
                        returned=line._get_booking_returned_text(quote.measures),
                    )
                )
