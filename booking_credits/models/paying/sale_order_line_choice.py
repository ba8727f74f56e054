from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command


class SaleOrderLine(models.Model):
    """What staff chose for a credit line: which lots, in which order, and whose.

    Credits of another customer pay only with a reason, which both customers' histories
    keep (S2-24).
    """

    _inherit = "sale.order.line"

    booking_credit_lot_order = fields.Json(
        string="Order of Credits",
        copy=False,
        readonly=True,
        help="Ids of the chosen credits: they are spent in this order.",
    )
    booking_credit_reason = fields.Char(
        string="Why Other Credits",
        copy=False,
        readonly=True,
        help="Why credits of another customer pay.",
    )

    @api.constrains("booking_credit_lot_ids", "booking_credit_reason")
    def _check_credit_owner(self):
        """Credits of somebody else do not pay without a reason (S2-24)."""
        for line in self:
            foreign = line._get_other_customers_lots()
            if foreign and not (line.booking_credit_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "%(lots)s of %(owner)s cannot pay %(order)s of %(customer)s "
                        "without a reason. Say why in “Pay with Credits”, or use "
                        "credits of %(customer)s.",
                        lots=", ".join(foreign.mapped("name")),
                        owner=", ".join(foreign.partner_id.mapped("display_name")),
                        order=line.order_id.display_name,
                        customer=line.order_id.partner_id.display_name,
                    )
                )

    # === Steps, for bridges to extend === #

    @api.model
    def _prepare_chosen_vals(self, payment, reason=None):
        """Return the values that let a credit line spend the lots of ``payment``.

        :param payment: ``CreditPayment``
        """
        lots = payment.lots.filtered(lambda lot: lot.measure == payment.measure)
        return {
            "booking_credit_lot_ids": [Command.set(lots.ids)],
            "booking_credit_lot_order": lots.ids,
            "booking_credit_reason": reason,
        }

    def _get_chosen_lots(self):
        """Return the lots that staff chose for this credit line, in their order.

        :raise UserError: for credits of another company
        :raise ValidationError: for credits of another customer without a reason; the
            customer of the order may have changed since
        """
        self.ensure_one()
        chosen = self.booking_credit_lot_ids
        self.order_id._check_lots_of_company(chosen)
        self._check_credit_owner()
        rank = {
            lot_id: n for n, lot_id in enumerate(self.booking_credit_lot_order or [])
        }
        return chosen.sorted(lambda lot: rank.get(lot.id, len(rank)))

    def _get_other_customers_lots(self):
        """Return the chosen lots that belong to somebody else than the customer."""
        self.ensure_one()
        partner = self.order_id.partner_id
        # sudo: whoever saves the line, it is checked
        return self.sudo().booking_credit_lot_ids.filtered(
            lambda lot: lot.partner_id not in partner | partner.commercial_partner_id
        )

    def _log_other_credits(self):
        """Note on order and customers what credits of others have paid (S2-24)."""
        for line in self:
            foreign = line._get_other_customers_lots()
            if not foreign:
                continue
            booking = line.booking_credit_paid_line_id or line
            spent = booking._get_booking_spent_entries().filtered(
                lambda entry, foreign=foreign: entry.lot_id in foreign
            )
            for owner, entries in spent.grouped("partner_id").items():
                text = line._get_other_credits_text(owner, entries, booking)
                # sudo: who books need not edit the contacts
                for record in (line.order_id, line.order_id.partner_id, owner):
                    record.sudo().message_post(body=text)

    def _get_other_credits_text(self, owner, entries, booking):
        """Write “10 credits of Paul (BC0001) pay S00012 – Yoga of Marie: birthday”."""
        lots = entries.lot_id
        return self.env._(
            "%(units)s of %(owner)s (%(lots)s) pay %(document)s of %(customer)s: "
            "%(reason)s",
            units=lots._count_in_words(
                lots[:1].measure, -sum(entries.mapped("quantity"))
            ),
            owner=owner.display_name,
            lots=", ".join(lots.mapped("name")),
            document=self.order_id.name
            if booking == self
            else booking._get_booking_document(),
            customer=self.order_id.partner_id.display_name,
            reason=self.booking_credit_reason,
        )
