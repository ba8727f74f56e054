import {registry} from "@web/core/registry";

const START = "2031-07-01T18:00";

/** Go to another page once this one has loaded what it still loads. */
async function goTo(path) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    window.location.href = path;
}

/** Choose a date on the page of a service and put it into the cart. */
function book(service) {
    return [
        {
            content: "Go to the shop",
            trigger: "body",
            run: () => goTo("/shop"),
            expectUnloadPage: true,
        },
        {
            content: "Open the service",
            trigger: `.oe_product_cart .o_wsale_products_item_title a:contains('${service}')`,
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Choose when",
            trigger: "input[name='booking_start']",
            run: ({anchor}) => {
                anchor.value = START;
                anchor.dispatchEvent(new window.Event("change", {bubbles: true}));
            },
        },
        {
            content: "Put it into the cart",
            trigger: "#add_to_cart",
            run: "click",
        },
        {
            content: "It is in the cart",
            trigger: ".my_cart_quantity:contains(1)",
        },
        {
            content: "Go to the cart",
            trigger: "body",
            run: () => goTo("/shop/cart"),
            expectUnloadPage: true,
        },
    ];
}

/** Pay what the page asks with the demo card. */
function pay() {
    return [
        {
            content: "Choose the card",
            trigger: "input[name='o_payment_radio']",
            run: "click",
        },
        {
            content: "Its number",
            trigger: "#customer_input",
            run: "edit 4242",
        },
        {
            content: "Pay",
            trigger: "button[name='o_payment_submit_button']:visible:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Thank you",
            trigger: "h3:contains('Thank you for your order.')",
            timeout: 30000,
        },
    ];
}

registry.category("web_tour.tours").add("booking_shop_pack_and_class", {
    steps: () => [
        {
            content: "Read what the pack gives, and open it",
            trigger:
                ".oe_product_cart:contains('You save 10 %') a:contains('100 credits')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Put it into the cart",
            trigger: "#product_detail:has(.o_booking_pack) #add_to_cart",
            run: "click",
        },
        {
            content: "It is in the cart",
            trigger: ".my_cart_quantity:contains(1)",
        },
        {
            content: "Go to the payment",
            trigger: "body",
            run: () => goTo("/shop/checkout?try_skip_step=true"),
            expectUnloadPage: true,
        },
        ...pay(),
        {
            content: "Credits are there",
            trigger: ".o_booking_box:contains('You have 100 credits now.')",
        },
        ...book("Yoga"),
        {
            content: "The cart says what it costs",
            trigger: ".o_booking_says:contains('10 credits')",
        },
        {
            content: "Book, without a payment page",
            trigger: "form[name='o_booking_book_now'] button:visible",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is booked",
            trigger: ".o_booking_box:contains('Paid with 10 credits.')",
        },
    ],
});

registry.category("web_tour.tours").add("booking_shop_top_up", {
    steps: () => [
        ...book("Yoga"),
        {
            content: "No card form, but a pack that would do",
            trigger: ".o_booking_offer:contains('Paid with credits only.') button",
            run: "click",
            expectUnloadPage: true,
        },
        ...pay(),
        {
            content: "Back to the same booking",
            trigger: ".o_booking_continue",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Book it with the new credits",
            trigger: "form[name='o_booking_book_now'] button:visible",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is booked",
            trigger: ".o_booking_box:contains('Paid with 10 credits.')",
        },
    ],
});

registry.category("web_tour.tours").add("booking_shop_part_money", {
    steps: () => [
        ...book("Yoga"),
        {
            content: "Customer credit pays a part",
            trigger: "tr[name='o_booking_paid']:contains('5.00')",
        },
        {
            content: "Go to the payment",
            trigger: "body",
            run: () => goTo("/shop/checkout?try_skip_step=true"),
            expectUnloadPage: true,
        },
        {
            content: "The rest is to pay",
            trigger: "tr[name='o_order_total']:contains('15.00')",
        },
        ...pay(),
    ],
});

registry.category("web_tour.tours").add("booking_shop_restricted", {
    steps: () => [
        {
            content: "The pack for students is offered",
            trigger:
                ".oe_product_cart:contains('Student pack') a:contains('Student pack')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Put it into the cart",
            trigger: "#product_detail:has(.o_booking_pack) #add_to_cart",
            run: "click",
        },
        {
            content: "It is in the cart",
            trigger: ".my_cart_quantity:contains(1)",
        },
    ],
});

registry.category("web_tour.tours").add("booking_portal_cancel", {
    steps: () => [
        {
            content: "Read what comes back",
            trigger: ".card:contains('Cancel now: 10 of 10 credits come back.')",
        },
        {
            content: "Ask to cancel",
            trigger: ".card button:contains('Cancel Booking')",
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal.show .o_booking_cancel_confirm",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Read what came back",
            trigger: ".alert-success:contains('10 of 10 credits came back.')",
        },
    ],
});
