import {registry} from "@web/core/registry";

const dashboard = ".o_booking_credits_dashboard";
const back = {
    content: "Back to the dashboard",
    trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item:first a",
    run: "click",
};

/**
 * The owner reads the figures, and opens the records behind them. The test has sold two
 * packs of 100 credits for 90.00 and let one class for 10 credits be booked.
 */
registry.category("web_tour.tours").add("booking_credits_dashboard", {
    steps: () => [
        {
            content: "What is owed: 90.00 + 81.00",
            trigger: `${dashboard} .o_booking_owed .o_booking_figure:contains(171.00)`,
            run: "click",
        },
        {
            content: "The two lots behind it",
            trigger: ".o_list_view .o_data_row:nth-child(2)",
        },
        back,
        {
            content: "Sold this month",
            trigger: `${dashboard} .o_booking_month_sold .o_booking_figure:contains(90.00)`,
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Sold)",
        },
        {
            content: "The same as a pivot",
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            trigger: ".o_pivot_view .o_pivot_cell_value",
        },
        back,
        {
            content: "Who has credits and does not come",
            trigger: `${dashboard} .o_booking_asleep .o_booking_figure:contains(1 customer)`,
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Bob)",
        },
        back,
        {
            content: "The pack that sells best",
            trigger: `${dashboard} .o_booking_packs .o_booking_row:contains(100 credits)`,
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Sold)",
        },
        back,
        {
            content: "The chart is there",
            trigger: `${dashboard} .o_booking_chart canvas`,
        },
    ],
});
