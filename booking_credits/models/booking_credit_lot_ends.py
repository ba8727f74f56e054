from odoo import fields, models

from ..bulk import insert_rows


class BookingCreditLot(models.Model):
    """Keeps each last day of use that these credits no longer have."""

    _inherit = "booking.credit.lot"

    end_ids = fields.One2many(
        comodel_name="booking.credit.lot.end",
        inverse_name="lot_id",
        string="Former Last Days",
        readonly=True,
    )

    # === Steps of the verbs, for bridges to extend === #

    def _note_former_ends(self, valid_until):
        """Note the last day of those of these lots that get another one."""
        moved = self.filtered(lambda lot: lot.valid_until != valid_until)
        rows = [
            {
                "lot_id": lot.id,
                "company_id": lot.company_id.id,
                "valid_until": lot.valid_until or None,
                "date": lot.company_id._booking_credit_today(),
            }
            for lot in moved
        ]
        if rows:
            # sudo: history is written by nobody; who moves the end was checked.
            insert_rows(self.env["booking.credit.lot.end"].sudo(), rows)
            moved.invalidate_recordset(["end_ids"])
