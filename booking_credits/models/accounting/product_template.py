from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import ValidationError

from ...validity import last_valid_day


class ProductTemplate(models.Model):
    """Where the sale of packs is posted, and what the law says of their validity."""

    _inherit = "product.template"

    @api.constrains(
        "booking_credit_pack",
        "booking_credit_unlimited",
        "booking_credit_validity_unit",
        "booking_credit_validity",
        "booking_credit_valid_until",
        "booking_credit_valid_from",
    )
    def _check_booking_credit_law(self):
        """Refuse packs that end, or end too soon, where the company's law forbids it.

        :raise ValidationError: naming the pack, the rule and the remedy
        """
        for pack in self:
            company = pack.company_id or self.env.company
            problem = pack._get_booking_credit_law_problem(company)
            if problem and (
                company.booking_credit_min_strict
                or not company.booking_credit_expiry_allowed
            ):
                raise ValidationError(problem)

    @api.onchange(
        "booking_credit_pack",
        "booking_credit_validity_unit",
        "booking_credit_validity",
        "booking_credit_valid_until",
    )
    def _onchange_booking_credit_law(self):
        return self._warn(
            self._get_booking_credit_law_problem(self.company_id or self.env.company)
        )

    # === Steps of the verbs, for bridges to extend === #

    def _get_booking_credit_law_problem(self, company):
        """Say why this pack may not end when it does; empty if it may.

        Passes for a time are no prepaid number of services: they may end (Québec).
        """
        self.ensure_one()
        if (
            not self.booking_credit_pack
            or self.booking_credit_unlimited
            or self.booking_credit_validity_unit == "none"
        ):
            return ""
        name = self.display_name or self.env._("This pack")
        if not company.booking_credit_expiry_allowed:
            return self.env._(
                "“%(pack)s” expires, which %(company)s may not let happen: choose “Never "
                "expires”, or sell an unlimited pass for a time.",
                pack=name,
                company=company.name,
            )
        if self._is_valid_for_months(company):
            return ""
        return self.env._(
            "“%(pack)s” is valid for less than %(months)s months, the shortest validity "
            "at %(company)s: let it be valid longer.",
            pack=name,
            months=company.booking_credit_min_months,
            company=company.name,
        )

    def _is_valid_for_months(self, company):
        """Return whether this pack lives as long as ``company`` has to let it."""
        months = company.booking_credit_min_months
        last = self._get_booking_credit_last_day(company)
        start = company._booking_credit_today()
        return (
            not months
            or not last
            or last >= start + relativedelta(months=months, days=-1)
        )

    def _get_booking_credit_last_day(self, company):
        """Return the last day of a pack that is sold and used first today."""
        return last_valid_day(
            company._booking_credit_today(),
            self.booking_credit_validity_unit,
            self.booking_credit_validity,
            self.booking_credit_valid_until or None,
        )

    def _get_booking_credit_own_account(self):
        """Return the account of vouchers or passes, if the company has one for it."""
        # sudo: front desk staff may sell credits without reading accounts.
        company = self.env.company.sudo()
        if self.booking_credit_unlimited:
            return company.booking_credit_pass_account_id
        if self.booking_credit_voucher and self._is_taxed_at_use():
            return company.booking_credit_voucher_account_id
        return self.env["account.account"]

    def _get_booking_credit_income_account(self, company):
        """Return the account of what was earned with this pack itself.

        For unlimited passes, and for prices that were corrected: no service says it.
        """
        template = self.with_company(company)
        debts = company._get_booking_credit_liability_accounts()
        return (
            (template.property_account_income_id - debts)
            or (template.categ_id.property_account_income_categ_id - debts)
            or company.sudo().income_account_id
            or company._get_booking_credit_account("fee")
        )

    def _is_taxed_at_use(self):
        """Return whether this is a pack whose VAT is due when credits are used."""
        return self.booking_credit_pack and self.booking_credit_vat_kind == "multi"

    def _warn(self, text):
        title = self.env._("Please note")
        return {"warning": {"title": title, "message": text}} if text else None
