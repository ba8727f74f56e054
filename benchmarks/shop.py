"""The shop and the cart, with the add-on against Odoo's own.

Twenty products on the page. With the add-on four of them are packs and four are booked
with credits; without it all are plain services. The cart holds two plain products: what
every shop pays for having the add-on. Time and SQL statements of whole pages, for a
visitor and for a customer who is signed in.
"""

import json
import os
import re
import subprocess
import sys
import time

import bench
import project

OURS = ("booking_credits", "website_sale", "website_sale_booking_credits")
THEIRS = ("sale_management", "website_sale")
PAGES, WARM = 60, 3
PAGE_NAMES = [
    f"{path}, {who}"
    for path in ("/shop", "/shop/cart")
    for who in ("visitor", "customer")
]
#: before an answer, since Odoo may print as well
MARK = "visited: "
LOGIN = "shopper@example.com"


def fill(env, ours):
    """Publish twenty services, and make a customer with credits."""
    services = [
        {
            "name": f"Service {number:02}",
            "type": "service",
            "list_price": 10.0 + number,
            "is_published": True,
        }
        for number in range(20)
    ]
    if ours:
        bench.prepare(env)
        for vals in services[:4]:
            vals.update(
                booking_credit_pack=True,
                booking_credit_quantity=10,
                invoice_policy="order",
            )
        for vals in services[4:8]:
            vals.update(booking_ok=True, booking_credit_price=10)
    products = env["product.product"].create(services)
    user = env["res.users"].create(
        {
            "name": "Shopper",
            "login": LOGIN,
            "password": LOGIN,
            "group_ids": [(6, 0, env.ref("base.group_portal").ids)],
        }
    )
    if ours:
        env["booking.credit.lot"]._grant(
            [
                {
                    "partner_id": user.partner_id.id,
                    "company_id": env.company.id,
                    "origin": "grant",
                    "measure": "credit",
                    "valid_from": env.company._booking_credit_today(),
                }
            ],
            [{"quantity": 100, "value": 0.0}],
        )
    env.cr.commit()
    return products[-2:].ids


def serve(name, products):
    """Visit the pages of one database as the standard input says, until it ends.

    Reads one page a line, prints CPU seconds and SQL statements of the visit.
    """
    import threading

    from werkzeug.test import Client

    from odoo.tools import config

    config.parse_config(
        ["--logfile=", "--log-level=critical", "-d", name], setup_logging=True
    )
    from odoo.http import root
    from odoo.modules.registry import Registry

    Registry(name)
    clients = {"visitor": Client(root), "customer": Client(root)}
    sign_in(clients["customer"])
    for client in clients.values():
        for product in products:
            params = {"product_template_id": product, "product_id": product}
            body = {"jsonrpc": "2.0", "params": params}
            assert "result" in client.post("/shop/cart/add", json=body).json
    for line in sys.stdin:
        path, who = line.strip().split(", ")
        start = time.process_time()
        answer = clients[who].get(path)
        spent = time.process_time() - start
        assert answer.status_code == 200, (path, answer.status)
        row = [spent, threading.current_thread().query_count]
        print(MARK + json.dumps(row), flush=True)


def sign_in(client):
    """Sign the customer in, as the form does."""
    page = client.get("/web/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    form = {"csrf_token": token, "login": LOGIN, "password": LOGIN}
    address = {"REMOTE_ADDR": "127.0.0.1"}
    answer = client.post("/web/login", data=form, environ_base=address)
    assert answer.status_code == 303, answer.status
    assert client.get("/my").status_code == 200


def main():
    """Measure both in turns; return whether the targets are reached."""
    rows = {"ours": {}, "theirs": {}}
    with bench.database(OURS) as ours:
        # databases are named after the process: keep the first
        kept = f"{ours}_ours"
        project.copy(ours, kept)
        try:
            with bench.environment(kept) as env:
                products = {"ours": fill(env, True)}
            with bench.database(THEIRS) as theirs:
                with bench.environment(theirs) as env:
                    products["theirs"] = fill(env, False)
                names = {"ours": kept, "theirs": theirs}
                servers = {side: Server(names[side], products[side]) for side in names}
                for visit in range(PAGES + WARM):
                    for page in PAGE_NAMES:
                        # in turns: a machine that is slow for a while is so for both
                        for side, server in servers.items():
                            row = server.visit(page)
                            if visit >= WARM:
                                rows[side].setdefault(page, []).append(row)
                for server in servers.values():
                    server.stop()
        finally:
            project.drop(kept)
    return report(rows)


class Server:
    """A process that visits the pages of one database."""

    def __init__(self, name, products):
        self.process = subprocess.Popen(
            [sys.executable, __file__, name, *map(str, products)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        )

    def visit(self, page):
        """Return CPU seconds and SQL statements of one visit."""
        print(page, file=self.process.stdin, flush=True)
        for line in self.process.stdout:
            if line.startswith(MARK):
                return json.loads(line.removeprefix(MARK))
        raise project.Failure(f"no answer for {page}")

    def stop(self):
        """Let it end."""
        self.process.stdin.close()
        self.process.wait()


def report(rows):
    """Print the tables; return whether the targets are reached."""
    times, queries = [], []
    for page in rows["ours"]:
        ours, theirs = rows["ours"][page], rows["theirs"][page]
        times.append(
            bench.Row(page, 1000 * middle(ours, 0), 1000 * middle(theirs, 0), 1.1)
        )
        few, many = middle(theirs, 1), middle(ours, 1)
        queries.append(bench.Row(page, many, few, (few + 5) / few, unit="statements"))
    held = bench.show("The shop: CPU time of a page", times)
    return bench.show("The shop: SQL statements of a page", queries) and held


def middle(rows, index):
    """Return the median of one column."""
    values = sorted(row[index] for row in rows)
    return values[len(values) // 2]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(sys.argv[1], [int(number) for number in sys.argv[2:]])
    else:
        sys.exit(not main())
