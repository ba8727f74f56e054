import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("booking_schedule_book", {
    steps: () => [
        {
            content: "Open the class",
            trigger: "a:contains('Yoga on Monday')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Both prices are there",
            trigger: ".o_booking_class_price:contains('20.00 or 10 credits'):visible",
        },
        {
            content: "So is the balance",
            trigger: ".o_booking_class_balance:contains('100 credits'):visible",
        },
        {
            content: "Register",
            trigger: "button[data-bs-target='#modal_ticket_registration']:visible",
            run: "click",
        },
        {
            content: "Two seats",
            trigger: "#modal_ticket_registration button[data-increment-type='plus']",
            run: "click",
        },
        {
            content: "The price in credits is beside the price in money",
            trigger:
                "#modal_ticket_registration .o_booking_ticket_price:contains('10')",
        },
        {
            content: "Go on",
            trigger: "#modal_ticket_registration .a-submit:enabled",
            run: "click",
        },
        {
            content: "The last step is there",
            trigger: ".modal.modal_shown.show form[id=attendee_registration]",
        },
        {
            content: "What it costs and what there is",
            trigger:
                "#modal_attendees_registration .o_booking_offer:contains('20 credits'):contains('100 credits')",
        },
        {
            content: "Money would do as well",
            trigger: "#modal_attendees_registration button:contains('Go to Payment')",
        },
        {
            content: "A name for the second seat",
            trigger: "#modal_attendees_registration input[name*='2-name']",
            run: "edit A friend",
        },
        {
            content: "An address for the second seat",
            trigger: "#modal_attendees_registration input[name*='2-email']",
            run: "edit friend@example.com",
        },
        {
            content: "Book",
            trigger: ".o_booking_book_now:contains('Book with 20 credits')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Booked, paid, and what is left",
            trigger: ".o_booking_booked:contains('You have 80 credits now')",
        },
        {
            content: "It is among the bookings",
            trigger: ".o_booking_booked a[href='/my/credits/bookings']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "By the name of the class",
            trigger: ".card:contains('Yoga on Monday')",
        },
    ],
});

registry.category("web_tour.tours").add("booking_schedule_join", {
    steps: () => [
        {
            content: "What is set aside is said before",
            trigger:
                ".o_booking_join:contains('Set aside while you wait: 10 credits'):visible",
        },
        {
            content: "Join",
            trigger: ".o_booking_join button:visible",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The place is shown",
            trigger: ".o_booking_waiting_text:contains('You are number 1'):visible",
        },
    ],
});

registry.category("web_tour.tours").add("booking_schedule_enrolled", {
    steps: () => [
        {
            content: "Enrolled",
            trigger: ".list-group-item:contains('You were enrolled.')",
        },
        {
            content: "See the bookings",
            trigger: "a[href='/my/credits/bookings']:visible",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is there",
            trigger: ".card:contains('Yoga on Monday')",
        },
    ],
});
