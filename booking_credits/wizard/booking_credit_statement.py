from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ..models.customers.res_partner_statement import STATEMENT_MONTHS


class BookingCreditStatement(models.TransientModel):
    """Prints the account of a customer's credits, or sends it by mail (S4-07)."""

    _name = "booking.credit.statement"
    _inherit = ["booking.credit.dialog"]
    _description = "Credit Statement"

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", required=True, readonly=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        domain="[('id', 'in', allowed_company_ids)]",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self._get_today()
        - relativedelta(months=STATEMENT_MONTHS)
        + relativedelta(days=1),
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: self._get_today(),
        help="Wholly included.",
    )
    closing_text = fields.Char(
        string="Closing Balance", compute="_compute_closing_text"
    )

    @api.depends("partner_id", "company_id", "date_from", "date_to")
    def _compute_closing_text(self):
        for wizard in self:
            wizard.closing_text = False
            if not wizard._is_complete():
                continue
            statement = wizard.partner_id._get_booking_credit_statement(
                wizard.company_id, wizard.date_from, wizard.date_to
            )
            wizard.closing_text = "; ".join(
                f"{section['title']}: {section['closing_text']}"
                for section in statement["sections"]
                if not section["unlimited"]
            )

    # === Actions === #

    def action_print(self):
        """Print the statement.

        :raise AccessError: for who may not read it
        """
        self._check_period()
        report = self.env.ref("booking_credits.res_partner_report_statement")
        return report.report_action(
            None, data={"partner_ids": self.partner_id.ids, **self._prepare_period()}
        )

    def action_send(self):
        """Open the mail composer with the statement attached.

        :raise AccessError: for who may not read it, or may not write to customers
        """
        self._check_period()
        # who may not write to a customer learns it now, not after writing the mail
        self.partner_id.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send the Credit Statement"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": self._prepare_composer_context(),
        }

    def _prepare_composer_context(self):
        """Return what the mail with the statement begins with."""
        template = self.env.ref("booking_credits.mail_template_statement")
        return {
            "default_model": "res.partner",
            "default_res_ids": self.partner_id.ids,
            "default_composition_mode": "comment",
            "default_template_id": template.id,
            "default_email_layout_xmlid": "mail.mail_notification_light",
            "force_email": True,
            "booking_credit_statement": self._prepare_period(),
        }

    # === Steps === #

    def _check_period(self):
        """Check who asks, and that the period is one.

        :raise UserError: if the first day is after the last one
        """
        self.ensure_one()
        self.partner_id._check_booking_credit_statement(self.company_id)
        self.partner_id._get_statement_period(
            self.company_id, self.date_from, self.date_to
        )

    def _is_complete(self):
        return (
            self.partner_id
            and self.company_id
            and self.date_from
            and self.date_to
            and self.date_from <= self.date_to
        )

    def _prepare_period(self):
        """Return what the report needs to know, as it travels in a context."""
        return {
            "company_ids": self.company_id.ids,
            "date_from": fields.Date.to_string(self.date_from),
            "date_to": fields.Date.to_string(self.date_to),
        }

    @api.model
    def _get_today(self):
        return self.env.company._booking_credit_today()
