from odoo import fields, models
from odoo.fields import Command

from ..exceptions import CreditsMovedError


class BookingCreditImport(models.Model):
    """Opening balances, put in both ledgers and taken out again."""

    _inherit = "booking.credit.import"

    # === Business verbs === #

    def _load(self):
        """Create the lots, the opening entry, and the first movement of each lot."""
        # sudo: lots are made by nobody by hand; the caller has checked who may load.
        record = self.sudo().with_company(self.company_id)
        lines = record.line_ids
        lots = record.env["booking.credit.lot"].with_context(mail_create_nolog=True)
        lots = lots.create([line._prepare_lot_vals() for line in lines])
        for line, lot in zip(lines, lots, strict=True):
            line.lot_id = lot
        items = record._post_opening(lots, lines.mapped("value"), 1)
        lots._post(
            "grant",
            [
                {
                    "type": "grant",
                    "lot": line.lot_id,
                    "quantity": line.quantity,
                    "value": line.value,
                    "move_line": items.get(line.lot_id),
                }
                for line in lines
            ],
            key=f"import:{record.id}",
            document=record.name,
            reason=record.env._("Opening balance"),
        )
        move = next(iter(items.values())).move_id if items else False
        super(BookingCreditImport, record).write(
            {
                "state": "done",
                "move_id": move.id if move else False,
                "user_id": self.env.uid,
                "done_on": fields.Datetime.now(),
            }
        )

    def _undo(self):
        """Take back what was loaded, with the mirror of the opening entry."""
        record = self.sudo().with_company(self.company_id)
        lots = record.lot_ids
        if moved := lots.filtered(lambda lot: lot.last_sequence != 1 or lot.held):
            raise CreditsMovedError(
                self.env._(
                    "%(name)s cannot be undone: these credits have moved since: "
                    "%(lots)s. Correct single batches instead.",
                    name=self.name,
                    lots=", ".join(moved[:10].mapped("name")),
                )
            )
        values = {lot: lot.value for lot in lots}
        items = record._post_opening(lots, list(values.values()), -1)
        lots._post(
            "adjust",
            [
                {
                    "type": "adjust",
                    "lot": lot,
                    "quantity": -lot.balance,
                    "value": -value,
                    "move_line": items.get(lot),
                }
                for lot, value in values.items()
            ],
            key=f"import-undo:{record.id}",
            document=record.name,
            reason=record.env._("Opening balance undone"),
        )
        # the same credits may be loaded again
        lots.external_reference = False
        move = next(iter(items.values())).move_id if items else False
        super(BookingCreditImport, record).write(
            {"state": "undone", "undo_move_id": move.id if move else False}
        )

    # === Steps === #

    def _post_opening(self, lots, values, sign):
        """Post what ``lots`` are worth against the counterpart; return item by lot."""
        liabilities = [
            lot._prepare_opening_line(-sign * value)
            for lot, value in zip(lots, values, strict=True)
            if value
        ]
        if not liabilities:
            return {}
        total = -sum(line["balance"] for line in liabilities)
        counterpart = {
            "name": self.name,
            "account_id": self.account_id.id,
            "balance": self.currency_id.round(total),
        }
        move = self.env["account.move"].with_context(tracking_disable=True)
        move = move.create(
            {
                "move_type": "entry",
                "journal_id": self.company_id.booking_credit_journal_id.id,
                "company_id": self.company_id.id,
                "date": self.date
                if sign > 0
                else self.company_id._booking_credit_today(),
                "ref": self.env._("Opening balances of credits: %s", self.name),
                "line_ids": [Command.create(v) for v in (*liabilities, counterpart)],
            }
        )
        move._post(soft=False)
        return {
            line.booking_credit_lot_id: line
            for line in move.line_ids
            if line.booking_credit_lot_id
        }
