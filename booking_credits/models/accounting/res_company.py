from odoo import fields, models

from odoo.addons.base.models.res_partner import _tz_get

from ...const import MAX_UNITS, MEASURES
from ...exceptions import MissingSetupError

#: field of the company -> (name, type, code before the first one that is tried)
ACCOUNTS = {
    "booking_credit_liability_account_id": "liability_current",
    "booking_credit_multi_liability_account_id": "liability_current",
    "booking_credit_breakage_account_id": "income_other",
    "booking_credit_fee_account_id": "income",
}


class ResCompany(models.Model):
    _inherit = "res.company"

    booking_credit_liability_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Unused Credits (VAT paid at sale)",
        check_company=True,
        domain="[('account_type', '=', 'liability_current')]",
        help="What the business owes for unused credits on which VAT was declared "
        "when they were sold (single-purpose vouchers). Net of VAT.",
    )
    booking_credit_multi_liability_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Unused Credits (VAT due at use)",
        check_company=True,
        domain="[('account_type', '=', 'liability_current')]",
        help="What the business owes for unused credits on which VAT is declared "
        "when they are used (multi-purpose vouchers). VAT included.",
    )
    booking_credit_breakage_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Expired Credits",
        check_company=True,
        domain="[('account_type', 'in', ('income', 'income_other'))]",
        help="Income kept because credits expired unused (breakage).",
    )
    booking_credit_fee_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Cancellation Fees",
        check_company=True,
        domain="[('account_type', 'in', ('income', 'income_other'))]",
        help="Income kept when a customer cancels late.",
    )
    booking_credit_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Credits Journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Journal of the entries for credits used, kept and expired.",
    )
    booking_credit_grant_on = fields.Selection(
        selection=[
            ("paid", "The invoice is paid"),
            ("posted", "The invoice is confirmed"),
        ],
        string="Give Credits When",
        default="paid",
        required=True,
        help="When a customer receives the credits of a pack.",
    )
    booking_credit_rounding = fields.Float(
        string="Credit Rounding Step",
        default=1.0,
        digits="Booking Credits",
        help="Smallest part of a credit that a cancellation gives back. "
        "What comes back is rounded up to it, in the customer's favour.",
    )
    booking_credit_tz = fields.Selection(
        selection=_tz_get,
        string="Credits Time Zone",
        default=lambda self: self.env.user.tz or "UTC",
        help="The last day of a validity ends at midnight in this time zone.",
    )
    booking_credit_limit_dates = fields.Boolean(
        string="Bookings Only Within the Validity",
        help="All credits pay only bookings on days of their validity. Credits that "
        "come back after their expiry are then lost.",
    )
    booking_credit_reactivate = fields.Boolean(
        string="Reactivate Expired Credits",
        help="A new purchase brings back what expired, with the new validity.",
    )
    booking_credit_reactivate_limit = fields.Float(
        string="Reactivate at Most",
        digits="Booking Credits",
        help="Units that one purchase brings back; 0: all.",
    )
    booking_credit_signup_quantity = fields.Float(
        string="Credits at Sign-up",
        digits="Booking Credits",
        help="What new customers receive when they create their account; 0: nothing.",
    )
    booking_credit_signup_measure = fields.Selection(
        selection=MEASURES, string="Sign-up Credits In", default="credit", required=True
    )
    booking_credit_signup_days = fields.Integer(
        string="Sign-up Credits Valid For",
        help="Days, the day of the sign-up included; 0: they never expire.",
    )
    booking_cancellation_policy_id = fields.Many2one(
        comodel_name="booking.cancellation.policy",
        string="Default Cancellation Policy",
        check_company=True,
        help="Applies to services without a policy of their own.",
    )

    booking_front_desk_extend_days = fields.Integer(
        string="Front Desk Extends by at Most",
        default=30,
        help="Days by which the front desk lets credits live longer when the business "
        "cancels; 0: only managers do. Credits are given by managers only.",
    )

    _booking_credit_rounding_positive = models.Constraint(
        "CHECK(booking_credit_rounding > 0)",
        "The rounding step of credits must be more than zero.",
    )
    _booking_credit_signup_sound = models.Constraint(
        f"CHECK(booking_credit_signup_quantity BETWEEN 0 AND {MAX_UNITS} "
        "AND booking_credit_signup_days BETWEEN 0 AND 36500)",
        "Credits at sign-up: from 0 to a billion, valid for 0 to 36500 days.",
    )
    _booking_front_desk_extend_days_sound = models.Constraint(
        "CHECK(booking_front_desk_extend_days BETWEEN 0 AND 3650)",
        "The front desk extends credits by 0 to 3650 days.",
    )

    # === Accounts === #

    def _booking_credit_setup(self):
        """Create the accounts and the journal that are missing. Safe to run twice."""
        for company in self.filtered("chart_template"):
            # sudo: installing the add-on, or the first sale, does it for everyone.
            company = company.sudo().with_company(company)
            names = company._get_booking_credit_account_names()
            for field, account_type in ACCOUNTS.items():
                if not company[field]:
                    company[field] = company._create_booking_credit_account(
                        names[field], account_type, field
                    )
            if not company.booking_credit_journal_id:
                company.booking_credit_journal_id = (
                    company._create_booking_credit_journal()
                )

    def _get_booking_credit_account_names(self):
        _ = self.env._
        return {
            "booking_credit_liability_account_id": _(
                "Unused booking credits (VAT paid)"
            ),
            "booking_credit_multi_liability_account_id": _(
                "Unused booking credits (VAT due at use)"
            ),
            "booking_credit_breakage_account_id": _("Expired booking credits"),
            "booking_credit_fee_account_id": _("Booking cancellation fees"),
            "booking_credit_voucher_account_id": _("Unused gift vouchers"),
            "booking_credit_pass_account_id": _("Unlimited passes not earned yet"),
            "booking_credit_no_show_account_id": _("Booking no-shows"),
        }

    def _create_booking_credit_account(self, name, account_type, field):
        """Create the account of ``field`` where an accountant would look for it.

        The customers' advances account of the chart is never used: down payments
        land there too, and the ledger could not be proven against it.
        """
        account = self.env["account.account"]
        return account.create(
            {
                "name": name,
                "code": self._get_booking_credit_account_code(account_type, field),
                "account_type": account_type,
                "reconcile": account_type == "liability_current",
                "company_ids": [(4, self.id)],
            }
        )

    def _get_booking_credit_account_code(self, account_type, field):
        """Return a free code where the country's chart has a place for it.

        Else beside the chart's accounts of the same type.
        """
        account = self.env["account.account"]
        if code := self._get_booking_credit_chart_code(field):
            return account._search_new_account_code(code, set())
        domain = [
            *account._check_company_domain(self),
            ("account_type", "=", account_type),
        ]
        neighbour = account.search(domain, limit=1, order="code desc")
        return account._search_new_account_code(neighbour.code or "419000")

    def _create_booking_credit_journal(self):
        journal = self.env["account.journal"]
        same_code = [("code", "=", "CRED"), ("company_id", "=", self.id)]
        return journal.search(same_code, limit=1) or journal.create(
            {
                "name": self.env._("Booking credits"),
                "code": "CRED",
                "type": "general",
                "company_id": self.id,
                "show_on_dashboard": False,
            }
        )

    def _get_booking_credit_account(self, purpose):
        """Return the company's account for ``purpose``.

        No-shows are kept on the account of fees, if they have none.

        :param str purpose: ``liability``, ``multi_liability``, ``breakage``, ``fee``,
            ``no_show``
        :raise MissingSetupError: if the company has no chart of accounts
        """
        self.ensure_one()
        # sudo: front desk staff may sell credits without reading accounts.
        company = self.sudo()
        if purpose == "no_show" and not company.booking_credit_no_show_account_id:
            purpose = "fee"
        field = f"booking_credit_{purpose}_account_id"
        if not company[field]:
            company._booking_credit_setup()
        if not company[field]:
            raise MissingSetupError(
                self.env._(
                    "%(company)s has no account for “%(purpose)s”. Install a chart of "
                    "accounts, or choose the account in the settings of Booking "
                    "Credits.",
                    company=company.name,
                    purpose=company._get_booking_credit_account_names()[field],
                )
            )
        return company[field]

    def _get_booking_credit_liability_accounts(self):
        """Return the accounts on which these companies owe unused credits."""
        companies = self.sudo()
        return (
            companies.booking_credit_liability_account_id
            | companies.booking_credit_multi_liability_account_id
            | companies.booking_credit_voucher_account_id
            | companies.booking_credit_pass_account_id
        )

    def _get_booking_credit_tie_out(self):
        """Compare the ledger with the books, as of now.

        :return: one dict per liability account, amounts in company currency:
            ``account``, ``unused`` (value on the lots), ``undelivered`` (used on
            bookings whose revenue is not posted yet), ``unpaid`` (packs invoiced but
            not given yet), ``books`` (posted balance) and ``difference``
        """
        self.ensure_one()
        accounts = self.sudo()._get_booking_credit_liability_accounts()
        unused, pending = self._sum_booking_credit_ledger(accounts)
        books, unpaid = self._sum_booking_credit_books(accounts)
        rows = []
        for account in accounts:
            row = {
                "account": account,
                "unused": unused.get(account, 0.0),
                "undelivered": -pending.get(account, 0.0),
                "unpaid": -unpaid.get(account, 0.0),
                "books": -books.get(account, 0.0),
            }
            ledger = row["unused"] + row["undelivered"] + row["unpaid"]
            row["difference"] = self.currency_id.round(row["books"] - ledger)
            rows.append(row)
        return rows

    def _sum_booking_credit_ledger(self, accounts):
        """Return what is left on lots and what is not posted yet, by account."""
        unused = self._booking_credit_sum(
            "booking.credit.lot",
            [("liability_account_id", "in", accounts.ids)],
            "liability_account_id",
            "value:sum",
        )
        pending = self._booking_credit_sum(
            "booking.credit.entry",
            [("posting_state", "=", "pending")],
            "liability_account_id",
            "value:sum",
        )
        return unused, pending

    def _sum_booking_credit_books(self, accounts):
        """Return what the books owe, and what of it was not given yet, by account."""
        posted = [("parent_state", "=", "posted"), ("account_id", "in", accounts.ids)]
        books = self._booking_credit_sum(
            "account.move.line", posted, "account_id", "balance:sum"
        )
        of_sales = ("out_invoice", "out_refund", "out_receipt")
        unpaid = self._booking_credit_sum(
            "account.move.line",
            [
                *posted,
                ("product_id.booking_credit_pack", "=", True),
                ("move_id.move_type", "in", of_sales),
                ("booking_credit_source_lot_ids", "=", False),
                ("booking_credit_lot_id", "=", False),
            ],
            "account_id",
            "balance:sum",
        )
        return books, unpaid

    def _booking_credit_sum(self, model, domain, groupby, aggregate):
        return dict(
            self.env[model]
            .sudo()
            ._read_group(
                [*domain, ("company_id", "=", self.id)], [groupby], [aggregate]
            )
        )
