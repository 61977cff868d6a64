// How a scheme's values, grounds and places are said. Pure but for the language.
import { hasWords, side, t } from "../ui/texts.js";

/** "9 查 4 不符", "符合", "B". @param {any} value */
export function valueWords(value) {
  if (value === null || value === undefined || value.open) return t("field.value.open");
  if (value.excluded) return t("field.value.excluded");
  if ("met" in value) return t(value.met ? "field.value.met" : "field.value.failed");
  if ("checked" in value) return t("field.value.sample", { n: value.checked, m: value.failing });
  return t("field.value.other", { value: String(value.grade ?? value.step ?? value.value ?? value.mean ?? value.reached ?? t("field.answer.none-reached")) });
}

/** Words for a code of sync, also for one that this version does not know. @param {string} group @param {string} code */
export const codeWords = (group, code) => (hasWords(`field.${group}.${code}`) ? t(`field.${group}.${code}`) : t(`field.${group}.unknown`, { code }));

/** @param {string} ground */
export const groundWords = (ground) => (hasWords(`field.ground.${ground}`) ? t(`field.ground.${ground}`) : ground);

/** @param {string} reason a code of ours or somebody's own words */
export const leftWords = (reason) => (hasWords(`field.left.${reason}`) ? t(`field.left.${reason}`) : reason);

/** @param {any} site */
export const siteName = (site) => side(site?.name) || t("field.site.unknown");

/** @param {any} site */
export function siteAddress(site) {
  const place = site?.place;
  if (!place) return "";
  if (typeof place === "string") return place;
  const { city = "", address = "" } = place;
  return address.startsWith(city) ? address : [city, address].filter(Boolean).join(" ");
}

/** Metres between a place of the site and a measured one; null when either has no position. @param {any} place @param {{lat: string, lon: string} | null} measured */
export function metresBetween(place, measured) {
  if (!place?.lat || !place?.lon || !measured) return null;
  const [a, b, c, d] = [place.lat, place.lon, measured.lat, measured.lon].map((text) => (Number(text) * Math.PI) / 180);
  if ([a, b, c, d].some(Number.isNaN)) return null;
  const h = Math.sin((c - a) / 2) ** 2 + Math.cos(a) * Math.cos(c) * Math.sin((d - b) / 2) ** 2;
  return Math.round(2 * 6_371_008 * Math.asin(Math.sqrt(h)));
}

/** @param {number} metres */
export const distanceWords = (metres) => (metres < 1000 ? t("field.metres", { n: metres < 100 ? metres : Math.round(metres / 10) * 10 }) : t("field.kilometres", { n: (metres / 1000).toFixed(metres < 10_000 ? 1 : 0) }));
