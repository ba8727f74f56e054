from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import CREDIT_GROUPS


class ResPartner(models.Model):
    """Which packs a customer has bought."""

    _inherit = "res.partner"

    booking_credit_has_bought = fields.Boolean(
        string="Has Bought Packs",
        compute="_compute_booking_credit_has_bought",
        compute_sudo=True,
        groups=CREDIT_GROUPS,
        help="Whether this customer or its company has bought any pack here: packs for "
        "new customers are not offered any more.",
    )

    booking_credit_lot_ids = fields.One2many(
        comodel_name="booking.credit.lot",
        inverse_name="partner_id",
        string="Credits",
        readonly=True,
        groups=CREDIT_GROUPS,
    )

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_booking_credit_has_bought(self):
        buyers = self.commercial_partner_id._filter_pack_buyers(self.env.company)
        for partner in self:
            partner.booking_credit_has_bought = partner.commercial_partner_id in buyers

    def _grant_booking_signup_credits(self, company):
        """Give the starting credit of ``company``, once (S0-14).

        :return: the new lots
        """
        lots = self.env["booking.credit.lot"].sudo()
        quantity = company.sudo().booking_credit_signup_quantity
        if quantity <= 0:
            return lots
        had = lots.search(
            [
                ("partner_id", "in", self.ids),
                ("company_id", "=", company.id),
                ("origin", "=", "signup"),
            ]
        ).partner_id
        vals_list = (self - had)._prepare_signup_lots(company)
        if not vals_list:
            return lots
        return lots._grant(
            vals_list,
            [{"quantity": quantity} for _vals in vals_list],
            reason=self.env._("Starting credit"),
        )

    def _prepare_signup_lots(self, company):
        """Return the terms of the starting credit of each of these customers."""
        # money never expires (S2-10)
        in_money = company.booking_credit_signup_measure == "money"
        days = 0 if in_money else company.booking_credit_signup_days
        today = company._booking_credit_today()
        return [
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "origin": "signup",
                "measure": company.booking_credit_signup_measure,
                "valid_from": today,
                "valid_until": today + timedelta(days=days - 1) if days else False,
            }
            for partner in self
        ]

    # === Steps, for bridges to extend === #

    def _filter_pack_buyers(self, company):
        """Return those of these companies and persons who have bought any pack.

        One statement: packs for new customers are looked for on every page of the shop.
        """
        if not self.ids:
            return self.browse()
        orders, invoices = self.env["sale.order.line"], self.env["account.move.line"]
        asked = {
            (orders, "order_partner_id"): [
                *self._get_pack_order_lines_domain(company),
                ("product_uom_qty", ">", 0),
            ],
            (invoices, "partner_id"): [
                *self._get_pack_invoice_lines_domain(company),
                ("quantity", ">", 0),
            ],
        }
        found = [
            lines._search(domain, bypass_access=True).select(
                lines._field_to_sql(lines._table, name)
            )
            for (lines, name), domain in asked.items()
        ]
        rows = self.env.execute_query(SQL(" UNION ").join(found))
        return self.browse([row[0] for row in rows]).commercial_partner_id & self

    def _get_pack_order_lines_domain(self, company):
        """Return what finds the packs on confirmed orders of these customers."""
        return [
            ("order_id.partner_id.commercial_partner_id", "in", self.ids),
            ("company_id", "=", company.id),
            ("state", "=", "sale"),
            ("product_id.booking_credit_pack", "=", True),
        ]

    def _get_pack_invoice_lines_domain(self, company):
        """Return what finds the packs that they were invoiced without an order."""
        return [
            ("partner_id.commercial_partner_id", "in", self.ids),
            ("company_id", "=", company.id),
            ("booking_credit_source_lot_ids", "!=", False),
            ("sale_line_ids", "=", False),
            # money kept from a payment gave credit without a pack
            ("product_id.booking_credit_pack", "=", True),
        ]

    def _forget_packs_bought(self):
        """Ask again what these customers may buy: they have bought, or given back."""
        customers = (self | self.commercial_partner_id).sudo()
        # not stored: nothing is to be written first
        customers.invalidate_recordset(["booking_credit_has_bought"], flush=False)
        for model in ("product.template", "product.product"):
            self.env[model].invalidate_model(["booking_credit_for_user"], flush=False)
