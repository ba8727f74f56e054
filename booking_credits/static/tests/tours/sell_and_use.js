import {registry} from "@web/core/registry";
import tourUtils from "@sale/js/tours/tour_utils";

/**
 * Sell a card to who stands at the desk and use it for this visit, in one click. At the
 * next visit the order proposes it by itself. The test gives customer and products.
 */
registry.category("web_tour.tours").add("booking_credits_sell_and_use", {
    steps: () => [
        {
            content: "For whom",
            trigger: ".modal .o_field_widget[name=partner_id] input",
            run: "edit Tour Customer",
        },
        {
            trigger: ".ui-menu-item > a:contains('Tour Customer')",
            run: "click",
        },
        {
            content: "Which card",
            trigger: ".modal .o_field_widget[name=pack_id] input",
            run: "edit Cut card",
        },
        {
            trigger: ".ui-menu-item > a:contains('Cut card')",
            run: "click",
        },
        {
            content: "Use it for this visit",
            trigger: ".modal .o_field_widget[name=use_now] input",
            run: "click",
        },
        {
            content: "The dialog says what will be left",
            trigger:
                ".modal:contains(10 sessions sold, 1 session used now: 9 sessions left)",
        },
        {
            content: "Sell it, take the payment, and use it",
            trigger: ".modal button[name=action_sell_paid]",
            run: "click",
        },
        {
            content: "The visit is booked, and nothing is to be paid for it",
            trigger: ".o_form_view:has(.o_data_row:contains(Paid with 1 session))",
            // a sale, an invoice, a payment and a booking in one click
            timeout: 60000,
        },
        {
            trigger:
                ".o_field_widget[name=booking_credit_summary]:contains(9 × Haircut)",
            timeout: 30000,
        },
        {
            content: "The next visit",
            trigger: ".o_form_button_create",
            run: "click",
        },
        {
            trigger:
                ".o_form_view .o_field_widget[name=name]:contains(New), .o_form_view:not(:has(.o_data_row))",
        },
        ...tourUtils.selectCustomer("Tour Customer"),
        ...tourUtils.addProduct("Haircut"),
        {
            content: "The order proposes the card by itself",
            timeout: 30000,
            trigger:
                "div[name=booking_credit_proposal]:contains(Tour Customer has Cut card: 9 × Haircut left)",
        },
        {
            trigger:
                "div[name=booking_credit_proposal] button[name=action_open_booking_credit_pay]",
            run: "click",
        },
        {
            content: "The dialog says why this card pays",
            trigger: ".modal:contains(the only one that can pay)",
        },
        {
            content: "Enter is enough: the button has the focus",
            trigger: ".modal button[name=action_pay]:focus",
            run: "press Enter",
        },
        {
            trigger:
                ".o_form_view:not(:has(div[name=booking_credit_proposal])) .o_data_row:contains(Paid with 1 session)",
            timeout: 30000,
        },
        {
            trigger: "button[name=action_confirm]:enabled:visible",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=booking_credit_summary]:contains(8 × Haircut)",
            timeout: 30000,
        },
    ],
});
