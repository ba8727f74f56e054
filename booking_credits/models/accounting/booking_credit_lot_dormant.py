from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain


class BookingCreditLot(models.Model):
    """Accounting terms, frozen when a lot is issued, and income of unused credits."""

    _inherit = "booking.credit.lot"

    fee_outside_vat = fields.Boolean(
        string="Fees Outside VAT",
        readonly=True,
        help="Fees kept of these credits are compensation, as agreed when they were "
        "sold.",
    )
    breakage_method = fields.Selection(
        selection=[
            ("on_expiry", "When they expire"),
            ("remote", "When they were not used for a long time"),
        ],
        string="Unused Become Income",
        readonly=True,
        help="As it was decided when these credits were sold. Empty: when they expire.",
    )
    dormancy_months = fields.Integer(string="Months Without Use", readonly=True)
    is_dormant = fields.Boolean(
        string="Income Already",
        readonly=True,
        copy=False,
        help="What is left was taken as income because its use had become unlikely. It "
        "can still be used, and is owed again then.",
    )

    # === Public verbs === #

    def recognise_dormant(self):
        """Take as income what was not used for long; for accountants and managers."""
        self._check_may("manager", "accountant")
        return self.sudo()._recognise_dormant()

    # === Business verbs === #

    def _recognise_dormant(self):
        """Take the value of credits that nobody will use any more as income.

        The credits stay usable (research: breakage, method “remote”). Safe to run
        twice: no value is left the second time.

        :return: the ``booking.credit.entry`` records
        """
        entries = self.env["booking.credit.entry"]
        for company, lots in self.grouped("company_id").items():
            due = lots.filtered(lambda lot: lot._is_dormant_today())
            entries |= self._post(
                "expire",
                [
                    # no unit goes: only the debt
                    {"type": "expire", "lot": lot, "quantity": 0, "value": -lot.value}
                    for lot in due
                ],
                company=company,
                reason=self.env._("Not used for long: use has become unlikely"),
            )
            due.is_dormant = True
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    def _wake(self):
        """Owe again what was taken as income of these lots, before they are used.

        VAT that is due at use, and the income of the service, then come out of it as
        if nothing had happened.
        """
        dormant = self.filtered("is_dormant")
        if not dormant:
            return self.env["booking.credit.entry"]
        entries = self._post(
            "reactivate",
            [lot._prepare_wake_posting() for lot in dormant],
            company=dormant.company_id,
            reason=self.env._("Used after all"),
        )
        dormant.is_dormant = False
        self.env["booking.credit.posting"]._post_entries(entries)
        return entries

    def _prepare_wake_posting(self):
        """Return what brings the value back that was taken as income of this lot."""
        taken = self.entry_ids.filtered(
            lambda entry: entry.type == "expire" and not entry.quantity
        )
        back = taken.return_ids
        return {
            "type": "reactivate",
            "lot": self,
            "quantity": 0,
            "value": -sum(taken.mapped("value")) - sum(back.mapped("value")),
            "source_entry": taken.sorted("id")[-1:],
        }

    # === Jobs === #

    @api.model
    def _cron_recognise_dormant(self, batch_size=500):
        """Take as income what was not used for long. Safe to run twice."""
        batches = self.sudo()._get_dormant_batches(batch_size)
        self.env["booking.credit.job"]._run("take dormant credits as income", batches)

    def _get_dormant_batches(self, size):
        """Yield the lots of all companies that may be dormant, for the job."""
        domain = (
            Domain("is_open", "=", True)
            & Domain("breakage_method", "=", "remote")
            & Domain("value", ">", 0)
        )
        for company in self.env["res.company"]._get_booking_credit_companies():
            yield from self._get_batches(
                company,
                domain & Domain("company_id", "=", company.id),
                size,
                "_recognise_dormant",
            )

    # === Steps of the verbs, for bridges to extend === #

    def _is_dormant_today(self):
        """Return whether the value of this lot is income, though it can be used."""
        self.ensure_one()
        if (
            self.breakage_method != "remote"
            or not self.dormancy_months
            or self.unlimited
            or self.held
            or self.currency_id.is_zero(self.value)
        ):
            return False
        last = max(self.entry_ids.mapped("date"))
        today = self.company_id._booking_credit_today()
        return last + relativedelta(months=self.dormancy_months) <= today

    @api.model
    def _keep_accounting_terms(self, vals):
        """Add to the values of a new lot the company's terms of today."""
        company = self.env["res.company"].browse(
            vals.get("company_id") or self.env.company.id
        )
        for name, value in company._prepare_booking_credit_lot_terms().items():
            vals.setdefault(name, value)
