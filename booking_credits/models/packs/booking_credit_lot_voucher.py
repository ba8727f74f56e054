from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ...exceptions import UnknownVoucherError

#: what staff see a lot as; the three are not used in the same way (S2-14)
KINDS = [
    ("pack", "Credits"),
    ("voucher", "Gift voucher"),
    ("money", "Customer credit"),
]


class BookingCreditLot(models.Model):
    """Gift vouchers that people can hold, and customer credit beside them."""

    _inherit = "booking.credit.lot"
    # The front desk reads lots and never writes them, and sends them to customers.
    _mail_post_access = "read"

    kind = fields.Selection(
        selection=KINDS,
        compute="_compute_kind",
        store=True,
        index=True,
        help="Gift voucher: used by whoever claims its code.\n"
        "Customer credit: money of this customer, for any purchase.\n"
        "Credits: everything else, for bookings of this customer.",
    )
    voucher_to = fields.Char(
        string="Voucher For",
        readonly=True,
        copy=False,
        help="Name printed on the gift voucher; empty: a line to write on.",
    )
    voucher_from = fields.Char(
        readonly=True,
        copy=False,
        help="Name printed on the gift voucher; empty: who bought it.",
    )
    voucher_message = fields.Text(
        string="Message", readonly=True, copy=False, help="Printed on the voucher."
    )
    kept_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Kept From",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The payment or credit note whose open amount became this credit.",
    )
    right_text = fields.Char(
        string="Right To",
        compute="_compute_right_text",
        help="What this is a right to, in words.",
    )
    terms_text = fields.Char(
        string="Conditions",
        compute="_compute_terms_text",
        help="What it pays and until when, as customers are told.",
    )

    @api.depends("code", "measure")
    def _compute_kind(self):
        for lot in self:
            kept = "money" if lot.measure == "money" else "pack"
            lot.kind = "voucher" if lot.code else kept

    @api.depends("available", "granted", "measure", "eligible_product_ids")
    @api.depends_context("lang")
    def _compute_right_text(self):
        for lot in self:
            lot.right_text = lot._get_right_text()

    @api.depends("measure", "valid_from", "valid_until", "eligible_product_ids")
    @api.depends_context("lang")
    def _compute_terms_text(self):
        for lot in self:
            lot.terms_text = " ".join(lot._get_terms())

    @api.constrains("valid_until", "measure", "origin")
    def _check_money_never_expires(self):
        """Customers have paid this money: it waits for them (S2-10)."""
        for lot in self:
            bought = lot.origin in ("purchase", "payment", "refund")
            if lot.kind == "money" and bought and lot.valid_until:
                raise ValidationError(
                    self.env._(
                        "%(lot)s is customer credit of %(customer)s, who has paid it: "
                        "it never expires.",
                        lot=lot.name,
                        customer=lot.partner_id.display_name,
                    )
                )

    @api.model
    def get_empty_list_help(self, help_message):
        """Override of `mail` to lead managers to the guided setup, until a pack exists."""
        help_message = super().get_empty_list_help(help_message)
        setup = self.env["booking.credit.setup"]
        if not setup.has_access("create") or setup._get_packs():
            return help_message
        return (help_message or Markup()) + Markup(
            '<p><a type="action" name="{action}" class="btn btn-primary">{text}</a></p>'
        ).format(
            action="booking_credits.booking_credit_setup_action",
            text=self.env._("Set up booking credits in five steps"),
        )

    # === Actions === #

    def action_print_voucher(self):
        """Print these gift vouchers.

        :raise UserError: for what is no gift voucher, or was claimed already
        """
        self._check_vouchers()
        return self.env.ref(
            "booking_credits.booking_credit_lot_report_voucher"
        ).report_action(self)

    def action_send_voucher(self):
        """Open the mail composer with the voucher attached.

        :raise UserError: for what is no gift voucher, or was claimed already
        """
        self._check_vouchers()
        return self._open_composer("booking_credits.mail_template_voucher")

    def action_send_balance(self):
        """Open the mail composer with what is left and how it is used (S2-21)."""
        self.check_access("read")
        return self._open_composer("booking_credits.mail_template_balance")

    def action_edit_voucher(self):
        """Open the dialog for the names and the message on this voucher."""
        self.ensure_one()
        self._check_vouchers()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write the Voucher"),
            "res_model": "booking.voucher.text",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lot_id": self.id},
        }

    # === Steps, for bridges to extend === #

    @api.model
    def _get_claimable(self, code):
        """Return the gift voucher with ``code``, if it can be claimed today (S2-14).

        :param str code: as it was typed; spaces and case do not matter
        :raise UserError: if it is unknown, no voucher, expired or claimed already
        """
        typed = str(code or "").replace("\0", "").strip()
        code = self._read_code(code)
        lot = self.search([("code", "=", code)], limit=1) if code else self.browse()
        if not lot:
            raise UnknownVoucherError(self._get_no_voucher_text(typed))
        lot._check_claimable(code)
        return lot

    def _check_claimable(self, code):
        """Refuse a gift voucher that has expired or was claimed already.

        :raise UserError: naming the code, and the day or the uses
        """
        if self._is_expired(self.company_id._booking_credit_today()):
            raise UserError(
                self.env._(
                    "The gift voucher “%(code)s” expired on %(day)s.",
                    code=code,
                    day=format_date(self.env, self.valid_until),
                )
            )
        if not self._has_left():
            raise UserError(
                self.env._(
                    "The gift voucher “%(code)s” was claimed already: %(uses)s.",
                    code=code,
                    uses=self._get_uses_text(),
                )
            )

    @api.model
    def _read_code(self, typed):
        """Return a voucher code as it is kept: no spaces, in capitals."""
        return "".join(str(typed or "").replace("\0", "").upper().split())

    def _get_no_voucher_text(self, typed):
        """Say that ``typed`` is no voucher code, and what it is instead."""
        other = self.search([("name", "=ilike", typed)], limit=1) if typed else self
        if other.kind == "voucher":
            return self.env._(
                "“%(number)s” is the number of a gift voucher. Type the code that is "
                "printed on it.",
                number=other.name,
            )
        if other:
            return self.env._(
                "“%(number)s” is no gift voucher: it is %(credits)s of %(customer)s. "
                "Use it with “Pay with Credits” on an order of %(customer)s.",
                number=other.name,
                credits=other.available_text,
                customer=other.partner_id.display_name,
            )
        return self.env._("There is no gift voucher “%s”. Check its code.", typed)

    def _check_vouchers(self):
        """Check that these are gift vouchers that somebody can still claim.

        :raise AccessError: for who may not read them
        :raise UserError: naming what is none, and the remedy
        """
        self.check_access("read")
        for lot in self:
            if not lot.code or not lot._has_left():
                raise UserError(lot._get_no_gift_text())

    def _get_no_gift_text(self):
        """Say why this lot cannot be given as a gift voucher."""
        if not self.code:
            return self.env._(
                "%(lot)s of %(customer)s is no gift voucher, it has no code: "
                "the customer uses it by name.",
                lot=self.name,
                customer=self.partner_id.display_name,
            )
        return self.env._(
            "The gift voucher %(lot)s cannot be handed out any more: %(uses)s.",
            lot=self.name,
            uses=self._get_uses_text(),
        )

    def _check_claimed(self):
        """Check that none of these waits for somebody to claim its code (S2-14).

        :raise UserError: naming the voucher and the remedy
        """
        for lot in self.filtered("code"):
            raise UserError(
                self.env._(
                    "%(lot)s is a gift voucher and cannot be used by name, not even "
                    "by %(customer)s: claim its code first.",
                    lot=lot.name,
                    customer=lot.partner_id.display_name,
                )
            )

    def _open_composer(self, template):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment"
                if len(self) == 1
                else "mass_mail",
                "default_template_id": self.env.ref(template).id,
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "force_email": True,
            },
        }

    def _get_right_text(self):
        """Write what is left as a right: “2 × Paddle hour”, “50.00 €”."""
        self.ensure_one()
        return self._in_words()

    def _get_terms(self):
        """Return the conditions of use, one sentence each (S2-21)."""
        self.ensure_one()
        terms = [self._get_scope_text()]
        if self.measure == "session":
            terms.append(self.env._("One session pays one booking, whatever its price"))
        terms.append(self._get_validity_text())
        return [f"{sentence}." for sentence in terms]

    def _get_voucher_code_text(self):
        """Write the code in groups of four, as it is read aloud."""
        self.ensure_one()
        code = self.code or ""
        return " ".join(code[i : i + 4] for i in range(0, len(code), 4))

    def _get_voucher_buyer(self):
        """Return who paid for this voucher; its holder where nobody did."""
        self.ensure_one()
        # sudo: who hands vouchers out need not read invoices.
        return self.sudo().source_move_id.partner_id or self.partner_id

    def _get_voucher_names(self):
        """Return the names printed as “for” and “from”."""
        self.ensure_one()
        buyer = self._get_voucher_buyer()
        owner = self.partner_id if self.partner_id != buyer else self.env["res.partner"]
        return self.voucher_to or owner.name or "", self.voucher_from or buyer.name

    # === Public verbs === #

    @api.model
    def claim(self, code, partner, key=None):
        """Give the credits of a gift voucher to ``partner``; see :meth:`_claim`."""
        self._check_may("user")
        partner = self._to_records("res.partner", partner)
        partner.ensure_one().check_access("read")
        lots = self.sudo()
        replay = lots._find_claim(code, partner, key, self.env.companies)
        if replay is not None:
            return replay
        self._get_claimable(code)  # of the user's companies only
        return lots._claim(code, partner, key=key)

    # === Business verbs === #

    @api.model
    def _claim(self, code, partner, key=None):
        """Give what is left of the gift voucher ``code`` to ``partner`` (S2-13).

        :return: the entry of the voucher, then that of the new lot; none if
            ``partner`` holds it already: it is an ordinary lot from then on
        :raise UserError: if the code is unknown, used up or expired
        """
        lot = self._get_claimable(code)
        reason = self.env._("Gift voucher %s", lot.code)
        if lot.partner_id == partner:
            # the buyer keeps it: from now on it is an ordinary lot
            lot.code = False
            return lot.entry_ids.browse()
        document = {"key": key, "request": lot._get_claim_request(lot.code, partner)}
        if lot.unlimited:
            return lot._transfer_pass(partner, reason, **document)
        return lot._transfer(lot.available, partner, reason, **document)

    @api.model
    def _find_claim(self, code, partner, key, companies):
        """Return the entries of the same claim done before, or None."""
        request = self._get_claim_request(self._read_code(code), partner)
        return self.env["booking.credit.operation"]._find_replay(
            "transfer", request, {"key": key}, companies
        )

    @api.model
    def _get_claim_request(self, code, partner):
        return {"code": code, "partner": partner.id}
