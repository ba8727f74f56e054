from odoo import api, fields, models


class AccountTax(models.Model):
    _inherit = "account.tax"

    booking_credit_excluded_tax_id = fields.Many2one(
        comodel_name="account.tax",
        string="Twin of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The tax on top of the price that this one is the same as; for invoices "
        "that are paid with credits.",
    )

    @api.model
    def _prepare_global_discount_lines(self, base_lines, *args, **kwargs):
        """Override of `account` to share no discount out over customer credit.

        It pays the order: 10 % off 20.00 is 2.00, whoever pays.
        """
        sold = [
            base_line
            for base_line in base_lines
            if not self._is_paid_by_customer_credit(base_line)
        ]
        return super()._prepare_global_discount_lines(sold, *args, **kwargs)

    @api.model
    def _is_paid_by_customer_credit(self, base_line):
        record = base_line.get("record")
        return (
            isinstance(record, models.BaseModel)
            and record._name == "sale.order.line"
            and record.booking_credit_measure == "money"
        )
