import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("booking_portal_move", {
    steps: () => [
        {
            content: "Open the form",
            trigger: ".card .o_booking_move summary",
            run: "click",
        },
        {
            content: "Choose another date",
            trigger: ".o_booking_move[open] input[name='booking_start']",
            run: ({anchor}) => {
                anchor.value = "2031-07-01T18:00";
                anchor.dispatchEvent(new window.Event("change", {bubbles: true}));
            },
        },
        {
            content: "Change it",
            trigger: ".o_booking_move[open] button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Read the new date",
            trigger: ".alert-success:contains('The date is changed.')",
        },
    ],
});

registry.category("web_tour.tours").add("booking_portal_voucher", {
    steps: () => [
        {
            content: "Type a code with a mistake",
            trigger: "#voucher_code",
            run: "edit nothing",
        },
        {
            content: "Use it",
            trigger: ".o_booking_voucher button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Read why not",
            trigger: "#voucher_error:contains('There is no gift voucher')",
        },
        {
            content: "Type the code as it is printed",
            trigger: "#voucher_code",
            run: "edit abcd efgh jkmn",
        },
        {
            content: "Use it",
            trigger: ".o_booking_voucher button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is there",
            trigger: ".alert-success:contains('The gift voucher is yours.')",
        },
    ],
});
