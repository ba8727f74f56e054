from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from odoo import api, models
from odoo.tools import float_compare, float_round, format_date, format_datetime

from ...const import MEASURES
from ...ledger import as_decimal
from ...words import format_day, format_units, is_singular

#: days before the end that are worth a word where the company sends no reminders
ENDING_DAYS = 30


class BookingCreditLot(models.Model):
    """How quantities of credits are said in one line."""

    _inherit = "booking.credit.lot"

    def _in_words(self, quantity=None):
        """Write what is available on these lots: “8 credits, 3 × Massage, 35.00 €”.

        Sessions that pay one service only are named after it.

        :param float quantity: units to write instead of what is available
        """
        _ = self.env._
        parts = []
        for (measure, service), lots in self._group_by_unit().items():
            if quantity is None and any(lot.unlimited for lot in lots):
                parts.append(_("unlimited %s", service) if service else _("unlimited"))
                continue
            total = sum(lots.mapped("available")) if quantity is None else quantity
            parts.append(lots._count_in_words(measure, total, service))
        # two kinds of credits may both be unlimited
        return ", ".join(dict.fromkeys(parts))

    def _count_in_words(self, measure, total, service=""):
        """Write a number of units: “1 credit”, “3 sessions”, “3 × Massage”, “35.00 €”.

        :param str service: name of the only service that these units pay
        """
        _ = self.env._
        if measure == "money":
            return self.currency_id[:1].format(total)
        number = format_units(self.env, total)
        if service:
            return _("%(number)s × %(service)s", number=number, service=service)
        one = is_singular(self.env, total)
        if measure == "session":
            return _("%s session", number) if one else _("%s sessions", number)
        return _("%s credit", number) if one else _("%s credits", number)

    def _get_notices(self):
        """Write what to know of what is left on these lots: what ends soon, is held.

        :return: list of “2 credits until June 30”, “170 credits held”
        """
        return [*self._get_ending_texts(), *self._get_held_texts()]

    # === Steps, for bridges to extend === #

    def _group_by_unit(self):
        """Return these lots by what one unit is, in the order to show them.

        :return: dict by ``(measure, name of the only service or "")``
        """
        groups = self.grouped(lambda lot: (lot.measure, lot._get_service_name()))
        rank = {measure: rank for rank, measure in enumerate(dict(MEASURES))}
        # what has a name comes before what has none
        order = sorted(groups, key=lambda unit: (rank[unit[0]], not unit[1], unit[1]))
        return {unit: groups[unit] for unit in order}

    def _get_service_name(self):
        """Return the name of the only service that a session of this lot pays."""
        self.ensure_one()
        if self.measure != "session":
            return ""
        # sudo: customers read what their credits pay without reading the catalogue.
        lot = self.sudo()
        if len(lot.eligible_product_ids) != 1 or lot.eligible_categ_ids:
            return ""
        return lot.eligible_product_ids.name

    def _get_ending_texts(self):
        """Write what ends within the days for which the company reminds customers."""
        company = self.company_id[:1].sudo()
        days = company.booking_credit_reminder_days or ENDING_DAYS
        ending = self._get_ending_lots(days).sorted("valid_until")
        texts = []
        for end, lots in ending.grouped("valid_until").items():
            day = format_day(self.env, end)
            texts.append(
                self.env._("until %s", day)
                if lots == self  # all of it, which was named just before
                else self.env._(
                    "%(credits)s until %(day)s", credits=lots._in_words(), day=day
                )
            )
        return texts

    def _get_held_texts(self):
        """Write what is set aside on these lots, without what has lapsed."""
        _ = self.env._
        texts = []
        for (measure, service), lots in self.filtered("held")._group_by_unit().items():
            units = sum(lot._get_held_units() for lot in lots)
            if self._compare_units(units, 0) > 0:
                held = lots._count_in_words(measure, units, service)
                texts.append(_("%s held", held))
        return texts

    def _get_held_units(self):
        """Return the units that are set aside on this lot, without what has lapsed."""
        self.ensure_one()
        if self.unlimited:
            return self.held
        return self._round_units(self.balance - self.available)

    # === Steps of the verbs, for bridges to extend === #

    def _get_pack_name(self):
        """Return what customers call this lot: the pack that they bought."""
        self.ensure_one()
        # sudo: an archived or hidden pack is still what was bought.
        pack = self.sudo().product_id.with_context(display_default_code=False)
        if pack:
            return pack.display_name
        return dict(self._fields["origin"]._description_selection(self.env))[
            self.origin
        ]

    def _get_hold_texts(self):
        """Write what is set aside on each of these lots, and until when (S1-08).

        :return: dict of lists of sentences by lot
        """
        texts = {lot: [] for lot in self}
        held = self.filtered("held")
        if not held:
            return texts
        holds = self.env["booking.credit.entry"].search(
            [("lot_id", "in", held.ids), ("type", "=", "hold")]
        )
        lapsed = {hold_id for hold_id, _lot_id, _units in held._query_lapsed_holds()}
        for hold, units in holds.sudo()._get_open_holds():
            if hold.id not in lapsed:
                lot = hold.lot_id.with_env(self.env)
                texts[lot].append(lot._get_hold_text(hold, units))
        return texts

    def _get_hold_text(self, hold, units):
        """Write what ``hold`` sets aside on this lot, and until when."""
        _ = self.env._
        until = hold.operation_id.hold_until
        values = {
            "credits": self._count_in_words(self.measure, float(units)),
            "document": hold.document or hold.reason or _("a booking"),
        }
        if not until:
            return _("%(credits)s held for %(document)s", **values)
        return _(
            "%(credits)s held until %(until)s for %(document)s",
            until=format_datetime(
                self.env, until, tz=self.company_id.sudo().booking_credit_tz
            ),
            **values,
        )

    def _get_ending_lots(self, days):
        """Return those of these lots that end within so many days, with units left."""
        return self.filtered(
            lambda lot: lot.state == "usable"
            and not lot.code
            and lot.valid_until
            and lot._has_left()
            and (lot.valid_until - lot.company_id._booking_credit_today()).days <= days
        )

    def _get_unit_digits(self):
        """Return the decimals of a unit: those of the currency, if it has more."""
        digits = self.env["decimal.precision"].precision_get("Booking Credits")
        if "money" in self.mapped("measure"):
            digits = max(digits, *self.currency_id.mapped("decimal_places"))
        return digits

    def _quantize_units(self, number):
        """Return ``number`` units of these lots, rounded, as a ``Decimal``."""
        step = Decimal(1).scaleb(-self._get_unit_digits())
        return as_decimal(number).quantize(step, ROUND_HALF_UP)

    def _round_units(self, number):
        """Return ``number`` units of these lots, without the dust of floats."""
        return float_round(number, precision_digits=self._get_unit_digits())

    @api.model
    def _compare_units(self, left, right):
        """Return -1, 0 or 1: ``left`` is less, equal or more units than ``right``."""
        digits = self.env["decimal.precision"].precision_get("Booking Credits")
        return float_compare(left, right, precision_digits=digits)

    def _get_uses_text(self):
        """Name what took units of these lots for good: “20 used by S00012 – Yoga”."""
        _ = self.env._
        used, lost = self._sum_uses_by_document()
        texts = [
            _(
                "%(quantity)s used by %(document)s",
                quantity=format_units(self.env, units),
                document=name,
            )
            for name, units in used.items()
            if self._compare_units(units, 0)
        ]
        texts += [
            _(
                "%(quantity)s taken otherwise: %(document)s",
                quantity=format_units(self.env, units),
                document=name,
            )
            for name, units in lost.items()
        ]
        return "; ".join(texts)

    def _sum_uses_by_document(self):
        """Return the units that bookings used, and those taken otherwise, by document."""
        used, lost = defaultdict(float), defaultdict(float)
        for entry in self.entry_ids.sorted("id"):
            document = entry.document or entry.reason or entry.display_name
            if entry.type in ("redeem", "restore"):
                used[document] -= entry.quantity
            elif entry.quantity < 0:
                lost[document] -= entry.quantity
        return used, lost

    def _get_scope_text(self):
        """Write what this lot pays for."""
        self.ensure_one()
        _ = self.env._
        # sudo: the names of services are no secret for who bought them.
        lot = self.sudo()
        names = lot.eligible_product_ids.mapped("name")
        names += lot.eligible_categ_ids.mapped("name")
        if names:
            return _("Pays for %s", ", ".join(names))
        if self.measure == "money":
            return _("Pays any purchase, wholly or in part")
        return _("Pays for every class and service")

    def _get_validity_text(self):
        """Write until when, or from when, this lot can be used."""
        self.ensure_one()
        _ = self.env._
        if self.state == "expired":
            return _(
                "%(credits)s expired on %(day)s",
                credits=self._in_words(self.expired_quantity),
                day=format_date(self.env, self.valid_until),
            )
        if self.state == "future":
            return _("Valid from %s", format_date(self.env, self.valid_from))
        if self.valid_until:
            last = format_date(self.env, self.valid_until, date_format="long")
            return _("Valid until %s, this day included", last)
        if self.first_use_unit:
            return self._get_first_use_text()
        return _("Never expires")

    def _get_first_use_text(self):
        """Write how long this lot can be used from its first use on."""
        units = dict(self._fields["first_use_unit"]._description_selection(self.env))
        return self.env._(
            "Valid for %(number)s %(unit)s from the first use",
            number=self.first_use_number,
            unit=units[self.first_use_unit].lower(),
        )
