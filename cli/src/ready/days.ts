/** The date of a time, UTC: `2026-12-31`. @param milliseconds since 1970 */
export const dayOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

/** What ends within this time is to be renewed today, because a daily job runs once before, seconds. */
export const nearSeconds = 2 * 86_400;
