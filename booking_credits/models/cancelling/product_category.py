from odoo import fields, models


class ProductCategory(models.Model):
    _inherit = "product.category"

    booking_cancellation_policy_id = fields.Many2one(
        comodel_name="booking.cancellation.policy",
        string="Cancellation Policy",
        company_dependent=True,
        ondelete="restrict",
        domain="[('company_id', 'in', (False, current_company_id))]",
        help="For the services of this category and those below it that have no "
        "policy of their own; empty: that of the category above, else of the company.",
    )

    def _get_booking_policy(self, company):
        """Return the policy of the nearest category, going up; empty: none has one."""
        category = self.with_company(company)
        while category and not category.booking_cancellation_policy_id:
            category = category.parent_id
        return category.booking_cancellation_policy_id
