from odoo import api, fields, models


class BookingVoucherText(models.TransientModel):
    """The names and the message on a gift voucher, written by the front desk."""

    _name = "booking.voucher.text"
    _inherit = ["booking.credit.dialog"]
    _description = "Write the Voucher"

    lot_id = fields.Many2one(
        comodel_name="booking.credit.lot",
        string="Voucher",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    voucher_to = fields.Char(
        string="For",
        compute="_compute_texts",
        store=True,
        readonly=False,
        help="Empty: a line to write on.",
    )
    voucher_from = fields.Char(
        string="From", compute="_compute_texts", store=True, readonly=False
    )
    voucher_message = fields.Text(
        string="Message", compute="_compute_texts", store=True, readonly=False
    )

    @api.depends("lot_id")
    def _compute_texts(self):
        for wizard in self.filtered("lot_id"):
            wizard.voucher_to, wizard.voucher_from = wizard.lot_id._get_voucher_names()
            wizard.voucher_message = wizard.lot_id.voucher_message

    def action_save(self):
        """Keep the texts on the voucher. They change neither credits nor money."""
        self._save()
        return {"type": "ir.actions.act_window_close"}

    def action_print(self):
        """Keep the texts and print the voucher."""
        self._save()
        return {**self.lot_id.action_print_voucher(), "close_on_report_download": True}

    def _save(self):
        self.ensure_one()
        self.lot_id._check_may("user")
        self.lot_id._check_vouchers()
        # sudo: the ledger's records are closed; these texts are for the paper only.
        self.lot_id.sudo().write(
            {
                "voucher_to": self.voucher_to,
                "voucher_from": self.voucher_from,
                "voucher_message": self.voucher_message,
            }
        )
