from datetime import date

from odoo import fields, models

from .booking_credit_dashboard import MONTH_FIGURES, TOP


class BookingCreditDashboard(models.AbstractModel):
    """What the figures of the dashboard open.

    What sells, what is booked, and what is cancelled.
    """

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

    # === Panels, for bridges to extend === #

    def _get_top_packs(self):
        """Return the packs that brought in most lately."""
        domain = [
            *self._recently(),
            ("kind", "=", "sold"),
            ("product_id", "!=", False),
        ]
        rows = self.env["booking.credit.analysis"]._read_group(
            domain,
            ["product_id"],
            ["value:sum", "lot_id:count_distinct"],
            limit=TOP,
            order="value:sum desc, product_id",
        )
        return self._get_top_rows("product_id", domain, rows, 1)

    def _get_top_services(self):
        """Return the services that are booked most with credits lately."""
        domain = [
            *self._recently(),
            ("kind", "in", ("used", "returned")),
            ("service_id", "!=", False),
        ]
        rows = self.env["booking.credit.analysis"]._read_group(
            domain,
            ["service_id"],
            ["value:sum", "bookings:sum"],
            limit=TOP,
            order="bookings:sum desc, service_id",
        )
        return self._get_top_rows("service_id", domain, rows, -1)

    def _get_top_rows(self, field, domain, rows, sign):
        return [
            {
                "id": product.id,
                "name": product.with_context(display_default_code=False).display_name,
                "value": sign * self._round(value),
                "count": count or 0,
                "action": self._open_report(
                    product.display_name, [*domain, (field, "=", product.id)]
                ),
            }
            for product, value, count in rows
        ]

    def _get_cancellations(self):
        """Return how many bookings were cancelled late, or not attended, lately."""
        domain = self._recently()
        counts = dict(
            self.env["booking.credit.analysis"]._read_group(
                [*domain, ("kind", "in", ("used", "fee", "no_show"))],
                ["kind"],
                ["operation_id:count_distinct"],
            )
        )
        bookings = counts.get("used", 0)
        labels = {
            "fee": self.env._("Cancelled late"),
            "no_show": self.env._("No-shows"),
        }
        return {
            "bookings": bookings,
            "rows": [
                {
                    "key": kind,
                    "label": label,
                    "count": counts.get(kind, 0),
                    "percent": round(100 * counts.get(kind, 0) / bookings, 1)
                    if bookings
                    else 0,
                    "action": self._open_report(label, [*domain, ("kind", "=", kind)]),
                }
                for kind, label in labels.items()
            ],
            "action": self._open_report(
                self.env._("Bookings"), [*domain, ("kind", "=", "used")]
            ),
        }
