/** Numbers as people read them. */

/** The nearest whole number, with a comma between thousands: 17,152 */
export const thousands = (value: number): string => Math.round(value).toLocaleString('en');
