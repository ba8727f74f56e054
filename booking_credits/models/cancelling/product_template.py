from odoo import api, fields, models


class ProductTemplate(models.Model):
    """Which cancellation terms a service has: its own, its category's, the company's."""

    _inherit = "product.template"

    booking_terms = fields.Text(
        string="Cancellation Terms",
        compute="_compute_booking_terms",
        help="What customers read before they book, written from the policy.",
    )
    booking_terms_source = fields.Char(
        string="Terms From", compute="_compute_booking_terms"
    )

    @api.depends("booking_ok", "booking_cancellation_policy_id", "categ_id")
    @api.depends_context("lang", "company")
    def _compute_booking_terms(self):
        policies = self.env["booking.cancellation.policy"]
        for product in self:
            if not product.booking_ok:
                product.booking_terms = product.booking_terms_source = False
                continue
            company = product.company_id or self.env.company
            # sudo: the company's policy is read by whoever books
            policy = product._get_booking_policy(company.sudo()).sudo()
            terms = policies._get_terms_text(policy._get_snapshot())
            product.booking_terms = terms
            product.booking_terms_source = product._get_terms_source(policy)

    # === Steps of the verbs, for bridges to extend === #

    def _get_booking_policy(self, company):
        """Return the cancellation policy of this service; empty: all comes back.

        Its own, that of its category, or that of the company.
        """
        self.ensure_one()
        return (
            self.booking_cancellation_policy_id
            or self.categ_id._get_booking_policy(company)
            or company.booking_cancellation_policy_id
        )

    def _get_terms_source(self, policy):
        """Say where ``policy`` was found."""
        self.ensure_one()
        _ = self.env._
        if not policy:
            return _("No policy: all comes back.")
        if policy == self.booking_cancellation_policy_id:
            return policy.display_name
        if policy == self.categ_id._get_booking_policy(
            self.company_id or self.env.company
        ):
            return _("%s (of the category)", policy.display_name)
        return _("%s (of the company)", policy.display_name)
