from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..inside import tell


class BookingCancelMany(models.TransientModel):
    """Cancels many bookings at once: a class of 12, or those who did not come."""

    _name = "booking.cancel.many"
    _inherit = ["booking.credit.dialog"]
    _description = "Cancel Many Bookings"

    line_ids = fields.Many2many(
        comodel_name="sale.order.line", string="Bookings", readonly=True
    )
    by = fields.Selection(
        selection=[
            ("provider", "We Cancel"),
            ("customer", "Cancel for the Customer"),
            ("no_show", "No-Show"),
        ],
        required=True,
        default="provider",
        readonly=True,
    )
    reason = fields.Char(help="Customers are told if we cancel.")
    extend_days = fields.Integer(
        string="Extend Validity By",
        help="Days that are added to the credits that paid; 0: none.",
    )
    summary = fields.Char(compute="_compute_effects")
    effects = fields.Text(compute="_compute_effects")
    skipped = fields.Text(compute="_compute_effects")
    can_apply = fields.Boolean(compute="_compute_effects")
    failures = fields.Text(readonly=True)
    done_text = fields.Char(readonly=True)

    @api.depends("line_ids", "by", "extend_days")
    @api.depends_context("lang")
    def _compute_effects(self):
        for wizard in self:
            lines = wizard._get_bookings()
            wizard.can_apply = bool(lines)
            wizard.summary = wizard._get_summary(lines)
            wizard.effects = "\n".join(wizard._get_effects(lines))
            wizard.skipped = "\n".join(wizard._get_skipped_texts())

    # === Actions === #

    def action_apply(self):
        """Cancel the bookings, order by order.

        Safe to run twice: what is cancelled already is left alone. An order that
        fails is rolled back and named; the others are done.

        :raise AccessError: for others than the front desk
        :raise UserError: without a reason where customers are told
        """
        self.ensure_one()
        if not self.env.user.has_group("booking_credits.booking_credits_group_user"):
            raise AccessError(self.env._("Bookings are cancelled by the front desk."))
        if self.by == "provider" and not (self.reason or "").strip():
            raise UserError(self.env._("Say why we cancel: %s.", self.summary))
        lines = self._get_bookings()
        lines.order_id.check_access("write")
        days = self.extend_days if self.by == "provider" else 0
        for company in lines.company_id if days else ():
            self.env["booking.credit.lot"]._check_extend_days(days, company)
        failures = lines._cancel_many(self.by, self.reason, days)
        failed = self.env["sale.order"].union(*failures)
        done = lines.filtered(lambda line: line.order_id not in failed)
        if failures:
            return self._open_failures(done, failures)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self._get_done_text(done),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _open_failures(self, done, failures):
        """Say in this dialog what was done, and which orders failed and why."""
        self.write(
            {
                "done_text": self._get_done_text(done),
                "failures": "\n".join(
                    f"{order.name} ({order.partner_id.display_name}): {error}"
                    for order, error in failures.items()
                ),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Not Everything Was Cancelled"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    # === Steps === #

    @api.model
    def _open(self, lines, by):
        """Return the action that opens this dialog for ``lines``."""
        wizard = self.create({"line_ids": [(6, 0, lines.ids)], "by": by})
        titles = dict(self._fields["by"]._description_selection(self.env))
        return {
            "type": "ir.actions.act_window",
            "name": titles[by],
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def _get_bookings(self):
        """Return the bookings that still stand, and have started for a no-show."""
        self.ensure_one()
        lines = self.line_ids._get_bookings_to_cancel()
        if self.by == "no_show":
            lines = lines.filtered(lambda line: line._has_started())
        return lines

    def _get_summary(self, lines):
        if len(lines) == 1:
            customer = lines.order_id.partner_id.display_name
            return self.env._("1 booking of %s", customer)
        return self.env._(
            "%(number)s bookings of %(customers)s customers",
            number=len(lines),
            customers=len(lines.order_id.partner_id),
        )

    def _get_done_text(self, lines):
        if len(lines) == 1:
            customer = lines.order_id.partner_id.display_name
            return self.env._("1 booking of %s is cancelled.", customer)
        return self.env._(
            "%(number)s bookings of %(customers)s customers are cancelled.",
            number=len(lines),
            customers=len(lines.order_id.partner_id),
        )

    def _get_effects(self, lines):
        """Return one sentence for each booking: what the customer gets back."""
        effects = []
        all_back = self.by == "provider"
        if all_back:
            lines = tell(lines, provider_cancels=True)
        quotes = lines._get_booking_cancel_quotes(give_all_back=all_back)
        for line, quote in quotes.items():
            text = line._get_booking_cancel_text(quote=quote, show_money=not all_back)
            money = quote.money
            if all_back and money["total"]:
                text = self.env._(
                    "%(text)s %(amount)s paid in money stay as customer credit.",
                    text=text,
                    amount=line.currency_id.format(money["total"]),
                )
            effects.append(f"{line.order_id.partner_id.display_name} – {text}")
        return effects

    def _get_skipped_texts(self):
        _ = self.env._
        texts = []
        for line in self.line_ids - self._get_bookings():
            name = f"{line.order_id.partner_id.display_name} ({line.order_id.name})"
            if line.booking_cancel_date:
                texts.append(_("%s is cancelled already.", name))
            elif line.state == "sale" and self.by == "no_show":
                texts.append(_("%s has not started yet.", name))
            else:
                texts.append(_("%s is not confirmed.", name))
        return texts
