from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import format_date


class BookingCreditPayLot(models.TransientModel):
    """A lot in the dialog *Pay with Credits*: what it pays, what stays, and why."""

    _name = "booking.credit.pay.lot"
    _inherit = ["booking.credit.dialog"]
    _description = "Credits to Pay with"
    _order = "sequence, id"

    wizard_id = fields.Many2one(
        comodel_name="booking.credit.pay", required=True, ondelete="cascade"
    )
    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot", required=True, ondelete="cascade"
    )
    sequence = fields.Integer()
    use = fields.Boolean(default=True, help="May pay.")
    name = fields.Char(string="Credits", compute="_compute_name")
    available_text = fields.Char(string="Has", compute="_compute_name")
    until_text = fields.Char(string="Until", compute="_compute_name")
    pays_text = fields.Char(string="Pays", compute="_compute_texts")
    left_text = fields.Char(string="Left After", compute="_compute_texts")
    why = fields.Text(compute="_compute_texts")

    @api.depends("lot_id")
    @api.depends_context("lang")
    def _compute_name(self):
        for row in self:
            lot = row.lot_id
            row.name = f"{lot._get_pack_name()} ({lot.name})" if lot else False
            row.available_text = row._count_units(lot, lot.available) if lot else False
            row.until_text = (
                format_date(self.env, lot.valid_until)
                if lot.valid_until
                else self.env._("no end")
            )

    @api.depends(
        "use",
        "sequence",
        "wizard_id.line_ids.pay",
        "wizard_id.lot_ids.use",
        "wizard_id.lot_ids.sequence",
        "wizard_id.amount",
    )
    @api.depends_context("lang")
    def _compute_texts(self):
        for wizard, rows in self.grouped("wizard_id").items():
            plan = wizard._get_plan()
            chosen = wizard._is_own_order()
            for row in rows:
                row.update(row._prepare_texts(plan, chosen))

    def _prepare_texts(self, plan, chosen):
        """Return what this lot pays in ``plan``, and why it does, or does not.

        :param bool chosen: staff put the lots in another order than the best one
        """
        _ = self.env._
        lot = self.lot_id._origin
        spent, others = Decimal(0), None
        for payment in plan:
            for paying, units in payment.slices:
                if paying == lot:
                    spent += units
                    others = payment.lots if others is None else others
        if not spent:
            return {
                "pays_text": False,
                "left_text": self._count_units(lot, lot.available),
                "why": _("not needed") if self.use else _("not chosen"),
            }
        units = float(spent)
        left = lot._round_units(lot.available - units)
        return {
            "pays_text": lot._count_in_words(lot.measure, units),
            "left_text": self._count_units(lot, left),
            "why": lot._get_pay_reason(others, chosen),
        }

    @api.model
    def _count_units(self, lot, quantity):
        """Write “9 sessions”: the name of the row says of what."""
        if lot.unlimited:
            return lot._in_words()
        return lot._count_in_words(lot.measure, quantity)
