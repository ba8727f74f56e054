from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..typed import read_id

#: movements on one page of the history
PAGE_SIZE = 20

#: days before the end for which the page invites to use credits
ENDING_DAYS = 30


class BookingCreditsPortal(CustomerPortal):
    """What customers see of their credits and bookings, and what they can do."""

    def _prepare_home_portal_values(self, counters):
        """Override of `portal` to count the customer's batches of credits."""
        values = super()._prepare_home_portal_values(counters)
        if "booking_credit_count" in counters:
            lot = request.env["booking.credit.lot"]
            values["booking_credit_count"] = (
                lot.search_count([]) if lot.has_access("read") else 0
            )
        return values

    @http.route(
        ["/my/credits", "/my/credits/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_credits(self, page=1, filterby=None, lot=None, **kwargs):
        """Show the customer's credits: usable, expired and used up, with history."""
        # Record rules leave the customer's own lots only.
        values = request.env["booking.credit.lot"]._get_portal_lots()
        usable = values["open"].filtered(
            lambda lot: lot.state == "usable" and not lot.code
        )
        chosen = values["open"] | values["expired"] | values["used"]
        if lot and str(lot).isdecimal():
            chosen = chosen.filtered(lambda record: str(record.id) == str(lot))
            domain = Domain("lot_id", "in", chosen.ids)
        else:
            chosen, domain = chosen.browse(), Domain.TRUE
        return request.render(
            "booking_credits.portal_my_credits",
            {
                **self._prepare_portal_layout_values(),
                **values,
                **self._prepare_history(
                    domain, "/my/credits", page, filterby, lot=chosen.id
                ),
                "page_name": "booking_credits",
                "chosen": chosen,
                **self._prepare_voucher_entry(values["open"], **kwargs),
                "summary": usable._in_words(),
                "ending": usable._get_ending_lots(ENDING_DAYS),
                "holds": values["open"]._get_hold_texts(),
            },
        )

    @http.route(
        ["/my/credits/<int:lot_id>", "/my/credits/<int:lot_id>/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_credit(self, lot_id, page=1, filterby=None, **kwargs):
        """Show one batch of credits with its conditions and its history."""
        try:
            self._check_id(lot_id)
            self._document_check_access("booking.credit.lot", lot_id)
        except (AccessError, MissingError):
            return request.redirect("/my/credits")
        lot = request.env["booking.credit.lot"].browse(lot_id)
        url = f"/my/credits/{lot_id}"
        domain = Domain("lot_id", "=", lot_id)
        return request.render(
            "booking_credits.portal_my_credit",
            {
                **self._prepare_portal_layout_values(),
                **self._prepare_history(domain, url, page, filterby),
                "page_name": "booking_credits",
                "batch": lot,
                **self._prepare_voucher_sending(lot, **kwargs),
                "holds": lot._get_hold_texts(),
            },
        )

    @http.route(
        "/my/orders/<int:order_id>/bookings/<int:line_id>/cancel",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
    )
    def portal_cancel_booking(self, order_id, line_id, access_token=None, **_kwargs):
        """Cancel a booking under the terms that were agreed when it was made."""
        line = self._get_portal_booking(order_id, line_id, access_token)
        if not line:
            return request.redirect("/my")
        # otherwise the page says why not
        message = "booking_not_cancelled"
        if line._can_be_cancelled_by_customer():
            line._cancel_booking_as_customer()
            message = "booking_cancelled"
        return self._redirect_to_booking(line, message)

    @http.route(
        "/my/orders/<int:order_id>/bookings/<int:line_id>/move",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
    )
    def portal_move_booking(
        self, order_id, line_id, booking_start="", access_token=None, **_kwargs
    ):
        """Give a booking another start, where the company lets customers do it."""
        line = self._get_portal_booking(order_id, line_id, access_token)
        if not line:
            return request.redirect("/my")
        template = line.product_id.product_tmpl_id.with_company(line.company_id)
        try:
            with request.env.cr.savepoint():
                start = template._read_booking_start(booking_start)
                line._move_booking_as_customer(start)
        except UserError as error:
            # kept for the next page: no address can put words on it
            request.session["booking_refusal"] = {"line": line_id, "text": str(error)}
            return self._redirect_to_booking(line, "booking_not_moved")
        return self._redirect_to_booking(line, "booking_moved")

    # === Steps, for bridges to extend === #

    def _check_id(self, record_id):
        """Refuse a number in an address that no record can have.

        :raise MissingError: as for a record that is not there
        """
        if not read_id(record_id):
            raise MissingError(request.env._("This page does not exist."))

    def _get_portal_booking(self, order_id, line_id, access_token):
        """Return the line of an order that the user, or the link, gives access to.

        :return: the line in sudo; None without access
        """
        try:
            self._check_id(order_id)
            order_sudo = self._document_check_access(
                "sale.order", order_id, access_token=access_token
            )
        except (AccessError, MissingError):
            return None
        # the history names who acted, not the system
        order_sudo = order_sudo.with_user(request.env.user).sudo()
        return order_sudo.order_line.filtered(lambda line: line.id == line_id)

    def _redirect_to_booking(self, line, message):
        query = f"&message={message}&booking={line.id}"
        return request.redirect(
            line.order_id.get_portal_url(query_string=query, anchor="bookings")
        )

    def _prepare_voucher_entry(self, lots, claimed=None, **kwargs):
        """Return what the field for a voucher's code shows.

        :param lots: the user's open lots
        :param str claimed: the lot that the user has just received
        :param kwargs: ``voucher_code`` and ``voucher_error``, from a form that was
            refused
        """
        posted = request.httprequest.method == "POST"
        received = lots.filtered(lambda lot: str(lot.id) == claimed)
        return {
            "claimed": received,
            "voucher_code": kwargs.get("voucher_code", "") if posted else "",
            "voucher_error": kwargs.get("voucher_error", "") if posted else "",
        }

    def _prepare_voucher_sending(self, lot, **kwargs):
        """Return what the form that sends a voucher shows; see the method above."""
        posted = request.httprequest.method == "POST"
        return {
            "send_error": kwargs.get("send_error", "") if posted else "",
            "typed": kwargs.get("typed") if posted else None,
            "sent": lot._get_voucher_sent_text(),
        }

    def _get_history_filters(self):
        """Return the kinds of movements that customers can choose."""
        _ = request.env._
        types = {
            "all": (_("Everything"), []),
            "received": (
                _("Received"),
                ["grant", "transfer", "adjust", "reset", "reactivate"],
            ),
            "used": (_("Used"), ["redeem"]),
            "back": (_("Given back and fees"), ["restore", "fee", "refund"]),
            "held": (_("Held"), ["hold", "release"]),
            "expired": (_("Expired"), ["expire"]),
        }
        return {
            key: {
                "label": label,
                "domain": Domain("type", "in", kinds) if kinds else Domain.TRUE,
            }
            for key, (label, kinds) in types.items()
        }

    def _prepare_history(self, domain, url, page, filterby, **url_args):
        """Return one page of the movements of ``domain``, with pager and filters."""
        filters = self._get_history_filters()
        filterby = filterby if filterby in filters else "all"
        domain &= filters[filterby]["domain"]
        # what only moves money between accounts is no business of the customer
        domain &= Domain("quantity", "!=", 0) | Domain("value", "=", 0)
        entry = request.env["booking.credit.entry"]
        url_args = {key: value for key, value in url_args.items() if value}
        pager = portal_pager(
            url=url,
            total=entry.search_count(domain),
            page=read_id(page) or 1,
            step=PAGE_SIZE,
            url_args={**url_args, "filterby": filterby},
        )
        return {
            "entries": entry.search(domain, limit=PAGE_SIZE, offset=pager["offset"]),
            "pager": pager,
            "default_url": url,
            "searchbar_filters": filters,
            "filterby": filterby,
        }
