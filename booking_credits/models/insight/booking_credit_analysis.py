from odoo import fields, models
from odoo.tools import SQL

from ...const import MEASURES

KINDS = [
    ("sold", "Sold"),
    ("given", "Given"),
    ("kept", "Payment kept as credit"),
    ("used", "Used"),
    # day by day of a pass, or with the last unit: no booking was paid
    ("earned", "Earned without a booking"),
    ("returned", "Cancelled: given back"),
    ("fee", "Cancelled late: fee kept"),
    ("no_show", "No-show: fee kept"),
    ("expired", "Expired"),
    ("reactivated", "Reactivated"),
    ("refunded", "Refunded"),
    ("transferred", "Transferred"),
    ("renewed", "Allowance renewed"),
    ("corrected", "Corrected"),
]

#: numbers in the units of a lot: adding credits to sessions or money says nothing
UNIT_FIELDS = ("quantity", "quantity_in", "quantity_out")


#: what an entry is, for people
KIND = """
    CASE entry.type
        WHEN 'grant' THEN
            CASE WHEN lot.origin = 'purchase' THEN 'sold'
                 WHEN lot.origin IN ('payment', 'refund') THEN 'kept'
                 ELSE 'given' END
        WHEN 'redeem' THEN
            CASE WHEN entry.bookings = 0 AND entry.quantity = 0
                 THEN 'earned' ELSE 'used' END
        WHEN 'restore' THEN 'returned'
        WHEN 'fee' THEN
            CASE WHEN operation.after_start THEN 'no_show' ELSE 'fee' END
        WHEN 'expire' THEN 'expired'
        WHEN 'reactivate' THEN 'reactivated'
        WHEN 'refund' THEN 'refunded'
        WHEN 'transfer' THEN 'transferred'
        WHEN 'reset' THEN 'renewed'
        ELSE 'corrected' END
"""


#: an entry, what it belongs to, and the order that paid it or sold it
FROM = """
         FROM booking_credit_entry entry
         JOIN booking_credit_operation operation
           ON operation.id = entry.operation_id
         JOIN booking_credit_lot lot ON lot.id = entry.lot_id
         JOIN res_company company ON company.id = entry.company_id
    LEFT JOIN sale_order_line line ON line.id = operation.order_line_id
    LEFT JOIN LATERAL (
                  SELECT pack_line.order_id
                    FROM sale_order_line_invoice_rel rel
                    JOIN sale_order_line pack_line
                      ON pack_line.id = rel.order_line_id
                   WHERE rel.invoice_line_id = lot.source_line_id
                     AND entry.type = 'grant'
                ORDER BY pack_line.id
                   LIMIT 1) sold ON TRUE
    LEFT JOIN sale_order sale
           ON sale.id = COALESCE(line.order_id, sold.order_id)
"""


class BookingCreditAnalysis(models.Model):
    """What happened to credits, one row for each movement, to be grouped and charted.

    Holds are left out: they set aside, and move nothing. A cancelled booking gives all
    back and then keeps its fee, so both are rows of their own. Values are in the
    currency of the row's company.
    """

    _name = "booking.credit.analysis"
    _description = "Booking Credit Analysis"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "document"
    _depends = {
        "booking.credit.entry": [
            "bookings",
            "company_id",
            "date",
            "lot_id",
            "operation_id",
            "quantity",
            "type",
            "value",
        ],
        "booking.credit.lot": [
            "measure",
            "origin",
            "partner_id",
            "product_id",
            "source_line_id",
            "vat_kind",
        ],
        "booking.credit.operation": [
            "document",
            "after_start",
            "order_line_id",
            "product_id",
            "reason",
            "user_id",
        ],
        "res.company": ["currency_id"],
        "sale.order": ["user_id"],
        "sale.order.line": [
            "invoice_lines",
            "order_id",
            "product_id",
        ],
    }

    date = fields.Date(readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot", string="Credits", readonly=True
    )
    operation_id = fields.Many2one(
        comodel_name="booking.credit.operation", string="Act", readonly=True
    )
    product_id = fields.Many2one(
        comodel_name="product.product", string="Pack", readonly=True
    )
    service_id = fields.Many2one(
        comodel_name="product.product", string="Service", readonly=True
    )
    kind = fields.Selection(selection=KINDS, string="What Happened", readonly=True)
    measure = fields.Selection(selection=MEASURES, string="Unit", readonly=True)
    origin = fields.Selection(
        selection=lambda self: self.env["booking.credit.lot"]
        ._fields["origin"]
        ._description_selection(self.env),
        readonly=True,
    )
    vat_kind = fields.Selection(
        selection=[("single", "Paid at sale"), ("multi", "Due at use")],
        string="VAT",
        readonly=True,
    )
    quantity = fields.Float(
        string="Units",
        digits="Booking Credits",
        readonly=True,
        help="Added to (+) or taken from (-) what customers have. Only units of one "
        "kind are added up.",
    )
    quantity_in = fields.Float(
        string="Units In", digits="Booking Credits", readonly=True
    )
    quantity_out = fields.Float(
        string="Units Out", digits="Booking Credits", readonly=True
    )
    value = fields.Monetary(
        readonly=True, help="Added to (+) or taken from (-) what the business owes."
    )
    value_in = fields.Monetary(readonly=True, help="Added to what the business owes.")
    value_out = fields.Monetary(
        readonly=True, help="Taken from what the business owes."
    )
    bookings = fields.Float(
        digits="Booking Credits",
        readonly=True,
        help="Bookings paid (+) or given up (-).",
    )
    user_id = fields.Many2one(comodel_name="res.users", string="Author", readonly=True)
    salesperson_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )
    order_id = fields.Many2one(comodel_name="sale.order", string="Order", readonly=True)
    document = fields.Char(readonly=True)
    reason = fields.Char(readonly=True)

    # === Actions === #

    def action_open_order(self):
        """Open the order behind this row, or the credits where there is none."""
        self.ensure_one()
        record = self.order_id or self.lot_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    # === Reading === #

    def _read_group_select(self, aggregate_spec, query):
        """Override to leave a total empty where it would add credits to sessions."""
        select = super()._read_group_select(aggregate_spec, query)
        if aggregate_spec not in [f"{name}:sum" for name in UNIT_FIELDS]:
            return select
        measure = self._field_to_sql(self._table, "measure", query)
        return SQL(
            "CASE WHEN MIN(%(measure)s) = MAX(%(measure)s) THEN %(select)s END",
            measure=measure,
            select=select,
        )

    @property
    def _table_query(self):
        return SQL("%s %s %s", self._select(), self._from(), self._where())

    # === Steps, for bridges to extend === #

    def _select(self):
        return SQL(
            """
            SELECT entry.id, entry.date, entry.company_id, company.currency_id,
                   lot.partner_id, entry.lot_id, entry.operation_id, lot.product_id,
                   COALESCE(line.product_id, operation.product_id) AS service_id,
                   %s AS kind,
                   lot.measure, lot.origin, lot.vat_kind,
                   entry.quantity, GREATEST(entry.quantity, 0) AS quantity_in,
                   GREATEST(-entry.quantity, 0) AS quantity_out,
                   entry.value, GREATEST(entry.value, 0) AS value_in,
                   GREATEST(-entry.value, 0) AS value_out,
                   entry.bookings, operation.user_id,
                   sale.user_id AS salesperson_id, sale.id AS order_id,
                   operation.document, operation.reason
            """,
            self._get_kind_sql(),
        )

    def _get_kind_sql(self):
        """Return SQL that names what an entry is, for people."""
        return SQL(KIND)

    def _from(self):
        return SQL(FROM)

    def _where(self):
        return SQL("WHERE entry.type NOT IN ('hold', 'release')")
