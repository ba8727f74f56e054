from collections import defaultdict

from odoo import models
from odoo.tools import format_datetime

from ...words import format_units


class BookingCreditNotice(models.Model):
    """What the mail templates say, in the language in which they are written."""

    _inherit = "booking.credit.notice"

    def _get_lots(self):
        """Return the credits that this mail is about."""
        self.ensure_one()
        # sudo: templates are tried out by people who need not read credits.
        notice = self.sudo()
        return notice.lot_id | notice.joined_ids.lot_id

    def _get_company_name(self):
        """Return the name of the business, as it signs."""
        return self.sudo().company_id.name

    def _get_received_text(self, lot):
        """Write what came with ``lot``: “100 credits”."""
        if lot.unlimited:
            return self.env._("as many bookings as you like")
        return lot._in_words(lot.granted)

    def _get_ending_text(self):
        """Write what ends together: “40 credits, 2 sessions”."""
        lots = self._get_lots()
        if all(lot.unlimited for lot in lots):
            return ", ".join(lot._get_pack_name() for lot in lots)
        return lots.filtered(lambda lot: not lot.unlimited)._in_words()

    def _get_expired_text(self, lot):
        """Write what of ``lot`` expired: “12 credits”."""
        told = self.sudo() | self.sudo().joined_ids
        operations = told.filtered(lambda notice: notice.lot_id == lot).operation_id
        expired = lot.entry_ids.filtered(
            lambda entry: entry.operation_id in operations and entry.type == "expire"
        )
        if lot.unlimited:
            return lot._get_pack_name()
        return lot._in_words(-sum(expired.mapped("quantity")))

    def _get_comeback_text(self):
        """Say how expired credits come back; empty if they do not (S1-33)."""
        company = self.sudo().company_id
        lots = self._get_lots().filtered(
            lambda lot: not lot.unlimited and lot.measure != "money"
        )
        if not company.booking_credit_reactivate or not lots:
            return ""
        limit = company.booking_credit_reactivate_limit
        if limit:
            return self.env._(
                "When you buy a new pack of the same kind, up to %s of them come back, "
                "valid as long as the new ones.",
                lots[0]._count_in_words(lots[0].measure, limit),
            )
        return self.env._(
            "When you buy a new pack of the same kind, they come back, valid as long as "
            "the new ones."
        )

    def _get_usable_text(self):
        """Write all that the customer can use today (S2-21)."""
        notice = self.sudo()
        usable = notice.lot_id._get_usable_lots(notice.partner_id, notice.company_id)
        lot = notice.env["booking.credit.lot"].new({"company_id": notice.company_id.id})
        return usable._in_words() or lot._count_in_words("credit", 0.0)

    def _get_low_text(self):
        """Write what is left of the kind of credits that was used last."""
        notice = self.sudo()
        lot = notice.lot_id
        usable = lot._get_usable_lots(notice.partner_id, notice.company_id).filtered(
            lambda left: left.measure == lot.measure
        )
        return lot._count_in_words(lot.measure, sum(usable.mapped("available")))

    def _get_cancelled_bookings(self):
        """Return what was cancelled and what came back.

        :return: one dict for each booking: ``name``, ``start`` (local, in words) and
            ``returned`` (one sentence)
        """
        told = self.sudo() | self.sudo().joined_ids
        zone = told.company_id.booking_credit_tz or "UTC"
        rows = []
        for operation in told.sorted("id").operation_id:
            line = operation.order_line_id
            product = line.product_id.with_context(display_default_code=False)
            rows.append(
                {
                    "name": product.display_name or operation.document or "",
                    "start": line.booking_start
                    and format_datetime(
                        self.env, line.booking_start, tz=zone, dt_format="short"
                    ),
                    "returned": self._get_returned_text(operation),
                }
            )
        return rows

    def _get_returned_text(self, operation):
        """Say what came back: “8 of 10 credits came back to you.”"""
        spent, back = self._sum_returned(operation)
        lot = operation.entry_ids.lot_id[:1]
        texts = [
            self.env._(
                "%(returned)s of %(spent)s",
                returned=format_units(self.env, back[measure])
                if measure != "money"
                else lot._count_in_words(measure, back[measure]),
                spent=lot._count_in_words(measure, units),
            )
            for measure, units in spent.items()
        ]
        if not texts:
            return ""
        if all(back[measure] >= units for measure, units in spent.items()):
            return self.env._("%s came back to you.", ", ".join(texts))
        return self.env._(
            "%s came back to you, by the terms of your booking.", ", ".join(texts)
        )

    def _sum_returned(self, operation):
        """Return what was spent, and what of it came back, by measure."""
        spent, back = defaultdict(float), defaultdict(float)
        lots = operation.entry_ids.lot_id
        for lot in lots.filtered(lambda lot: not lot.unlimited):
            entries = operation.entry_ids.filtered(lambda e, lot=lot: e.lot_id == lot)
            restored = entries.filtered(lambda entry: entry.type == "restore")
            fees = entries.filtered(lambda entry: entry.type == "fee")
            units = sum(restored.mapped("quantity"))
            spent[lot.measure] += units
            # what comes back to credits that have ended is written off at once
            if not lot._is_expired(operation.date):
                back[lot.measure] += units + sum(fees.mapped("quantity"))
        return spent, back
