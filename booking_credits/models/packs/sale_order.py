from odoo import api, models
from odoo.tools import SQL

from ...exceptions import CreditsMovedError, PackLimitError
from ...inside import told
from ...words import format_units

#: lets a second transaction that touches the same customers fail
TOUCH_CUSTOMERS = """
       WITH locked AS (
           SELECT id FROM res_partner
            WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
       )
       UPDATE res_partner partner SET write_date = partner.write_date
         FROM locked WHERE partner.id = locked.id
    RETURNING partner.id
"""


class SaleOrder(models.Model):
    """Sells packs within their limits, whatever the channel.

    A discount on the order that sells a pack lowers what is owed for the pack.

    Odoo books such a discount against income. The pack was not income: its share goes
    into its own line, and less is owed; the total of the invoice stays what it was.
    """

    _inherit = "sale.order"

    @api.depends("booking_credit_lot_ids")
    def _compute_booking_voucher_ids(self):
        for order in self:
            order.booking_voucher_ids = order.booking_credit_lot_ids.filtered(
                lambda lot: lot.kind == "voucher" and lot.is_open
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_give_back_packs(self):
        self.order_line._give_back_pack_stock()

    @api.depends("order_line.invoice_lines.booking_credit_source_lot_ids")
    def _compute_booking_credit_lot_ids(self):
        for order in self:
            # sudo: who sells need not read invoices.
            lines = order.sudo().order_line.invoice_lines
            lots = lines.booking_credit_source_lot_ids
            lots = (lots | lots.bonus_lot_ids).with_env(self.env)
            order.booking_credit_lot_ids = lots
            order.booking_credit_lot_count = len(lots)

    # === Actions === #

    def action_print_vouchers(self):
        """Print the gift vouchers that this order sold."""
        self.ensure_one()
        return self.booking_voucher_ids.action_print_voucher()

    def action_send_vouchers(self):
        """Send the gift vouchers that this order sold to its customer."""
        self.ensure_one()
        return self.booking_voucher_ids.action_send_voucher()

    def action_sell_voucher(self):
        """Open the dialog that sells customer credit or a gift voucher (S2-07)."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_voucher_sell_action"
        )
        return {**action, "context": {"default_order_id": self.id}}

    def action_view_booking_credits(self):
        """Open the credits that this order sold."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_lot_action"
        )
        return {**action, "domain": [("id", "in", self.booking_credit_lot_ids.ids)]}

    # === Steps, for bridges to extend === #

    def _get_update_prices_lines(self):
        """Override of `sale`: the price of customer credit is what was agreed."""
        lines = super()._get_update_prices_lines()
        product = self.env.ref("booking_credits.product_customer_credit")
        return lines.filtered(lambda line: line.product_id != product)

    def _get_invoiceable_lines(self, final=False):
        """Override of `sale`: packs by themselves, where a part of the order is paid."""
        lines = super()._get_invoiceable_lines(final)
        return lines._get_packs_to_invoice() if told(self, "packs_only") else lines

    # === Business verbs === #

    def _check_pack_limits(self):
        """Refuse orders that break the limits of packs: number, customer, group.

        :raise PackLimitError: naming pack, numbers and remedy
        """
        self._serialize_pack_sales()
        for index, order in enumerate(self):
            # orders confirmed together count one after the other
            if refusals := order._get_pack_refusals(ignored_orders=self[index:]):
                raise PackLimitError("\n".join(refusals))

    def _serialize_pack_sales(self):
        """Let PostgreSQL refuse a second sale to the same customer at the same time.

        Only where packs are limited for each customer: both sales would count the
        same packs bought before.
        """
        customers = self.filtered(
            lambda order: any(
                pack.booking_credit_max_customer or pack.booking_credit_new_customers
                for pack in order.order_line._count_packs_by_template()
            )
        ).partner_id.commercial_partner_id
        if customers:
            self.env.execute_query(
                SQL(
                    TOUCH_CUSTOMERS,
                    ids=customers.ids,
                )
            )

    def _reserve_packs(self):
        """Set the packs of these quotations aside, before they are paid.

        They are free again when the order is cancelled, or some time after the
        payment failed.

        :raise PackLimitError: see :meth:`_check_pack_limits`
        """
        self._check_pack_limits()
        self._check_packs_being_paid()
        self.order_line._sync_pack_stock(reserve=True)

    def _check_packs_being_paid(self):
        """Refuse what another cart of the same customer is being paid for already.

        Both payments would succeed, and the limit would leave one of them without its
        order (S0-24, S1-26).

        :raise PackLimitError: naming pack, number and remedy
        """
        for order in self:
            numbers = {
                pack: number
                for pack, number in order.order_line._count_packs_by_template().items()
                if pack.booking_credit_max_customer or pack.booking_credit_new_customers
            }
            if numbers:
                order._check_packs_paid_elsewhere(numbers)

    def _check_packs_paid_elsewhere(self, numbers):
        """Refuse packs of this order that go over a limit with those being paid.

        :param dict numbers: packs that are limited for each customer, by template
        """
        others = self._get_orders_being_paid()
        paying = others.order_line._count_packs_by_template()
        before = self.env["product.template"]._prepare_pack_customer(
            self.partner_id, self.company_id, self
        )["bought"]
        for pack, number in numbers.items():
            limit = pack.booking_credit_max_customer
            total = before.get(pack, 0) + paying.get(pack, 0) + number
            if (pack.booking_credit_new_customers and paying) or (
                limit and paying.get(pack) and total > limit
            ):
                raise PackLimitError(
                    self.env._(
                        "“%(pack)s” is limited for each customer, and %(others)s "
                        "is being paid at this moment. Finish or cancel that "
                        "payment, or try again in an hour.",
                        pack=pack.name,
                        others=", ".join(others.mapped("name")),
                    )
                )

    def _get_orders_being_paid(self):
        """Return the other quotations of this customer that are being paid now."""
        customer = self.partner_id.commercial_partner_id
        return self.search(
            [
                ("partner_id", "child_of", customer.ids),
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("draft", "sent")),
                ("transaction_ids", "!=", False),
                ("id", "not in", self.ids),
            ]
        ).filtered(lambda other: not other._is_payment_given_up())

    def _revoke_sold_booking_credits(self):
        """Take back the credits that this order sold, with a credit note (S2-16).

        :raise CreditsMovedError: if some of them were used (S2-17)
        """
        lines = self._get_revocable_booking_credits()
        for invoice, sold in lines.grouped("move_id").items():
            self._reverse_sold_packs(invoice, sold)

    def _get_revocable_booking_credits(self):
        """Return the invoice lines whose credits go when this order is cancelled.

        :raise CreditsMovedError: if some of the credits were used (S2-17)
        """
        self.ensure_one()
        # sudo: who cancels orders need not read invoices.
        lines = self.sudo().order_line.invoice_lines.filtered(
            lambda line: line.booking_credit_source_lot_ids.filtered("is_open")
            or line.booking_credit_source_lot_ids.entry_ids.filtered(
                # used, or given away: both are gone from here
                lambda entry: entry.type in ("redeem", "transfer") and entry.quantity
            )
        )
        lots = lines.booking_credit_source_lot_ids
        self._check_lots_unused(lots | lots.bonus_lot_ids)
        return lines

    def _check_lots_unused(self, lots):
        """Refuse to cancel this order where credits of ``lots`` were used.

        :raise CreditsMovedError: naming order, lot, numbers and remedy
        """
        for lot in lots:
            # the balance of an unlimited lot counts its uses below zero
            used = lot._compare_units(
                lot.balance if lot.unlimited else lot.available, lot.granted
            )
            if used < 0:
                raise CreditsMovedError(
                    self.env._(
                        "%(order)s cannot be cancelled: of the %(granted)s credits of "
                        "%(lot)s only %(available)s are unused. %(uses)s. Refund what "
                        "is unused with a credit note.",
                        order=self.name,
                        granted=format_units(self.env, lot.granted),
                        lot=lot.name,
                        available=format_units(self.env, lot.available),
                        uses=lot._get_uses_text(),
                    )
                )

    # === Steps of the verbs, for bridges to extend === #

    def _get_pack_refusals(self, ignored_orders=None):
        """Say which limits of packs this order breaks, but for what is left of them.

        :param ignored_orders: confirmed orders that do not count as bought before
        """
        self.ensure_one()
        numbers = self.order_line._count_packs_by_template()
        if not numbers:
            return []
        # sudo: limits count what shoppers and the front desk may not read.
        customer = self.env["product.template"]._prepare_pack_customer(
            self.partner_id, self.company_id, ignored_orders
        )
        refusals = [
            pack._get_pack_refusal(number, self.partner_id, customer["bought"])
            for pack, number in numbers.items()
        ]
        refusals += self._get_hidden_pack_refusals(customer)
        return [sentence for sentence in refusals if sentence]

    def _get_hidden_pack_refusals(self, customer):
        """Say which packs of this order are not offered to its customer."""
        hidden = self.order_line.filtered(lambda line: line._is_pack_hidden(customer))
        return [
            self.env._(
                "“%(pack)s” is not offered to %(customer)s. Choose another pack.",
                pack=pack.name,
                customer=self.partner_id.display_name,
            )
            for pack in hidden.product_id.product_tmpl_id
        ]

    @api.model
    def _get_waiting_with_packs(self):
        """Return the quotations for which packs are set aside."""
        lines = self.env["sale.order.line"].search(
            [
                ("booking_credit_stock_taken", ">", 0),
                ("state", "in", ("draft", "sent")),
            ]
        )
        return lines.order_id

    def _reverse_sold_packs(self, invoice, lines):
        """Post a credit note for ``lines`` of ``invoice``; that takes credits back."""
        refund = invoice._reverse_moves(
            [
                {
                    "ref": self.env._("Cancellation of %s", self.name),
                    "invoice_date": self.company_id._booking_credit_today(),
                }
            ]
        )
        refund.invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
            and not line.sale_line_ids & lines.sale_line_ids
        ).unlink()
        refund._post(soft=False)
        (invoice | refund)._match_open_receivables()
        return refund

    def _get_sold_credit_effects(self):
        """Say which sold credits are taken back when this order is cancelled."""
        self.ensure_one()
        return [
            self.env._(
                "%(credits)s of %(customer)s are taken back (%(lot)s).",
                credits=lot._in_words(),
                customer=lot.partner_id.display_name,
                lot=lot.name,
            )
            # sudo: who cancels is told, also without reading credits.
            for lot in self.sudo().booking_credit_lot_ids.filtered("is_open")
        ]
