from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare

from ...const import BOOKING_MEASURES, CREDIT_LINE_FIELDS
from ...exceptions import InsufficientCreditsError
from ...inside import tell, tell_fields, told
from ...line_change import QUANTITY
from ...words import format_units
from .sale_order_plan import CreditPayment


class SaleOrderLine(models.Model):
    """Changes of confirmed bookings: the credits that pay them follow.

    What a change leaves as it is stays paid as it is. What it touches is given back to
    the lots that paid, and paid anew, first with those same lots: in one transaction,
    so a change that credits cannot pay leaves everything as it was.
    """

    _inherit = "sale.order.line"

    # === CRUD === #

    def _shrink_credit_lines(self, change):
        """Let credit lines of quotations pay no more than what is still booked."""
        if not change.touches(*QUANTITY):
            return
        paid = self.filtered("booking_credit_line_ids")
        paid._check_booking_editable(change.vals)
        for credit_line, quantity in paid._prepare_credit_line_changes(change.vals):
            if quantity:
                credit_line.product_uom_qty = quantity
            else:
                credit_line.unlink()

    def _check_new_start(self, change):
        if change.vals.get("booking_start") and not told(self, "moved_by_business"):
            self._check_booking_movable(
                fields.Datetime.to_datetime(change.vals["booking_start"])
            )

    def _name_changed_credit_lines(self, change):
        if change.touches("product_uom_qty", "price_unit"):
            self._get_credit_lines().filtered(
                lambda line: not line._is_credit_line_agreed()
            )._set_credit_line_names()

    def _check_booking_movable(self, start):
        """Refuse to move a paid booking to a day that its credits do not pay (S0-27).

        :param datetime start: UTC
        :raise InsufficientCreditsError: naming the credits and their dates
        """
        paid = self.filtered(
            lambda line: line.state == "sale"
            and line.booking_credit_line_ids
            and not line._is_credit_changing()  # what is paid anew is checked then
        )
        for line in paid:
            day = line.company_id._booking_credit_today(start)
            refusals = [
                lot._get_date_refusal(day)
                for lot in line._get_booking_spent_entries().lot_id
            ]
            if any(refusals):
                raise InsufficientCreditsError("\n".join(filter(None, refusals)))

    # === Business verbs === #

    def _give_back_for_change(self, change):
        """Give back what paid the bookings that become others, to pay them anew.

        :return: these lines; what pays the bookings that change may change with them
        :raise UserError: if a booking cannot be exchanged for free any more
        """
        vals = change.vals
        anew = self._get_lines_to_pay_anew(vals)
        more = self._get_growing_lines(vals) - anew
        if not anew and not more:
            return self
        change.added = {
            line: vals["product_uom_qty"] - line.product_uom_qty for line in more
        }
        if "product_id" in vals:
            anew._check_booking_exchangeable()
        change.names = {line: line.product_id.display_name for line in anew}
        change.whole = anew.filtered(lambda line: line._is_paid_with_booking_credits())
        change.paid = anew._give_back_to_change()
        return self._with_credits_changing(anew | more)

    def _pay_changed_bookings(self, change):
        """Pay the bookings that changed, and the places that were added.

        :raise InsufficientCreditsError: if credits cannot pay them
        """
        anew = self.browse([line.id for line in change.paid])
        # or the new start would be written before the end that follows it
        anew.mapped("booking_end")
        if "product_id" in change.vals:
            anew._keep_booking_terms()
        for line, (quantity, lots, reason) in change.paid.items():
            ordered = line.product_uom_qty
            quantity = ordered if line in change.whole else min(quantity, ordered)
            line._pay_change(quantity, lots, reason)
            line._log_change(change.names[line])
        for line, quantity in change.added.items():
            lots = line._get_booking_spent_entries().lot_id
            line._pay_change(quantity, lots, line._get_credit_reason())

    def _give_back_to_change(self):
        """Give back what these bookings were paid with, to pay them anew.

        :return: dict from line to ``(bookings paid, lots that paid, why those of
            another customer did)``
        """
        paid, acts = {}, {}
        counts, spent_rows = self._count_redemptions(), self._get_spent_rows()
        for line in self:
            spent = spent_rows[line]
            lots = self.env["booking.credit.lot"].sudo()
            quantity = sum(line.booking_credit_line_ids.mapped("product_uom_qty"))
            lots = lots.union(*(entry.lot_id for entry, *_x in spent))
            paid[line] = quantity, lots, line._get_credit_reason()
            acts.setdefault(line.company_id, []).append(
                line._prepare_give_back_act(spent, counts)
            )
        for of_company in acts.values():
            self.env["booking.credit.operation"]._post_acts(of_company)
        lines = self._with_credits_changing(self)
        lines.booking_credit_line_ids.unlink()
        return paid

    def _pay_change(self, quantity, lots, reason=None):
        """Pay ``quantity`` of this booking with credits, now.

        :param float quantity: in the unit of the line
        :param lots: what is to pay first, where it can
        :param str reason: why credits of another customer are among them
        :raise InsufficientCreditsError: if they and the customer's other credits
            cannot pay all of it
        """
        self.ensure_one()
        lines = self._with_credits_changing(self)
        # sudo: see _redeem_credit_lines
        usable = self.sudo()._filter_usable_lots(
            lots.sudo() | self.order_id.sudo()._get_usable_booking_lots()
        )
        usable = self.sudo()._filter_lots_with_room(
            usable.filtered(lambda lot: lot.measure in BOOKING_MEASURES),
            self._count_as_bookings(quantity),
        )
        unpaid, left = Decimal(str(quantity)), {}
        credit_lines = lines.browse()
        for measure, group in usable.grouped("measure").items():
            paid, slices = self.sudo()._plan_booking_payment(group, unpaid, left)
            if not paid:
                continue
            unpaid -= paid
            payment = CreditPayment(self, measure, paid, slices, usable)
            credit_lines |= credit_lines.create(
                lines._prepare_booking_credit_line_vals(measure, float(paid))
                | lines._prepare_chosen_vals(payment, reason)
            )
        if unpaid > 0:
            raise InsufficientCreditsError(self._get_change_refusal())
        credit_lines._set_credit_line_names()
        credit_lines._redeem_credit_lines()

    # === Steps of the verbs, for bridges to extend === #

    def _check_booking_editable(self, vals):
        """Refuse to change a booking whose credits are spent.

        :raise UserError: naming the booking and the remedy
        """
        if told(self, "cancelling"):
            return
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        for line in self.filtered(lambda line: not line._is_credit_changing()):
            changes = line._changes_what_is_paid(vals, digits)
            if changes and line.state == "sale" and not line.booking_cancel_date:
                raise UserError(
                    self.env._(
                        "“%(booking)s” on %(order)s is paid with credits: cancel what "
                        "is not wanted, and book anew.",
                        booking=line.name,
                        order=line.order_id.name,
                    )
                )

    def _changes_what_is_paid(self, vals, digits):
        """Return whether ``vals`` has another service or unit, or fewer than are paid."""
        paid = sum(self.booking_credit_line_ids.mapped("product_uom_qty"))
        return (
            ("product_id" in vals and vals["product_id"] != self.product_id.id)
            or (
                "product_uom_qty" in vals
                and float_compare(vals["product_uom_qty"], paid, digits) < 0
            )
            or (
                "product_uom_id" in vals
                and vals["product_uom_id"] != self.product_uom_id.id
            )
        )

    def _prepare_credit_line_changes(self, vals):
        """Return the credit lines that pay too much after ``vals``, with what is left.

        Another product: the credit lines go. Fewer bookings: the last ones shrink.
        """
        changes = []
        for line in self:
            left = vals.get("product_uom_qty", line.product_uom_qty)
            if "product_id" in vals and vals["product_id"] != line.product_id.id:
                left = 0
            for credit_line in line.booking_credit_line_ids:
                quantity = min(credit_line.product_uom_qty, left)
                left -= quantity
                if quantity != credit_line.product_uom_qty:
                    changes.append((credit_line, quantity))
        return changes

    def _get_lines_to_pay_anew(self, vals):
        """Return the bookings among these that ``vals`` make another booking."""
        if not {"product_id", "booking_start"} & vals.keys() or told(
            self, "moved_by_business"
        ):
            return self.browse()
        return self._get_bookings_paid().filtered(
            lambda line: (
                ("product_id" in vals and vals["product_id"] != line.product_id.id)
                or line._is_moved_off_its_lots(vals)
            )
        )

    def _get_growing_lines(self, vals):
        """Return the bookings wholly paid with credits that ``vals`` add places to."""
        if "product_uom_qty" not in vals:
            return self.browse()
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return self._get_bookings_paid().filtered(
            lambda line: (
                line._is_paid_with_booking_credits()
                and float_compare(vals["product_uom_qty"], line.product_uom_qty, digits)
                > 0
            )
        )

    def _get_credit_reason(self):
        """Return why credits of another customer pay this booking, if they do."""
        self.ensure_one()
        return next(
            filter(None, self.booking_credit_line_ids.mapped("booking_credit_reason")),
            None,
        )

    def _get_bookings_paid(self):
        """Return the bookings of confirmed orders that credits pay; menus stay."""
        return self.filtered(
            lambda line: (
                line.state == "sale"
                and line.booking_credit_line_ids
                and not line.booking_cancel_date
                and len(line._get_menu_lines()) == 1
                and not line.combo_item_id
            )
        )

    def _is_moved_off_its_lots(self, vals):
        """Return whether the lots that paid do not pay the day in ``vals``.

        Lots with a cap count each booking on its day: such a booking is counted anew.
        """
        self.ensure_one()
        start = self._fields["booking_start"].convert_to_cache(
            vals.get("booking_start"), self
        )
        if not start or start == self.booking_start:
            return False
        day = self.company_id._booking_credit_today(start)
        if self.booking_start and day == self.company_id._booking_credit_today(
            self.booking_start
        ):
            return False
        return any(
            lot._get_date_refusal(day) or lot.cap_day or lot.cap_week or lot.cap_month
            for lot in self._get_booking_spent_entries().lot_id
        )

    def _with_credits_changing(self, lines):
        return tell(
            tell_fields(self, *CREDIT_LINE_FIELDS), changing=frozenset(lines.ids)
        )

    def _is_credit_changing(self):
        """Return whether this booking, or what this line pays, is being changed."""
        self.ensure_one()
        changing = told(self, "changing", ())
        return (self.booking_credit_paid_line_id or self).id in changing

    def _prepare_give_back_act(self, spent, counts):
        """Return what ``_post_acts`` needs to give back all that paid this booking."""
        self.ensure_one()
        return {
            "kind": "restore",
            "postings": self.env["booking.credit.entry"]._prepare_restore_postings(
                reversed(spent)
            ),
            "order_line": self,
            "reason": self.env._("Booking changed"),
            "key": f"change:{self._name}:{self.id}:{counts.get(self.id, 0)}",
        }

    def _get_change_refusal(self):
        """Say why credits do not pay the changed booking, and what to do."""
        return "\n".join(
            [
                self.env._(
                    "“%(booking)s” on %(order)s stays as it was: credits do not pay "
                    "the change. Add a line of its own for what is to be paid in "
                    "money.",
                    booking=self.product_id.display_name,
                    order=self.order_id.name,
                ),
                self.order_id._get_booking_credit_refusal(self),
            ]
        )

    def _log_change(self, before):
        """Say in the order's chatter what ``before`` was exchanged for."""
        self.ensure_one()
        lot = self.env["booking.credit.lot"].new({"company_id": self.company_id.id})
        spent = self.booking_credit_line_ids.grouped("booking_credit_measure").items()
        self.order_id.message_post(
            body=self.env._(
                "%(before)s changed to %(quantity)s × %(after)s, paid with "
                "%(credits)s.",
                before=before,
                quantity=format_units(self.env, self.product_uom_qty),
                after=self.product_id.display_name,
                credits=", ".join(
                    lot._count_in_words(
                        measure, sum(lines.mapped("booking_credit_quantity"))
                    )
                    for measure, lines in spent
                ),
            )
        )
