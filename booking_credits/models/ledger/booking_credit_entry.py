from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import ENTRY_TYPES, MAX_UNITS, MAX_VALUE
from ...exceptions import LedgerImmutableError

#: a trigger that refuses to change what an entry says, or to delete it
GUARD = """
    CREATE OR REPLACE FUNCTION booking_credit_entry_guard()
    RETURNS trigger AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND
           (OLD.operation_id, OLD.company_id, OLD.lot_id,
            OLD.lot_sequence, OLD.type, OLD.date, OLD.quantity, OLD.held,
            OLD.value, OLD.balance_after, OLD.source_entry_id,
            OLD.service_date, OLD.bookings)
           IS NOT DISTINCT FROM
           (NEW.operation_id, NEW.company_id, NEW.lot_id,
            NEW.lot_sequence, NEW.type, NEW.date, NEW.quantity, NEW.held,
            NEW.value, NEW.balance_after, NEW.source_entry_id,
            NEW.service_date, NEW.bookings)
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'booking_credit_entry is append-only';
    END
    $$ LANGUAGE plpgsql;

    -- PostgreSQL 13 cannot replace a trigger
    DROP TRIGGER IF EXISTS booking_credit_entry_guard
        ON booking_credit_entry;
    CREATE TRIGGER booking_credit_entry_guard
    BEFORE UPDATE OR DELETE ON booking_credit_entry
    FOR EACH ROW EXECUTE FUNCTION booking_credit_entry_guard();
"""


class BookingCreditEntry(models.Model):
    """One line of the credit ledger, on one lot: written once, never changed.

    A mistake is corrected by a second entry, so a sum over the past stays what it
    was. Only where an entry went in the books is noted on it afterwards; a database
    trigger refuses everything else.
    """

    _name = "booking.credit.entry"
    _description = "Booking Credit Entry"
    _order = "id desc"

    operation_id = fields.Many2one(
        comodel_name="booking.credit.operation",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    lot_sequence = fields.Integer(
        string="No.", readonly=True, help="Rank of this movement on its lot."
    )
    partner_id = fields.Many2one(related="lot_id.partner_id", string="Customer")
    liability_account_id = fields.Many2one(related="lot_id.liability_account_id")
    type = fields.Selection(selection=ENTRY_TYPES, required=True, readonly=True)
    date = fields.Date(
        required=True,
        readonly=True,
        index=True,
        help="Day of the movement in the company's time zone.",
    )
    quantity = fields.Float(
        digits="Booking Credits",
        readonly=True,
        help="Units added to (+) or taken from (-) the lot.",
    )
    held = fields.Float(digits="Booking Credits", readonly=True)
    service_date = fields.Date(
        readonly=True, help="Local day of the booking; it counts for caps."
    )
    bookings = fields.Float(
        digits="Booking Credits",
        readonly=True,
        help="Bookings that this movement pays.",
    )
    value = fields.Monetary(
        readonly=True,
        help="Money added to (+) or released from (-) what the business owes.",
    )
    balance_after = fields.Float(
        string="Balance", digits="Booking Credits", readonly=True, aggregator=None
    )
    source_entry_id = fields.Many2one(
        comodel_name="booking.credit.entry",
        string="Gives Back",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    return_ids = fields.One2many(
        comodel_name="booking.credit.entry",
        inverse_name="source_entry_id",
        string="Given Back By",
        readonly=True,
    )
    user_id = fields.Many2one(related="operation_id.user_id", string="Author")
    document = fields.Char(related="operation_id.document")
    reason = fields.Char(related="operation_id.reason")
    posting_state = fields.Selection(
        selection=[
            ("none", "Nothing to post"),
            ("pending", "To be posted"),
            ("posted", "Posted"),
        ],
        string="In the Books",
        readonly=True,
        help="Value leaves the books when the service is delivered.",
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Journal Item",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    #: kept here too: reports join it, since there are far fewer of them than items
    move_id = fields.Many2one(
        related="move_line_id.move_id",
        string="Journal Entry",
        store=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    _lot_sequence_unique = models.UniqueIndex(
        "(lot_id, lot_sequence)", "Two movements cannot have the same number."
    )
    _size_sound = models.Constraint(
        f"CHECK(abs(quantity) <= {MAX_UNITS} AND abs(held) <= {MAX_UNITS} "
        f"AND abs(bookings) <= {MAX_UNITS} AND abs(value) <= {MAX_VALUE})",
        "One movement cannot be of more than a billion units.",
    )
    _pending_index = models.Index("(company_id, id) WHERE posting_state = 'pending'")

    def init(self):
        """Let the database itself refuse to change or delete an entry."""
        self.env.cr.execute(SQL(GUARD))

    @api.depends("operation_id", "lot_id")
    def _compute_display_name(self):
        for entry in self:
            entry.display_name = f"{entry.lot_id.name} / {entry.lot_sequence}"

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Override to refuse: movements come from business acts.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(
            self.env._(
                "Movements of credits cannot be entered by hand: sell, book, cancel or "
                "correct credits instead."
            )
        )

    def write(self, vals):  # pylint: disable=method-required-super
        """Override to refuse, for everyone.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(
            self.env._("Movements of credits cannot be changed; correct them instead.")
        )

    def copy(self, default=None):  # pylint: disable=method-required-super
        """Override to refuse, for everyone.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(self.env._("Movements of credits cannot be copied."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise LedgerImmutableError(
            self.env._("Movements of credits cannot be deleted; correct them instead.")
        )

    # === Steps of the verbs, for bridges to extend === #

    def _get_restorable(self):
        """Return the spent entries among these with what is still not given back.

        :return: list of ``(entry, units, value)``, in the order of spending
        """
        spent = self.filtered(lambda entry: entry.type == "redeem").sorted("id")
        given_back = {
            source: (quantity, value)
            for source, quantity, value in self.env["booking.credit.entry"]._read_group(
                [("source_entry_id", "in", spent.ids), ("type", "=", "restore")],
                ["source_entry_id"],
                ["quantity:sum", "value:sum"],
            )
        }
        rows = []
        for entry in spent:
            quantity, value = given_back.get(entry, (0.0, 0.0))
            left = entry.lot_id._round_units(-entry.quantity - quantity)
            if left > 0:
                rows.append((entry, left, -entry.value - value))
        return rows

    @api.model
    def _prepare_restore_postings(self, rows):
        """Return the postings that give ``rows`` back to the lots that paid.

        :param rows: ``(entry, units, value)``, as :meth:`_get_restorable` returns them;
            what was spent last goes back first where they are reversed
        """
        return [
            {
                "type": "restore",
                "lot": entry.lot_id,
                "quantity": units,
                "value": value,
                "source_entry": entry,
            }
            for entry, units, value in rows
        ]

    def _get_open_holds(self):
        """Return the holds among these with what they still set aside.

        :return: list of ``(entry, units)``, in the order of holding
        """
        holds = self.filtered(lambda entry: entry.type == "hold").sorted("id")
        resolved = dict(
            self.env["booking.credit.entry"]._read_group(
                [("source_entry_id", "in", holds.ids)],
                ["source_entry_id"],
                ["held:sum"],
            )
        )
        rows = [
            (hold, Decimal(str(hold.held)) + Decimal(str(resolved.get(hold, 0))))
            for hold in holds
        ]
        return [(hold, units) for hold, units in rows if units > 0]
