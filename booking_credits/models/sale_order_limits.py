from odoo import api, models
from odoo.tools import SQL

from ..exceptions import PackLimitError


class SaleOrder(models.Model):
    """Sells packs within their limits, whatever the channel."""

    _inherit = "sale.order"

    @api.ondelete(at_uninstall=False)
    def _unlink_give_back_packs(self):
        self.order_line._give_back_pack_stock()

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
                    """
                    WITH locked AS (
                        SELECT id FROM res_partner
                         WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
                    )
                    UPDATE res_partner partner SET write_date = partner.write_date
                      FROM locked WHERE partner.id = locked.id
                 RETURNING partner.id
                    """,
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
            if not numbers:
                continue
            customer = order.partner_id.commercial_partner_id
            others = self.search(
                [
                    ("partner_id", "child_of", customer.ids),
                    ("company_id", "=", order.company_id.id),
                    ("state", "in", ("draft", "sent")),
                    ("transaction_ids", "!=", False),
                    ("id", "not in", order.ids),
                ]
            ).filtered(lambda other: not other._is_payment_given_up())
            paying = others.order_line._count_packs_by_template()
            before = order.env["product.template"]._prepare_pack_customer(
                order.partner_id, order.company_id, order
            )["bought"]
            for pack, number in numbers.items():
                limit = pack.booking_credit_max_customer
                total = before.get(pack, 0) + paying.get(pack, 0) + number
                if (pack.booking_credit_new_customers and paying) or (
                    limit and paying.get(pack) and total > limit
                ):
                    raise PackLimitError(
                        order.env._(
                            "“%(pack)s” is limited for each customer, and %(others)s "
                            "is being paid at this moment. Finish or cancel that "
                            "payment, or try again in an hour.",
                            pack=pack.name,
                            others=", ".join(others.mapped("name")),
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
        hidden = self.order_line.filtered(lambda line: line._is_pack_hidden(customer))
        refusals += [
            self.env._(
                "“%(pack)s” is not offered to %(customer)s. Choose another pack.",
                pack=pack.name,
                customer=self.partner_id.display_name,
            )
            for pack in hidden.product_id.product_tmpl_id
        ]
        return [sentence for sentence in refusals if sentence]

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
