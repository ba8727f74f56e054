from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, format_date

from odoo.addons.booking_credits.breakage import advance
from odoo.addons.booking_credits.exceptions import LedgerImmutableError
from odoo.addons.booking_credits.ledger import as_decimal

#: What became of the packs of each cohort, as it is in the books on a day. What waits
#: to be posted is not used yet: breakage follows the income of what is used.
FACTS = """
    SELECT lot.cohort_id,
           COALESCE(-sum(entry.value) FILTER (
               WHERE entry.type IN ('redeem', 'restore', 'fee')), 0),
           COALESCE(-sum(entry.value) FILTER (
               WHERE entry.type IN ('expire', 'reactivate')), 0),
           sum(entry.value)
      FROM booking_credit_lot lot
      JOIN booking_credit_entry entry ON entry.lot_id = lot.id
 LEFT JOIN account_move_line line ON line.id = entry.move_line_id
     WHERE lot.cohort_id = ANY(%(cohorts)s) AND entry.value <> 0
       AND entry.posting_state <> 'pending'
       AND GREATEST(entry.date, line.date) <= %(day)s
  GROUP BY lot.cohort_id
"""

#: How many packs were used up or ended, what they were sold for, and what expired of
#: them: also of those that were sold before there were estimates.
HISTORY = """
    SELECT lot.company_id, lot.product_id, count(DISTINCT lot.id),
           sum(entry.value) FILTER (
               WHERE entry.type NOT IN
                     ('redeem', 'restore', 'fee', 'expire', 'reactivate')),
           COALESCE(-sum(entry.value) FILTER (
               WHERE entry.type IN ('expire', 'reactivate')), 0)
      FROM booking_credit_lot lot
      JOIN booking_credit_entry entry ON entry.lot_id = lot.id
     WHERE lot.company_id = ANY(%(companies)s) AND lot.product_id = ANY(%(products)s)
       AND lot.origin = 'purchase' AND lot.is_open IS NOT TRUE
       AND lot.unlimited IS NOT TRUE AND entry.value <> 0
  GROUP BY lot.company_id, lot.product_id
"""

#: what accountants may change by hand
ESTIMATE_FIELDS = {"percent", "note"}


class BookingCreditCohort(models.Model):
    """Packs of one kind that were sold in one month, and how many of them stay unused.

    The estimate is recognised in proportion to use (IFRS 15.B46), on an account of its
    own beside what is owed: credits and statements of customers stay as they are, and
    the ledger can be proven as before. A change of the estimate is caught up with.
    """

    _name = "booking.credit.cohort"
    _description = "Breakage Estimate"
    _inherit = ["mail.thread"]
    _order = "month desc, product_id, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="Pack",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    month = fields.Date(
        string="Sold In",
        required=True,
        readonly=True,
        help="First day of the month in which these packs were sold.",
    )
    percent = fields.Float(
        string="Never Used %",
        digits=(5, 2),
        tracking=True,
        help="Part of the price of these packs that is expected never to be used. "
        "What changes here is caught up with in the next run.",
    )
    note = fields.Char(
        string="Based On", tracking=True, help="What the estimate rests on."
    )
    account_id = fields.Many2one(
        comodel_name="account.account",
        readonly=True,
        ondelete="restrict",
        help="Where it was recognised in advance; kept from the first time on.",
    )
    last_day = fields.Date(
        string="Recognised Until", readonly=True, help="Day of the last run."
    )
    step_ids = fields.One2many(
        comodel_name="booking.credit.cohort.step",
        inverse_name="cohort_id",
        string="Recognised",
        readonly=True,
    )
    lot_ids = fields.One2many(
        comodel_name="booking.credit.lot", inverse_name="cohort_id", string="Credits"
    )

    sold = fields.Monetary(
        compute="_compute_facts", help="Value of these packs, less refunds."
    )
    used = fields.Monetary(
        compute="_compute_facts", help="Released by use, fees and no-shows so far."
    )
    expired = fields.Monetary(
        compute="_compute_facts", help="Income already, since the credits expired."
    )
    left = fields.Monetary(
        string="Owed", compute="_compute_facts", help="What customers can still use."
    )
    used_rate = fields.Float(string="Used %", compute="_compute_facts", aggregator=None)
    expired_rate = fields.Float(
        string="Expired %", compute="_compute_facts", aggregator=None
    )
    recognised = fields.Monetary(
        string="Recognised in Advance",
        compute="_compute_facts",
        help="Income of unused credits before they expire.",
    )
    due = fields.Monetary(
        string="To Recognise",
        compute="_compute_facts",
        help="What a run would post today.",
    )
    carrying = fields.Monetary(
        string="Owed, Net",
        compute="_compute_facts",
        help="What is owed less what was recognised in advance.",
    )
    history_rate = fields.Float(
        string="Unused Before",
        compute="_compute_history",
        aggregator=None,
        help="Part of all finished packs of this kind that expired unused.",
    )
    history_count = fields.Integer(
        string="Finished Packs", compute="_compute_history", aggregator=None
    )

    _cohort_unique = models.Constraint(
        "UNIQUE(company_id, product_id, month)",
        "There is an estimate for this pack and month already.",
    )

    @api.constrains("percent")
    def _check_percent(self):
        for cohort in self:
            if not 0 <= cohort.percent < 100:
                raise ValidationError(
                    self.env._(
                        "%(packs)s: %(percent)g %% cannot be never used. Enter 0 at "
                        "least, and less than 100.",
                        packs=cohort.display_name,
                        percent=cohort.percent,
                    )
                )

    @api.depends("product_id", "month")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for cohort in self:
            cohort.display_name = self.env._(
                "%(pack)s, %(month)s",
                pack=cohort.product_id.display_name,
                month=format_date(self.env, cohort.month, date_format="MMMM yyyy"),
            )

    @api.depends("percent", "step_ids", "lot_ids.value")
    def _compute_facts(self):
        names = ("sold", "used", "expired", "left", "recognised", "due", "carrying")
        facts = self.sudo()._read_facts()
        for cohort in self:
            fact = facts.get(cohort.id) or dict.fromkeys(names, 0)
            cohort.update({name: float(fact[name]) for name in names})
            sold = cohort.sold
            cohort.used_rate = cohort.used / sold if sold else 0.0
            cohort.expired_rate = cohort.expired / sold if sold else 0.0

    @api.depends("product_id", "company_id")
    def _compute_history(self):
        self.env.flush_all()
        query = SQL(
            HISTORY, companies=self.company_id.ids, products=self.product_id.ids
        )
        found = {
            (company_id, product_id): (count, float(expired / sold) if sold else 0.0)
            for company_id, product_id, count, sold, expired in self.env.execute_query(
                query
            )
        }
        for cohort in self:
            cohort.history_count, cohort.history_rate = found.get(
                (cohort.company_id.id, cohort.product_id.id), (0, 0.0)
            )

    # === CRUD === #

    def write(self, vals):
        """Override to let people change the estimate, and nothing else.

        :raise LedgerImmutableError: for what follows from the ledger
        """
        locked = vals.keys() & {"company_id", "product_id", "month", "account_id"}
        locked |= vals.keys() & {"last_day", "step_ids", "lot_ids"}
        if locked and not self.env.su:
            raise LedgerImmutableError(
                self.env._(
                    "Only the estimate can be changed: what was sold, used and "
                    "recognised follows from the ledger of credits."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_recognised(self):
        if self.step_ids:
            raise LedgerImmutableError(
                self.env._(
                    "Breakage was recognised on %s: set the estimate to zero instead.",
                    ", ".join(self.filtered("step_ids").mapped("display_name")),
                )
            )

    # === Steps, for the verbs and for bridges === #

    def _read_facts(self, day=None):
        """Return what became of these cohorts as of ``day``, in one statement.

        :param date day: last day that counts in the books; today when not given
        :return: dict by id of ``sold``, ``used``, ``expired``, ``left``,
            ``recognised``, ``due``, ``carrying`` and ``target`` (what should be
            recognised), as decimals in company currency
        """
        self.env.flush_all()
        day = day or max(
            (company._booking_credit_today() for company in self.company_id),
            default=fields.Date.today(),
        )
        recognised = defaultdict(
            float,
            self.env["booking.credit.cohort.step"]._get_amounts(self, day),
        )
        facts = {}
        rows = self.env.execute_query(SQL(FACTS, cohorts=self.ids, day=day))
        for cohort_id, *numbers in rows:
            cohort = self.browse(cohort_id)
            used, expired, left = map(as_decimal, numbers)
            fact = {
                "sold": left + used + expired,
                "used": used,
                "expired": expired,
                "left": left,
                "recognised": as_decimal(
                    cohort.currency_id.round(recognised[cohort_id])
                ),
            }
            fact["target"] = cohort._get_target(fact)
            fact["due"] = fact["target"] - fact["recognised"]
            fact["carrying"] = left - fact["recognised"]
            facts[cohort_id] = fact
        return facts

    def _get_target(self, fact, percent=None):
        """Return what should be recognised in advance; see `advance`."""
        self.ensure_one()
        percent = self.percent if percent is None else percent
        return advance(
            fact["sold"],
            fact["used"],
            fact["expired"],
            as_decimal(round(percent, 2)),
            as_decimal(self.currency_id.rounding),
        )
