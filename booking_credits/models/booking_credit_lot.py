from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, float_compare, format_date

from ..burndown import Lot, burn_down, burn_order
from ..exceptions import InsufficientCreditsError, LedgerImmutableError

#: columns that only the ledger writes
LEDGER_FIELDS = {
    "granted",
    "balance",
    "held",
    "value",
    "basis_quantity",
    "basis_value",
    "last_sequence",
    "is_open",
}


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
        selection=[("purchase", "Purchase"), ("grant", "Given by staff")],
        required=True,
        readonly=True,
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
        selection=[("credit", "Credits"), ("session", "Sessions")],
        required=True,
        readonly=True,
        default="credit",
        help="What one unit is: a credit, or one booking whatever its price.",
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
    _quantities_sound = models.Constraint(
        "CHECK(held >= 0 AND balance >= held)",
        "A lot cannot have less than zero credits available.",
    )
    _value_sound = models.Constraint(
        "CHECK(value >= 0 AND (balance > 0 OR value = 0))",
        "The value of a lot cannot be negative, nor outlive its credits.",
    )
    _open_sound = models.Constraint(
        "CHECK(is_open = (balance > 0))", "A lot is open while it has a balance."
    )
    _usable_index = models.Index(
        "(partner_id, company_id, valid_until, id) WHERE is_open"
    )
    _expiry_index = models.Index("(company_id, valid_until, id) WHERE is_open")

    @api.depends("balance", "held")
    def _compute_available(self):
        for lot in self:
            lot.available = lot.balance - lot.held

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
                [("lot_id", "in", self.ids), ("type", "=", "expire")],
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
        swept = fields.Domain("entry_ids.type", "=", "expire")
        is_open = fields.Domain("is_open", "=", True)
        future = fields.Domain("valid_from", ">", today)
        domains = {
            "expired": expired & (is_open | swept),
            "used": ~is_open & ~(expired & swept),
            "future": is_open & ~expired & future,
            "usable": is_open & ~expired & ~future,
        }
        return fields.Domain.OR(domains[state] for state in value if state in domains)

    @api.depends("name", "measure", "balance", "held", "valid_until")
    def _compute_display_name(self):
        for lot in self:
            lot.display_name = self.env._(
                "%(number)s: %(credits)s", number=lot.name, credits=lot._in_words()
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override to number the lots and to keep the ledger's columns closed."""
        for vals in vals_list:
            if LEDGER_FIELDS & vals.keys():
                raise LedgerImmutableError(self._get_ledger_error())
            vals.setdefault(
                "name",
                self.env["ir.sequence"]
                .with_company(vals.get("company_id"))
                .next_by_code("booking.credit.lot")
                or "/",
            )
            vals["is_open"] = False
        return super().create(vals_list)

    def write(self, vals):
        """Override to keep the ledger's columns closed."""
        if LEDGER_FIELDS & vals.keys():
            raise LedgerImmutableError(self._get_ledger_error())
        return super().write(vals)

    def copy(self, default=None):
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
        self._check_may_expire()
        # sudo: nobody writes the ledger by hand; the right was checked above.
        entries = self.sudo()._expire()
        return self._notify(
            self.env._(
                "%(count)s of %(selected)s expired.",
                count=len(entries.lot_id),
                selected=len(self),
            )
        )

    def action_check_ledger(self):
        """Prove the invariants of these lots and tell the user the result.

        :raise UserError: listing every broken rule with its lot
        """
        self.check_access("read")
        breaks = self._check_ledger()
        if breaks:
            raise UserError("\n".join(breaks))
        return self._notify(
            self.env._("The ledger is sound: %s lots checked.", len(self))
        )

    def _check_may_expire(self):
        self.check_access("read")
        if not self.env.su and not any(
            self.env.user.has_group(f"booking_credits.booking_credits_group_{group}")
            for group in ("manager", "accountant")
        ):
            raise AccessError(
                self.env._(
                    "Only managers and accountants of booking credits may expire credits."
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

    # === Business verbs === #

    @api.model
    def _grant(self, vals_list, postings, **document):
        """Issue lots with their first entry.

        :param list vals_list: one dict of terms for each lot
        :param list postings: one dict for each lot, without ``lot``: ``quantity``
            (units, > 0), ``value`` (company currency, >= 0) and what else the entry
            keeps
        :param document: see ``booking.credit.operation._post``
        :return: the lots
        """
        # sudo: nobody may create lots by hand; the caller has checked who may grant.
        lots = self.sudo().with_context(mail_create_nolog=True).create(vals_list)
        self.env["booking.credit.operation"]._post(
            "grant",
            [
                {"type": "grant", "lot": lot, **posting}
                for lot, posting in zip(lots, postings, strict=True)
            ],
            **document,
        )
        return lots.with_env(self.env)

    def _redeem(self, quantity, product, keep_order=False, **document):
        """Spend ``quantity`` units of these lots on ``product``.

        :param float quantity: units, > 0
        :param product: the service that is paid
        :param bool keep_order: spend the lots as they come; else by burn order
        :param document: see ``booking.credit.operation._post``
        :return: the ``booking.credit.entry`` records, in the order of spending
        :raise InsufficientCreditsError: if these lots cannot pay all of it
        """
        replay = self.env["booking.credit.operation"]._find_replay(
            "redeem", {"quantity": quantity, "product": product.id}, document
        )
        if replay:
            return replay.entry_ids
        wanted = Decimal(str(quantity))
        slices, missing = self._burn_down(wanted, keep_order)
        if missing:
            raise InsufficientCreditsError(
                self._get_shortage_message(product, wanted, missing)
            )
        by_id = {lot.id: lot for lot in self}
        return self.env["booking.credit.operation"]._post(
            "redeem",
            [
                {"type": "redeem", "lot": by_id[part.lot_id], "quantity": -part.quantity}
                for part in slices
            ],
            request={"quantity": quantity, "product": product.id},
            **document,
        )

    def _expire(self):
        """Write off what is left on these lots, if their validity has ended.

        Safe to run twice: nothing is left the second time. Held credits wait until
        their hold is resolved. The breakage is posted in the same transaction.

        :return: the ``booking.credit.entry`` records
        """
        lots = self.filtered(
            lambda lot: lot.available > 0
            and lot._is_expired(lot.company_id._booking_credit_today())
        )
        entries = self.env["booking.credit.entry"]
        for lots_of_company in lots.grouped("company_id").values():
            entries |= self.env["booking.credit.operation"]._post(
                "expire",
                [
                    {"type": "expire", "lot": lot, "quantity": -lot.available}
                    for lot in lots_of_company
                ],
            )
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    @api.model
    def _cron_expire(self, batch_size=500):
        """Write off the lots whose last day has passed. Safe to run twice."""
        done = self.browse()
        for company in self.env["res.company"].sudo().search([]):
            domain = [
                ("company_id", "=", company.id),
                ("is_open", "=", True),
                ("valid_until", "<", company._booking_credit_today()),
            ]
            while lots := self.search(
                [*domain, ("id", "not in", done.ids)], limit=batch_size
            ).try_lock_for_update(allow_referencing=True):
                lots.with_company(company)._expire()
                done |= lots
                if not self.env["ir.cron"]._commit_progress(len(lots)):
                    return

    def _check_ledger(self):
        """Compare these lots with their entries.

        :return: one sentence for each broken invariant
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT lot.name, lot.balance, lot.held, lot.value,
                       COALESCE(sum(entry.quantity), 0), COALESCE(sum(entry.held), 0),
                       COALESCE(sum(entry.value), 0), count(entry.id),
                       lot.last_sequence
                  FROM booking_credit_lot lot
             LEFT JOIN booking_credit_entry entry ON entry.lot_id = lot.id
                 WHERE lot.id = ANY(%s)
              GROUP BY lot.id
                HAVING lot.balance <> COALESCE(sum(entry.quantity), 0)
                    OR lot.held <> COALESCE(sum(entry.held), 0)
                    OR lot.value <> COALESCE(sum(entry.value), 0)
                    OR lot.last_sequence <> count(entry.id)
              ORDER BY lot.id
                """,
                self.ids,
            )
        )
        return [
            self.env._(
                "%(lot)s has %(balance)s credits, %(held)s held, worth %(value)s, "
                "%(count)s movements; its history says %(entry_balance)s, "
                "%(entry_held)s, %(entry_value)s, %(entry_count)s.",
                lot=name,
                balance=balance,
                held=held,
                value=value,
                count=sequence,
                entry_balance=entry_balance,
                entry_held=entry_held,
                entry_value=entry_value,
                entry_count=count,
            )
            for (
                name,
                balance,
                held,
                value,
                entry_balance,
                entry_held,
                entry_value,
                count,
                sequence,
            ) in rows
        ]

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _get_usable_lots(self, partner, company, product=None):
        """Return the lots that can pay today, in burn order.

        A lot past its last day is not among them, whether or not the nightly job
        has run.

        :param partner: the customer; the lots of its company are usable as well
        :param product: the service to pay; every service when not given
        """
        today = company._booking_credit_today()
        owners = partner | partner.commercial_partner_id
        lots = self.search(
            [
                ("partner_id", "in", owners.ids),
                ("company_id", "=", company.id),
                ("is_open", "=", True),
                ("valid_from", "<=", today),
                "|",
                ("valid_until", "=", False),
                ("valid_until", ">=", today),
            ]
        ).filtered(lambda lot: lot.available > 0)
        if product is not None:
            lots = lots.filtered(lambda lot: lot._covers(product))
        return lots.sorted(lambda lot: lot._get_burn_key())

    def _covers(self, product):
        """Return whether this lot pays for ``product``."""
        self.ensure_one()
        template = product.product_tmpl_id
        if not template.booking_ok:
            return False
        if not self.eligible_product_ids and not self.eligible_categ_ids:
            return True
        path = template.categ_id.parent_path or ""
        parents = {int(part) for part in path.split("/") if part}
        return template in self.eligible_product_ids or bool(
            parents & set(self.eligible_categ_ids.ids)
        )

    def _get_unit_cost(self, product):
        """Return the units that one booking of ``product`` costs on this lot."""
        return 1.0 if self.measure == "session" else product.booking_credit_price

    def _get_burn_lot(self):
        """Return what ``burndown`` needs to know of this lot."""
        if self.eligible_product_ids:
            narrowness = 2
        else:
            narrowness = 1 if self.eligible_categ_ids else 0
        return Lot(
            self.id,
            Decimal(str(self.balance)) - Decimal(str(self.held)),
            narrowness,
            self.valid_until or None,
        )

    def _get_burn_key(self):
        return burn_order(self._get_burn_lot())

    @api.model
    def _compare_units(self, left, right):
        """Return -1, 0 or 1: ``left`` is less, equal or more units than ``right``."""
        digits = self.env["decimal.precision"].precision_get("Booking Credits")
        return float_compare(left, right, precision_digits=digits)

    def _burn_down(self, quantity, keep_order=False):
        return burn_down([lot._get_burn_lot() for lot in self], quantity, keep_order)

    def _is_expired(self, today):
        return bool(self.valid_until and self.valid_until < today)

    def _take_late_return(self, quantity, today):
        """Apply the pack's rule to credits that came back after their expiry.

        :return: the postings that follow from it, in the same operation
        """
        self.ensure_one()
        if self.late_return == "forfeit":
            return [{"type": "expire", "lot": self, "quantity": -quantity}]
        # sudo: whoever cancels, the terms that were sold decide.
        self.sudo().valid_until = today + timedelta(days=self.grace_days)
        return []

    def _get_shortage_message(self, product, wanted, missing):
        _ = self.env._
        lots = [
            _("%(lot)s of %(customer)s", lot=lot.name, customer=lot.partner_id.name)
            for lot in self
        ]
        return _(
            "“%(service)s” costs %(wanted)s credits and %(available)s can be used: "
            "%(missing)s are missing. Sell a pack, or pay in money. Credits looked "
            "at: %(lots)s.",
            service=product.display_name,
            wanted=f"{wanted:f}",
            available=f"{wanted - missing:f}",
            missing=f"{missing:f}",
            lots=", ".join(lots) or _("none"),
        )

    def _get_refusal(self, product, today):
        """Say why this lot cannot pay for ``product`` today; empty if it can."""
        self.ensure_one()
        _ = self.env._
        if self._is_expired(today):
            day = format_date(self.env, self.valid_until)
            return _("%(lot)s expired on %(day)s.", lot=self.name, day=day)
        if self.valid_from > today:
            day = format_date(self.env, self.valid_from)
            return _("%(lot)s is valid from %(day)s.", lot=self.name, day=day)
        if not self._covers(product):
            return _(
                "%(lot)s does not pay for “%(service)s”.",
                lot=self.name,
                service=product.display_name,
            )
        if self.available <= 0:
            return _("%(lot)s has nothing left.", lot=self.name)
        return ""

    def _get_uses_text(self):
        """Name what took units of these lots for good: “20 used by S00012 – Yoga”."""
        _ = self.env._
        used, lost = defaultdict(float), defaultdict(float)
        for entry in self.entry_ids.sorted("id"):
            document = entry.document or entry.reason or entry.display_name
            if entry.type in ("redeem", "restore"):
                used[document] -= entry.quantity
            elif entry.quantity < 0:
                lost[document] -= entry.quantity
        texts = [
            _("%(quantity)s used by %(document)s", quantity=f"{units:g}", document=name)
            for name, units in used.items()
            if self._compare_units(units, 0)
        ]
        texts += [
            _("%(quantity)s kept or expired: %(document)s", quantity=f"{units:g}", document=name)
            for name, units in lost.items()
        ]
        return "; ".join(texts)

    def _in_words(self, quantity=None):
        """Write what is available on these lots: “8 credits, 3 sessions”."""
        _ = self.env._
        parts = []
        for measure in ("credit", "session"):
            lots = self.filtered(lambda lot, m=measure: lot.measure == m)
            if not lots:
                continue
            total = sum(lots.mapped("available")) if quantity is None else quantity
            number = f"{total:g}"
            if measure == "credit":
                parts.append(
                    _("1 credit") if total == 1 else _("%s credits", number)
                )
            else:
                parts.append(
                    _("1 session") if total == 1 else _("%s sessions", number)
                )
        return ", ".join(parts)
