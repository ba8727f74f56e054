from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

#: Months of sale of the lots that have none yet, by pack. A lot that came out of
#: another one stays with the packs that it was sold with.
UNASSIGNED = """
    SELECT lot.product_id, date_trunc('month', sale.date)::date, array_agg(lot.id)
      FROM booking_credit_lot lot
      JOIN LATERAL (
            SELECT min(date) AS date FROM booking_credit_entry
             WHERE lot_id = lot.id AND type = 'grant' AND value > 0
           ) sale ON sale.date IS NOT NULL
     WHERE lot.company_id = %(company)s AND lot.breakage_method = 'proportional'
       AND lot.cohort_id IS NULL AND lot.origin = 'purchase'
       AND lot.product_id IS NOT NULL AND lot.unlimited IS NOT TRUE
  GROUP BY 1, 2
  ORDER BY 2, 1
"""
TRANSFERRED = """
    SELECT DISTINCT source.cohort_id, lot.id
      FROM booking_credit_lot lot
      JOIN booking_credit_entry taken ON taken.lot_id = lot.id
      JOIN booking_credit_entry given ON given.operation_id = taken.operation_id
      JOIN booking_credit_lot source ON source.id = given.lot_id
     WHERE lot.company_id = %(company)s AND lot.breakage_method = 'proportional'
       AND lot.cohort_id IS NULL AND lot.origin = 'transfer'
       AND taken.type = 'transfer' AND taken.quantity > 0
       AND given.type = 'transfer' AND given.quantity < 0
       AND source.cohort_id IS NOT NULL
"""


class BookingCreditCohort(models.Model):
    """How breakage is recognised in proportion to use."""

    _inherit = "booking.credit.cohort"

    # === Actions === #

    @api.model
    def action_open(self):
        """Open the estimates, those of packs sold since the last time included.

        :raise AccessError: for others than accountants and managers
        """
        self.env["booking.credit.report"]._check_may_report()
        for company in self.env.companies:
            self._assign_lots(company)
        return self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits_breakage.booking_credit_cohort_action"
        )

    def action_open_lots(self):
        """Open the credits of this cohort."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "booking_credits.booking_credit_lot_action"
        )
        return {**action, "domain": [("cohort_id", "=", self.id)], "context": {}}

    def action_open_pack(self):
        """Open the estimates of all months of this pack: its history."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.product_id.display_name,
            "res_model": self._name,
            "view_mode": "list,form",
            "domain": [("product_id", "=", self.product_id.id)],
        }

    # === Public verbs === #

    def recognise(self, day):
        """Recognise the breakage of these cohorts as of ``day``; for accountants.

        :return: the journal entries
        :raise AccessError: for others than accountants
        :raise UserError: for a day that is still to come
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(
            "booking_credits.booking_credits_group_accountant"
        ):
            raise AccessError(self.env._("Only accountants may recognise breakage."))
        day = self.env["booking.credit.lot"]._to_day(day)
        if not day:
            raise UserError(self.env._("Say as of which day breakage is recognised."))
        for company in self.company_id:
            if day > company._booking_credit_today():
                raise UserError(
                    self.env._(
                        "%(company)s: nothing was used on %(day)s yet. Choose today or "
                        "an earlier day.",
                        company=company.name,
                        day=format_date(self.env, day),
                    )
                )
        return self._recognise(day).with_env(self.env)

    # === Business verbs === #

    @api.model
    def _assign_lots(self, company):
        """Put the packs of ``company`` that were sold since to those of their month.

        Safe to run twice. A new estimate is that of the month before, or the
        company's.
        """
        cohorts = self.sudo().with_company(company)
        lots = self.env["booking.credit.lot"].sudo()
        self.env.flush_all()
        query = SQL(UNASSIGNED, company=company.id)
        for product_id, month, lot_ids in self.env.execute_query(query):
            cohort = cohorts._get_cohort(company, product_id, month)
            lots.browse(lot_ids).cohort_id = cohort
        query = SQL(TRANSFERRED, company=company.id)
        self.env.flush_all()
        while rows := self.env.execute_query(query):
            # what was transferred of a transfer comes in the next round
            for cohort_id, lot_id in rows:
                lots.browse(lot_id).cohort_id = cohort_id
            self.env.flush_all()

    @api.model
    def _get_cohort(self, company, product_id, month):
        """Return the cohort of one pack and month; make it if there is none."""
        of_pack = [("company_id", "=", company.id), ("product_id", "=", product_id)]
        cohort = self.search([*of_pack, ("month", "=", month)])
        if cohort:
            return cohort
        before = self.search(
            [*of_pack, ("month", "<", month)], order="month desc", limit=1
        )
        return self.with_context(mail_create_nolog=True).create(
            {
                "company_id": company.id,
                "product_id": product_id,
                "month": month,
                "percent": before.percent
                if before
                else company.sudo().booking_credit_breakage_percent,
            }
        )

    def _recognise(self, day, only_less=False):
        """Post what these cohorts should have recognised on ``day``, and have not.

        One journal entry for each company, with a line for each cohort. Safe to run
        twice: nothing is due the second time. Where later days were recognised
        before, they follow.

        :param bool only_less: take back what is too much, and recognise nothing more
        :return: the ``account.move`` records
        """
        # sudo: expiry at night, or a use at the front desk, takes back what is too much
        moves = self.env["account.move"].sudo()
        for company, cohorts in self.sudo().grouped("company_id").items():
            cohorts = cohorts.with_company(company)
            moves |= cohorts._recognise_in(company, day, only_less)
            if not only_less:
                cohorts.filtered(lambda c: not c.last_day or c.last_day < day).write(
                    {"last_day": day}
                )
            later = cohorts.step_ids.filtered(lambda step: step.date > day)
            if later:
                last = max(later.mapped("date"))
                moves |= later.cohort_id._recognise_in(company, last, only_less)
        return moves

    def _recognise_in(self, company, day, only_less):
        facts = self._read_facts(day)
        rows = []
        for cohort in self:
            fact = facts.get(cohort.id)
            if not fact or not fact["due"] or (only_less and fact["due"] > 0):
                continue
            rows.append((cohort, fact))
        move = self.env["account.move"].sudo()
        if not rows:
            return move
        self._set_account(company)
        move = move.with_context(tracking_disable=True).create(
            self._prepare_recognised_vals(company, day, rows)
        )
        move._leave_locked_period()
        move._post(soft=False)
        lines = move.line_ids.grouped("booking_credit_cohort_id")
        self.env["booking.credit.cohort.step"].create(
            [
                cohort._prepare_step_vals(day, fact, lines[cohort])
                for cohort, fact in rows
            ]
        )
        return move

    # === Jobs === #

    @api.model
    def _cron_recognise(self, batch_size=200):
        """Recognise the breakage of the months that are over. Safe to run twice.

        What was done is noted on each cohort, so a run that was stopped goes on where
        it was.
        """
        companies = self.env["res.company"]._get_booking_credit_companies()
        self.env["booking.credit.job"]._run(
            "recognise breakage", self._get_month_batches(companies, batch_size)
        )

    @api.model
    def _get_month_batches(self, companies, size):
        cohorts = self.sudo()
        for company in companies:
            today = company._booking_credit_today()
            day = today.replace(day=1) - timedelta(days=1)
            domain = Domain("company_id", "=", company.id)
            domain &= Domain("month", "<=", day)
            domain &= Domain("last_day", "=", False) | Domain("last_day", "<", day)
            yield company, lambda company=company: cohorts._assign_lots(company)
            yield from self.env["booking.credit.job"]._get_batches(
                company, cohorts, domain, size, cohorts._get_batch_function(day)
            )

    @api.model
    def _get_batch_function(self, day):
        """Return what recognises the cohorts of one batch as of ``day``."""

        def recognise(batch):
            batch._recognise(day)
            return batch

        return recognise

    # === Steps of the verbs, for bridges to extend === #

    def _set_account(self, company):
        """Note on these cohorts where they are recognised: once and for all."""
        new = self.filtered(lambda cohort: not cohort.account_id)
        if new:
            account = company._get_booking_credit_account("breakage_contra")
            new.account_id = account

    def _prepare_recognised_vals(self, company, day, rows):
        """Return the values of the journal entry of ``rows`` of cohorts and facts."""
        lines = [self._prepare_due_line(*row) for row in rows]
        total = sum((fact["due"] for _cohort, fact in rows), Decimal(0))
        if total:
            account = company._get_booking_credit_account("breakage")
            lines.append(
                {
                    "name": self.env._("Credits that are expected never to be used"),
                    "account_id": account.id,
                    "balance": -float(total),
                }
            )
        for line in lines:
            line["amount_currency"] = line["balance"]
            line["currency_id"] = company.currency_id.id
        posting = self.env["booking.credit.posting"]
        return {
            **posting._prepare_move_vals(company, day, lines),
            "ref": self.env._("Breakage recognised in proportion to use"),
        }

    def _prepare_due_line(self, cohort, fact):
        return {
            "name": self.env._(
                "%(packs)s: %(percent)g %% never used",
                packs=cohort.display_name,
                percent=cohort.percent,
            ),
            "account_id": cohort.account_id.id,
            "balance": float(fact["due"]),
            "booking_credit_cohort_id": cohort.id,
        }

    def _prepare_step_vals(self, day, fact, line):
        """Return the values of the step that ``line`` recognised."""
        self.ensure_one()
        last = self.step_ids.sorted("number")[-1:]
        catch_up = 0
        if last and last.percent != self.percent:
            catch_up = fact["target"] - self._get_target(fact, last.percent)
        return {
            "cohort_id": self.id,
            "company_id": self.company_id.id,
            "number": last.number + 1,
            "date": day,
            "percent": self.percent,
            "sold": float(fact["sold"]),
            "used": float(fact["used"]),
            "expired": float(fact["expired"]),
            "amount": float(fact["due"]),
            "catch_up": float(catch_up),
            "account_id": line.account_id.id,
            "move_line_id": line.id,
            "user_id": self.env.uid,
        }
