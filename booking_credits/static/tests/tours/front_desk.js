import {registry} from "@web/core/registry";
import tourUtils from "@sale/js/tours/tour_utils";

/**
 * The main job, as the front desk does it: sell a pack, have it paid, book a class
 * with its credits, cancel the booking. The test gives the customer and the products.
 */
registry.category("web_tour.tours").add("booking_credits_front_desk", {
    steps: () => [
        ...tourUtils.createNewSalesOrder(),
        ...tourUtils.selectCustomer("Tour Customer"),
        ...tourUtils.addProduct("Tour Pack"),
        {
            content: "Its price is there",
            trigger: ".o_field_widget[name=tax_totals]:contains(90.00)",
        },
        {
            content: "Confirm the sale of the pack",
            trigger: "button[name=action_confirm]:enabled:visible",
            run: "click",
        },
        {
            content: "Bill it",
            trigger: "button#create_invoice:enabled:visible",
            run: "click",
        },
        {
            trigger: ".modal button[name=create_invoices]",
            run: "click",
        },
        {
            content: "Confirm the invoice",
            trigger: ".o_form_view button[name=action_post]:enabled:visible",
            run: "click",
        },
        {
            content: "Register the payment",
            trigger: "button[name=action_register_payment]:enabled:visible",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_create_payments]",
            run: "click",
        },
        {
            trigger:
                ".o_widget_web_ribbon:contains(Paid), .ribbon:contains(Paid), .ribbon:contains(In Payment)",
        },
        {
            content: "Back to the orders",
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item:first a",
            run: "click",
        },
        {
            content: "The order shows the credits that it sold",
            trigger: "button[name=action_view_booking_credits]:contains(1)",
        },
        {
            content: "A new order for the class",
            trigger: ".o_form_button_create",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=name]:contains(New), .o_form_view:has(.o_field_widget[name=partner_id] input:value(''))",
        },
        ...tourUtils.selectCustomer("Tour Customer"),
        {
            content: "The form says what the customer has",
            trigger:
                ".o_field_widget[name=booking_credit_summary]:contains(100 credits)",
        },
        ...tourUtils.addProduct("Tour Yoga"),
        {
            trigger: ".o_field_widget[name=tax_totals]:contains(10.00)",
        },
        {
            content: "When the class starts",
            trigger: ".o_selected_row .o_field_widget[name=booking_start]",
            run: "click",
        },
        {
            trigger: ".o_selected_row .o_field_widget[name=booking_start] input",
            run: "edit 12/31/2035 10:00:00",
        },
        ...tourUtils.clickSomewhereElse(),
        {
            content: "Pay it with credits: the dialog says what that costs",
            trigger: "button[name=action_open_booking_credit_pay]:enabled:visible",
            run: "click",
        },
        {
            trigger:
                ".modal:contains(This costs 10 credits, Tour Customer has 100: 90 left)",
        },
        {
            content: "The best choice is made: one click takes it",
            trigger: ".modal button[name=action_pay]:enabled:focus",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains(Paid with 10 credits)",
        },
        {
            content: "Nothing is left to pay",
            trigger:
                ".oe_subtotal_footer, .o_field_widget[name=tax_totals]:contains(0.00)",
        },
        {
            content: "Credits can be taken off again",
            trigger: "button[name=action_booking_credit_unpay]:enabled:visible",
            run: "click",
        },
        {
            trigger: "button[name=action_open_booking_credit_pay]:enabled:visible",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_pay]:enabled",
            run: "click",
        },
        {
            content: "Confirm the booking",
            trigger:
                ".o_form_view:has(.o_data_row:contains(Paid with 10 credits)) button[name=action_confirm]:enabled:visible",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=booking_credit_summary]:contains(90 credits)",
        },
        {
            content: "Cancel: the dialog says what comes back",
            trigger: "button[name=action_cancel]:enabled:visible",
            run: "click",
        },
        {
            trigger: ".modal:contains(10 of 10 credits come back)",
        },
        {
            trigger: ".modal button[name=action_cancel_bookings]",
            run: "click",
        },
        {
            content: "All credits are back",
            trigger:
                ".o_field_widget[name=booking_credit_summary]:contains(100 credits)",
        },
    ],
});
