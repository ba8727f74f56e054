import {registry} from "@web/core/registry";

/** From a class: add somebody who just came in, paid with credits and present. */
registry.category("web_tour.tours").add("event_booking_credits_walk_in", {
    steps: () => [
        {
            content: "The button of the class",
            trigger: "button[name=action_walk_in]:enabled:visible",
            timeout: 30000,
            run: "click",
        },
        {
            content: "Seats are left",
            trigger: ".modal .o_field_widget[name=seats_text]:contains(2 seats left)",
        },
        {
            content: "Who came in",
            trigger: ".modal .o_field_widget[name=partner_id] input",
            run: "edit Anna",
        },
        {
            trigger:
                ".ui-autocomplete a:contains(Anna), .o-autocomplete--dropdown-item a:contains(Anna)",
            run: "click",
        },
        {
            content: "What pays is said before",
            trigger: ".modal .alert-success:contains(10 credits of)",
        },
        {
            trigger: ".modal button[name=action_add]",
            run: "click",
        },
        {
            content: "Booked and debited",
            trigger:
                ".o_notification:contains(Anna is in “Yoga on Monday”: 10 credits.)",
        },
    ],
});
