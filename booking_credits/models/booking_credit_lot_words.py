from odoo import models

from ..const import MEASURES
from ..words import format_day, format_units, is_singular

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
