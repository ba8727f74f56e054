from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL


class BookingCreditEntry(models.Model):
    """When a movement belonged in the books, and when it got there."""

    _inherit = "booking.credit.entry"

    due_date = fields.Date(
        string="Belongs On",
        readonly=True,
        help="Day on which this belonged in the books: that of the service, of the "
        "cancellation, or of the movement.",
    )
    posted_date = fields.Date(
        related="move_line_id.date",
        string="Posted On",
        help="Accounting date of the journal entry.",
    )
    date_shifted = fields.Boolean(
        string="In a Later Period",
        readonly=True,
        help="The day on which this belonged in the books was locked: it was posted on "
        "the first open day.",
    )

    # === Actions === #

    @api.model
    def action_post_all_due(self, limit=20000):
        """Post what is due in the user's companies, as the nightly job does.

        The month that is not over yet as well, where the company posts by month. More
        than ``limit`` movements are left to the job, which is called at once.

        :raise AccessError: for others than accountants
        """
        self._check_may_post()
        posting = self.env["booking.credit.posting"]
        moves = self.env["account.move"]
        for company in self.env.companies:
            entries = posting._get_due_entries(company, limit)
            moves |= posting._post_entries(entries).with_env(self.env)
            if len(entries) == limit:
                self.env.ref("booking_credits.ir_cron_post_due").sudo()._trigger()
        return self._open_moves(moves)

    def action_post_due(self):
        """Post those of these entries whose service has been delivered.

        :raise AccessError: for others than accountants
        """
        self.check_access("read")
        self._check_may_post()
        posting = self.env["booking.credit.posting"]
        moves = posting._post_entries(
            self.sudo().filtered_domain(posting._get_due_domain())
        )
        return self._open_moves(moves)

    @api.model
    def _open_moves(self, moves):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal Entries"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", moves.ids)],
        }

    # === Steps of the verbs, for bridges to extend === #

    def _set_due_day(self, day, move):
        """Note on these entries that they belong on ``day``, and went in ``move``."""
        if not self:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE booking_credit_entry
                   SET due_date = %s, date_shifted = %s
                 WHERE id = ANY(%s) RETURNING id
                """,
                day,
                bool(move) and move.date != day,
                self.ids,
            )
        )
        self.invalidate_recordset(["due_date", "date_shifted"])

    def _is_no_show(self):
        """Return whether this fee was kept of a booking that had begun."""
        self.ensure_one()
        return self.type == "fee" and self.operation_id.after_start

    @api.model
    def _check_may_post(self):
        if not self.env.su and not self.env.user.has_group(
            "booking_credits.booking_credits_group_accountant"
        ):
            raise AccessError(
                self.env._("Only accountants may post the use of credits.")
            )

    def _is_settlement(self):
        """Return whether this entry pays an invoice instead of being income."""
        self.ensure_one()
        return (
            self.lot_id.measure == "money"
            and self.type in ("redeem", "restore")
            and bool(self.operation_id.order_line_id)
        )

    def _set_posted(self, move_line_by_lot):
        """Note where these entries went in the books.

        :param dict move_line_by_lot: journal item of each lot; a lot without one had
            entries that cancel each other out
        """
        if not self:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE booking_credit_entry SET posting_state = 'posted'
                 WHERE id = ANY(%s) RETURNING id
                """,
                self.ids,
            )
        )
        if move_line_by_lot:
            self._write_move_lines(move_line_by_lot)
        self.invalidate_recordset(["posting_state", "move_line_id", "move_id"])

    def _write_move_lines(self, move_line_by_lot):
        """Write the journal item of its lot on each of these entries."""
        rows = SQL(", ").join(
            SQL("(%s::int, %s::int, %s::int)", lot.id, line.id, line.move_id.id)
            for lot, line in move_line_by_lot.items()
        )
        self.env.execute_query(
            SQL(
                """
                UPDATE booking_credit_entry entry
                   SET move_line_id = line.id, move_id = line.move_id
                  FROM (VALUES %s) AS line(lot_id, id, move_id)
                 WHERE entry.id = ANY(%s) AND entry.lot_id = line.lot_id
             RETURNING entry.id
                """,
                rows,
                self.ids,
            )
        )
