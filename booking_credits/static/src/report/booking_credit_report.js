import {Component, onWillStart, useState} from "@odoo/owl";
import {DateTimeInput} from "@web/core/datetime/datetime_input";
import {deserializeDate, serializeDate} from "@web/core/l10n/dates";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

/**
 * A report of accountants: filters above, a table below whose figures open what is
 * behind them. The server says what the table is; see `booking.credit.report`.
 */
export class BookingCreditReport extends Component {
    static template = "booking_credits.BookingCreditReport";
    static components = {DateTimeInput, Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.model = this.props.action.params.model;
        this.display = {controlPanel: {}};
        this.state = useState({table: null, folded: {}});
        const saved = this.props.state || {};
        // a way back from the movements shows the same period again
        useSetupAction({
            getLocalState: () => ({options: this.state.table?.options}),
        });
        onWillStart(() => this.load(saved.options || null));
    }

    async load(options) {
        this.state.table = await this.orm.call(this.model, "get_report", [options]);
    }

    get options() {
        return this.state.table.options;
    }

    dateValue(filter) {
        const value = this.options[filter.name];
        return value ? deserializeDate(value) : false;
    }

    setDate(filter, value) {
        if (value) {
            return this.setOption(filter.name, serializeDate(value));
        }
    }

    setOption(name, value) {
        return this.load({...this.options, [name]: value});
    }

    toggle(section) {
        this.state.folded[section.key] = !this.state.folded[section.key];
    }

    isNumber(column) {
        return !["text", "date"].includes(column.type);
    }

    async run(method, ...args) {
        const action = await this.orm.call(this.model, method, [this.options, ...args]);
        return this.action.doAction(action);
    }

    openCell(section, row, column) {
        return this.run("action_open_cell", section.key, row.key, column.name);
    }
}

registry.category("actions").add("booking_credit_report", BookingCreditReport);
