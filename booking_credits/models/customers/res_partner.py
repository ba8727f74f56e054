from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...const import CREDIT_GROUPS

#: movements that the customer's form shows; the others are one click away
HISTORY_LIMIT = 20

#: states of lots in the order in which they matter to staff
STATES = ("usable", "future", "expired", "used")


class ResPartner(models.Model):
    """What staff see and do with credits on the customer's form."""

    _inherit = "res.partner"

    booking_credit_summary = fields.Char(
        string="Credits Left",
        compute="_compute_booking_credit_summary",
        groups=CREDIT_GROUPS,
        help="What this customer can use today, what of it ends soon, what is held.",
    )
    booking_credit_left = fields.Char(
        string="Credits to Use",
        compute="_compute_booking_credit_summary",
        groups=CREDIT_GROUPS,
    )
    booking_credit_notice = fields.Char(
        string="Ends Soon",
        compute="_compute_booking_credit_summary",
        groups=CREDIT_GROUPS,
        help="What of the credits ends soon, and what is held.",
    )
    booking_credit_comment = fields.Char(
        string="Staff Comment",
        groups="base.group_user",
        help="Shown to staff on each order of this customer, never to the customer.",
    )
    booking_credit_file_lot_ids = fields.Many2many(
        comodel_name="booking.credit.lot",
        string="All Credits",
        compute="_compute_booking_credit_file_lot_ids",
        groups=CREDIT_GROUPS,
        help="Usable ones first, then those that expired or are used up.",
    )
    booking_credit_entry_ids = fields.Many2many(
        comodel_name="booking.credit.entry",
        string="Latest Movements",
        compute="_compute_booking_credit_entry_ids",
        groups=CREDIT_GROUPS,
    )
    booking_credit_entry_count = fields.Integer(
        string="Movements",
        compute="_compute_booking_credit_entry_ids",
        groups=CREDIT_GROUPS,
    )

    @api.depends_context("company", "lang")
    @api.depends(
        "commercial_partner_id",
        "booking_credit_lot_ids.balance",
        "booking_credit_lot_ids.held",
        "booking_credit_lot_ids.valid_until",
    )
    def _compute_booking_credit_summary(self):
        lots = self._get_booking_credits_to_use()
        # one query for all customers, not one for each
        lots.mapped("available")
        lots_by_owner = lots.grouped("partner_id")
        for partner in self:
            mine = lots.browse(
                [
                    lot_id
                    for owner in partner | partner.commercial_partner_id
                    for lot_id in lots_by_owner.get(owner._origin, lots.browse()).ids
                ]
            ).with_prefetch(lots._prefetch_ids)
            left = mine._in_words() or self.env._("0 credits")
            notice = "; ".join(mine._get_notices())
            partner.booking_credit_left = left
            partner.booking_credit_notice = notice
            partner.booking_credit_summary = f"{left} ({notice})" if notice else left

    @api.depends_context("allowed_company_ids")
    @api.depends("booking_credit_lot_ids.balance", "booking_credit_lot_ids.valid_until")
    def _compute_booking_credit_file_lot_ids(self):
        rank = {state: rank for rank, state in enumerate(STATES)}
        lots = self.env["booking.credit.lot"].search(
            [("partner_id", "in", self.ids)], order="valid_until, id"
        )
        lots_by_partner = lots.sorted(lambda lot: rank[lot.state]).grouped("partner_id")
        for partner in self:
            partner.booking_credit_file_lot_ids = lots_by_partner.get(
                partner._origin, lots.browse()
            )

    @api.depends_context("allowed_company_ids")
    @api.depends("booking_credit_lot_ids.last_sequence")
    def _compute_booking_credit_entry_ids(self):
        entries = self.env["booking.credit.entry"]
        for partner in self:
            domain = [("lot_id.partner_id", "=", partner._origin.id)]
            # only forms show this, one customer at a time
            partner.booking_credit_entry_ids = entries.search(
                domain, limit=HISTORY_LIMIT
            )
            partner.booking_credit_entry_count = entries.search_count(domain)

    # === Actions === #

    def action_view_booking_credits(self):
        """Open the credits of this customer."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_lot_action"
        )
        return {
            **action,
            "domain": [("partner_id", "=", self.id)],
            "context": {"default_partner_id": self.id},
        }

    def action_view_booking_credit_entries(self):
        """Open every movement of the credits of this customer (S2-20)."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_entry_action"
        )
        return {
            **action,
            "name": self.env._("Movements of %s", self.display_name),
            "domain": [("lot_id.partner_id", "=", self.id)],
            "context": {"booking_credit_one_customer": True},
        }

    def action_change_booking_credits(self):
        """Open the dialog that changes a lot of this customer; which says the context.

        :raise AccessError: for others than managers
        :raise UserError: if this customer has nothing that could be changed so
        """
        self._check_booking_credit_manager()
        kind = self.env.context.get("booking_credit_change", "deduct")
        lots = self._get_booking_credits_to_change(kind)
        if not lots:
            raise UserError(self._get_nothing_to_change_text())
        action = self.env["booking.credit.change"]._open(lots[0], kind)
        action["name"] = action["name"].rsplit(":", 1)[0]
        action["context"]["default_choose_lot"] = True
        return action

    def action_extend_booking_credits(self):
        """Open the dialog that lets credits of this customer live longer.

        It starts with those that end first; others can be added.

        :raise AccessError: for others than managers
        :raise UserError: if this customer has no credits that end
        """
        self._check_booking_credit_manager()
        lots = self._get_booking_credits_to_change("extend")
        if not lots:
            raise UserError(self._get_nothing_to_change_text())
        alive = lots.filtered(lambda lot: lot.state != "expired")
        return (alive.sorted("valid_until") or lots)[:1].action_extend()

    # === Steps, for bridges to extend === #

    def _get_booking_credits_to_use(self):
        """Return the lots that these customers can use today in this company.

        Those of the company that a contact belongs to are among them; gift vouchers
        are not, which are for whoever claims their code.
        """
        company = self.env.company
        today = company._booking_credit_today()
        domain = Domain("partner_id", "in", (self | self.commercial_partner_id).ids)
        domain &= Domain("company_id", "=", company.id)
        domain &= Domain("is_open", "=", True) & Domain("code", "=", False)
        domain &= Domain("valid_from", "<=", today)
        domain &= Domain("valid_until", "=", False) | Domain("valid_until", ">=", today)
        return self.env["booking.credit.lot"].search(domain, order="valid_until, id")

    def _get_booking_credits_to_change(self, kind):
        """Return the lots of this customer that ``kind`` can change, best one first.

        Best is what would be used next.

        :param str kind: a kind of ``booking.credit.change``, or "extend"
        """
        self.ensure_one()
        lots = self.env["booking.credit.lot"]
        domain = lots._get_change_domain(kind)
        domain &= Domain("partner_id", "=", self.id)
        domain &= Domain("company_id", "=", self.env.company.id)
        rank = {state: rank for rank, state in enumerate(STATES)}
        return (
            lots.search(domain)
            .filtered(lambda lot: lot.state == "expired" or lot._has_left())
            .sorted(lambda lot: (rank[lot.state], lot._get_burn_key()))
        )

    def _get_nothing_to_change_text(self):
        return self.env._(
            "%s has no credits that this could change. Sell a pack, or give credits.",
            self.display_name,
        )

    def _check_booking_credit_manager(self):
        """Check that the user reads this customer and may correct credits.

        :raise AccessError: otherwise
        """
        self.ensure_one()
        self.check_access("read")
        self.env["booking.credit.lot"]._check_may("manager")
