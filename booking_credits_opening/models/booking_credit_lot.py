from odoo import fields, models


class BookingCreditLot(models.Model):
    """Credits that were sold before Booking Credits was taken into use."""

    _inherit = "booking.credit.lot"

    origin = fields.Selection(
        selection_add=[("import", "Opening balance")], ondelete={"import": "set grant"}
    )
    import_id = fields.Many2one(
        comodel_name="booking.credit.import",
        string="Loaded By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    external_reference = fields.Char(
        readonly=True,
        copy=False,
        help="Number of these credits in the program that they come from.",
    )

    _external_reference_unique = models.UniqueIndex(
        "(company_id, external_reference) WHERE external_reference IS NOT NULL",
        "These credits have been loaded already.",
    )
