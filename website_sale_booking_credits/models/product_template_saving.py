from odoo import models
from odoo.tools import SQL, float_compare

#: services at each end, by price per unit, that are asked for the price shown
ENDS = 10


#: the cheapest and the dearest services that each pack pays
SERVICES_AT_ENDS = """
      WITH scope AS (
          SELECT pack_id, product_id, NULL AS path
            FROM booking_credit_pack_product_rel
           WHERE pack_id = ANY(%(packs)s)
       UNION ALL
          SELECT rel.pack_id, NULL, categ.parent_path
            FROM booking_credit_pack_category_rel rel
            JOIN product_category categ ON categ.id = rel.categ_id
           WHERE rel.pack_id = ANY(%(packs)s)
      ), paid AS (
          SELECT pack.id AS pack_id, service.id, service.list_price
                 / CASE pack.booking_credit_measure
                   WHEN 'credit' THEN service.booking_credit_price ELSE 1 END
                 AS price
            FROM product_template pack
            JOIN product_template service
              ON service.active AND service.booking_ok
             AND service.list_price > 0
             AND (pack.booking_credit_measure != 'credit'
                  OR service.booking_credit_price > 0)
             AND (service.company_id IS NULL
                  OR service.company_id = ANY(%(companies)s))
       LEFT JOIN product_category categ ON categ.id = service.categ_id
           WHERE pack.id = ANY(%(packs)s)
             AND (NOT EXISTS (SELECT FROM scope WHERE pack_id = pack.id)
                  OR EXISTS (
                     SELECT FROM scope
                      WHERE scope.pack_id = pack.id
                        AND (scope.product_id = service.id
                             OR starts_with(categ.parent_path, scope.path))))
      ), ranked AS (
          SELECT pack_id, id,
                 row_number() OVER (PARTITION BY pack_id ORDER BY price)
                 AS low,
                 row_number() OVER (PARTITION BY pack_id ORDER BY price DESC)
                 AS high
            FROM paid
      )
      SELECT pack_id, array_agg(id) FROM ranked
       WHERE low <= %(ends)s OR high <= %(ends)s
    GROUP BY pack_id
"""


class ProductTemplate(models.Model):
    """What a pack saves against paying each booking in money (S1-15)."""

    _inherit = "product.template"

    def _get_saving_text(self, amount, single_prices):
        """Write what the pack saves against paying each service in money (S1-15)."""
        _ = self.env._
        if not single_prices:
            return ""
        lowest, highest = (
            int(100 * (1 - amount / (price * self.booking_credit_quantity)) + 1e-6)
            for price in single_prices
        )
        if highest < 1:
            return ""
        if lowest == highest:
            return _("You save %s %%", highest)
        return _("You save up to %s %%", highest)

    def _get_single_prices(self, website, known):
        """Return what one unit of each of these packs pays, bought in money.

        :param dict known: prices that the page shows anyway, by product
        :return: dict from pack to ``(lowest, highest)`` as the shop shows prices, or
            to None where it cannot be told
        """
        singles = dict.fromkeys(self)
        paid = self.filtered(lambda pack: pack._has_units())._get_services_at_ends()
        # sudo: what a pack pays for may be hidden in the shop.
        services = self.sudo().union(*paid.values())
        shown = {product.id: price for product, price in known.items()}
        asked = services.filtered(lambda service: service.id not in shown)
        if asked:
            # without the words of tiles, which nobody reads here
            prices = super(ProductTemplate, asked)._get_sales_prices(website)
            shown |= {key: vals["price_reduce"] for key, vals in prices.items()}
        for pack, services in paid.items():
            prices = [
                shown[service.id]
                / (
                    service.booking_credit_price
                    if pack.booking_credit_measure == "credit"
                    else 1
                )
                for service in services
            ]
            prices = [price for price in prices if float_compare(price, 0, 6) > 0]
            if prices:
                singles[pack] = min(prices), max(prices)
        return singles

    def _get_services_at_ends(self):
        """Return the cheapest and the dearest services that each of these packs pays.

        By list price for one unit, ten at each end: the shop asks for the price shown
        of these only, however many services there are. One statement.

        :return: dict from pack to services, in sudo; packs that pay none are left out
        """
        if not self:
            return {}
        self.env["product.template"].flush_model()
        self.env["product.category"].flush_model(["parent_path"])
        rows = self.env.execute_query(
            SQL(
                SERVICES_AT_ENDS,
                packs=self.ids,
                companies=[
                    int(i) for i in self.env.company.parent_path.split("/") if i
                ],
                ends=ENDS,
            )
        )
        return {self.browse(pack_id): self.sudo().browse(ids) for pack_id, ids in rows}
