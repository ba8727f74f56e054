import {registry} from "@web/core/registry";

/** From the list of bookings: open one, cancel it late, read the fee. */
registry.category("web_tour.tours").add("booking_credits_cancel_late", {
    steps: () => [
        {
            content: "The booking is in the list",
            trigger:
                ".o_data_row:contains(Anna):contains(10 credits) td[name=product_id]",
            run: "click",
        },
        {
            content: "A row opens its order",
            trigger: "button[name=action_cancel]:enabled:visible",
            timeout: 30000,
            run: "click",
        },
        {
            content: "The dialog says what comes back",
            trigger: ".modal:contains(5 of 10 credits come back)",
        },
        {
            content: "And under which terms",
            trigger: ".modal summary:contains(Agreed terms)",
            run: "click",
        },
        {
            trigger: ".modal:contains(4 h before the start: 50 %)",
        },
        {
            trigger: ".modal button[name=action_cancel_bookings]",
            run: "click",
        },
        {
            content: "The fee is in the history",
            trigger:
                ".o-mail-Message:contains(5 of 10 credits came back. The rest is kept as fee.)",
        },
        {
            trigger:
                ".o_field_widget[name=booking_credit_summary]:contains(95 credits)",
        },
    ],
});

/** From the list of bookings: select the twelve of a class, cancel them all. */
registry.category("web_tour.tours").add("booking_credits_cancel_class", {
    steps: () => [
        {
            content: "Twelve guests",
            trigger: ".o_data_row:nth-of-type(12)",
        },
        {
            content: "Select them all",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: ".o_control_panel button[name=action_we_cancel]",
            run: "click",
        },
        {
            trigger: ".modal:contains(12 bookings of 12 customers)",
        },
        {
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit The teacher is ill",
        },
        {
            trigger: ".modal .o_field_widget[name=extend_days] input",
            run: "edit 7",
        },
        {
            trigger: ".modal footer button[name=action_apply]:visible",
            run: "click",
        },
        {
            content: "Done, and said",
            trigger:
                ".o_notification:contains(12 bookings of 12 customers are cancelled)",
            timeout: 60000,
        },
        {
            content: "None of them stands any more",
            trigger: ".o_view_nocontent:contains(No bookings here)",
        },
    ],
});
