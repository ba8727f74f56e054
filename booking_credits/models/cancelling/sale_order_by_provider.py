from odoo import fields, models
from odoo.exceptions import UserError

from ...const import CREDIT_GROUPS
from ...inside import tell as tell_steps


class SaleOrder(models.Model):
    """Gift vouchers and customer credit sold by an order."""

    _inherit = "sale.order"

    booking_voucher_ids = fields.Many2many(
        comodel_name="booking.credit.lot",
        string="Gift Vouchers",
        compute="_compute_booking_voucher_ids",
        groups=CREDIT_GROUPS,
        help="Sold by this order and not claimed yet.",
    )

    # === Steps, for bridges to extend === #

    def _is_all_cancelled(self, bookings):
        """Return whether nothing stands on this order without ``bookings``."""
        return not self.order_line.filtered(
            lambda line: not line.display_type
            and not line.booking_credit_measure
            and not line.is_downpayment
            and not line.booking_cancel_date
            and line not in bookings
        )

    def _prepare_refund_vals(self):
        return {
            "ref": self.env._("%s cancelled by us", self.name),
            "invoice_date": self.company_id._booking_credit_today(),
        }

    def _get_provider_cancel_effects(self, lines=None):
        """Say what cancelling ``lines`` ourselves gives the customer (S2-22).

        :return: one sentence for each effect
        """
        self.ensure_one()
        bookings = (lines or self.order_line)._get_bookings_to_cancel()
        whole = self._is_all_cancelled(bookings)
        spent = (self.order_line if whole else bookings).filtered(
            lambda line: line._get_booking_spent_entries()
        )
        # as _give_all_back: what comes back to expired lots can be used
        spent = tell_steps(spent, provider_cancels=True)
        effects = [line._get_booking_cancel_text(True) for line in spent]
        amount = self._get_provider_cancel_amount(bookings, spent)
        if self.currency_id.compare_amounts(amount, 0) > 0:
            effects.append(
                self.env._(
                    "%(amount)s paid in money stay as customer credit of %(customer)s.",
                    amount=self.currency_id.format(amount),
                    customer=self.partner_id.display_name,
                )
            )
        return effects

    def _get_provider_cancel_amount(self, bookings, spent):
        """Return what was paid in money for ``bookings``, in the order's currency."""
        amount = 0.0
        # sudo: who cancels bookings need not read invoices.
        sold = (
            bookings._get_bookings_invoiced()
            .sudo()
            .invoice_lines.filtered(lambda line: line.parent_state == "posted")
        )
        for invoice, lines in sold.grouped("move_id").items():
            sign = -1 if invoice.move_type == "out_refund" else 1
            credited = sign * sum(lines.mapped("price_total"))
            amount += max(credited - sign * abs(invoice.amount_residual), 0.0)
        money = spent.filtered(lambda line: line.booking_credit_measure == "money")
        return amount + sum(money.mapped("price_total"))

    def _get_mail_lots(self, key):
        return self.env["booking.credit.lot"].sudo().browse(self.env.context.get(key))

    # === Business verbs === #

    def _cancel_by_provider(self, lines, reason, days=0, tell=True):
        """Cancel bookings that the business cannot hold, for weather or illness.

        The customer loses nothing (S2-03): credits come back wholly, whatever the
        terms; what was invoiced is credited, and what was paid of it stays as
        customer credit. No money moves. Safe to run twice.

        :param lines: bookings of this order; all of them when empty
        :param str reason: why; the customer is told
        :param int days: the lots that paid are valid for so many days more
        :param bool tell: whether the customer is told; else the caller does
        :return: the lots of customer credit that were made
        """
        self.ensure_one()
        bookings = (lines or self.order_line)._get_bookings_to_cancel()
        whole = self._is_all_cancelled(bookings)
        if not whole:
            self._check_no_given_money()
        cancelled = self.order_line if whole else bookings
        paying = bookings._get_paying_lots()
        settled = self._give_all_back(cancelled, reason)
        refunds = self._refund_bookings(cancelled)
        lots = self._keep_paid(refunds | settled, whole, reason)
        bookings._write_cancelled(fields.Datetime.now(), "provider")
        if not whole:
            self._give_uncovered_money_back(reason)
        paying._extend_by_days(days, reason)
        if bookings and tell:
            self._send_provider_cancelled(bookings, lots, reason, paying, days)
        if whole:
            tell_steps(self, confirmed=True).action_cancel()
        return lots

    def _check_no_given_money(self):
        """Refuse to credit one of several bookings that given money paid in part.

        Its share of the discount belongs to all lines of the invoice.

        :raise UserError: naming the order and the remedy
        """
        credit_lines = self.order_line.filtered(
            lambda line: line.booking_credit_measure == "money"
        )
        # sudo: who cancels bookings need not read invoices.
        if credit_lines.sudo().invoice_lines.filtered(
            lambda line: line.parent_state == "posted"
        ):
            raise UserError(
                self.env._(
                    "A part of %(order)s was paid with credit that you gave away, which "
                    "lowers the invoice as a whole: cancel the whole order, and make a "
                    "new one for the bookings that take place.",
                    order=self.name,
                )
            )

    def _give_all_back(self, lines, reason):
        """Give the credits back; return the journal entries that settle the rest.

        Customer credit that paid the order settled its invoice: it goes back before
        what is left of the credit note is looked at.
        """
        entries = tell_steps(lines, provider_cancels=True)._cancel_booking(
            give_all_back=True, reason=reason, by="provider"
        )
        money = entries.lot_id.filtered(lambda lot: lot.measure == "money").entry_ids
        money = money.filtered(
            lambda entry: entry.operation_id.order_line_id in lines
            and entry.posting_state == "pending"
        )
        return self.env["booking.credit.posting"]._post_entries(money)

    def _refund_bookings(self, lines, left=None):
        """Post credit notes for what was invoiced of ``lines`` and not credited yet.

        :param dict left: quantity to credit by line; all of it when not given
        """
        refunds = self.env["account.move"].sudo()
        # sudo: who cancels bookings need not read invoices.
        lines = lines.sudo().filtered(
            lambda line: line.qty_invoiced > 0 or line.is_downpayment
        )
        if left is None:
            # a fee that was kept before stays invoiced
            left = {
                line: line.qty_invoiced - line.booking_kept_quantity
                for line in lines
                if not line.is_downpayment
            }
        lines = lines.filtered(lambda line: left.get(line, 1.0) > 0)
        sold = lines.invoice_lines.filtered(
            lambda line: line.move_id.move_type == "out_invoice"
            and line.parent_state == "posted"
        )
        for invoice, invoice_lines in sold.grouped("move_id").items():
            refunds |= self._refund_lines(invoice, invoice_lines, left)
        return refunds

    def _refund_lines(self, invoice, lines, left):
        """Post one credit note for ``lines`` of ``invoice``, matched with it.

        :param dict left: quantity not credited yet by order line; updated here
        """
        refund = invoice._reverse_moves([self._prepare_refund_vals()])
        for line in refund.invoice_line_ids:
            order_line = line.sale_line_ids & lines.sale_line_ids
            credited = order_line in left and left[order_line] <= 0
            if line.display_type != "product" or not order_line or credited:
                line.unlink()
            elif order_line in left:
                line.quantity = min(line.quantity, left[order_line])
                left[order_line] -= line.quantity
        refund._post(soft=False)
        (invoice | refund)._match_open_receivables()
        return refund

    def _keep_paid(self, moves, whole, reason):
        """Keep what the customer has paid, and is owed after ``moves``, as credit."""
        if whole:
            # sudo: paid in advance on this very order, and matched with nothing
            moves |= self.sudo().transaction_ids.payment_id.move_id
        moves._match_open_receivables()
        lines = moves.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        return lines._keep_as_customer_credit("refund", self.partner_id, reason)

    def _send_provider_cancelled(self, bookings, lots, reason, paying=None, days=0):
        """Tell the customer what is cancelled, what was kept, and the balance.

        :param bookings: also of other orders of the same customer
        :param lots: customer credit that was made of what was paid
        :param paying: lots that are valid for ``days`` days more
        """
        extended = paying.filtered("valid_until") if days and paying else lots.browse()
        template = self.env.ref("booking_credits.mail_template_provider_cancelled")
        self.with_context(
            booking_cancelled=bookings.ids,
            booking_kept=lots.ids,
            booking_cancel_reason=reason,
            booking_extended=extended.ids,
            booking_extended_days=days,
        ).message_post_with_source(
            template,
            email_layout_xmlid="mail.mail_notification_light",
            subtype_xmlid="mail.mt_comment",
        )
