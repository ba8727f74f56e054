import {Component, onWillStart, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";
import {formatFloat, formatMonetary} from "@web/views/fields/formatters";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

import {DashboardChart} from "./dashboard_chart";

/**
 * What an owner wants to know at a glance. The server sends the figures, each with the
 * action that opens the records behind it.
 */
export class BookingCreditDashboard extends Component {
    static template = "booking_credits.Dashboard";
    static components = {Layout, DashboardChart};
    static props = {...standardActionServiceProps};

    setup() {
        this.actionService = useService("action");
        this.orm = useService("orm");
        this.state = useState({data: null});
        onWillStart(() => this.load());
    }

    async load(companyId = false) {
        this.state.data = await this.orm.call(
            "booking.credit.dashboard",
            "get_data",
            [companyId],
            {context: user.context}
        );
    }

    async onCompanyChange(ev) {
        await this.load(parseInt(ev.target.value, 10));
    }

    /** Open the records behind a figure. */
    open(action) {
        return this.actionService.doAction(action);
    }

    money(value) {
        return formatMonetary(value, {currencyId: this.state.data.currency_id});
    }

    number(value) {
        return formatFloat(value, {digits: [16, 2], trailingZeros: false});
    }

    /** Percent by which a month differs from the one before; empty without one. */
    change(figure) {
        if (figure.before <= 0) {
            return "";
        }
        const percent = Math.round(
            (100 * (figure.value - figure.before)) / figure.before
        );
        return `${percent > 0 ? "+" : ""}${percent} %`;
    }

    isDown(figure) {
        return figure.value < figure.before;
    }

    /** Width of a bar that compares a row with the longest one. */
    share(rows, row, field) {
        const longest = Math.max(...rows.map((other) => other[field]), 0);
        return longest > 0 ? Math.max(0, Math.round((100 * row[field]) / longest)) : 0;
    }
}

registry.category("actions").add("booking_credits.dashboard", BookingCreditDashboard);
