from odoo import models

from .booking_credit_dashboard import TOP


class BookingCreditDashboard(models.AbstractModel):
    """What sells, what is booked, and what is cancelled."""

    _inherit = "booking.credit.dashboard"

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
