from collections import defaultdict

from odoo import api, fields, models, tools
from odoo.fields import Domain


class ProductTemplate(models.Model):
    """To whom packs are offered: by tag, to new customers, to everyone."""

    _inherit = "product.template"

    # stored: asked of every product on every page of a shop
    booking_credit_restricted = fields.Boolean(
        string="For Some Customers Only",
        compute="_compute_booking_credit_restricted",
        compute_sudo=True,
        store=True,
        help="This pack is for customers with one of its tags, also archived ones.",
    )
    booking_credit_for_user = fields.Boolean(
        string="Offered to Me",
        compute="_compute_booking_credit_for_user",
        # what it reads of the pack must not ask again whether the pack may be read
        compute_sudo=True,
        search="_search_booking_credit_for_user",
        help="Whether this pack is offered to the user who looks at it.",
    )

    # the deletion of a tag counts as well
    @api.depends("booking_credit_pack", "booking_credit_tag_ids.active")
    def _compute_booking_credit_restricted(self):
        packs = self.filtered("booking_credit_pack").with_context(active_test=False)
        for pack in packs:
            pack.booking_credit_restricted = bool(pack.booking_credit_tag_ids)
        (self - packs).booking_credit_restricted = False

    @api.depends("booking_credit_new_customers", "booking_credit_tag_ids")
    @api.depends_context("uid", "company")
    def _compute_booking_credit_for_user(self):
        packs = self.filtered("booking_credit_pack")
        if self.env.user._is_internal():
            packs = self.browse()
        (self - packs).booking_credit_for_user = True
        if not packs:
            return
        tags = self._get_user_pack_tags()
        for_new = packs.filtered("booking_credit_new_customers")
        has_bought = bool(for_new) and self._has_user_bought_packs()
        for pack in packs:
            pack.booking_credit_for_user = pack._is_pack_for(tags, has_bought)

    def _search_booking_credit_for_user(self, operator, value):
        if operator != "in":
            return NotImplemented
        offered = Domain.TRUE
        if not self.env.user._is_internal():
            offered = self._get_user_packs_domain()
        wanted = Domain.FALSE
        if True in value:
            wanted |= offered
        if False in value:
            wanted |= ~offered
        return wanted

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override to notice the first pack for new customers."""
        templates = super().create(vals_list)
        if any(vals.get("booking_credit_new_customers") for vals in vals_list):
            self.env.registry.clear_cache()
        return templates

    def write(self, vals):
        """Override to notice packs that are for new customers from now on."""
        res = super().write(vals)
        if "booking_credit_new_customers" in vals:
            self.env.registry.clear_cache()
        return res

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    @tools.ormcache()
    def _are_packs_for_new_customers(self):
        """Return whether there is any pack for new customers, of any company.

        Without one, nobody has to know who has bought before.
        """
        packs = self.sudo().with_context(active_test=False)
        return bool(
            packs.search_count([("booking_credit_new_customers", "=", True)], limit=1)
        )

    @api.model
    def _get_user_packs_domain(self):
        """Return what finds the products that are offered to the user who asks."""
        no_pack = Domain("booking_credit_pack", "=", False)
        tags = self._get_user_pack_tags()
        own = Domain("booking_credit_tag_ids", "in", tags.ids)
        if any(tags.mapped("booking_credit_only")):
            offered = no_pack | own
        else:
            offered = Domain("booking_credit_restricted", "=", False) | own
        if self._has_user_bought_packs():
            offered &= Domain("booking_credit_new_customers", "=", False) | no_pack
        return offered

    @api.model
    def _get_user_pack_tags(self):
        return self._get_pack_tags(self.env.user.partner_id)

    @api.model
    def _has_user_bought_packs(self):
        """Return whether the user is no new customer; visitors always are new."""
        user = self.env.user
        # sudo: the customer's own purchases; asked at every search of products
        return (
            self._are_packs_for_new_customers()
            and not user._is_public()
            and user.partner_id.sudo().booking_credit_has_bought
        )

    @api.model
    def _get_pack_tags(self, partner):
        """Return the tags of ``partner`` and its company that packs may be for."""
        # sudo: shoppers do not read their tags.
        owners = (partner | partner.commercial_partner_id).sudo()
        return owners.category_id.filtered("active")

    @api.model
    def _prepare_pack_customer(self, partner, company, ignored_orders=None):
        """Return what decides which packs ``partner`` may buy.

        :param ignored_orders: confirmed orders that do not count
        :return: dict of ``tags`` and ``bought`` (packs by template)
        """
        # sudo: shoppers do not read all orders of their company.
        return {
            "tags": self._get_pack_tags(partner),
            "bought": self.sudo()._count_packs_bought(partner, company, ignored_orders),
        }

    @api.model
    def _count_packs_bought(self, partner, company, ignored_orders=None):
        """Return how many packs ``partner`` and its company bought, by template.

        Confirmed orders count, and invoices without an order that gave credits.
        """
        customer = partner.commercial_partner_id
        lines = self.env["sale.order.line"]._read_group(
            [
                *customer._get_pack_order_lines_domain(company),
                ("order_id", "not in", ignored_orders.ids if ignored_orders else []),
            ],
            ["product_id", "product_uom_id"],
            ["product_uom_qty:sum"],
        )
        lines += self.env["account.move.line"]._read_group(
            customer._get_pack_invoice_lines_domain(company),
            ["product_id", "product_uom_id"],
            ["quantity:sum"],
        )
        bought = defaultdict(int)
        for product, uom, quantity in lines:
            bought[product.product_tmpl_id] += product._count_packs(quantity, uom)
        return bought

    def _is_pack_offered(self, tags, bought):
        """Return whether customers with ``tags`` who ``bought`` before see this pack.

        :param dict bought: packs by template, see :meth:`_prepare_pack_customer`
        """
        return self._is_pack_for(tags, any(bought.values()))

    def _is_pack_for(self, tags, has_bought):
        """Return whether customers with ``tags`` see this pack.

        A pack for nobody's tag is for everyone (S0-34), but for customers with a tag
        that sees its own packs only (S0-35).
        """
        self.ensure_one()
        if self.booking_credit_new_customers and has_bought:
            return False
        if self.booking_credit_restricted or any(tags.mapped("booking_credit_only")):
            return bool(self.booking_credit_tag_ids & tags)
        return True
