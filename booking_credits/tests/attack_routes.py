"""Requests of every kind, by everybody, to every route of an add-on."""

import inspect
import re
from urllib.parse import quote

from odoo import http
from odoo.tests import HttpCase
from odoo.tools import mute_logger

from .attack import SECRET, AttackCase, Row, taken_back

#: what stands in an address or a form in the place of anything
BAD_TEXT = (
    "",
    "abc",
    "²",
    "+1",
    "-1",
    "1e300",
    "nan",
    str(2**40),
    "1\x00",
    "9999-12-31T23:59",
    "0001-01-01T00:00",
    "[1]",
    "x" * 3000,
)

#: where the names of errors begin that a person reads as a sentence, or as a page
SENTENCES = (
    "odoo.exceptions.",
    "odoo.addons.booking_credits.exceptions.",
    "odoo.http.SessionExpiredException",
    "werkzeug.exceptions.",
)


class AttackRoutesCase(AttackCase, HttpCase):
    """What can be asked for without a client of ours."""

    #: roles that send requests; None is a visitor
    visitors = (None, "own", "other", "desk", "manager2")

    def _get_routes(self):
        """Return every route that the add-on declares or changes.

        :return: dict from address to ``(endpoint, names of its parameters)``
        """
        prefix = f"odoo.addons.{self.addon}."
        modules = sorted(self.env.registry._init_modules)
        routes = {}
        for url, endpoint in http._generate_routing_rules(modules, False):
            name = endpoint.func.__name__
            own = [
                vars(klass)[name]
                for klass in type(endpoint.func.__self__).__mro__
                if klass.__module__.startswith(prefix) and name in vars(klass)
            ]
            if own:
                parameters = inspect.signature(inspect.unwrap(own[0])).parameters
                routes[url] = (
                    endpoint,
                    [
                        parameter.name
                        for parameter in parameters.values()
                        if parameter.name != "self"
                        and parameter.kind == parameter.POSITIONAL_OR_KEYWORD
                    ],
                )
        return routes

    def _get_good_texts(self):
        """Return what a client of good will sends, by the name of the parameter."""
        return {
            "lot_id": str(self.lot.id),
            "lot": str(self.lot.id),
            "order_id": str(self.order.id),
            "line_id": str(self.order.order_line[0].id),
            "page": "1",
            "model": "booking.credit.liability",
            "options": "{}",
            "code": "AAAABBBBCCCC",
            "booking_start": "2027-01-05T10:00",
        }

    def _get_posted_names(self, _url):
        """Return what a form sends to a route that takes whatever comes."""
        return []

    @mute_logger("odoo.http", "odoo.sql_db", "odoo.addons.http_routing.models.ir_http")
    def _attack_routes(self, table):
        """Ask for every route, with everything, as everybody.

        :param dict table: ``Row`` by address
        :return: list of what went wrong
        """
        routes = self._get_routes()
        wrong = [f"{url}: no row in the table" for url in routes if url not in table]
        for role in self.visitors:
            if role:
                self.authenticate(self.users[role].login, self.users[role].login)
            else:
                self.authenticate(None, None)
            for url, (endpoint, names) in routes.items():
                row = table.get(url, Row())
                wrong += self._attack_route(url, endpoint, names, role, row)
        return wrong

    def _attack_route(self, url, endpoint, names, role, row):
        good = self._get_good_texts()
        names = [*names, *self._get_posted_names(url)]
        values = {name: good[name] for name in names if name in good}
        places = re.findall(r"<[^>]*?:(\w+)>", url)
        if missing := [name for name in places if name not in values]:
            return [f"{url}: no good value of {', '.join(missing)}"]
        requests = [values]
        for name in names:
            requests += [{**values, name: text} for text in BAD_TEXT]
        method = (endpoint.routing.get("methods") or ["GET"])[0]
        if endpoint.routing["type"] == "jsonrpc":
            method = "JSON"
        wrong = []
        for sent in requests:
            wrong += self._ask(url, method, dict(sent), role, row)
        return wrong

    def _ask(self, url, method, sent, role, row):
        path = url
        for place, name in re.findall(r"(<[^>]*?:(\w+)>)", url):
            text = sent.pop(name, "")
            if "\x00" in text or not text:
                return []  # Odoo itself looks for a file of that name, or for another
            path = path.replace(place, quote(text))
        if "<" in path:
            return []
        what = f"{method} {path[:60]} {str(sent)[:80]}"
        with taken_back(self.env):
            if method == "POST":
                token = http.Request.csrf_token(self)
                answer = self.url_open(path, data={"csrf_token": token, **sent})
            elif method == "JSON":
                answer = self.url_open(path, json={"params": sent})
            else:
                query = "&".join(f"{name}={quote(text)}" for name, text in sent.items())
                answer = self.url_open(f"{path}?{query}")
            wrong = [] if row.odoo else self._get_errors(answer)
            if role in (None, "other", "manager2") and SECRET in answer.text:
                wrong.append("said what it must not")
            changed = self._get_changed()
            if changed and (role or "public") not in row.may:
                wrong.append(f"changed {', '.join(sorted(changed))}")
        return [f"{what} as {role or 'visitor'}: {sentence}" for sentence in wrong]

    def _get_errors(self, answer):
        """Return what of an answer is neither a page nor a sentence.

        A call by JSON answers an error in Python with the status 200.
        """
        if answer.status_code >= 500:
            return [f"status {answer.status_code}"]
        if "json" not in answer.headers.get("Content-Type", ""):
            return []
        error = answer.json().get("error", {}).get("data")
        if not error or error["name"].startswith(SENTENCES):
            return []
        return [f"{error['name']}: {error['message'][:150]}"]
