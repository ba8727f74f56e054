/* global Chart */
import {Component, onWillStart, useEffect, useRef} from "@odoo/owl";
import {loadBundle} from "@web/core/assets";
import {cookie} from "@web/core/browser/cookie";
import {getCustomColor} from "@web/core/colors/colors";
import {formatMonetary} from "@web/views/fields/formatters";

/** Twelve months of sold against used; a bar opens the records behind it. */
export class DashboardChart extends Component {
    static template = "booking_credits.DashboardChart";
    static props = {chart: Object, currencyId: Number, open: Function};

    setup() {
        this.canvasRef = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                const chart = new Chart(this.canvasRef.el, this.getConfig());
                return () => chart.destroy();
            },
            () => [this.props.chart]
        );
    }

    money(value, options = {}) {
        return formatMonetary(value, {currencyId: this.props.currencyId, ...options});
    }

    getConfig() {
        const scheme = cookie.get("color_scheme");
        const {labels, series} = this.props.chart;
        const textColor = getCustomColor(scheme, "#374151", "#E4E4E4");
        const colors = [
            getCustomColor(scheme, "#017e84", "#1ba8ae"),
            getCustomColor(scheme, "#b38fae", "#8f6b8a"),
        ];
        const gridColor = getCustomColor(
            scheme,
            "rgba(0,0,0,.08)",
            "rgba(255,255,255,.12)"
        );
        return {
            type: "bar",
            data: {
                labels,
                datasets: series.map((one, index) => ({
                    label: one.label,
                    data: one.values,
                    backgroundColor: colors[index],
                    borderRadius: 3,
                    maxBarThickness: 28,
                })),
            },
            options: {
                maintainAspectRatio: false,
                animation: false,
                onClick: (ev, elements) => {
                    if (elements.length) {
                        const {datasetIndex, index} = elements[0];
                        this.props.open(series[datasetIndex].actions[index]);
                    }
                },
                onHover: (ev, elements) => {
                    ev.native.target.style.cursor = elements.length ? "pointer" : "";
                },
                plugins: {
                    legend: {
                        position: "top",
                        align: "end",
                        labels: {color: textColor, boxWidth: 12},
                    },
                    tooltip: {
                        callbacks: {
                            label: (item) =>
                                `${item.dataset.label}: ${this.money(item.raw)}`,
                        },
                    },
                },
                scales: {
                    x: {grid: {display: false}, ticks: {color: textColor}},
                    y: {
                        grid: {color: gridColor},
                        border: {display: false},
                        ticks: {
                            color: textColor,
                            maxTicksLimit: 6,
                            callback: (value) =>
                                this.money(value, {humanReadable: true}),
                        },
                    },
                },
            },
        };
    }
}
