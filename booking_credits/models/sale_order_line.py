from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare, format_date

from ..burndown import whole_bookings
from ..const import CREDIT_GROUPS, MEASURES
from ..exceptions import InsufficientCreditsError
from ..refund import kept_slices, returned_percent, returned_quantity
from ..words import format_units


class SaleOrderLine(models.Model):
    """A booking, or a credit line that pays one.

    A credit line of credits or sessions mirrors the line that it pays: same discount,
    taxes and quantity, and the opposite price. So what is left to pay in money is
    exact, without rounding. A credit line of money takes an amount off the order. No
    credit line ever reaches an invoice.
    """

    _inherit = "sale.order.line"

    # --- a booking
    booking_ok = fields.Boolean(related="product_id.booking_ok")
    booking_start = fields.Datetime(string="Start", copy=False)
    booking_end = fields.Datetime(
        string="End",
        compute="_compute_booking_end",
        store=True,
        readonly=False,
        copy=False,
        help="When the service has been delivered; its revenue is posted then.",
    )
    booking_credit_price = fields.Float(
        related="product_id.booking_credit_price", string="In Credits"
    )
    booking_cancel_date = fields.Datetime(
        string="Cancelled On", readonly=True, copy=False
    )
    booking_policy = fields.Json(
        string="Cancellation Terms",
        readonly=True,
        copy=False,
        help="The terms agreed when the booking was made.",
    )
    booking_credit_line_ids = fields.One2many(
        comodel_name="sale.order.line",
        inverse_name="booking_credit_paid_line_id",
        string="Credit Lines",
        copy=False,
    )

    # --- a credit line
    booking_credit_paid_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Pays",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="cascade",
        help="The booking that this line pays with credits.",
    )
    booking_credit_measure = fields.Selection(
        selection=MEASURES,
        string="Pays in",
        readonly=True,
        copy=False,
        help="Set on credit lines only.",
    )
    booking_credit_lot_ids = fields.Many2many(
        comodel_name="booking.credit.lot",
        string="Pay With",
        copy=False,
        check_company=True,
        groups=CREDIT_GROUPS,
        help="The credits that staff chose; empty: the best ones.",
    )
    booking_credit_quantity = fields.Float(
        string="Credits",
        digits="Booking Credits",
        compute="_compute_booking_credit_quantity",
        store=True,
        precompute=True,
        help="Credits that this line spends, as agreed at the confirmation.",
    )

    # --- a pack
    booking_credit_beneficiary_id = fields.Many2one(
        comodel_name="res.partner",
        string="Credits For",
        copy=False,
        index="btree_not_null",
        help="Who receives the credits of this pack; empty: the customer.",
    )
    booking_voucher_to = fields.Char(
        string="Voucher For", copy=False, help="Name printed on the gift voucher."
    )
    booking_voucher_message = fields.Text(
        string="Voucher Message", copy=False, help="Printed on the gift voucher."
    )

    price_unit = fields.Float(recursive=True)
    discount = fields.Float(recursive=True)
    tax_ids = fields.Many2many(recursive=True)

    _booking_dates_ordered = models.Constraint(
        "CHECK(booking_end IS NULL OR booking_start IS NULL "
        "OR booking_end >= booking_start)",
        "A booking cannot end before it starts.",
    )

    # === Computes === #

    @api.depends("booking_start", "product_id")
    def _compute_booking_end(self):
        for line in self:
            hours = line.product_id.booking_duration if line.product_id else 0.0
            line.booking_end = line.booking_start and (
                line.booking_start + relativedelta(minutes=round(hours * 60))
            )

    @api.depends(
        "product_uom_qty",
        "booking_credit_measure",
        "booking_credit_paid_line_id.product_uom_id",
        "booking_credit_paid_line_id.product_id.booking_credit_price",
        "price_unit",
        "booking_credit_rate",
        "state",
    )
    def _compute_booking_credit_quantity(self):
        for line in self:
            if line._is_credit_line_agreed():
                continue
            paid_line = line.booking_credit_paid_line_id
            if line.booking_credit_measure == "money":
                line.booking_credit_quantity = line._get_money_paid()
            elif not paid_line or paid_line.combo_item_id:
                # what belongs to a menu is paid with the menu
                line.booking_credit_quantity = 0.0
            elif line.booking_credit_measure == "session":
                line.booking_credit_quantity = paid_line._count_as_bookings(
                    line.product_uom_qty
                )
            else:
                line.booking_credit_quantity = (
                    paid_line._count_as_bookings(line.product_uom_qty)
                    * paid_line.product_id.booking_credit_price
                )

    def _compute_name(self):
        """Override of `sale` to say what a credit line spends.

        Depends on nothing more than there: a name that somebody typed on another line
        would be lost. ``_set_credit_line_names`` keeps those of credit lines true.
        """
        credit_lines = self._get_credit_lines()
        super(SaleOrderLine, self - credit_lines)._compute_name()
        credit_lines.filtered(
            lambda line: not line.name or not line._is_credit_line_agreed()
        )._set_credit_line_names()

    def _set_credit_line_names(self):
        for line in self:
            translated = line.with_context(lang=line.order_id._get_lang())
            name = translated._get_booking_credit_line_name()
            if line.name != name:
                line.name = name

    @api.depends("booking_credit_paid_line_id.price_unit")
    def _compute_price_unit(self):
        """Override of `sale` to mirror the price of the booking."""
        credit_lines = self._get_credit_lines()
        super(SaleOrderLine, self - credit_lines)._compute_price_unit()
        for line in credit_lines.filtered("booking_credit_paid_line_id"):
            price = -line.booking_credit_paid_line_id.price_unit
            line.update({"price_unit": price, "technical_price_unit": price})

    @api.depends("booking_credit_paid_line_id.discount")
    def _compute_discount(self):
        """Override of `sale` to mirror the discount of the booking."""
        credit_lines = self._get_credit_lines()
        super(SaleOrderLine, self - credit_lines)._compute_discount()
        for line in credit_lines:
            line.discount = line.booking_credit_paid_line_id.discount

    @api.depends("booking_credit_paid_line_id.tax_ids")
    def _compute_tax_ids(self):
        """Override of `sale` to mirror taxes, and to sell packs taxed at use without."""
        credit_lines = self._get_credit_lines()
        untaxed = (self - credit_lines).filtered(
            lambda line: line.product_id.product_tmpl_id._is_taxed_at_use()
        )
        super(SaleOrderLine, self - credit_lines - untaxed)._compute_tax_ids()
        for line in credit_lines:
            line.tax_ids = line.booking_credit_paid_line_id.tax_ids
        untaxed.tax_ids = False

    def _compute_analytic_distribution(self):
        """Override of `sale`: a credit line is never posted."""
        credit_lines = self._get_credit_lines()
        super(SaleOrderLine, self - credit_lines)._compute_analytic_distribution()
        credit_lines.analytic_distribution = False

    @api.depends("booking_credit_line_ids.product_uom_qty", "booking_cancel_date")
    def _compute_qty_to_invoice(self):
        """Override of `sale`: neither what credits pay nor what is cancelled."""
        super()._compute_qty_to_invoice()
        for line in self:
            if line.booking_credit_measure or line.booking_cancel_date:
                line.qty_to_invoice = 0.0
            elif line.booking_credit_line_ids and line.qty_to_invoice > 0:
                paid = sum(line.booking_credit_line_ids.mapped("product_uom_qty"))
                line.qty_to_invoice = max(line.qty_to_invoice - paid, 0.0)

    @api.depends("booking_credit_line_ids.product_uom_qty", "booking_cancel_date")
    def _compute_invoice_status(self):
        """Override of `sale`: what credits pay, or is cancelled, counts as invoiced."""
        super()._compute_invoice_status()
        for line in self:
            done = line.booking_cancel_date or line._is_paid_with_booking_credits()
            if line.state == "sale" and done:
                line.invoice_status = "invoiced"

    # === Constraints === #

    @api.constrains("booking_credit_paid_line_id", "product_uom_qty")
    def _check_booking_credit_line(self):
        for line in self.filtered("booking_credit_paid_line_id"):
            paid_line = line.booking_credit_paid_line_id
            paid = sum(paid_line.booking_credit_line_ids.mapped("product_uom_qty"))
            digits = self.env["decimal.precision"].precision_get("Product Unit")
            if (
                line.order_id != paid_line.order_id
                or float_compare(paid, paid_line.product_uom_qty, digits) > 0
            ):
                raise ValidationError(
                    self.env._(
                        "Credits pay %(paid)s × “%(service)s” on %(order)s, but only "
                        "%(ordered)s are ordered.",
                        paid=format_units(self.env, paid),
                        service=paid_line.product_id.display_name,
                        order=paid_line.order_id.display_name,
                        ordered=format_units(self.env, paid_line.product_uom_qty),
                    )
                )

    # === CRUD === #

    def write(self, vals):
        """Override of `sale` to keep credit lines and bookings in step."""
        if {"product_id", "product_uom_qty", "product_uom_id"} & vals.keys():
            paid = self.filtered("booking_credit_line_ids")
            paid._check_booking_editable(vals)
            shrinking = paid._prepare_credit_line_changes(vals)
        else:
            shrinking = []
        for credit_line, quantity in shrinking:
            if quantity:
                credit_line.product_uom_qty = quantity
            else:
                credit_line.unlink()
        if vals.get("booking_start"):
            self._check_booking_movable(
                fields.Datetime.to_datetime(vals["booking_start"])
            )
        res = super().write(vals)
        if {"product_uom_qty", "price_unit"} & vals.keys():
            self._get_credit_lines().filtered(
                lambda line: not line._is_credit_line_agreed()
            )._set_credit_line_names()
        return res

    def _check_booking_movable(self, start):
        """Refuse to move a paid booking to a day that its credits do not pay (S0-27).

        :param datetime start: UTC
        :raise InsufficientCreditsError: naming the credits and their dates
        """
        paid = self.filtered(
            lambda line: line.state == "sale" and line.booking_credit_line_ids
        )
        for line in paid:
            day = line.company_id._booking_credit_today(start)
            refusals = [
                lot._get_date_refusal(day)
                for lot in line._get_booking_spent_entries().lot_id
            ]
            if any(refusals):
                raise InsufficientCreditsError("\n".join(filter(None, refusals)))

    @api.ondelete(at_uninstall=False)
    def _unlink_post_pending_credits(self):
        """Post what waits for these lines: account and taxes are read from them."""
        # sudo: who deletes quotations need not read the ledger.
        entries = self.env["booking.credit.entry"].sudo()
        pending = entries.search(
            [
                ("operation_id.order_line_id", "in", self.ids),
                ("posting_state", "=", "pending"),
            ]
        )
        self.env["booking.credit.posting"]._post_entries(pending)

    # === Actions === #

    def action_cancel_booking(self):
        """Open the dialog that shows what comes back before the booking is cancelled."""
        self.ensure_one()
        if not (self._get_booking_spent_entries() or self._get_bookings_invoiced()):
            raise UserError(
                self.env._(
                    "“%s” has no credits to give back: it is cancelled already, or it "
                    "is to be paid in money.",
                    self.name,
                )
            )
        return self._open_booking_cancel(self.order_id, self)

    # === Business verbs === #

    def _book(self):
        """Spend the credits of these lines' credit lines, and keep the terms.

        :raise InsufficientCreditsError: if credits are missing or have expired
        """
        for line in self.filtered("booking_ok"):
            policy = line.product_id.product_tmpl_id._get_booking_policy(
                line.company_id
            )
            line.booking_policy = policy.sudo()._get_snapshot()
        paying = self._get_credit_lines().filtered("booking_credit_quantity")
        paying._set_credit_line_names()
        for lines in paying.grouped("company_id").values():
            lines._redeem_credit_lines()

    def _redeem_credit_lines(self):
        """Spend what these credit lines of one company pay with."""
        counts = (self | self.booking_credit_paid_line_id)._count_redemptions()
        # sudo: a shopper confirms an order without rights on lots; they are the
        # customer's own, or staff chose them.
        lot = self.env["booking.credit.lot"].sudo()
        uses, capped = [], self.browse()
        for line in self - self._redeem_held_lines(counts):
            use = line._prepare_redeem_use(counts)
            if any(x.cap_day or x.cap_week or x.cap_month for x in use["lots"]):
                capped |= line
            else:
                uses.append(use)
        lot._redeem_many(uses)
        for line in capped:
            # one by one: each counts for the caps that the next one meets
            lot._redeem_many([line._prepare_redeem_use(counts)])

    def _prepare_redeem_use(self, counts):
        """Return what ``booking.credit.lot._redeem_many`` needs for this credit line.

        :param dict counts: how often each booking was paid, by line id
        :raise InsufficientCreditsError: if none of the lots may pay it
        """
        self.ensure_one()
        # money pays the order, not one of its lines
        booking = self.booking_credit_paid_line_id or self
        chosen = self.sudo().booking_credit_lot_ids
        self.order_id._check_lots_of_company(chosen)
        if not chosen:
            lots = booking.sudo()._get_booking_usable_lots()
        elif self.booking_credit_measure == "money":
            lots = self.sudo()._filter_usable_lots(chosen)
        else:
            chosen._check_usable(booking.product_id, booking.booking_start)
            lots = chosen
        day = self.company_id._booking_credit_today(booking.booking_start or None)
        bookings = booking._count_as_bookings(self.product_uom_qty)
        lots = lots.filtered(
            lambda lot: lot.measure == self.booking_credit_measure
            and not lot._get_cap_refusal(day, bookings)
        )
        if not lots:
            raise InsufficientCreditsError(
                self.order_id._get_booking_credit_refusal(booking)
            )
        return {
            "lots": lots,
            "limits": self._get_money_limits(lots),
            "quantity": self.booking_credit_quantity,
            "product": booking.product_id,
            "keep_order": bool(chosen),
            "bookings": bookings,
            "key": self._get_redeem_key(booking, counts),
            "order_line": booking,
        }

    def _get_redeem_key(self, booking, counts):
        """Return the idempotency key of the next payment of ``booking``."""
        return f"redeem:{self._name}:{self.id}:{counts.get(booking.id, 0)}"

    def _get_money_paid(self):
        """Return what this credit line of money pays, in company currency."""
        self.ensure_one()
        order = self.order_id
        if self.booking_credit_rate:
            paid = -self.price_unit * self.product_uom_qty
            return order.company_id.currency_id.round(paid / self.booking_credit_rate)
        return order.currency_id._convert(
            -self.price_unit * self.product_uom_qty,
            order.company_id.currency_id,
            order.company_id,
            order.date_order or fields.Date.today(),
        )

    def _cancel_booking(self, give_all_back=False, reason=None):
        """Cancel the bookings among these lines under the terms they were made.

        Safe to run twice: what came back once does not come back again (S2-19).

        :param bool give_all_back: set the terms aside, in the customer's favour
        :param str reason: why, for the history
        :return: the ``booking.credit.entry`` records
        """
        entries = self.env["booking.credit.entry"].sudo()
        counts = self._count_redemptions()
        for line in self:
            spent = line._get_booking_spent_entries()._get_restorable()
            if not spent:
                continue
            quote = line._get_booking_cancel_quote(give_all_back)
            entries |= self.env["booking.credit.operation"]._post(
                "restore",
                line._prepare_cancel_postings(spent, quote),
                order_line=line,
                reason=reason,
                key=f"cancel:{line._name}:{line.id}:{counts.get(line.id, 0)}",
            )
            line.booking_cancel_date = fields.Datetime.now()
            line.order_id.message_post(body=line._get_booking_cancelled_text(quote))
        self.env["booking.credit.posting"]._post_entries(
            entries.filtered(lambda entry: entry.type == "expire")
        )
        return entries

    # === Steps of the verbs, for bridges to extend === #

    def _get_credit_lines(self):
        """Return the lines among these that pay others with credits."""
        return self.filtered("booking_credit_measure")

    def _is_credit_line_agreed(self):
        """Return whether what this credit line spends is settled for good."""
        self.ensure_one()
        return bool(
            self._origin.booking_credit_quantity and self.state not in ("draft", "sent")
        )

    def _is_paid_with_booking_credits(self):
        """Return whether this is a credit line, or wholly paid by credit lines."""
        self.ensure_one()
        if self.booking_credit_measure:
            return True
        paid = sum(self.booking_credit_line_ids.mapped("product_uom_qty"))
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return bool(paid) and float_compare(paid, self.product_uom_qty, digits) >= 0

    def _count_as_bookings(self, quantity):
        """Return how many bookings ``quantity`` in this line's unit are: 1 dozen, 12.

        Prices in credits, sessions and caps are for one unit of the product.
        """
        self.ensure_one()
        unit, product_unit = self.product_uom_id, self.product_id.uom_id
        if not unit or not product_unit or unit == product_unit:
            return quantity
        return unit._compute_quantity(quantity, product_unit, round=False)

    def _get_booking_unpaid_quantity(self):
        """Return how many bookings on this line credits could still pay."""
        self.ensure_one()
        if (
            self.display_type
            or self.booking_credit_measure
            or self.combo_item_id
            or not self.product_id.booking_ok
        ):
            return Decimal(0)
        paid = sum(self.booking_credit_line_ids.mapped("product_uom_qty"))
        return Decimal(str(self.product_uom_qty)) - Decimal(str(paid))

    def _get_booking_usable_lots(self):
        """Return the lots that can pay this booking today, in burn order."""
        self.ensure_one()
        return self._filter_usable_lots(self.order_id._get_usable_booking_lots())

    def _filter_usable_lots(self, lots):
        """Return those of ``lots`` that can pay this booking today."""
        self.ensure_one()
        if self.booking_credit_measure == "money":
            # money pays the order, so any line of it will do
            shares = self.order_id._share_money(lots)
            return lots.filtered(lambda lot: shares.get(lot))
        today = self.company_id._booking_credit_today()
        return lots.filtered(
            lambda lot: not lot._get_refusal(self.product_id, today, self.booking_start)
        )

    def _plan_booking_payment(self, lots, wanted, left):
        """Return how many whole bookings of this line ``lots`` pay.

        :param lots: lots of one measure
        :param Decimal wanted: bookings to pay
        :param dict left: units left by lot id after earlier lines; updated here
        """
        cost = Decimal(str(lots[:1]._get_unit_cost(self.product_id)))
        cost *= Decimal(str(self._count_as_bookings(1.0)))
        available = {
            lot.id: left.get(lot.id, lot._get_burn_lot().available) for lot in lots
        }
        paid = whole_bookings(sum(available.values(), Decimal(0)), cost, wanted)
        to_take = paid * cost
        for lot_id, units in available.items():
            taken = min(units, to_take)
            left[lot_id] = units - taken
            to_take -= taken
        return paid

    def _prepare_booking_credit_line_vals(self, measure, quantity, lots=None):
        product = self.env.ref("booking_credits.product_credit_payment")
        return {
            "order_id": self.order_id.id,
            "product_id": product.id,
            "product_uom_qty": quantity,
            "booking_credit_paid_line_id": self.id,
            "booking_credit_measure": measure,
            "booking_credit_lot_ids": [(6, 0, lots.ids if lots else [])],
            "sequence": self.sequence,
        }

    def _get_booking_credit_line_name(self):
        _ = self.env._
        number = format_units(self.env, self.booking_credit_quantity)
        if self.booking_credit_measure == "money":
            return _("Paid with customer credit")
        if self.booking_credit_paid_line_id.combo_item_id:
            return _("Included")
        if self.booking_credit_measure == "session":
            return (
                _("Paid with 1 session")
                if number == "1"
                else _("Paid with %s sessions", number)
            )
        return (
            _("Paid with 1 credit")
            if number == "1"
            else _("Paid with %s credits", number)
        )

    def _check_booking_editable(self, vals):
        """Refuse to change a booking whose credits are spent.

        :raise UserError: naming the booking and the remedy
        """
        for line in self:
            changes = (
                "product_id" in vals and vals["product_id"] != line.product_id.id
            ) or (
                "product_uom_qty" in vals
                and vals["product_uom_qty"] != line.product_uom_qty
            )
            changes = changes or (
                "product_uom_id" in vals
                and vals["product_uom_id"] != line.product_uom_id.id
            )
            if changes and line.state == "sale" and not line.booking_cancel_date:
                raise UserError(
                    self.env._(
                        "“%(booking)s” on %(order)s is paid with credits: cancel the "
                        "booking and make a new one.",
                        booking=line.name,
                        order=line.order_id.name,
                    )
                )

    def _prepare_credit_line_changes(self, vals):
        """Return the credit lines that pay too much after ``vals``, with what is left.

        Another product: the credit lines go. Fewer bookings: the last ones shrink.
        """
        changes = []
        for line in self:
            left = vals.get("product_uom_qty", line.product_uom_qty)
            if "product_id" in vals and vals["product_id"] != line.product_id.id:
                left = 0
            for credit_line in line.booking_credit_line_ids:
                quantity = min(credit_line.product_uom_qty, left)
                left -= quantity
                if quantity != credit_line.product_uom_qty:
                    changes.append((credit_line, quantity))
        return changes

    def _count_redemptions(self):
        """Return how often these bookings were paid, by id: it numbers the request."""
        groups = (
            self.env["booking.credit.operation"]
            .sudo()
            ._read_group(
                [("order_line_id", "in", self.ids), ("kind", "=", "redeem")],
                ["order_line_id"],
                ["__count"],
            )
        )
        return {line.id: count for line, count in groups}

    def _get_booking_spent_entries(self):
        """Return the redemptions of this booking that were not given back."""
        self.ensure_one()
        # sudo: shoppers cancel their own bookings without reading the ledger.
        entries = (
            self.env["booking.credit.entry"]
            .sudo()
            .search(
                [
                    ("operation_id.order_line_id", "=", self.id),
                    ("type", "=", "redeem"),
                ]
            )
        )
        return entries.browse([e.id for e, _q, _v in entries._get_restorable()])

    def _get_booking_cancel_quote(self, give_all_back=False):
        """Compute what cancelling this booking now gives back.

        The one place: what is shown before and what is posted both come from here.

        :return: dict of ``percent``, ``hours_left`` (None without a start),
            ``expired`` (lots to which nothing comes back) and ``measures``: for each
            measure paid with, a dict of ``spent``, ``returned``, ``kept`` and
            ``lost`` units
        """
        self.ensure_one()
        hours = None
        if self.booking_start:
            left = self.booking_start - fields.Datetime.now()
            hours = Decimal(int(left.total_seconds())) / 3600
        tiers, no_show = self.env["booking.cancellation.policy"]._get_tiers(
            self.booking_policy
        )
        percent = Decimal(100)
        if not give_all_back:
            percent = returned_percent(tiers, hours, no_show)
        measures = {}
        spent = self._get_booking_spent_entries()._get_restorable()
        for entry, quantity, _value in spent:
            part = measures.setdefault(
                entry.lot_id.measure, {"spent": Decimal(0), "lost": Decimal(0)}
            )
            part["spent"] += Decimal(str(quantity))
        for measure, part in measures.items():
            step = self._get_booking_rounding(measure)
            part["returned"] = returned_quantity(part["spent"], percent, step)
            part["kept"] = part["spent"] - part["returned"]
        quote = {"percent": percent, "hours_left": hours, "measures": measures}
        quote["expired"] = self._take_lost_off_quote(spent, quote)
        return quote

    def _take_lost_off_quote(self, spent, quote):
        """Count in ``quote`` what comes back to expired lots as lost (S0-29).

        :return: those lots
        """
        today = self.company_id._booking_credit_today()
        expired = self.env["booking.credit.lot"].sudo()
        for entry, _fee, back in self._split_cancel_fees(spent, quote):
            lot = entry.lot_id
            if back and lot._is_expired(today) and lot._forfeits_late_return():
                part = quote["measures"][lot.measure]
                part["returned"] -= back
                part["lost"] += back
                expired |= lot
        return expired

    def _split_cancel_fees(self, spent, quote):
        """Share the fee out over what was spent, first spent first.

        :return: list of ``(entry, fee, back)``, in units
        """
        split = []
        for measure, part in quote["measures"].items():
            rows = [row for row in spent if row[0].lot_id.measure == measure]
            units = [Decimal(str(quantity)) for _entry, quantity, _value in rows]
            fees = kept_slices(units, part["kept"])
            split += [
                (row[0], fee, quantity - fee)
                for row, quantity, fee in zip(rows, units, fees, strict=True)
            ]
        return split

    def _get_booking_rounding(self, measure):
        """Return the smallest part of a unit that a cancellation gives back."""
        if measure == "money":
            return Decimal(str(self.company_id.currency_id.rounding))
        if measure == "session":
            return Decimal(1)
        return Decimal(str(self.company_id.booking_credit_rounding))

    def _prepare_cancel_postings(self, spent, quote):
        """Return the postings of a cancellation.

        All units go back to the lots that paid, with the value recorded when they
        were spent. Then the fee is kept, first spent first, so that what comes back
        goes to the lots that were spent last. What comes back to a lot that has
        expired meanwhile follows the rule of its pack at once.
        """
        postings = [
            {
                "type": "restore",
                "lot": entry.lot_id,
                "quantity": quantity,
                "value": value,
                "source_entry": entry,
            }
            for entry, quantity, value in reversed(spent)
        ]
        today = self.company_id._booking_credit_today()
        split = self._split_cancel_fees(spent, quote)
        postings += [
            {"type": "fee", "lot": entry.lot_id, "quantity": -fee}
            for entry, fee, _back in split
            if fee
        ]
        for entry, _fee, back in split:
            if back and entry.lot_id._is_expired(today):
                postings += entry.lot_id._take_late_return(back, today)
        return postings

    def _get_booking_cancel_text(self, give_all_back=False):
        """Say what comes back: “cancel now: 85 of 170 credits come back” (S1-35)."""
        quote = self._get_booking_cancel_quote(give_all_back)
        text = self.env._(
            "%(booking)s: cancel now and %(returned)s come back.",
            booking=self.product_id.display_name,
            returned=self._get_booking_returned_text(quote),
        )
        return " ".join([text, *self._get_booking_lost_texts(quote)])

    def _get_booking_cancelled_text(self, quote):
        if any(part["kept"] for part in quote["measures"].values()):
            text = self.env._(
                "%(booking)s cancelled: %(returned)s came back. The rest is kept as "
                "fee.",
                booking=self.product_id.display_name,
                returned=self._get_booking_returned_text(quote),
            )
        else:
            text = self.env._(
                "%(booking)s cancelled: %(returned)s came back.",
                booking=self.product_id.display_name,
                returned=self._get_booking_returned_text(quote),
            )
        return " ".join([text, *self._get_booking_lost_texts(quote)])

    def _get_booking_lost_texts(self, quote):
        """Say why credits do not come back to lots that have expired (S0-29)."""
        return [
            self.env._(
                "%(lot)s expired on %(day)s: nothing comes back to it.",
                lot=lot.name,
                day=format_date(self.env, lot.valid_until),
            )
            for lot in quote["expired"]
        ]

    def _get_booking_returned_text(self, quote):
        """Write “5 of 10 credits, 1 of 1 session”."""
        lot = self.env["booking.credit.lot"].sudo()
        lot = lot.new({"company_id": self.company_id.id})
        return ", ".join(
            self.env._(
                "%(returned)s of %(spent)s",
                returned=format_units(self.env, part["returned"]),
                spent=lot._count_in_words(measure, float(part["spent"])),
            )
            for measure, part in quote["measures"].items()
        )

    def _prepare_voucher_text_vals(self):
        """Return what is printed on the gift voucher that this line sold."""
        return {
            "voucher_to": self.booking_voucher_to,
            "voucher_message": self.booking_voucher_message,
        }

    def _get_booking_document(self):
        """Return how the ledger calls this booking: “S00012 – Yoga class”."""
        self.ensure_one()
        name = self.product_id.with_context(display_default_code=False).display_name
        return f"{self.order_id.name} – {name or self.name}"

    def _get_menu_lines(self):
        """Return this line, and for a menu the lines that belong to it."""
        self.ensure_one()
        return self | self._get_linked_lines().filtered("combo_item_id")

    @api.model
    def _open_booking_cancel(self, order, lines=None):
        """Return the action that opens the cancellation dialog."""
        wizard = self.env["booking.cancel"].create(
            {"order_id": order.id, "line_ids": [(6, 0, lines.ids if lines else [])]}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel"),
            "res_model": "booking.cancel",
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def _can_be_invoiced_alone(self):
        """Override of `sale`: a credit line is never invoiced."""
        return super()._can_be_invoiced_alone() and not self.booking_credit_measure

    def _is_discount_line(self):
        """Override of `sale` to keep credit lines out of discounts."""
        return super()._is_discount_line() or bool(self.booking_credit_measure)

    def _sellable_lines_domain(self):
        """Override of `sale`: a credit line is not sold."""
        return super()._sellable_lines_domain() & fields.Domain(
            "booking_credit_measure", "=", False
        )

    def _can_be_edited_on_portal(self):
        """Override of `sale`: a credit line follows its booking."""
        return super()._can_be_edited_on_portal() and not (self.booking_credit_measure)
