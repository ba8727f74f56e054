from collections import defaultdict
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import date_utils

from odoo.addons.booking_credits.const import MAX_UNITS, MEASURES


class BookingCreditAllowance(models.Model):
    """Credits given again every period to named customers or to a contact tag.

    Each customer has one lot per allowance, which every period renews. Such credits
    are worth nothing in the books: nobody paid for them here.
    """

    _name = "booking.credit.allowance"
    _description = "Booking Credit Allowance"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
    )
    mode = fields.Selection(
        selection=[
            ("reset", "Reset to"),
            ("add", "Add"),
            ("rollover", "Add, and keep at most"),
        ],
        string="Every Period",
        default="reset",
        required=True,
        tracking=True,
        help="Reset to: what is left of the last period is lost.\n"
        "Add: what is left stays.\n"
        "Add, and keep at most: what is left stays up to a cap.",
    )
    quantity = fields.Float(
        string="Number", digits="Booking Credits", required=True, tracking=True
    )
    cap = fields.Float(string="At Most", digits="Booking Credits", tracking=True)
    measure = fields.Selection(selection=MEASURES, required=True, default="credit")
    period = fields.Selection(
        selection=[("week", "Week"), ("month", "Month"), ("year", "Year")],
        required=True,
        default="month",
        help="Weeks begin on Monday; months and years on their first day.",
    )
    next_date = fields.Date(
        required=True,
        default=lambda self: self.env.company._booking_credit_today(),
        tracking=True,
        help="The day of the next giving, in the company's time zone.",
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="booking_credit_allowance_partner_rel",
        string="Customers",
        check_company=True,
    )
    tag_id = fields.Many2one(
        comodel_name="res.partner.category",
        string="Customers Tagged",
        index="btree_not_null",
    )
    stopped_partner_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="booking_credit_allowance_stopped_rel",
        string="Stopped Customers",
        help="They keep what they have, and receive nothing more.",
    )
    eligible_product_ids = fields.Many2many(
        comodel_name="product.template",
        relation="booking_credit_allowance_product_rel",
        string="Only for Services",
        domain="[('booking_ok', '=', True)]",
        check_company=True,
    )
    eligible_categ_ids = fields.Many2many(
        comodel_name="product.category",
        relation="booking_credit_allowance_category_rel",
        string="Only for Categories",
    )
    lot_ids = fields.One2many(
        comodel_name="booking.credit.lot", inverse_name="allowance_id", readonly=True
    )
    lot_count = fields.Integer(string="Customers Served", compute="_compute_lot_count")

    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "An allowance must give more than zero."
    )
    _size_sound = models.Constraint(
        f"CHECK(quantity <= {MAX_UNITS} AND COALESCE(cap, 0) <= {MAX_UNITS})",
        "An allowance cannot be of more than a billion units.",
    )
    _cap_enough = models.Constraint(
        "CHECK(mode <> 'rollover' OR cap >= quantity)",
        "The cap must be at least what one period gives.",
    )

    @api.depends("lot_ids")
    def _compute_lot_count(self):
        counts = dict(
            self.env["booking.credit.lot"]._read_group(
                [("allowance_id", "in", self.ids)], ["allowance_id"], ["__count"]
            )
        )
        for allowance in self:
            allowance.lot_count = counts.get(allowance, 0)

    @api.constrains("partner_ids", "tag_id")
    def _check_customers(self):
        for allowance in self:
            if not allowance.partner_ids and not allowance.tag_id:
                raise ValidationError(
                    self.env._(
                        "The allowance “%s” is for nobody: choose customers or a tag.",
                        allowance.name,
                    )
                )

    def write(self, vals):
        """Override to give nothing for the periods during which it was archived."""
        woken = self.browse()
        if vals.get("active") and "next_date" not in vals:
            woken = self.filtered(lambda allowance: not allowance.active)
        res = super().write(vals)
        for allowance in woken:
            today = allowance.company_id._booking_credit_today()
            start = allowance._get_period_start(today)
            if allowance.next_date < start:
                allowance.next_date = start
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_given(self):
        for allowance in self.filtered("lot_count"):
            raise UserError(
                self.env._(
                    "The allowance “%(name)s” has given credits to %(count)s customers: "
                    "archive it instead of deleting it.",
                    name=allowance.name,
                    count=allowance.lot_count,
                )
            )

    # === Actions === #

    def action_give(self):
        """Give what is due today. Safe to press twice."""
        self.check_access("write")
        lots = self.env["booking.credit.lot"]
        for allowance in self:
            lots |= allowance._give_due()
        return lots._notify(
            self.env._("%s customers received their allowance.", len(lots.partner_id))
        )

    def action_view_lots(self):
        """Open the credits that this allowance gave."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_lot_action"
        )
        return {**action, "domain": [("allowance_id", "=", self.id)], "context": {}}

    # === Business verbs === #

    @api.model
    def _cron_give(self):
        """Give every allowance that is due. Safe to run twice (S0-16)."""
        batches = []
        for company in self.env["res.company"]._get_booking_credit_companies():
            today = company._booking_credit_today()
            due = [("company_id", "=", company.id), ("next_date", "<=", today)]
            batches += [
                (company, allowance._give_due_once)
                for allowance in self.with_company(company).search(due)
            ]
        self.env["booking.credit.job"]._run("give allowances", batches)

    def _give_due_once(self):
        """Give what is due; return 1, for the job: its date was moved on."""
        self._give_due()
        return 1

    def _give_due(self):
        """Give the periods that have begun, and plan the next one.

        :return: the lots that were renewed
        """
        self.ensure_one()
        today = self.company_id._booking_credit_today()
        lots = self.env["booking.credit.lot"]
        while self.next_date <= today:
            lots |= self._give(self.next_date)
            self.next_date = self._get_date_after(self.next_date)
        # customers who came later receive the running period
        lots |= self._give(self._get_period_start(today))
        return lots

    def _give(self, day):
        """Give the period of ``day`` to each customer who has not received it."""
        self.ensure_one()
        # sudo: nobody may write credits by hand; allowances are for managers.
        allowance = self.sudo()
        period = self._get_period_start(day)
        partners = allowance._get_partners()
        lots = allowance.lot_ids.filtered(lambda lot: lot.partner_id in partners)
        renewed = lots.filtered(lambda lot: lot.allowance_date < period)
        renewed._release_lapsed()
        newcomers = partners - lots.partner_id
        created = (
            self.env["booking.credit.lot"]
            .sudo()
            .with_context(mail_create_nolog=True)
            .create([allowance._prepare_lot_vals(p, period) for p in newcomers])
        )
        postings = allowance._prepare_given(created, renewed)
        renewed.allowance_date = period
        for kind, batch in self._group_by_type(postings):
            self.env["booking.credit.operation"]._post(
                kind, batch, reason=f"{self.name}, {period}"
            )
        return (created | renewed).with_env(self.env)

    # === Steps of the verbs, for bridges to extend === #

    def _prepare_given(self, created, renewed):
        """Return the postings that give the period to new lots and to old ones."""
        postings = [
            {"type": "grant", "lot": lot, "quantity": self.quantity} for lot in created
        ]
        for lot in renewed:
            change = self._get_change(Decimal(str(lot.available)))
            kind = "reset" if self.mode == "reset" else "grant"
            if change:
                postings.append({"type": kind, "lot": lot, "quantity": change})
        return postings

    @api.model
    def _group_by_type(self, postings):
        batches = defaultdict(list)
        for posting in postings:
            batches[posting["type"]].append(posting)
        return batches.items()

    def _get_partners(self):
        """Return the customers who receive this allowance; stopped ones do not."""
        self.ensure_one()
        partners = self.partner_ids | self.tag_id.partner_ids
        return partners.filtered("active") - self.stopped_partner_ids

    def _get_change(self, available):
        """Return the units that a period adds to what is ``available``."""
        self.ensure_one()
        quantity = Decimal(str(self.quantity))
        if self.mode == "reset":
            return quantity - available
        if self.mode == "add":
            return quantity
        return max(min(available + quantity, Decimal(str(self.cap))) - available, 0)

    def _get_period_start(self, day):
        self.ensure_one()
        return date_utils.start_of(day, self.period)

    def _get_date_after(self, day):
        """Return the first day of the period after that of ``day``."""
        step = relativedelta(**{f"{self.period}s": 1})
        return self._get_period_start(day) + step

    def _prepare_lot_vals(self, partner, period):
        return {
            "partner_id": partner.id,
            "company_id": self.company_id.id,
            "origin": "allowance",
            "allowance_id": self.id,
            "allowance_date": period,
            "measure": self.measure,
            "valid_from": period,
            "eligible_product_ids": [(6, 0, self.eligible_product_ids.ids)],
            "eligible_categ_ids": [(6, 0, self.eligible_categ_ids.ids)],
        }
