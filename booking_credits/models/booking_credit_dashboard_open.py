from datetime import date

from odoo import fields, models

from .booking_credit_dashboard import MONTH_FIGURES


class BookingCreditDashboard(models.AbstractModel):
    """What the figures of the dashboard open."""

    _inherit = "booking.credit.dashboard"

    # === Actions === #

    def _open_figure(self, key, label, first, last):
        kinds, _sign = MONTH_FIGURES[key]
        return self._open_report(
            label, [*self._in_period(first, last), ("kind", "in", kinds)]
        )

    def _open_report(self, name, domain):
        return self._open(
            "booking.credit.analysis", name, domain, ("list", "pivot", "graph")
        )

    def _open_lots(self, name, domain):
        return self._open("booking.credit.lot", name, domain)

    def _open_record(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def _open(self, model, name, domain, views=("list", "form"), context=None):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "domain": [
                leaf if isinstance(leaf, str) else [*leaf[:2], self._to_json(leaf[2])]
                for leaf in domain
            ],
            "views": [(False, view) for view in views],
            "context": context or {},
        }

    def _to_json(self, value):
        if isinstance(value, date):
            return fields.Date.to_string(value)
        return list(value) if isinstance(value, tuple) else value
