from dateutil.relativedelta import relativedelta

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ...words import format_units

#: the narrower, the stronger
SCOPES = [
    ("all", "All services"),
    ("category", "Services of some categories"),
    ("product", "Some services"),
]

#: customers who booked this long ago are told about a new rule
NOTICE_PERIOD = relativedelta(months=6)


class BookingPrepaymentRule(models.Model):
    """What is paid before a booking is confirmed, from a date on.

    A studio introduces prepayment in steps: online booking, then a deposit, then the
    whole price, each from a date that customers are told (S4-03). The rule for a
    service is the narrowest one that covers it; among equals, the one that started
    last (S4-08).
    """

    _name = "booking.prepayment.rule"
    _description = "Booking Prepayment Rule"
    _inherit = ["mail.thread"]
    _order = "date_from desc, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._booking_credit_today(),
        tracking=True,
        help="Orders of this day and later, in the company's time zone.",
    )
    scope = fields.Selection(
        selection=SCOPES, string="For", required=True, default="all", tracking=True
    )
    product_ids = fields.Many2many(
        comodel_name="product.template",
        relation="booking_prepayment_rule_product_rel",
        string="Services",
        domain="[('booking_ok', '=', True)]",
        check_company=True,
    )
    categ_ids = fields.Many2many(
        comodel_name="product.category",
        relation="booking_prepayment_rule_category_rel",
        string="Categories",
        help="Services of these categories and of those below them.",
    )
    kind = fields.Selection(
        selection=[
            ("none", "Nothing"),
            ("deposit", "A deposit"),
            ("full", "The whole price"),
        ],
        string="Paid Before",
        required=True,
        default="deposit",
        tracking=True,
        help="Nothing: bookings are paid later.\n"
        "A deposit: asked online; customers with credits for the service pay none.\n"
        "The whole price: an unpaid booking is not confirmed.",
    )
    amount_type = fields.Selection(
        selection=[("percent", "% of the price"), ("fixed", "Amount")],
        string="Deposit In",
        required=True,
        default="percent",
    )
    percent = fields.Float(
        string="Percentage", digits=(16, 2), default=30.0, tracking=True
    )
    amount = fields.Monetary(
        string="Amount for Each Booking",
        tracking=True,
        help="In the company's currency, taxes included; never more than the price.",
    )
    summary = fields.Char(
        compute="_compute_summary", help="What is paid before, in words."
    )
    state = fields.Selection(
        selection=[
            ("later", "Starts later"),
            ("running", "In force"),
            ("replaced", "Replaced"),
        ],
        compute="_compute_state",
        help="Replaced: a later rule for the same services has started.",
    )
    notice_date = fields.Datetime(string="Customers Told On", readonly=True, copy=False)

    # === Computes === #

    @api.depends("kind", "amount_type", "percent", "amount", "currency_id")
    @api.depends_context("lang")
    def _compute_summary(self):
        _ = self.env._
        for rule in self:
            if rule.kind == "none":
                rule.summary = _("Nothing")
            elif rule.kind == "full":
                rule.summary = _("The whole price")
            elif rule.amount_type == "percent":
                number = format_units(self.env, rule.percent)
                rule.summary = _("%s %% of the price", number)
            else:
                rule.summary = _(
                    "%s for each booking", rule.currency_id.format(rule.amount)
                )

    @api.depends("date_from", "active", "scope", "product_ids", "categ_ids")
    def _compute_state(self):
        siblings = self.search([("company_id", "in", self.company_id.ids)])
        for rule in self:
            today = (rule.company_id or self.env.company)._booking_credit_today()
            later = siblings.filtered(
                lambda other, rule=rule, today=today: other.date_from <= today
                and other._get_strength() > rule._get_strength()
                and other._get_scope_key() == rule._get_scope_key()
            )
            if rule.date_from and rule.date_from > today:
                rule.state = "later"
            else:
                rule.state = "replaced" if later else "running"

    # === Constraints === #

    @api.constrains("scope", "product_ids", "categ_ids")
    def _check_scope(self):
        for rule in self:
            missing = (rule.scope == "product" and not rule.product_ids) or (
                rule.scope == "category" and not rule.categ_ids
            )
            if missing:
                raise ValidationError(
                    self.env._(
                        "“%s” is for some services only: choose them, or let it be for "
                        "all services.",
                        rule.name,
                    )
                )

    @api.constrains("kind", "amount_type", "percent", "amount")
    def _check_amount(self):
        for rule in self.filtered(lambda rule: rule.kind == "deposit"):
            problem = rule._get_amount_problem()
            if problem:
                raise ValidationError(problem)

    def _get_amount_problem(self):
        """Say why this deposit makes no sense; empty if it does."""
        if self.amount_type == "percent" and not 0 < self.percent <= 100:
            return self.env._(
                "“%(rule)s” asks a deposit of %(percent)s %%: enter more than 0 "
                "and at most 100, or choose “Nothing”.",
                rule=self.name,
                percent=format_units(self.env, self.percent),
            )
        if (
            self.amount_type == "fixed"
            and self.currency_id.compare_amounts(self.amount, 0) <= 0
        ):
            return self.env._(
                "“%(rule)s” asks a deposit of %(amount)s: enter more than zero, "
                "or choose “Nothing”.",
                rule=self.name,
                amount=self.currency_id.format(self.amount),
            )
        return ""

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override to forget which rules there were."""
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        """Override to forget which rules there were."""
        if {"active", "company_id"} & vals.keys():
            self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        """Override to forget which rules there were."""
        self.env.registry.clear_cache()
        return super().unlink()

    # === Actions === #

    def action_tell_customers(self):
        """Open the mail that tells customers about this rule, before it starts (S4-03).

        :raise AccessError: for others than managers
        :raise UserError: if nobody with a mail address booked lately
        """
        self.ensure_one()
        self._check_may_tell()
        customers = self._get_customers_to_tell()
        if not customers:
            raise UserError(
                self.env._(
                    "Nobody with an e-mail address has booked what “%s” is about in "
                    "the last 6 months.",
                    self.name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tell %s customers", len(customers)),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": self._prepare_mail_context(customers),
        }

    def _prepare_mail_context(self, customers):
        """Return what the mail to ``customers`` begins with."""
        template = self.env.ref("booking_credits.mail_template_prepayment_notice")
        return {
            "default_model": "res.partner",
            "default_res_ids": customers.ids,
            "default_composition_mode": "mass_mail",
            "default_template_id": template.id,
            "default_email_layout_xmlid": "mail.mail_notification_light",
            "booking_prepayment_rule_id": self.id,
        }

    # === Business verbs === #

    def _log_notice(self, count):
        """Keep with the rule that ``count`` customers were told about it."""
        self.ensure_one()
        self.notice_date = fields.Datetime.now()
        self.message_post(
            body=self.env._("%s customers were told about this rule.", count)
        )

    # === Steps of the verbs, for bridges to extend === #

    @api.model
    def _get_rules(self, company, day):
        """Return the rules of ``company`` that have started by ``day``.

        :param date day: in the company's time zone
        """
        # sudo: shoppers need not read the rules that apply to them.
        rules = self.sudo().browse(self._get_rule_ids(company.id))
        return rules.filtered(lambda rule: rule.date_from <= day)

    @api.model
    @tools.ormcache("company_id")
    def _get_rule_ids(self, company_id):
        """Return the ids of the rules of a company: every order line asks for them."""
        return tuple(self.sudo().search([("company_id", "=", company_id)]).ids)

    def _find(self, product):
        """Return the one of these rules that is for ``product``, or none (S4-08)."""
        rules = self.filtered(lambda rule: rule._covers(product.product_tmpl_id))
        return rules.sorted(lambda rule: rule._get_strength())[-1:]

    def _covers(self, service):
        self.ensure_one()
        if self.scope == "product":
            return service in self.product_ids
        if self.scope == "category":
            parents = (service.categ_id.parent_path or "").split("/")
            return any(str(categ.id) in parents for categ in self.categ_ids)
        return True

    def _get_strength(self):
        """Return by what rules for one service are compared; the highest wins."""
        self.ensure_one()
        narrow = [key for key, _label in SCOPES].index(self.scope)
        day = fields.Date.to_string(self.date_from) or ""
        return (narrow, day, -self.sequence, self._origin.id or 0)

    def _get_scope_key(self):
        self.ensure_one()
        scoped = {
            "product": self.product_ids,
            "category": self.categ_ids,
        }
        records = scoped.get(self.scope)
        ids = tuple(sorted(records._origin.ids)) if records is not None else ()
        return (self.company_id.id, self.scope, ids)

    def _get_amount(self, price, bookings, currency, day):
        """Return what this rule asks before bookings are confirmed.

        :param float price: of all of them, in ``currency``, taxes included
        :param float bookings: how many there are
        :param date day: of the rate
        :return: in ``currency``; at most the price
        """
        self.ensure_one()
        if self.kind == "none":
            return 0.0
        if self.kind == "full":
            return price
        if self.amount_type == "percent":
            return currency.round(price * self.percent / 100)
        amount = self.currency_id._convert(
            self.amount * bookings, currency, self.company_id, day
        )
        return min(amount, price)

    def _check_may_tell(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(
            "booking_credits.booking_credits_group_manager"
        ):
            raise AccessError(
                self.env._("Only managers may tell customers about prepayment rules.")
            )

    def _get_customers_to_tell(self):
        """Return who booked what this rule is about lately, and can be written to."""
        self.ensure_one()
        since = fields.Datetime.now() - NOTICE_PERIOD
        domain = Domain(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "sale"),
                ("product_id.booking_ok", "=", True),
                ("order_id.date_order", ">=", since),
                ("order_partner_id.email", "!=", False),
                ("order_partner_id.active", "=", True),
            ]
        )
        if self.scope == "product":
            domain &= Domain("product_template_id", "in", self.product_ids.ids)
        elif self.scope == "category":
            domain &= Domain("product_id.categ_id", "child_of", self.categ_ids.ids)
        groups = self.env["sale.order.line"]._read_group(domain, ["order_partner_id"])
        return self.env["res.partner"].union(*(partner for (partner,) in groups))

    def _get_rows(self, lines, complete):
        """Return what these rules say of ``lines``, by line; none where none speaks.

        :param bool complete: the company's switch: all is paid before
        :return: dict from line to dict of ``rule``, ``must`` and ``asks``
        """
        rows = {}
        for line in lines:
            rule = self._find(line.product_id)
            # what is said of this service wins over what is said of all
            must = rule.kind == "full" or (complete and rule.scope in (False, "all"))
            if must or rule:
                asks = must or rule.kind == "deposit"
                rows[line] = {"rule": rule, "must": must, "asks": asks}
        return rows

    def _get_notice_text(self):
        """Write for customers what changes and from when (S4-03)."""
        self.ensure_one()
        _ = self.env._
        day = format_date(self.env, self.date_from)
        names = ", ".join((self.product_ids or self.categ_ids).mapped("name"))
        what = _("bookings of %s", names) if self.scope != "all" else _("bookings")
        if self.kind == "none":
            return _(
                "From %(day)s on, nothing is to be paid before %(what)s are confirmed.",
                day=day,
                what=what,
            )
        if self.kind == "full":
            return _(
                "From %(day)s on, %(what)s are paid when they are made. An unpaid "
                "booking is not confirmed.",
                day=day,
                what=what,
            )
        return _(
            "From %(day)s on, we ask a deposit for %(what)s: %(summary)s. If you have "
            "credits for the service, you pay no deposit.",
            day=day,
            what=what,
            summary=self.summary,
        )
