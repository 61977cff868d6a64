// Times as people on site read them, in the body's zone whatever the tablet is set to.
import { language, t } from "./texts.js";

const ZONE = "Asia/Shanghai";

/** @param {string} locale @param {Intl.DateTimeFormatOptions} options */
const formatter = (locale, options) => new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options });

// Made once: each costs more than all that a row of a list needs beside it.
const TIME = formatter("sv-SE", { hour: "2-digit", minute: "2-digit" });
const DATE = formatter("sv-SE", { year: "numeric", month: "2-digit", day: "2-digit" });
const ENGLISH = formatter("en-GB", { weekday: "short", day: "numeric", month: "short" });
const WEEKDAY = formatter("zh-CN", { weekday: "short" });

/** 16:40. @param {string | Date | null | undefined} at an ISO moment with zone, or the body's own time "2026-11-24T09:30" */
export function clock(at) {
  if (!at) return "";
  if (typeof at === "string" && !/(Z|[+-]\d\d:?\d\d)$/.test(at)) return at.slice(11, 16);
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? "" : TIME.format(when);
}

/** 2026-11-24 in the body's zone. @param {string | Date | null | undefined} at */
export function day(at) {
  if (!at) return "";
  if (typeof at === "string" && !/(Z|[+-]\d\d:?\d\d)$/.test(at)) return at.slice(0, 10);
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? "" : DATE.format(when);
}

export const today = () => day(new Date());

/** 16:40 today, else 11-24 16:40. @param {string | null | undefined} at */
export const shortly = (at) => (day(at) === today() ? clock(at) : `${day(at).slice(5)} ${clock(at)}`);

/** 11月24日 周二 / Tue 24 Nov. @param {string} date 2026-11-24 */
export function spoken(date) {
  const when = new Date(`${date}T12:00:00+08:00`);
  if (language.value === "en") return ENGLISH.format(when).replace(",", "");
  const weekday = WEEKDAY.format(when);
  return `${Number(date.slice(5, 7))}月${Number(date.slice(8, 10))}日 ${weekday}`;
}

/** today, tomorrow, or 11-28. @param {string} date */
export function nearDay(date) {
  const days = Math.round((Date.parse(date) - Date.parse(today())) / 86_400_000);
  return days === 0 ? t("field.today.today") : days === 1 ? t("field.today.tomorrow") : days === -1 ? t("field.today.yesterday") : date.slice(5);
}

/** 11.4 GB, 4.8 MB, 120 KB. @param {number} bytes */
export function size(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${Math.max(1, Math.round(bytes / 1e3))} KB`;
}
