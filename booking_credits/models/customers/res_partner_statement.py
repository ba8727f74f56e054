from datetime import date
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ...ledger import as_decimal
from ...words import format_units

#: months that a statement covers unless somebody says otherwise
STATEMENT_MONTHS = 12

#: movements that set aside and free again: nothing comes or goes
SILENT_TYPES = ("hold", "release")


class ResPartner(models.Model):
    """The account of a customer's credits, the same for everyone who reads it.

    A statement belongs to one customer, one company and one period, both days
    included. Opening balance and movements add up to the closing balance, in each of
    its sections: one for credits, one for the sessions of each service, one for money.
    """

    _inherit = "res.partner"

    # === Actions === #

    def action_booking_credit_statement(self):
        """Open the dialog that prints or sends the statement of this customer.

        :raise AccessError: for who may not read it
        """
        self.ensure_one()
        self._check_booking_credit_statement(self.env.company)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit Statement"),
            "res_model": "booking.credit.statement",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.id},
        }

    # === Steps, for bridges to extend === #

    def _check_booking_credit_statement(self, companies):
        """Check that the user may read the statements of these customers.

        Customers read their own; that of a company is for the company itself, since
        its members book on the same credits.

        :raise AccessError: otherwise
        """
        self.check_access("read")
        self.env["booking.credit.lot"].check_access("read")
        if self.env.su:
            return
        user = self.env.user
        own = user.partner_id
        if companies - user.company_ids or (not user._is_internal() and self - own):
            raise AccessError(
                self.env._(
                    "You may not read the credit statement of %(customers)s in "
                    "%(companies)s.",
                    customers=", ".join(self.sudo().mapped("display_name")),
                    companies=", ".join(companies.sudo().mapped("name")),
                )
            )

    def _get_booking_credit_statement(self, company, date_from=None, date_to=None):
        """Return what the statement of this customer says, in the customer's language.

        The caller has checked who reads it.

        :param date date_from: first day; else a year before ``date_to``
        :param date date_to: last day, wholly included; else today
        :return: dict of ``partner``, ``company``, ``lang``, the two dates, and

            * ``sections``: see :meth:`_get_statement_section`
            * ``lots``: what the customer has today; see :meth:`_get_statement_lot`
        """
        self.ensure_one()
        date_from, date_to = self._get_statement_period(company, date_from, date_to)
        lang = self.lang or self.env.lang
        partner = self.with_company(company).with_context(lang=lang)
        lots = partner._get_statement_lots(company)
        return {
            "partner": partner,
            "company": company,
            "lang": lang,
            **partner._get_statement_dates(date_from, date_to),
            "sections": partner._get_statement_sections(lots, date_from, date_to),
            "today": format_date(partner.env, company._booking_credit_today()),
            "lots": partner._get_statement_open_lots(company, lots),
        }

    def _get_statement_dates(self, date_from, date_to):
        """Return the two dates of a statement, as dates and in words."""
        first, last = format_date(self.env, date_from), format_date(self.env, date_to)
        return {
            "date_from": date_from,
            "date_to": date_to,
            "period": self.env._("%(first)s – %(last)s", first=first, last=last),
            "first": first,
            "last": last,
        }

    def _get_statement_sections(self, lots, date_from, date_to):
        """Return the sections of a statement in which there is something to read."""
        opening = self._get_statement_openings(lots, date_from)
        entries = self._get_statement_entries(lots, date_from, date_to)
        sections = [
            self._get_statement_section(
                part,
                sum((as_decimal(opening.get(lot, 0)) for lot in part), Decimal(0)),
                entries.filtered(lambda entry, part=part: entry.lot_id in part),
            )
            for part in self._group_statement_lots(lots)
        ]
        return [
            section
            for section in sections
            if section["rows"] or section["opening"] or section["closing"]
        ]

    def _get_statement_openings(self, lots, date_from):
        """Return the balance of each of ``lots`` when the period began."""
        return dict(
            self.env["booking.credit.entry"]._read_group(
                [("lot_id", "in", lots.ids), ("date", "<", date_from)],
                ["lot_id"],
                ["quantity:sum"],
            )
        )

    def _get_statement_entries(self, lots, date_from, date_to):
        """Return the movements of ``lots`` that concern the customer, in order."""
        return self.env["booking.credit.entry"].search(
            [
                ("lot_id", "in", lots.ids),
                ("date", ">=", date_from),
                ("date", "<=", date_to),
                ("type", "not in", SILENT_TYPES),
                # what only moves money between accounts is no business of theirs
                "|",
                ("quantity", "!=", 0),
                ("value", "=", 0),
            ],
            order="date, id",
        )

    def _get_statement_open_lots(self, company, lots):
        """Return what the customer can use today: of ``lots``, and of its company."""
        open_lots = lots.filtered(lambda lot: lot.is_open)
        holds = open_lots._get_hold_texts()
        open_lots |= self._get_statement_shared_lots(company)
        open_lots = open_lots.sorted(
            lambda lot: (lot.state == "expired", lot.valid_until or date.max, lot.id)
        )
        return [self._get_statement_lot(lot, holds.get(lot, [])) for lot in open_lots]

    def _get_statement_period(self, company, date_from, date_to):
        """Return the first and last day of a statement.

        :raise UserError: if the first day is after the last one
        """
        date_to = fields.Date.to_date(date_to) or company._booking_credit_today()
        default = (
            date_to - relativedelta(months=STATEMENT_MONTHS) + relativedelta(days=1)
        )
        date_from = fields.Date.to_date(date_from) or default
        if date_from > date_to:
            raise UserError(
                self.env._(
                    "The statement of %(customer)s cannot run from %(first)s to "
                    "%(last)s: choose a first day that is not after the last one.",
                    customer=self.display_name,
                    first=format_date(self.env, date_from),
                    last=format_date(self.env, date_to),
                )
            )
        return date_from, date_to

    def _get_statement_lots(self, company):
        """Return the lots of this customer.

        Not those of its company: its other members book on them as well, and what they
        did is not for this customer.
        """
        return self.env["booking.credit.lot"].search(
            [("partner_id", "=", self.id), ("company_id", "=", company.id)],
            order="id",
        )

    def _get_statement_shared_lots(self, company):
        """Return what this customer can use today of its company's credits."""
        owner = self.sudo().commercial_partner_id - self
        return self.env["booking.credit.lot"].search(
            [
                ("partner_id", "=", owner.id),
                ("company_id", "=", company.id),
                ("is_open", "=", True),
            ],
            order="id",
        )

    def _group_statement_lots(self, lots):
        """Return ``lots`` in parts that share what one unit is, for the sections."""
        parts = []
        for unlimited in (False, True):
            part = lots.filtered(lambda lot, u=unlimited: lot.unlimited is u)
            parts += part._group_by_unit().values()
        return parts

    def _get_statement_section(self, lots, opening, entries):
        """Return one section of the statement.

        :param lots: lots whose units can be added up
        :param Decimal opening: units that they had before the period
        :param entries: their movements in the period, in the order they happened
        :return: dict of ``title``, ``unlimited``, ``rows`` (see
            :meth:`_get_statement_row`), and of ``opening`` and ``closing`` (Decimal)
            with ``opening_text`` and ``closing_text``; the balance of what is
            unlimited counts its uses below zero, and is not written
        """
        unlimited = lots[0].unlimited
        balance, rows = opening, []
        for entry in entries:
            balance += as_decimal(entry.quantity)
            rows.append(self._get_statement_row(entry, balance))
        write = self._write_statement_balance
        return {
            "title": self._get_statement_title(lots),
            "unlimited": unlimited,
            "opening": opening,
            "opening_text": write(lots, opening),
            "rows": rows,
            "closing": balance,
            "closing_text": write(lots, balance),
        }

    def _get_statement_row(self, entry, balance):
        """Return one movement: its texts, ``quantity`` and ``balance`` (Decimal)."""
        quantity = as_decimal(entry.quantity)
        lot = entry.lot_id
        return {
            "entry": entry,
            "date": format_date(self.env, entry.date),
            "title": entry._get_portal_title(),
            "details": entry._get_portal_details(),
            "lot": lot._get_pack_name(),
            "number": lot.name,
            "quantity": quantity,
            "quantity_text": self._write_statement_change(lot, quantity),
            "balance": balance,
            "balance_text": self._write_statement_balance(lot, balance),
        }

    def _get_statement_title(self, lots):
        """Name what the numbers of a section count."""
        _ = self.env._
        lot = lots[0]
        if lot.unlimited:
            return _("Unlimited (uses)")
        if lot.measure == "money":
            return _("Customer credit (%s)", lot.currency_id.name)
        if lot.measure == "session":
            service = lot._get_service_name()
            return _("%s (sessions)", service) if service else _("Sessions")
        return _("Credits")

    def _get_statement_lot(self, lot, holds):
        """Return what the customer has on one lot today, with its terms."""
        return {
            "lot": lot,
            "name": lot._get_pack_name(),
            "number": lot.name,
            "left": "" if lot.state == "expired" else lot._in_words(),
            "validity": lot._get_validity_text(),
            "voucher": lot.code and lot._get_voucher_code_text(),
            "holds": holds,
            "terms": [lot._get_scope_text(), *lot._get_condition_texts()],
            "expired": lot.state == "expired",
        }

    def _write_statement_balance(self, lots, number):
        if lots[:1].unlimited:
            return ""
        if lots[:1].measure == "money":
            return lots.currency_id[:1].format(float(number))
        return format_units(self.env, number)

    def _write_statement_change(self, lot, number):
        if not number:
            return ""
        sign = "+" if number > 0 else "−"
        if lot.measure == "money" and not lot.unlimited:
            return f"{sign}{lot.currency_id.format(float(abs(number)))}"
        return f"{sign}{format_units(self.env, abs(number))}"

    def _get_statement_company(self):
        """Return the company whose statement the mail about to be sent carries."""
        asked = self.env.context.get("booking_credit_statement")
        ids = asked.get("company_ids") if isinstance(asked, dict) else None
        companies = self.env["booking.credit.lot"]._to_records("res.company", ids)
        return companies[:1] or self.env.company

    def _get_extended_lots(self):
        """Return the lots of this customer that the mail about to be sent is about."""
        lots = self.env["booking.credit.lot"].browse(
            self.env.context.get("booking_credit_extended") or []
        )
        return lots.filtered(lambda lot: lot.partner_id == self)
