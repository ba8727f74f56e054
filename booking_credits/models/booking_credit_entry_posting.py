from odoo import api, fields, models
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
