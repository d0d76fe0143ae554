/** What the product says, word for word. */
export const NO_ANSWER = 'No answer yet. It may already be posted; trying again is safe.';
export const POSTED = 'Posted';
export const RECOGNISED = 'Posted (retry recognised)';
export const NEEDS_YOU = 'Needs you';
export const NOT_KEPT = "This browser won't keep unsent posts if you close it";
