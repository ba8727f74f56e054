import math

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import CREDIT_GROUPS
from ...inside import check_guarded


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    #: what the tie-out rests on, in drafts as well: a credit note takes back by it
    _booking_guarded = {
        "booking_credit_lot_id": "booking.credit.operation._post_acts",
        "booking_credit_source_lot_ids": "_grant_booking_credits",
    }

    booking_credit_lot_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        string="Credit Lot",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The batch of credits whose value this journal item changed.",
    )
    booking_credit_source_lot_ids = fields.One2many(
        comodel_name="booking.credit.lot",
        inverse_name="source_line_id",
        string="Credits Given",
        readonly=True,
        groups=CREDIT_GROUPS,
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `account` to let only our verbs say what moved credits."""
        check_guarded(self.browse(), vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Override of `account` to let only our verbs say what moved credits."""
        check_guarded(self, [vals])
        return super().write(vals)

    def _get_computed_taxes(self):
        """Override of `account`: a pack whose VAT is due at use is sold without tax."""
        if self.product_id.product_tmpl_id._is_taxed_at_use():
            return self.env["account.tax"]
        return super()._get_computed_taxes()

    # === Business verbs === #

    def _check_packs_sold(self):
        """Refuse packs on invoices in a number or a unit in which they are not sold.

        :raise UserError: naming the pack, the number and the remedy
        """
        refusals = [
            # sudo: who bills need not read the settings of bookings.
            line._get_pack_refusal(line.company_id.sudo().booking_max_quantity)
            for line in self
        ]
        if any(refusals):
            raise UserError("\n".join(filter(None, refusals)))

    def _get_pack_refusal(self, limit=math.inf):
        """Say why this line cannot sell its pack; empty if it can, or sells none.

        :param limit: packs at most
        """
        self.ensure_one()
        pack = self.product_id
        if not pack.booking_credit_pack or self.display_type != "product":
            return ""
        return pack._get_quantity_refusal(self.quantity, self.product_uom_id, limit)

    def _grant_booking_credits(self):
        """Give the credits of the packs on these posted invoice lines.

        Safe to run twice: a line gives its credits once. The value is what was
        posted, not a price, so taxes, discounts and currencies are right by
        construction.

        :return: the new ``booking.credit.lot`` records
        """
        lots = self.env["booking.credit.lot"]
        # sudo: a payment gives credits, whoever registers it.
        for line in self.sudo():
            pack = line.product_id
            if not pack.booking_credit_pack or line.booking_credit_source_lot_ids:
                continue
            if refusal := line._get_pack_refusal():
                # it is paid: staff find out what was meant
                line.move_id._message_log(body=refusal)
                continue
            credited = line._get_credited_lines()
            value = line.currency_id.is_zero(
                line.balance + sum(credited.mapped("balance"))
            )
            if line.quantity - sum(credited.mapped("quantity")) <= 0 or (
                credited and value
            ):
                continue
            lots |= line._grant_lot(pack, credited)
        return lots

    def _get_credited_lines(self):
        """Return the posted credit note lines that undo this line before its grant.

        Those of its own credit notes, and of others without a link to any invoice that
        were matched with this one: they paid for it.
        """
        self.ensure_one()
        invoice = self.move_id
        receivables = invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        matched = receivables.matched_credit_ids.credit_move_id.move_id.filtered(
            lambda move: not move.reversed_entry_id
        )
        refunds = (invoice.reversal_move_ids | matched).filtered(
            lambda move: move.state == "posted" and move.move_type == "out_refund"
        )
        credited = refunds.invoice_line_ids.filtered(
            lambda line: line.product_id == self.product_id
            and not line.booking_credit_lot_id
            and (not line.sale_line_ids or line.sale_line_ids & self.sale_line_ids)
        )
        return credited.filtered(lambda line: self == line._get_undone_line(invoice))

    def _get_undone_line(self, invoice):
        """Return the line of ``invoice`` that this credit note line undoes.

        An invoice may have the same pack on several lines: each line of a credit note
        undoes one of them. First those of the same order line, then the one that looks
        the same, else the largest.
        """
        self.ensure_one()
        candidates = invoice.invoice_line_ids.filtered(
            lambda line: line.product_id == self.product_id
            and (not self.sale_line_ids or line.sale_line_ids & self.sale_line_ids)
        )
        if len(candidates) <= 1:
            return candidates
        # those before it in the same credit notes have undone theirs
        same = (self.move_id.invoice_line_ids - self).filtered(
            lambda line: line.product_id == self.product_id and line.id < self.id
        )
        taken = candidates.browse()
        for line in same.sorted("id") | self:
            free = (candidates - taken) or candidates
            undone = free.sorted(
                lambda other, line=line: (
                    other.quantity != line.quantity
                    or other.price_unit != line.price_unit,
                    -other.quantity,
                    other.id,
                )
            )[:1]
            taken |= undone
        return undone

    def _grant_lot(self, pack, credited):
        """Give the credits of this line, less those of the ``credited`` lines."""
        self.ensure_one()
        lot_model = self.env["booking.credit.lot"].with_company(self.company_id)
        template = pack.product_tmpl_id
        lot = lot_model._grant(
            [self._prepare_sold_lot_vals(pack)],
            [
                {
                    "quantity": template._get_booking_credits_given(self)
                    - sum(map(template._get_booking_credits_given, credited)),
                    "value": -self.balance - sum(credited.mapped("balance")),
                    "move_line": self,
                }
            ],
            key=f"grant:{self._name}:{self.id}",
            document=self.move_id.name,
        )
        (self | credited).booking_credit_lot_id = lot
        lot.sudo()._grant_bonus(
            self._get_packs_sold() - sum(line._get_packs_sold() for line in credited),
            self.move_id.name,
        )
        lot._reactivate_older()
        return lot

    def _prepare_sold_lot_vals(self, pack):
        """Return the terms of the lot that this line sold, and whose it is."""
        order_line = self.sale_line_ids[:1]
        partner = (
            order_line.booking_credit_beneficiary_id
            or order_line.order_id.partner_id
            or self.move_id.partner_id
        )
        template = pack.product_tmpl_id
        return {
            **template._prepare_booking_credit_lot_vals(self.company_id),
            "partner_id": partner.id,
            "product_id": pack.id,
            "origin": "purchase",
            "source_line_id": self.id,
            "liability_account_id": self.account_id.id,
            **order_line._prepare_voucher_text_vals(),
        }

    def _get_packs_sold(self):
        """Return how many packs this line is for, in their own unit."""
        self.ensure_one()
        return self.product_uom_id._compute_quantity(
            self.quantity, self.product_id.uom_id, round=False
        )

    def _may_take_back_credits(self):
        """Return whether this credit note line is about what gave credits.

        Also where the product is no pack any more: what was sold is.
        """
        self.ensure_one()
        # sudo: who writes credit notes need not read credits.
        line = self.sudo()
        invoice = line.move_id.reversed_entry_id
        return line.product_id.booking_credit_pack or bool(
            invoice and line._get_refunded_lots()
        )
