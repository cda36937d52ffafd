/** How reports write numbers. */

/** 17,152. */
export const count = (n: number): string => n.toLocaleString('en');

/** 0.123 or −0.123. */
export const fixed = (value: number, digits = 3): string => value.toFixed(digits).replace('-', '−');
