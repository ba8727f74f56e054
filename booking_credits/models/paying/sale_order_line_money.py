from odoo import fields, models
from odoo.exceptions import UserError

from ...exceptions import InsufficientCreditsError
from ...inside import tell, told
from .sale_order_money import AMOUNTS, PAYS


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    booking_credit_rate = fields.Float(
        string="Rate of Customer Credit",
        digits=0,
        readonly=True,
        copy=False,
        help="Order currency for one unit of company currency when customer credit "
        "was put on the order: what it spends stays as agreed.",
    )

    def _get_given_money(self):
        """Return what this credit line pays with given money, not yet discounted.

        In the order's currency. Of money that was paid for in part only, each use
        takes its share.
        """
        self.ensure_one()
        entries = self.env["booking.credit.entry"].sudo()
        entries = entries.search(
            [
                ("operation_id.order_line_id", "=", self.id),
                ("lot_id.measure", "=", "money"),
                ("type", "in", ("redeem", "restore")),
            ]
        )
        used = -sum(entries.mapped("quantity"))
        if self.booking_credit_quantity <= 0 or used <= 0:
            return 0.0
        given = used + sum(entries.mapped("value"))
        paid = -self.price_unit * self.product_uom_qty
        amount = paid * given / self.booking_credit_quantity
        return self.order_id.currency_id.round(amount - self._get_discounted_money())

    def _get_discounted_money(self):
        """Return what invoices have taken off for this credit line already."""
        invoiced = self.sudo().invoice_lines.filtered(
            lambda line: line.parent_state != "cancel"
        )
        return -sum(
            line.price_total * (-1 if line.is_refund else 1) for line in invoiced
        )

    def _check_no_given_money_for_packs(self):
        """Refuse given money that would buy credits.

        The pack may have been added after the money was planned, or staff chose it.

        :raise InsufficientCreditsError: naming the order, the credits and the remedy
        """
        order = self.order_id
        lots = self.sudo().booking_credit_lot_ids
        if self.booking_credit_measure == "money":
            lots = lots or order._get_usable_credit_lots()
        lots = lots.filtered(lambda lot: lot.measure == "money")
        if lots and not order._filter_money_for_packs(lots):
            raise InsufficientCreditsError(
                self.env._(
                    "%(order)s sells credits, which the given money %(lots)s cannot "
                    "pay. Sell them on an order of their own, or take the credit "
                    "payment off this one.",
                    order=order.name,
                    lots=", ".join(lots.mapped("name")),
                )
            )

    # === Steps of the verbs, for bridges to extend === #

    def _get_money_limits(self, lots):
        """Return what those of ``lots`` that pay some services only may pay, by id."""
        self.ensure_one()
        narrow = lots.filtered(
            lambda lot: lot.eligible_product_ids or lot.eligible_categ_ids
        )
        if self.booking_credit_measure != "money" or not narrow:
            return {}
        shares = self.order_id._share_money(lots)
        return {lot.id: shares[lot] for lot in narrow}

    def _check_credit_lines_kept(self, change):
        """Keep spent credit lines as they are."""
        if change.touches(*PAYS):
            self._get_credit_lines().filtered(
                lambda line: line._changes_credit_line(change.vals)
            )._check_credit_line_editable()

    def _cap_changed_money(self, change):
        if change.touches(*AMOUNTS):
            self._cap_money_of_order()

    def _cap_money_of_order(self):
        lines = self.filtered(lambda line: line.booking_credit_measure != "money")
        if not told(self, "cap_later"):
            lines.order_id._cap_money_lines()

    def _changes_credit_line(self, vals):
        """Return whether ``vals`` change how much this credit line pays."""
        self.ensure_one()
        for name in PAYS & vals.keys():
            field = self._fields[name]
            new = field.convert_to_cache(vals[name], self, validate=False)
            if new != field.convert_to_cache(self[name], self, validate=False):
                return True
        return False

    def _check_credit_line_editable(self):
        """Refuse to change what pays a confirmed order: its credits are spent.

        A cancellation takes places off, and a booking that changes is paid anew.

        :raise UserError: naming the order and the remedy
        """
        if told(self, "cancelling"):
            return
        for line in self.filtered(lambda line: line.state == "sale"):
            if line._is_credit_changing():
                continue
            raise UserError(
                self.env._(
                    "“%(line)s” on %(order)s cannot be added or changed: the order is "
                    "confirmed and its credits are spent. Cancel the booking and make "
                    "a new one.",
                    line=line.name,
                    order=line.order_id.name,
                )
            )

    # === Business verbs === #

    def _restore_money(self, rows, reason, refunds=None, receivable=None):
        """Give customer credit back that this credit line has spent.

        :param list rows: ``(entry, units, value)``, the last spent first
        :param refunds: credit notes that it is matched with; else with the spending
        :param receivable: the account of ``refunds``
        """
        self.ensure_one()
        restored = self.env["booking.credit.operation"]._post(
            "restore",
            self.env["booking.credit.entry"]._prepare_restore_postings(rows),
            order_line=self,
            reason=reason,
        )
        spent = self._get_booking_spent_entries() | restored.source_entry_id
        pending = restored if refunds else spent | restored
        pending = pending.sudo().filtered(
            lambda entry: entry.posting_state == "pending"
        )
        if pending:
            move = self._post_money_restored(pending, receivable)
            ((refunds or spent.sudo().move_id) | move)._match_open_receivables()

    def _post_money_restored(self, entries, receivable):
        """Post what came back today; return the journal entry.

        :param receivable: the account of the invoice; None: that of the customer
        """
        company = self.company_id
        # in one: the rest waits on the receivable for the invoice
        posting = self.env["booking.credit.posting"].with_company(company)
        if receivable:
            posting = tell(posting, receivable_id=receivable.id)
        return posting._post_day(company, company._booking_credit_today(), entries)
