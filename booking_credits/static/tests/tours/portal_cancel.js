import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("booking_credits_portal_cancel", {
    steps: () => [
        {
            content: "Read what comes back",
            trigger: "#bookings:contains('Cancel now: 5 of 10 credits come back.')",
        },
        {
            content: "Ask to cancel",
            trigger: "#bookings button:contains('Cancel Booking')",
            run: "click",
        },
        {
            content: "Read it again, and confirm",
            trigger:
                ".modal.show:contains('5 of 10 credits') .o_booking_cancel_confirm",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Read what came back",
            trigger: "#bookings .alert-success:contains('5 of 10 credits came back.')",
        },
    ],
});
