const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = `(?<month>${months.join('|')})`;
const time = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const [shortDay, longDay] = ['(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)', '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day'];

/** The preferred form and the two obsolete ones, all of which a recipient accepts. */
const forms = [
  String.raw`${shortDay}, (?<day>\d\d) ${month} (?<year>\d{4}) ${time} GMT`,
  String.raw`${longDay}, (?<day>\d\d)-${month}-(?<year>\d\d) ${time} GMT`,
  String.raw`${shortDay} ${month} (?<day>[ \d]\d) ${time} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/**
 * Reads a date of HTTP in each of its forms, as milliseconds since 1970; undefined for anything else: RFC 9110 section
 * 5.6.7.
 * @param now a year of two digits is at most 50 years after this moment
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  const parts = forms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return undefined;
  const [day, hour, minute, second] = [parts.day, parts.hour, parts.minute, parts.second].map(Number);
  const date = [months.indexOf(parts.month ?? ''), Number(day), Number(hour), Number(minute), Number(second)] as const;
  const at = Date.UTC(fullYear(parts.year ?? '', now), ...date);
  const isReal = new Date(at).getUTCDate() === date[1] && date[2] < 24 && date[3] < 60 && date[4] <= 60;
  return isReal ? at : undefined;
}

function fullYear(digits: string, now: number): number {
  if (digits.length === 4) return Number(digits);
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}

/** A moment in the preferred form; parts of a second are dropped. @param at milliseconds since 1970 */
export const httpDate = (at: number): string => new Date(at).toUTCString();
