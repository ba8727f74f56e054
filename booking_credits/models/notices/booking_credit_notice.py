import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...bulk import column_list, unnest
from ...inside import tell, told

_logger = logging.getLogger(__name__)

KINDS = [
    ("received", "Credits received"),
    ("ending", "Credits end soon"),
    ("expired", "Credits expired"),
    ("low", "Few credits left"),
    ("cancelled", "Booking cancelled"),
]

#: what waited longer than so many days is no news any more
NEWS_DAYS = 7


class BookingCreditNotice(models.Model):
    """One thing that a customer is told by mail about credits, once.

    What happens to credits only adds a row here. A job writes the mails afterwards, so
    a mail that fails never breaks what happened, and what was rolled back is never
    told. The key of a row is unique: a job that runs twice, or again after a crash,
    tells nothing twice.
    """

    _name = "booking.credit.notice"
    _description = "Booking Credits"  # mails say: Your Booking Credits
    _order = "id desc"

    kind = fields.Selection(
        selection=KINDS, string="About", required=True, readonly=True
    )
    state = fields.Selection(
        selection=[
            ("waiting", "Waiting"),
            ("sent", "Sent"),
            ("skipped", "Not sent"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        help="Sent: handed over to the mail queue.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        string="Credits",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    operation_id = fields.Many2one(
        comodel_name="booking.credit.operation",
        string="What Happened",
        readonly=True,
        ondelete="restrict",
    )
    head_id = fields.Many2one(
        comodel_name="booking.credit.notice",
        string="Told With",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="One mail told the customer both.",
    )
    joined_ids = fields.One2many(
        comodel_name="booking.credit.notice", inverse_name="head_id", readonly=True
    )
    note = fields.Char(string="Why Not", readonly=True)
    date_sent = fields.Datetime(string="Sent On", readonly=True)
    key = fields.Char(required=True, readonly=True, copy=False)

    _key_unique = models.UniqueIndex("(key)", "The customer has been told this before.")
    _waiting_index = models.Index("(company_id, id) WHERE state = 'waiting'")

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for notice in self:
            notice.display_name = labels.get(notice.kind)

    # === Actions === #

    def action_send_again(self):
        """Write the mails that failed, or were not sent, once more.

        :raise AccessError: for others than managers
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(
            "booking_credits.booking_credits_group_manager"
        ):
            raise AccessError(
                self.env._("Only managers of booking credits may send mails again.")
            )
        # sudo: nobody may write on notices by hand.
        again = self.sudo().filtered(lambda notice: notice.state != "sent")
        again.write({"state": "waiting", "note": False})
        tell(again, send_again=True)._deliver()

    # === Steps, for bridges to extend === #

    def _get_template(self):
        """Return the mail template of these notices of one kind."""
        return self.env.ref(
            f"booking_credits.mail_template_notice_{self[0].kind}",
            raise_if_not_found=False,
        )

    def _get_join_key(self):
        """Return what notices have in common that one mail tells."""
        self.ensure_one()
        end = self.lot_id.valid_until if self.kind == "ending" else None
        return self.company_id, self.partner_id, end

    def _get_skip_reason(self):
        """Say why the customer is not to be told; empty if to be told."""
        self.ensure_one()
        _ = self.env._
        lot = self.lot_id
        if not self.company_id[f"booking_credit_mail_{self.kind}"]:
            return _("Switched off in the settings.")
        if not self.partner_id.email or not self.partner_id.active:
            return _("The customer has no e-mail address.")
        waited = fields.Datetime.now() - (self.create_date or fields.Datetime.now())
        again = told(self, "send_again")
        if waited.days >= NEWS_DAYS and not again:
            return _("It has waited too long to be news.")
        if lot.code:
            return _("It is a gift voucher that nobody has claimed yet.")
        if self.kind in ("received", "ending") and not lot._has_left():
            return _("Nothing is left of these credits.")
        if self.kind == "expired" and lot.is_open:
            return _("These credits can be used again.")
        return ""

    # === Business verbs === #

    @api.model
    def _queue(self, rows):
        """Note what customers are to be told. What was noted before is left out.

        :param list rows: one dict for each: ``kind``, ``company_id``, ``partner_id``,
            ``lot_id``, ``operation_id`` (ids or None) and ``key``
        :return: the new notices
        """
        if not rows:
            return self.browse()
        common = {
            "state": "waiting",
            "create_uid": self.env.uid,
            "create_date": self.env.cr.now(),
        }
        rows = [{**row, **common} for row in rows]
        return self._insert(
            SQL("(%s)", column_list(rows[0])),
            SQL("SELECT * FROM %s AS new", unnest(self, rows)),
        )

    @api.model
    def _insert(self, columns, query):
        """Insert what ``query`` finds, unless its key is there; return the notices."""
        inserted = self.env.execute_query(
            SQL(
                """
                INSERT INTO booking_credit_notice AS notice %(columns)s
                %(query)s
                ON CONFLICT (key) DO NOTHING
                RETURNING notice.id
                """,
                columns=columns,
                query=query,
            )
        )
        return self.browse([notice_id for (notice_id,) in inserted])

    @api.model
    def _wake_up(self):
        """Let the job write the mails soon after this transaction."""
        job = self.env.ref("booking_credits.ir_cron_tell", raise_if_not_found=False)
        if job:
            job.sudo()._trigger()

    def _deliver(self):
        """Hand the mails of these notices over to the mail queue. Safe to run twice.

        :return: the notices dealt with
        """
        # sudo: see _queue
        due = self.sudo().filtered(lambda notice: notice.state == "waiting")
        wanted = self.sudo().browse()
        for notice in due:
            reason = notice._get_skip_reason()
            if reason:
                notice.write({"state": "skipped", "note": reason})
            else:
                wanted |= notice
        for notices in wanted.grouped("kind").values():
            notices._join()._send()
        return due

    def _join(self):
        """Let one mail tell each customer all that is in these notices of one kind.

        :return: the notices that get a mail; the others are told with them
        """
        heads = self.browse()
        for notices in self.grouped(lambda notice: notice._get_join_key()).values():
            head = notices.sorted("id")[0]
            heads |= head
            (notices - head).write({"head_id": head.id})
        return heads

    def _send(self):
        """Hand one mail for each of these notices of one kind to the mail queue.

        If one of them cannot be written, the others are sent all the same.
        """
        template = self._get_template()
        if not template:
            self._set_state("skipped", self.env._("The mail template was deleted."))
            return
        try:
            with self.env.cr.savepoint():
                template.send_mail_batch(
                    self.ids, email_layout_xmlid="mail.mail_notification_light"
                )
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if len(self) > 1:
                for notice in self:
                    notice._send()
                return
            _logger.exception(
                "Booking credits: the mail “%s” to customer %s could not be written",
                template.sudo().name,
                self.partner_id.id,
            )
            self._set_state("failed", str(error).splitlines()[0][:250])
        else:
            self._set_state("sent")

    def _set_state(self, state, note=False):
        sent = fields.Datetime.now() if state == "sent" else False
        (self | self.joined_ids).write(
            {"state": state, "note": note, "date_sent": sent}
        )

    # === Jobs === #

    @api.model
    def _get_waiting_batches(self, company, size):
        """Yield batches that deliver what waits in ``company``."""
        domain = Domain("company_id", "=", company.id)
        domain &= Domain("state", "=", "waiting")
        return self.env["booking.credit.job"]._get_batches(
            company,
            self.sudo(),
            domain,
            size,
            lambda notices: notices.try_lock_for_update()._deliver(),
        )
