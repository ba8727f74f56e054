from odoo import api, models


class BookingCreditPosting(models.AbstractModel):
    """A cancellation fee has the account and the name of the policy's fee product."""

    _inherit = "booking.credit.posting"

    @api.model
    def _get_counterpart_key(self, entry):
        """Override to post fees of policies with a fee product on its account.

        The product was noted on the operation when the booking was cancelled, so a
        policy or a booking that changes before the night changes nothing.
        """
        account, tax_ids, analytic, label = super()._get_counterpart_key(entry)
        operation = entry.operation_id
        fee_product = operation.product_id
        if entry.type != "fee" or not fee_product or not operation.order_line_id:
            return account, tax_ids, analytic, label
        order = operation.order_line_id.order_id
        income = fee_product.with_company(
            entry.company_id
        ).product_tmpl_id.get_product_accounts(order.fiscal_position_id)["income"]
        return income or account, tax_ids, analytic, fee_product.display_name
