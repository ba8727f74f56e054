from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ...burndown import UNLIMITED, Lot, burn_order
from ...const import DURATIONS, LEDGER_FIELDS, MAX_UNITS, MAX_VALUE, MEASURES
from ...exceptions import LedgerImmutableError
from ...words import format_units


class BookingCreditLot(models.Model):
    """One batch of credits with one origin, one price, one validity, one scope.

    The terms are copied from the pack when the lot is issued and do not follow it.
    Balance, held and value are the running sums of the lot's entries: only
    ``booking.credit.operation`` writes them.
    """

    _name = "booking.credit.lot"
    _description = "Booking Credit Lot"
    _inherit = ["mail.thread"]
    _order = "is_open desc, valid_until, id"
    _check_company_auto = True

    name = fields.Char(
        string="Number", required=True, readonly=True, copy=False, index="trigram"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="Who may use these credits.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="Pack",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    origin = fields.Selection(
        selection=[
            ("purchase", "Purchase"),
            ("grant", "Given by staff"),
            ("signup", "Sign-up"),
            ("transfer", "Transfer"),
            ("payment", "Payment kept"),
            ("refund", "Kept after cancellation"),
        ],
        required=True,
        readonly=True,
    )
    code = fields.Char(
        string="Voucher Code",
        readonly=True,
        copy=False,
        help="Whoever knows this code may claim these credits.",
    )
    source_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Invoice Line",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The line that sold these credits; it gives its credits once.",
    )
    source_move_id = fields.Many2one(
        related="source_line_id.move_id", string="Invoice", readonly=True
    )
    measure = fields.Selection(
        selection=MEASURES,
        required=True,
        readonly=True,
        default="credit",
        help="What one unit is: a credit, one booking whatever its price, or one "
        "unit of the company's currency.",
    )
    unlimited = fields.Boolean(
        readonly=True, help="Uses are counted, but never refused for lack of credits."
    )
    limit_dates = fields.Boolean(
        string="Only Dates Within the Validity",
        readonly=True,
        help="Pays only bookings that take place on a day of its validity.",
    )
    reactivates = fields.Boolean(
        string="Comes Back With a Purchase",
        readonly=True,
        help="What expires of these credits comes back with a new purchase, as it was "
        "agreed when they were issued.",
    )
    reactivate_limit = fields.Float(
        string="Comes Back at Most", digits="Booking Credits", readonly=True
    )
    cap_day = fields.Float(
        string="Bookings a Day", digits="Booking Credits", readonly=True
    )
    cap_week = fields.Float(
        string="Bookings a Week", digits="Booking Credits", readonly=True
    )
    cap_month = fields.Float(
        string="Bookings a Month", digits="Booking Credits", readonly=True
    )
    eligible_product_ids = fields.Many2many(
        comodel_name="product.template",
        relation="booking_credit_lot_product_rel",
        string="Only for Services",
        readonly=True,
    )
    eligible_categ_ids = fields.Many2many(
        comodel_name="product.category",
        relation="booking_credit_lot_category_rel",
        string="Only for Categories",
        readonly=True,
    )
    valid_from = fields.Date(
        required=True,
        readonly=True,
        help="First day of use, in the company's time zone.",
    )
    valid_until = fields.Date(
        readonly=True,
        tracking=True,
        help="Last day of use, wholly included, in the company's time zone. "
        "Empty: never expires.",
    )
    first_use_unit = fields.Selection(
        selection=DURATIONS,
        string="Runs From the First Use",
        readonly=True,
        help="The validity ends this long after the first use.",
    )
    first_use_number = fields.Integer(string="For", readonly=True)
    vat_kind = fields.Selection(
        selection=[("single", "Paid at sale"), ("multi", "Due at use")],
        string="VAT",
        required=True,
        readonly=True,
        default="single",
    )
    late_return = fields.Selection(
        selection=[("forfeit", "Lost"), ("extend", "Valid for more days")],
        string="Returned After Expiry",
        required=True,
        readonly=True,
        default="forfeit",
    )
    grace_days = fields.Integer(string="More Days", readonly=True)
    liability_account_id = fields.Many2one(
        comodel_name="account.account",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Account on which the value of this lot is owed, as it was posted.",
    )

    granted = fields.Float(
        string="Received",
        digits="Booking Credits",
        readonly=True,
        copy=False,
        aggregator="sum",
    )
    balance = fields.Float(digits="Booking Credits", readonly=True, copy=False)
    held = fields.Float(
        digits="Booking Credits",
        readonly=True,
        copy=False,
        help="Set aside for something that is not confirmed yet.",
    )
    available = fields.Float(
        digits="Booking Credits",
        compute="_compute_available",
        help="Balance less what is held.",
    )
    available_text = fields.Char(
        string="Left", compute="_compute_available_text", help="What can be used."
    )
    value = fields.Monetary(
        readonly=True,
        copy=False,
        help="Money that the business still owes for what is left.",
    )
    basis_quantity = fields.Float(digits="Booking Credits", readonly=True, copy=False)
    basis_value = fields.Monetary(readonly=True, copy=False)
    last_sequence = fields.Integer(readonly=True, copy=False)
    is_open = fields.Boolean(string="Has Credits Left", readonly=True, copy=False)
    state = fields.Selection(
        selection=[
            ("usable", "Usable"),
            ("future", "Not valid yet"),
            ("expired", "Expired"),
            ("used", "Used up"),
        ],
        compute="_compute_state",
        search="_search_state",
    )
    expired_quantity = fields.Float(
        string="Expired",
        digits="Booking Credits",
        compute="_compute_expired_quantity",
        help="Credits that expired unused, or will with the next nightly job.",
    )
    entry_ids = fields.One2many(
        comodel_name="booking.credit.entry",
        inverse_name="lot_id",
        string="History",
        readonly=True,
    )

    _source_line_unique = models.Constraint(
        "UNIQUE(source_line_id)", "This invoice line has already given its credits."
    )
    _code_unique = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL", "This voucher code exists already."
    )
    _quantities_sound = models.Constraint(
        "CHECK(held >= 0 AND (unlimited IS TRUE OR balance >= held))",
        "A lot cannot have less than zero credits available.",
    )
    _value_sound = models.Constraint(
        "CHECK(value >= 0 AND (value = 0 OR balance > 0 OR unlimited IS TRUE))",
        "The value of a lot cannot be negative, nor outlive its credits.",
    )
    # NaN is more than any number to PostgreSQL: it is refused as well
    _size_sound = models.Constraint(
        f"CHECK(abs(balance) <= {MAX_UNITS} AND held <= {MAX_UNITS} "
        f"AND abs(granted) <= {MAX_UNITS} AND value <= {MAX_VALUE})",
        "A lot cannot have more than a billion units.",
    )
    _open_sound = models.Constraint(
        "CHECK(unlimited IS TRUE OR is_open = (balance > 0))",
        "A lot is open while it has a balance.",
    )
    _pass_has_dates = models.Constraint(
        "CHECK(unlimited IS NOT TRUE OR valid_until IS NULL OR limit_dates IS TRUE)",
        "An unlimited lot with an end pays only bookings before its end.",
    )
    _usable_index = models.Index(
        "(partner_id, company_id, valid_until, id) WHERE is_open"
    )
    _expiry_index = models.Index("(company_id, valid_until, id) WHERE is_open")
    _held_index = models.Index("(id) WHERE held > 0")

    @api.depends("balance", "held", "last_sequence")
    def _compute_available(self):
        lapsed = self._get_lapsed_holds()
        for lot in self:
            free = lot.balance - lot.held + lapsed.get(lot.id, 0)
            lot.available = 0.0 if lot.unlimited else lot._round_units(free)

    @api.depends("available", "measure", "unlimited")
    @api.depends_context("lang")
    def _compute_available_text(self):
        for lot in self:
            lot.available_text = lot._in_words()

    @api.depends("is_open", "valid_from", "valid_until", "company_id")
    def _compute_state(self):
        for lot in self:
            today = lot.company_id._booking_credit_today() if lot.company_id else None
            if not today:
                lot.state = False
            elif lot._is_expired(today) and (lot.is_open or lot.expired_quantity):
                lot.state = "expired"
            elif not lot.is_open:
                lot.state = "used"
            else:
                lot.state = "future" if lot.valid_from > today else "usable"

    @api.depends("balance", "held", "valid_until", "last_sequence")
    def _compute_expired_quantity(self):
        swept = dict(
            self.env["booking.credit.entry"]._read_group(
                # what was reactivated is not expired any more
                [("lot_id", "in", self.ids), ("type", "in", ("expire", "reactivate"))],
                ["lot_id"],
                ["quantity:sum"],
            )
        )
        for lot in self:
            waiting = lot.company_id and lot._is_expired(
                lot.company_id._booking_credit_today()
            )
            lot.expired_quantity = (lot.available if waiting else 0.0) - swept.get(
                lot, 0.0
            )

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._booking_credit_today()
        expired = fields.Domain("valid_until", "<", today)
        swept = fields.Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                """
                EXISTS (SELECT FROM booking_credit_entry swept
                         WHERE swept.lot_id = %s
                           AND swept.type IN ('expire', 'reactivate')
                        HAVING sum(swept.quantity) <> 0)
                """,
                SQL.identifier(alias, "id"),
            )
        )
        is_open = fields.Domain("is_open", "=", True)
        future = fields.Domain("valid_from", ">", today)
        domains = {
            "expired": expired & (is_open | swept),
            "used": ~is_open & ~(expired & swept),
            "future": is_open & ~expired & future,
            "usable": is_open & ~expired & ~future,
        }
        return fields.Domain.OR(domains[state] for state in value if state in domains)

    @api.depends(
        "name", "measure", "balance", "held", "valid_until", "partner_id",
        "available_text",
    )  # fmt: skip
    @api.depends_context("booking_credit_by_customer", "lang")
    def _compute_display_name(self):
        """Name lots by customer where people look for money (S2-11)."""
        by_customer = self.env.context.get("booking_credit_by_customer")
        for lot in self:
            if by_customer:
                lot.display_name = self.env._(
                    "%(customer)s – %(amount)s left",
                    customer=lot.partner_id.display_name,
                    amount=lot.available_text,
                )
            else:
                lot.display_name = self.env._(
                    "%(number)s: %(credits)s", number=lot.name, credits=lot._in_words()
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override to number the lots, and to keep the company's terms of today.

        :raise LedgerImmutableError: if columns of the ledger are given
        """
        for vals in vals_list:
            if set(LEDGER_FIELDS) & vals.keys():
                raise LedgerImmutableError(self._get_ledger_error())
            self._keep_accounting_terms(vals)
            vals.setdefault(
                "name",
                self.env["ir.sequence"]
                .with_company(vals.get("company_id"))
                .next_by_code("booking.credit.lot")
                or "/",
            )
            vals["is_open"] = False
        lots = super().create(vals_list)
        lots.source_line_id.partner_id._forget_packs_bought()
        return lots

    def write(self, vals):
        """Override to keep the ledger's columns closed, and the ends that go.

        What a pass has earned under its old end stays; it is earned anew from now on.

        :raise LedgerImmutableError: naming the columns
        """
        if set(LEDGER_FIELDS) & vals.keys():
            raise LedgerImmutableError(self._get_ledger_error())
        if "valid_until" not in vals:
            return super().write(vals)
        end = fields.Date.to_date(vals["valid_until"]) or False
        passes = self._earn_before_new_end(end)
        self._note_former_ends(end)
        res = super().write(self._remind_again(vals))
        passes._restart_accruals()
        return res

    def copy(self, default=None):  # pylint: disable=method-required-super
        """Override to refuse: credits come from a sale or from a grant.

        :raise LedgerImmutableError: always
        """
        raise LedgerImmutableError(
            self.env._("Credits cannot be copied: sell a pack, or give credits.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_untouched(self):
        if self.filtered("last_sequence"):
            raise LedgerImmutableError(
                self.env._(
                    "Credits cannot be deleted, their history would be lost: %s",
                    ", ".join(self.mapped("name")),
                )
            )

    def _get_ledger_error(self):
        return self.env._(
            "The quantities and the value of credits follow from their history and "
            "cannot be entered by hand."
        )

    # === Actions === #

    def action_view_entries(self):
        """Open the history of this lot."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_entry_action"
        )
        return {
            **action,
            "domain": [("lot_id", "=", self.id)],
            "context": {"search_default_posted_value": 0},
        }

    def action_expire(self):
        """Write off what is left on these lots, if their validity has ended.

        :raise AccessError: for others than managers and accountants
        """
        entries = self.expire()
        return self._notify(
            self.env._(
                "%(count)s of %(selected)s expired.",
                count=len(entries.lot_id),
                selected=len(self),
            )
        )

    @api.model
    def _notify(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _get_open_domain(self, partner, company):
        """Return the domain of the lots that ``partner`` could use today."""
        today = company._booking_credit_today()
        owners = partner | partner.commercial_partner_id
        return [
            ("partner_id", "in", owners.ids),
            ("company_id", "=", company.id),
            ("is_open", "=", True),
            ("valid_from", "<=", today),
            "|",
            ("valid_until", "=", False),
            ("valid_until", ">=", today),
        ]

    def _covers(self, product):
        """Return whether this lot pays for ``product``."""
        self.ensure_one()
        template = product.product_tmpl_id
        if not template.booking_ok and self.measure != "money":
            return False
        if not self.eligible_product_ids and not self.eligible_categ_ids:
            return True
        path = template.categ_id.parent_path or ""
        parents = {int(part) for part in path.split("/") if part}
        return template in self.eligible_product_ids or bool(
            parents & set(self.eligible_categ_ids.ids)
        )

    def _has_left(self):
        """Return whether something of this lot can be spent."""
        self.ensure_one()
        return self.is_open and (self.unlimited or self.available > 0)

    def _get_burn_lot(self):
        """Return what ``burndown`` needs to know of this lot."""
        if self.eligible_product_ids:
            narrowness = 2
        else:
            narrowness = 1 if self.eligible_categ_ids else 0
        return Lot(
            self.id,
            UNLIMITED if self.unlimited else Decimal(str(self.available)),
            narrowness,
            self.valid_until or None,
        )

    def _get_burn_key(self):
        return burn_order(self._get_burn_lot())

    def _is_expired(self, today):
        return bool(self.valid_until and self.valid_until < today)

    def _get_shortage_message(self, product, wanted, missing):
        _ = self.env._
        lots = [
            _("%(lot)s of %(customer)s", lot=lot.name, customer=lot.partner_id.name)
            for lot in self
        ]
        return _(
            "“%(service)s” costs %(wanted)s credits and %(available)s can be used: "
            "%(missing)s are missing: a new pack would do, or money. Credits looked "
            "at: %(lots)s.",
            service=product.display_name,
            wanted=format_units(self.env, wanted),
            available=format_units(self.env, wanted - missing),
            missing=format_units(self.env, missing),
            lots=", ".join(lots) or _("none"),
        )
