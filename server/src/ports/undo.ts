/** Takes back what returned it: a subscription, a timer, a listener. Safe to call twice. */
export type Undo = () => void
