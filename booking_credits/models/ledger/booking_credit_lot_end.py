from odoo import api, fields, models

from ...bulk import insert_rows
from ...exceptions import LedgerImmutableError


class BookingCreditLotEnd(models.Model):
    """A last day of use that some credits had until they got another one.

    The aging of a past day needs the end as it was on that day. Credits whose end never
    moved have none of these.
    """

    _name = "booking.credit.lot.end"
    _description = "Former Last Day of Credits"
    _order = "lot_id, id"
    _rec_name = "valid_until"

    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        string="Credits",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="restrict"
    )
    valid_until = fields.Date(
        string="Was Valid Until",
        readonly=True,
        help="Last day of use until it was changed. Empty: it did not expire.",
    )
    date = fields.Date(
        string="Changed On",
        required=True,
        readonly=True,
        index=True,
        help="Day of the change in the company's time zone: from its evening on the "
        "new last day counts.",
    )

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Override to refuse: the credits themselves note it.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(self._get_history_error())

    def write(self, vals):  # pylint: disable=method-required-super
        """Override to refuse, for everyone.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(self._get_history_error())

    def copy(self, default=None):  # pylint: disable=method-required-super
        """Override to refuse, for everyone.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(self._get_history_error())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise LedgerImmutableError(self._get_history_error())

    def _get_history_error(self):
        return self.env._(
            "When the last day of credits was changed is history: it cannot be edited. "
            "Extend the credits instead."
        )


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
